"""Helpers for the admin pages of people and appointments."""

from datetime import date
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests import factories

PEOPLE, APPOINTMENTS = "/admin/accounts/user/", "/admin/accounts/appointment/"
NUMBER = factories.resident_id(date(1977, 7, 7), 654)


def found(client: Client, text: str) -> list[str]:
    """Search people; return their user names."""
    response = client.post(PEOPLE, {"q": text}, follow=True)
    return sorted(person.username for person in response.context["cl"].result_list)


def person_data(person: User, **fields: Any) -> dict[str, Any]:
    return {
        "name": person.name,
        "id_kind": person.id_kind,
        "id_number": "",
        "username": person.username,
        "phone": person.phone or "",
        "email": person.email,
        "unit": person.unit_id or "",
        "is_active": "on",
        **fields,
    }


def change_person(client: Client, person: User, **fields: Any) -> Any:
    return client.post(f"{PEOPLE}{person.pk}/change/", person_data(person, **fields))


def appointment_data(**fields: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "role": "unit_reviewer",
        "unit": "",
        "region": "",
        "valid_from": f"{today}",
        "valid_until": "",
        "deputy_of": "",
        **fields,
    }
