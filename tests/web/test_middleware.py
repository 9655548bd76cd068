"""Caching of responses and the limit of the request size."""

from __future__ import annotations

import pytest
from django.templatetags.static import static
from django.urls import reverse

from tests import factories


@pytest.mark.parametrize("url", ["/hours/", "/accounts/profile/", "/accounts/password/reset/", "/nowhere/", "/"])
def test_page_is_not_cached(client, db, url):
    client.force_login(factories.person())
    assert client.get(url)["Cache-Control"] == "private, no-store"


def test_static_file_is_cached(client):
    answer = client.get(static("css/app.css"))
    b"".join(answer.streaming_content)  # its end closes the file
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, False)


@pytest.mark.parametrize("size", ["134217729", "9" * 5000, "many", "-1"])
def test_oversized_request_is_refused_unread(client, size):
    answer = client.post(reverse("accounts:login"), {"username": "huang"}, CONTENT_LENGTH=size)
    assert (answer.status_code, answer["Connection"]) == (413, "close")
    assert "一次最多上传 128.0\xa0MB，本次内容没有保存。" in answer.content.decode()
