"""Log-in by ID number, phone or user name."""

from django.contrib.auth.backends import ModelBackend

from . import identity
from .crypto import digest
from .models import User


class AnyIdentifierBackend(ModelBackend):
    """The identifier may be a user name, a phone or an ID number; the password decides between namesakes."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        if not username or password is None:
            return None
        candidates = list(User.objects.by_identifier(username))
        if not candidates:
            User().set_password(password)  # as slow as a real check, so that time does not tell who is registered
        for user in candidates:
            if user.check_password(password) and self.user_can_authenticate(user):
                return user
        return None


def digest_of_identifier(request, credentials=None) -> str:
    """What the log-in guard stores instead of the identifier, which may be an ID number."""
    identifier = (credentials or {}).get("username") or (request.POST.get("username", "") if request else "")
    return digest(identity.normalise(identifier))
