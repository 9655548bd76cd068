"""The type of a request from a signed-in person, for annotations."""

from __future__ import annotations

from django.http import HttpRequest

from .models import User


class PersonRequest(HttpRequest):
    """A request with a person as its user, as LoginRequiredMiddleware guarantees for every ordinary view."""

    user: User
