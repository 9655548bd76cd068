"""使用帮助: one page for everybody, also without an account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from config.templatetags.markdown import HEADING
from hours.help import facts
from hours.models import YearRule


@dataclass
class Heading:
    """One line of the table of contents, with those below it."""

    anchor: str
    words: str
    below: list[Heading] = field(default_factory=list)


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The help text and its table of contents."""
    text = help_text(facts.current_rules())
    return render(request, "help/page.html", {"text": text, "contents": contents(text)})


def help_text(rules: Sequence[YearRule] = ()) -> str:
    """The help as Markdown, with the days and caps of the years in `rules`."""
    inputs = {
        "rules": rules,
        "states": facts.state_lines(),
        "limits": facts.limits(),
        "certificate_states": facts.CERTIFICATE_MEANINGS.items(),
    }
    return render_to_string("help/text.md", inputs)


def contents(text: str) -> list[Heading]:
    """The headings of the second level, each with those of the third below it."""
    found: list[Heading] = []
    for anchor, level, words in HEADING.findall(text):
        (found if level == "##" else found[-1].below).append(Heading(anchor, words))
    return found
