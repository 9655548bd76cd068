"""Log-in by ID number, phone or user name, and the lock-out after failures."""

from __future__ import annotations

from typing import Any

from axes.utils import reset
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from config.web.limits import Limit

from . import identity
from .crypto import digest
from .models import User

# The lock-out counts per identifier. This limit stops an attacker who tries one password on many accounts.
FAILURES = Limit("FAILED_LOG_INS_IN_TEN_MINUTES", minutes=10, act="输错密码")


class AnyIdentifierBackend(ModelBackend):
    """Log-in by user name, phone or ID number. If several accounts match, the password decides."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if not username or password is None:
            return None
        if request is not None and FAILURES.is_exhausted(request):
            raise PermissionDenied
        candidates = list(User.objects.by_identifier(username))
        if not candidates:
            User().set_password(password)  # as slow as a real check, so the time does not tell whether one exists
        for user in candidates:
            if user.check_password(password) and self.user_can_authenticate(user):
                return user
        if request is not None:
            FAILURES.hit(request)
        return None

    def get_user(self, user_id: int) -> User | None:
        """Return the session's user. The ID number is deferred: no page shows it, and decrypting it takes time."""
        try:
            person = User.objects.defer("id_number").get(pk=user_id)
        except User.DoesNotExist:
            return None
        return person if self.user_can_authenticate(person) else None


def digest_of_identifier(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """Return the digest that django-axes stores in place of the identifier, which may be an ID number.

    The submitted identifier takes precedence over the credentials: after a success these hold the user name, but the
    failures to reset were counted under the submitted phone or ID number.
    """
    typed = request.POST.get("username", "") if request else ""
    return lockout_key(typed or (credentials or {}).get("username") or "")


def lockout_key(identifier: str) -> str:
    """Return the key under which failures are counted, the same for every way to type the identifier."""
    return digest(identity.normalise_phone(identifier))


def forget_failures(person: User) -> None:
    """Reset the person's lock-out, under each of their identifiers."""
    for identifier in (person.username, person.phone, person.id_number):
        if identifier:
            reset(username=lockout_key(identifier))
