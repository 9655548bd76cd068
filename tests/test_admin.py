"""All lists of the admin: permissions, words and query counts."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from hours.models import (
    Category,
    Certificate,
    Course,
    Decision,
    Notice,
    Opening,
    Platform,
    Reason,
    Registration,
    ReturnedVersion,
    Submission,
    YearRule,
)

from . import factories

pytestmark = pytest.mark.django_db
SUPERUSER_MODELS = (
    "category",
    "completion",
    "course",
    "opening",
    "platform",
    "reason",
    "yearrule",
    "region",
    "waitingcompletion",
)
TODAY = timezone.localdate()


@pytest.fixture
def root(client, guangxi):
    person = factories.administrator()
    client.force_login(person)
    return person


def urls(*models: str) -> list[str]:
    """Return the URLs without parameters of these models, or of all."""
    found = []
    for model, model_admin in admin.site._registry.items():
        if models and model._meta.model_name not in models:
            continue
        names = [pattern.name for pattern in model_admin.urls if pattern.name and "<" not in str(pattern.pattern)]
        found += [reverse(f"admin:{name}") for name in names]
    return found


# --- Permissions -----------------------------------------------------------------------------------


def test_staff_without_appointment_get_no_page(client, guangxi):
    client.force_login(factories.person("卢文员", is_staff=True))
    answers = {(url, client.get(url).status_code) for url in urls()}
    assert {pair for pair in answers if pair[1] not in (403, 405)} == set()


def test_region_admin_gets_no_province_wide_page(client, guangxi):
    person = factories.region_admin(factories.region("450100"), "卢南宁")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    client.force_login(person)
    answers = {(url, client.get(url).status_code) for url in urls(*SUPERUSER_MODELS)}
    assert {pair for pair in answers if pair[1] not in (403, 405)} == set()


def test_no_column_method_hides_behind_a_field():
    """Django shows the field of that name, not the method."""
    assert {
        (type(options).__name__, name)
        for model, options in admin.site._registry.items()
        for name in {field.name for field in model._meta.concrete_fields}
        if callable(getattr(options, name, None))
    } == set()


# --- Words -----------------------------------------------------------------------------------------


def test_lists_have_no_english_words(client, root, rules):
    words = set()
    for url in [reverse("admin:index"), *urls()]:
        response = client.get(url)
        page = response.getvalue().decode(errors="ignore")
        if "Content-Disposition" in response:  # a file
            continue
        shown = re.sub(r"<(script|style|option)\b.*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL)
        words |= set(re.findall(r"[A-Za-z]{3,}", unescape(shown))) | set(re.findall(r'alt="([A-Za-z]+)"', page))
    assert words - {root.username.rstrip("0123456789")} == {"CSV", "Excel", "xls", "xlsx"}


# --- Queries ---------------------------------------------------------------------------------------


def categories(count: int) -> None:
    for number in range(count):
        factories.category(f"培训班{number}", f"培训进修类{number}")


def reasons(count: int) -> None:
    Reason.objects.bulk_create(Reason(name=f"原因{number}") for number in range(count))


def rules_of_years(count: int) -> None:
    for number in range(count):
        factories.year_rule(2030 + number)


def openings(count: int) -> None:
    for number in range(count):
        person = factories.person() if number % 2 else None
        unit = None if number % 2 else factories.unit()
        Opening.objects.create(year=2026, until=TODAY, reason="系统故障", person=person, unit=unit)


def courses(count: int) -> None:
    Course.objects.bulk_create(Course(year=2026, name=f"科目{number}", hours=8) for number in range(count))


def platforms(count: int) -> None:
    Platform.objects.bulk_create(Platform(name=f"平台{number}") for number in range(count))


def returned(count: int) -> None:
    """Registrations of so many people, each with a notice, a version and a submission."""
    factories.open_years()
    station = factories.unit()
    reviewer = factories.unit_reviewer(station)
    for _ in range(count):
        factories.returned(factories.person(), station, reviewer)


def submitted(count: int) -> None:
    """Registrations of so many people, each with one decision."""
    factories.open_years()
    station = factories.unit()
    for _ in range(count):
        factories.submitted(factories.person(), station)


def issued(count: int) -> None:
    for number in range(count):
        person = factories.person()
        facts = {"years": []}
        Certificate.objects.create(
            code=f"A{number:015d}", person=person, facts=facts, issued_at=timezone.now(), issued_by=person
        )


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize(
    ("model", "make", "queries"),
    [
        (Category, categories, 6),
        (Reason, reasons, 5),
        (YearRule, rules_of_years, 5),
        (Opening, openings, 5),
        (Course, courses, 6),
        (Platform, platforms, 5),
        (Registration, returned, 9),
        (Decision, submitted, 4),
        (Notice, returned, 4),
        (ReturnedVersion, returned, 4),
        (Submission, returned, 4),
        (Certificate, issued, 4),
    ],
)
def test_query_count_of_list_does_not_depend_on_rows(
    client, root, django_assert_num_queries, model, make, queries, count
):
    make(count)
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    with django_assert_num_queries(queries):
        response = client.get(url)
    assert len(response.context["cl"].result_list) == count


# --- Prefilled values in the URL of a new row -----------------------------------------------------


@pytest.mark.parametrize("key", ["abc", "\0", "9" * 30, ""])
def test_invalid_prefill_keys_in_add_url_are_ignored(client, root, key):
    answers = set()
    for model, model_admin in admin.site._registry.items():
        if not model_admin.has_add_permission(type("Request", (), {"user": root})()):
            continue
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
        answers |= {client.get(url, {field.name: key}).status_code for field in model._meta.fields}
    assert answers == {200}


def test_valid_prefill_key_is_selected(client, root):
    unit = factories.unit("宾阳县甘棠镇林业站")
    page = client.get(reverse("admin:hours_opening_add"), {"unit": unit.pk}).content.decode()
    assert f'<option value="{unit.pk}" selected>宾阳县甘棠镇林业站' in page
