"""The site map, in the order of the menu."""

from django.contrib import admin
from django.urls import include, path

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("hours/", include("hours.urls")),
    path("units/", include("organizations.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/", admin.site.urls),
]
