"""READ: people and their appointments."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.base_user import BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from . import identity
from .crypto import digest


class UserManager(BaseUserManager):
    def create_user(self, username: str, password: str | None = None, **fields):
        """A person with a hashed password; `id_number` is stored encrypted with its digest, `email` small."""
        user = self.model(username=username, **fields)
        user.email = user.email.lower()
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields):
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)

    def by_identifier(self, identifier: str) -> models.QuerySet:
        """Everybody whose user name, phone or ID number this is; one person's name may be another one's passport.

        User names are stored in small letters; an older one may have capitals and is found as it is typed.
        """
        identifier = identifier.strip()
        names = {identifier, identifier.lower()}
        by_number = Q(id_digest=digest(identity.normalise(identifier)))
        return self.filter(Q(username__in=names) | Q(phone=identity.normalise_phone(identifier)) | by_number)


def _runs(on: date, path: str = "") -> Q:
    """Confirmed and within its dates on that day, for the appointment at the end of this path."""
    return Q(
        Q(**{f"{path}valid_until": None}) | Q(**{f"{path}valid_until__gte": on}),
        **{f"{path}confirmed_at__isnull": False, f"{path}valid_from__lte": on},
    )


class AppointmentQuerySet(models.QuerySet):
    def active(self, on: date | None = None) -> AppointmentQuerySet:
        """Confirmed and within their dates, the last day included; a deputy only as long as whom he stands for."""
        on = on or timezone.localdate()
        return self.filter(_runs(on), Q(deputy_of=None) | _runs(on, "deputy_of__"))

    def unconfirmed(self) -> AppointmentQuerySet:
        """Asked for by a 单位注册 and not yet confirmed."""
        return self.filter(confirmed_at__isnull=True)
