"""A platform that speaks xAPI."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from hours.completions import platforms
from hours.models import Platform
from tests.completions.xapi.facts import (
    COMPLETED,
    DAY,
    FIRST,
    URL,
    VERSION,
)


@pytest.fixture
def token(db):
    return platforms.issue_token(Platform.objects.create(name="广西继续教育网"))


@pytest.fixture
def send(token) -> Callable[..., Any]:
    """Send statements as a client of xAPI does; PUT with the `key` of the address."""

    def call(content: Any, key: str = "", version: str = "1.0.3", kind: str = "application/json") -> Any:
        body = content if isinstance(content, bytes) else json.dumps(content)
        basic = base64.b64encode(f"platform:{token}".encode()).decode()
        headers = {"authorization": f"Basic {basic}", **({VERSION: version} if version else {})}
        client = Client(enforce_csrf_checks=True)
        if key:
            return client.put(f"{URL}?statementId={key}", body, kind, headers=headers)
        return client.post(URL, body, kind, headers=headers)

    return call


@pytest.fixture
def statement(huang, course) -> Callable[..., dict]:
    """Make a statement of 黄秋梦; every part can be replaced."""

    def make(**parts: Any) -> dict:
        return {
            "id": FIRST,
            "actor": {
                "objectType": "Agent",
                "account": {"homePage": "https://learn.example", "name": huang.id_number},
            },
            "verb": {"id": COMPLETED, "display": {"en": "completed"}},
            "object": {"objectType": "Activity", "id": f"https://learn.example/courses/{course.pk}"},
            "timestamp": f"{DAY}T08:30:00+08:00",
            **parts,
        }

    return make
