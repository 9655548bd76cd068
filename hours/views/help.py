"""使用帮助: one page for everybody, also without an account. docs/manual.md is made of the same text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from .. import help_facts

HEADING = re.compile(r'<h([23]) id="([\w-]+)">([^<]+)</h\1>')


@dataclass
class Heading:
    """One line of the table of contents, with those below it."""

    anchor: str
    words: str
    below: list[Heading] = field(default_factory=list)


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The text with its table of contents, which is read from the text itself."""
    text = body(rules=help_facts.current_rules())
    return render(request, "help/page.html", {"text": text, "contents": contents(text)})


def body(**facts) -> str:
    """The help's text as HTML; the days of the years in it only if `rules` are given."""
    facts |= {
        "states": help_facts.state_lines(),
        "limits": help_facts.limits(),
        "certificate_states": help_facts.CERTIFICATE_MEANINGS.items(),
    }
    return render_to_string("help/body.html", facts)


def contents(text: str) -> list[Heading]:
    """The headings of the second level, each with those of the third below it."""
    found: list[Heading] = []
    for level, anchor, words in HEADING.findall(text):
        (found if level == "2" else found[-1].below).append(Heading(anchor, words))
    return found
