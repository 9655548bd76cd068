from __future__ import annotations

import pytest

from tests import factories


@pytest.fixture(autouse=True)
def _open_years(rules):
    """Open the years for submissions."""


@pytest.fixture
def log_in(client):
    """Return a function that logs a person in and returns the client."""

    def logged_in(person):
        client.force_login(person)
        return client

    return logged_in


@pytest.fixture
def li(rules):
    """李工, a second owner."""
    return factories.person("李工")
