from __future__ import annotations

import pytest

from tests import factories


@pytest.fixture(autouse=True)
def _open_years(rules):
    """Whoever submits finds the year open."""


@pytest.fixture
def reader(client):
    """Logs somebody in and returns the client."""

    def log_in(person):
        client.force_login(person)
        return client

    return log_in


@pytest.fixture
def li(rules):
    """李工, another engineer."""
    return factories.person("李工")
