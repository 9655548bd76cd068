"""The form of 单位注册."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction

from organizations import units
from organizations.forms import UnitForm
from organizations.models import Unit

from . import appointments
from .models import Appointment, User


class RegisterUnitForm(UnitForm):
    """Registers a unit for its responsible person, who applies to become its reviewer."""

    extra_required = ("contact_name", "contact_phone")

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def refuse_existing(self, unit: Unit) -> None:
        super().refuse_existing(unit)
        held = Appointment.objects.active().filter(person=self.person, unit=unit)
        if held.filter(role=Appointment.Role.UNIT_REVIEWER).exists():
            raise forms.ValidationError(f"您已是“{unit.name}”的单位审核员，无需再次注册。")

    def validate_unique(self) -> None:
        if self.existing is None:  # an existing unit stays as it is
            super().validate_unique()

    @transaction.atomic
    def register(self) -> Appointment | None:
        """Return the application to review for the new or existing unit; None, with a form error, if adding fails."""
        try:
            unit = self.existing or units.add(self.instance, self.person)
        except units.UnitError as error:
            self.add_unit_error(error)
            return None
        return appointments.apply_to_review(self.person, unit)
