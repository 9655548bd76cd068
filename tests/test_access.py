"""The status of every URL for every role. A URL missing from the table fails."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from hours.collective import saving
from organizations import units
from tests.collective.previews import previewed_draft

from . import factories

pytestmark = pytest.mark.django_db

LOGIN, OK, FOUND, NOT_FOUND = "login", 200, 302, 404
ROLES = ("anonymous", "owner", "colleague", "unit reviewer", "other reviewer", "bureau", "administrator")

# URL name -> status of a GET for each role, in the order of ROLES
EVERYBODY = (OK,) * 7
MEMBERS = (LOGIN, *(OK,) * 6)
OWN_LIST = (LOGIN, *(FOUND,) * 6)  # nothing selected: back to the list with a message
SUBMITTED = (LOGIN, OK, NOT_FOUND, OK, NOT_FOUND, OK, NOT_FOUND)
LEADER = (LOGIN, NOT_FOUND, NOT_FOUND, OK, *(NOT_FOUND,) * 3)
DRAFT = (LOGIN, OK, *(NOT_FOUND,) * 5)
UNIT_REVIEWERS = (LOGIN, NOT_FOUND, NOT_FOUND, OK, OK, NOT_FOUND, NOT_FOUND)
ABOVE = (LOGIN, *(NOT_FOUND,) * 4, OK, OK)
UNIT_AND_ABOVE = (LOGIN, NOT_FOUND, NOT_FOUND, OK, NOT_FOUND, OK, OK)
REVIEWERS = (LOGIN, NOT_FOUND, NOT_FOUND, OK, OK, OK, NOT_FOUND)
OWN_REDIRECT = (LOGIN, FOUND, *(NOT_FOUND,) * 5)
TABLE: dict[str, tuple] = {
    "home": (LOGIN, *(FOUND,) * 6),
    "api_about": (200,) * 7,
    "api_completions": (405,) * 7,
    "api_statements": (405,) * 7,
    "hours:list": MEMBERS,
    "hours:new": MEMBERS,
    "hours:proposal": MEMBERS,
    "hours:delete": OWN_LIST,
    "hours:detail": SUBMITTED,
    "hours:edit": DRAFT,
    "hours:copy": OWN_REDIRECT,
    "hours:ask_return": (LOGIN, OK, *(NOT_FOUND,) * 5),
    "hours:submit": OWN_LIST,
    "hours:submit_confirm": OWN_LIST,
    "hours:lookup": MEMBERS,
    "hours:lookup_registrations": MEMBERS,
    "hours:notices": MEMBERS,
    "hours:notices_read": (LOGIN, *(405,) * 6),
    "hours:notice": OWN_REDIRECT,
    "hours:statistics": (LOGIN, NOT_FOUND, NOT_FOUND, *(FOUND,) * 4),
    "hours:statistics_region": ABOVE,
    "hours:statistics_region_excel": ABOVE,
    "hours:statistics_unit": UNIT_AND_ABOVE,
    "hours:statistics_outstanding": UNIT_AND_ABOVE,
    "hours:statistics_unit_excel": UNIT_AND_ABOVE,
    "hours:statistics_person": UNIT_AND_ABOVE,
    "hours:certificates": MEMBERS,
    "hours:certificates_unit": (LOGIN, NOT_FOUND, NOT_FOUND, OK, OK, OK, NOT_FOUND),
    "hours:certificate": SUBMITTED,
    "hours:attachment": SUBMITTED,
    "hours:review": REVIEWERS,
    "hours:review_bulk": (LOGIN, *(405,) * 6),
    "hours:review_export": REVIEWERS,
    "hours:review_detail": (LOGIN, NOT_FOUND, NOT_FOUND, OK, NOT_FOUND, OK, NOT_FOUND),
    "check": EVERYBODY,
    "check_code": EVERYBODY,
    "help": EVERYBODY,
    "hours:collective": UNIT_REVIEWERS,
    "hours:collective_template": UNIT_REVIEWERS,
    "hours:collective_batches": UNIT_REVIEWERS,
    "hours:collective_batch": (LOGIN, NOT_FOUND, NOT_FOUND, OK, *(NOT_FOUND,) * 3),
    **dict.fromkeys(
        ("hours:collective_edit", "hours:collective_people", "hours:collective_save", "hours:collective_bad_lines"),
        (LOGIN, *(405,) * 6),
    ),
    "organizations:add": MEMBERS,
    "register_unit": MEMBERS,
    "accounts:signup": (OK, *(FOUND,) * 6),
    "accounts:login": (OK, *(FOUND,) * 6),
    "accounts:logout": (405,) * 7,
    "accounts:profile": MEMBERS,
    "accounts:appointments": MEMBERS,
    "accounts:appoint": LEADER,
    "accounts:deputise": LEADER,
    "accounts:end_appointment": LEADER,
    "accounts:password_change": MEMBERS,
    "accounts:password_reset": EVERYBODY,
    "accounts:password_reset_done": EVERYBODY,
    "accounts:password_reset_confirm": EVERYBODY,
}


@pytest.fixture
def world(guangxi, rules):
    """Registrations of 黄秋梦 in several states, and a person of each role."""
    station = factories.unit()
    owner = factories.person("黄秋梦")
    reviewer = factories.unit_reviewer(station)
    submitted = factories.submitted(owner, station)
    refused = factories.refused(owner, station, reviewer, content="不予认定的")
    units.unaffiliated(guangxi)
    return {
        "roles": {
            "owner": owner,
            "colleague": factories.person("同事", unit=station),
            "unit reviewer": reviewer,
            "other reviewer": factories.unit_reviewer(factories.unit("柳州市图书馆", "450202"), "别处审核员"),
            "bureau": factories.region_reviewer(guangxi),
            "administrator": factories.administrator(),
        },
        "station": station,
        "appointment": reviewer.appointments.get(),
        "draft": factories.registration(owner, "草稿"),
        "submitted": submitted,
        "notice": refused.notices.get(),
        "certificate": factories.certificate(owner, station, reviewer),
        "batch": saving.save(reviewer, previewed_draft(station, reviewer, station.people.all())),
        "attachment": factories.attachment(submitted),
    }


def url(name: str, world) -> str:
    """Return the URL of this name for the objects of `world`."""
    unit = {"pk": world["submitted"].unit_id}
    given = {
        "hours:detail": {"pk": world["submitted"].pk},
        "hours:copy": {"pk": world["submitted"].pk},  # not refused: back with a message
        "hours:ask_return": {"pk": world["submitted"].pk},
        "hours:notice": {"pk": world["notice"].pk},
        **{f"hours:statistics_{page}": {"code": "450126"} for page in ("region", "region_excel")},
        **{f"hours:statistics_{page}": unit for page in ("unit", "outstanding", "unit_excel")},
        "hours:statistics_person": {"pk": world["submitted"].owner_id},
        "hours:edit": {"pk": world["draft"].pk},
        "hours:collective_batch": {"pk": world["batch"].pk},
        "hours:certificate": {"pk": world["certificate"].pk},
        "check_code": {"code": world["certificate"].code},
        "hours:review_detail": {"pk": world["submitted"].pk},
        "hours:attachment": {"pk": world["attachment"].pk},
        "accounts:appoint": {"pk": world["station"].pk},
        "accounts:deputise": {"pk": world["appointment"].pk},
        "accounts:end_appointment": {"pk": world["appointment"].pk},
        "accounts:password_reset_confirm": {"uidb64": "MQ", "token": "abc-def"},
    }
    return reverse(name, kwargs=given.get(name))


def url_names(resolver=None, namespace: str = "") -> list[str]:
    """Return the names of all URLs outside the admin."""
    found: list[str] = []
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found += [] if pattern.namespace == "admin" else url_names(pattern, inner)
        elif isinstance(pattern, URLPattern):
            found.append(f"{namespace}{pattern.name}")
    return found


def test_table_names_every_url():
    assert sorted(TABLE) == sorted(url_names())


@pytest.mark.parametrize("name", TABLE)
def test_status_of_url_for_each_role(client, world, name):
    got = []
    for role in ROLES:
        client.logout()
        if role in world["roles"]:
            client.force_login(world["roles"][role])
        response = client.get(url(name, world))
        leads_to_login = response.status_code == 302 and response.url.startswith(reverse("accounts:login"))
        got.append(LOGIN if leads_to_login else response.status_code)
        if getattr(response, "streaming", False):
            b"".join(response.streaming_content)
    assert dict(zip(ROLES, got, strict=True)) == dict(zip(ROLES, TABLE[name], strict=True))


@pytest.mark.parametrize("role", ROLES)
def test_admin_is_for_staff_only(client, world, role):
    if role in world["roles"]:
        client.force_login(world["roles"][role])
    status = client.get(reverse("admin:index")).status_code
    assert status == (200 if role == "administrator" else 302)


def test_admin_pages_work_for_administrator(client, world):
    client.force_login(world["roles"]["administrator"])
    for model in admin.site._registry:
        options = model._meta
        base = f"admin:{options.app_label}_{options.model_name}"
        assert client.get(reverse(f"{base}_changelist")).status_code == 200, base
        first = model._default_manager.first()
        if first is not None:
            assert client.get(reverse(f"{base}_change", args=[first.pk])).status_code == 200, base


def test_no_page_shows_full_id_number(client, world):
    numbers = [user.id_number for user in User.objects.all()]
    for role, person in world["roles"].items():
        client.force_login(person)
        for name in TABLE:
            response = client.get(url(name, world), follow=True)
            if getattr(response, "streaming", False):
                b"".join(response.streaming_content)
                continue
            shown = [number for number in numbers if number in response.content.decode()]
            assert shown == [], (role, name)
