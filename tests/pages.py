"""Facts of a page."""

from __future__ import annotations


def message_texts(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]
