"""The units and the people that a reviewer may choose in a 单位集体登记."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from accounts import identity
from accounts.models import User, stored_name_key
from hours.offices import Office
from organizations.models import Unit


def selectable_units(reviewer: User) -> QuerySet[Unit]:
    """Return the units that this person may register for: active units with an active appointment."""
    return Unit.objects.filter(pk__in=Office.of(reviewer).units, state=Unit.State.ACTIVE).select_related("region")


def selectable_people(unit: Unit, reviewer: User, search: str = "") -> QuerySet[User]:
    """Return the unit's active people except the reviewer, by part of the name or the last four of the ID number."""
    people = User.objects.filter(unit=unit, is_active=True).exclude(pk=reviewer.pk).defer("id_number")
    if search:
        people = people.filter(Q(name_key__contains=stored_name_key(search)) | Q(id_tail=identity.normalise(search)))
    return people.order_by("name", "pk")
