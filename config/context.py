"""What every page's frame shows."""

from django.conf import settings


def frame(request) -> dict[str, str]:
    return {
        "product_name": settings.PRODUCT_NAME,
        "product_version": settings.PRODUCT_VERSION,
        "help_contact": settings.HELP_CONTACT,
    }
