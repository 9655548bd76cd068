"""Log-in by ID number, phone or user name."""

from axes.utils import reset
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied

from config.web.limits import Limit

from . import identity
from .crypto import digest
from .models import User

# The lock is of one identifier; this is for who tries one password on everybody.
FAILURES = Limit("FAILED_LOG_INS_IN_TEN_MINUTES", minutes=10, act="输错密码")


class AnyIdentifierBackend(ModelBackend):
    """The identifier may be a user name, a phone or an ID number; the password decides between namesakes."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        if not username or password is None:
            return None
        if request is not None and FAILURES.is_exhausted(request):
            raise PermissionDenied
        candidates = list(User.objects.by_identifier(username))
        if not candidates:
            User().set_password(password)  # as slow as a real check, so that time does not tell who is registered
        for user in candidates:
            if user.check_password(password) and self.user_can_authenticate(user):
                return user
        if request is not None:
            FAILURES.hit(request)  # counts it
        return None

    def get_user(self, user_id):
        """Whose session it is, on every request. No page shows the ID number, so none pays for decrypting it."""
        try:
            person = User.objects.defer("id_number").get(pk=user_id)
        except User.DoesNotExist:
            return None
        return person if self.user_can_authenticate(person) else None


def digest_of_identifier(request, credentials=None) -> str:
    """What the log-in guard stores instead of the identifier, which may be an ID number.

    What was typed goes before the credentials: after a success these hold the user name, and the failures to be
    forgotten were counted under the phone or the ID number that the person logs in by.
    """
    typed = request.POST.get("username", "") if request else ""
    return lockout_key(typed or (credentials or {}).get("username") or "")


def lockout_key(identifier: str) -> str:
    """Under what the log-in guard counts the failures of an identifier: one key for all the ways to type it."""
    return digest(identity.normalise_phone(identifier))


def forget_failures(person: User) -> None:
    """Let somebody who proved to be this person log in again at once."""
    for identifier in (person.username, person.phone, person.id_number):
        if identifier:
            reset(username=lockout_key(identifier))
