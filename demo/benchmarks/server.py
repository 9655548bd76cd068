"""What gunicorn serves while it is measured: the product, the pages it is compared with, and the smallest write."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
settings.ROOT_URLCONF = __name__
# Pages are measured, not files: there is no need to collect them first.
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
application = get_wsgi_application()

from .pages import urlpatterns as pages  # noqa: E402  (needs the application)

SMALLEST = "smallest-write/"
TABLE = "benchmark_smallest_write"  # stands in the copy of the database that is measured, and goes with it


@require_POST
def smallest_write(request: HttpRequest) -> HttpResponse:
    """Session, person and form guard as everywhere; then one row in a transaction of its own."""
    statement = f"INSERT INTO {TABLE} (person) VALUES (%s)"  # noqa: S608  (a name of our own)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [request.user.pk])
    return HttpResponse(status=204)


urlpatterns = [path(SMALLEST, smallest_write), *pages]
