import pytest
from django.db import transaction
from django.test import override_settings

from demo import loading
from hours.models import Completion, Decision, Notice, Registration
from organizations.models import Unit

SEED, UNITS = 7, 1_000


def everything():
    """Return the content of the demonstration, without keys and random file names."""
    registrations = Registration.objects.order_by("pk").values_list(
        "owner__username", "content", "starts_at", "hours_applied", "hours_recognised", "status", "unit_name"
    )
    decisions = Decision.objects.order_by("pk").values_list("actor_name", "action", "words", "created_at")
    units = Unit.objects.order_by("pk").values_list("name", "credit_code", "region__code", "state")
    completions = Completion.objects.order_by("pk").values_list(
        "person__username", "course__year", "course__name", "hours", "completed_on"
    )
    notices = Notice.objects.order_by("pk").values_list("person__username", "decision__action", "created_at", "read_at")
    return [list(rows) for rows in (registrations, decisions, units, completions, notices)]


@pytest.fixture
def debug(settings):
    """DEBUG on, which the commands with invented data require."""
    settings.DEBUG = True


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demonstration with fewer units, for all tests of a module; rolled back at its end.

    It is loaded twice: the fixture's value is the content of the first load, the second load stays in the database.
    """
    storages = {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path_factory.mktemp("attachments")},
        }
    }
    with django_db_blocker.unblock(), override_settings(STORAGES=storages), transaction.atomic():
        with transaction.atomic():
            loading.load(SEED, unit_count=UNITS)
            first_time = everything()
            transaction.set_rollback(True)
        loading.load(SEED, unit_count=UNITS)
        yield first_time
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded, db):
    """The loaded demonstration; each test runs in a transaction of its own."""
