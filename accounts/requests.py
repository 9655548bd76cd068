"""The request of a signed-in person, for annotations."""

from __future__ import annotations

from django.http import HttpRequest

from .models import User


class PersonRequest(HttpRequest):
    """A request whose user is a person. LoginRequiredMiddleware lets no other reach an ordinary view."""

    user: User
