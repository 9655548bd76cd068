"""The site map, in the order of the menu."""

from django.contrib import admin
from django.urls import include, path

from hours.views import api

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("hours/", include("hours.urls")),
    path("units/", include("organizations.urls")),
    path("accounts/", include("accounts.urls")),
    path("api/completions/", api.receive, name="api_completions"),
    path("api/xapi/statements", api.receive, name="api_statements"),  # where learning record clients send to
    path("admin/", admin.site.urls),
]
