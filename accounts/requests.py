"""The signed-in person of a request, with types."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from .models import User


class PersonRequest(HttpRequest):
    """A request with a person as its user, as LoginRequiredMiddleware guarantees for every ordinary view."""

    user: User


def person_of(request: HttpRequest) -> User:
    """Return the signed-in person, for methods whose signature Django sets. PermissionDenied for anyone else."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
