"""使用帮助: one page for all, also without an account."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hours.help.facts import current_rules
from hours.help.text import contents, help_text


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show the help and its table of contents."""
    text = help_text(current_rules())
    return render(request, "help/page.html", {"text": text, "contents": contents(text)})
