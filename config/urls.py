"""The site map, in the order of the menu."""

from django.contrib import admin
from django.urls import include, path, re_path

from accounts.views import units
from hours.views import api, certificate_check, help, xapi

from . import views

urlpatterns = [
    path("", views.home, name="home"),
    path("hours/", include("hours.urls")),
    path("units/register/", units.register, name="register_unit"),  # 单位注册
    path("units/", include("organizations.urls")),
    path("accounts/", include("accounts.urls")),
    # For platforms; the trailing slash is optional, because a redirect would lose the body of a POST.
    re_path("^api/completions/?$", api.receive, name="api_completions"),
    re_path("^api/xapi/statements/?$", xapi.statements, name="api_statements"),  # xAPI clients append the path
    re_path("^api/xapi/about/?$", xapi.about, name="api_about"),
    # 证明核验, without log-in
    path("check/", certificate_check.form, name="check"),
    path("check/<str:code>/", certificate_check.answer, name="check_code"),
    # 使用帮助, without log-in
    path("help/", help.page, name="help"),
    path("admin/", admin.site.urls),
]
