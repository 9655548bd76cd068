"""The WSGI application for measurements: the product, the pages to compare with, and the smallest write."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
settings.ROOT_URLCONF = __name__
# Static files are not measured, so they need not be collected first.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
application = get_wsgi_application()

from accounts.requests import PersonRequest  # noqa: E402

from .pages import urlpatterns as page_urls  # noqa: E402  (needs the application)

SMALLEST_WRITE = "smallest-write/"
TABLE = "benchmark_smallest_write"  # exists in the copied database only


@require_POST
def smallest_write(request: PersonRequest) -> HttpResponse:
    """Check session, person and CSRF token as any page does, then insert one row in a transaction."""
    statement = f"INSERT INTO {TABLE} (person) VALUES (%s)"  # noqa: S608  (a constant)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [request.user.pk])
    return HttpResponse(status=204)


urlpatterns = [path(SMALLEST_WRITE, smallest_write), *page_urls]
