"""Requests for tests that render templates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from accounts.models import User


@pytest.fixture
def make_request(rf: RequestFactory) -> Callable[..., Any]:
    """Return a function that makes a request as a view gets it from the middleware."""

    def make(person: User | None = None, path: str = "/hours/", *, in_dialog: bool = False) -> Any:
        request: Any = rf.get(path, headers={"X-Requested-With": "dialog"} if in_dialog else None)
        request.user, request._messages = person or AnonymousUser(), []
        return request

    return make
