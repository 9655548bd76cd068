"""The home page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def home(request: HttpRequest) -> HttpResponse:
    """Redirect to 学时登记, the page with which the manual begins."""
    return redirect("hours:list")
