"""Values of statements that several tests use."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from hours.models import Completion
from tests.completions.conftest import THIS_YEAR

URL, ABOUT = reverse("api_statements"), reverse("api_about")
VERSION = "X-Experience-API-Version"
DAY = f"{THIS_YEAR}-01-01"
COMPLETED = "http://adlnet.gov/expapi/verbs/completed"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
EXTERNAL_ID = "https://w3id.org/learning-analytics/learning-management-system/external-id"
FIRST = "6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
UNKNOWN = {"account": {"homePage": "https://learn.example", "name": "450102199003076135"}}


def refusal(response: Any) -> str:
    assert response.status_code == 400, response.content
    assert not Completion.objects.exists()
    return response.json()["error"]
