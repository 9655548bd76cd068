"""The site map, in the order of the menu."""

from django.contrib import admin
from django.urls import include, path, re_path

from accounts.views import units
from hours.views import api, certificate_check, help

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("hours/", include("hours.urls")),
    path("units/register/", units.register, name="register_unit"),  # 单位注册
    path("units/", include("organizations.urls")),
    path("accounts/", include("accounts.urls")),
    # For platforms: a redirect to the address with its stroke would lose what was sent.
    re_path("^api/completions/?$", api.receive, name="api_completions"),
    re_path("^api/xapi/statements/?$", api.receive, name="api_statements"),  # where learning record clients send to
    # 证明核验, for anybody
    path("check/", certificate_check.form, name="check"),
    path("check/<str:code>/", certificate_check.answer, name="check_code"),
    # 使用帮助, for anybody
    path("help/", help.page, name="help"),
    path("admin/", admin.site.urls),
]
