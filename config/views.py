"""The way in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def home(request: HttpRequest) -> HttpResponse:
    """Everybody's first page is the one the manual begins with."""
    return redirect("hours:list")
