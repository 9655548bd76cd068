"""The help as Markdown: the source of the page and of docs/manual.md."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.template.loader import render_to_string

from config.templatetags.markdown import HEADING
from hours.help import facts
from hours.models import YearRule


@dataclass
class Heading:
    """A heading in the table of contents, with the headings below it."""

    anchor: str
    words: str
    below: list[Heading] = field(default_factory=list)


def help_text(rules: Sequence[YearRule] = ()) -> str:
    """Return the help, with the last days and caps of the years in `rules`."""
    inputs = {
        "rules": rules,
        "states": facts.state_lines(),
        "limits": facts.limits(),
        "certificate_states": facts.CERTIFICATE_MEANINGS.items(),
    }
    return render_to_string("help/text.md", inputs)


def contents(text: str) -> list[Heading]:
    """Return the headings of the second level of a text, each with those of the third below it."""
    found: list[Heading] = []
    for anchor, level, words in HEADING.findall(text):
        (found if level == "##" else found[-1].below).append(Heading(anchor, words))
    return found
