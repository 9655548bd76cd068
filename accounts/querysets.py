"""Queries for people and their appointments."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from . import identity
from .crypto import digest

if TYPE_CHECKING:
    from .models import Appointment, User


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: Any) -> User:
        """Create a person with a hashed password and an e-mail address in lower case."""
        user = self.model(username=username, **fields)
        user.email = user.email.lower()
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def by_identifier(self, identifier: str) -> models.QuerySet[User]:
        """Everybody with this user name, phone or ID number; a user name may equal another person's passport number.

        User names are stored in lower case. Older ones may have capitals and match as typed.
        """
        identifier = identifier.strip()
        names = {identifier, identifier.lower()}
        by_number = Q(id_digest=digest(identity.normalise(identifier)))
        return self.filter(Q(username__in=names) | Q(phone=identity.normalise_phone(identifier)) | by_number)


def _in_force(on: date, path: str = "") -> Q:
    """Condition: the appointment at the end of `path` is confirmed and the day is within its period."""
    return Q(
        Q(**{f"{path}valid_until": None}) | Q(**{f"{path}valid_until__gte": on}),
        **{f"{path}confirmed_at__isnull": False, f"{path}valid_from__lte": on},
    )


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def active(self, on: date | None = None) -> AppointmentQuerySet:
        """Confirmed appointments whose period includes the day; a deputy's only if the principal's is active too."""
        on = on or timezone.localdate()
        return self.filter(_in_force(on), Q(deputy_of=None) | _in_force(on, "deputy_of__"))

    def unconfirmed(self) -> AppointmentQuerySet:
        """Applications from 单位注册 that no administrator has confirmed yet."""
        return self.filter(confirmed_at__isnull=True)
