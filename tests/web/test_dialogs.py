"""Dialogs in place and as whole pages."""

from __future__ import annotations

import re

from config.web.dialogs import dialog_redirect
from tests import factories

from .rendering import render

DIALOG = (
    "{% extends dialog_layout %}{% block title %}新登记培训{% endblock %}"
    "{% block content %}<p>内容</p>{% endblock %}{% block footer %}<button>保存</button>{% endblock %}"
)


def test_dialog_without_script_is_a_whole_page(make_request, db):
    page = render(DIALOG, make_request(factories.person()))
    assert "<title>新登记培训 · 专业技术人员继续教育学时系统</title>" in page
    assert '<h1 class="page-title">新登记培训</h1>' in page
    assert '<div class="dialog-body"><p>内容</p></div>' in page
    assert '<div class="dialog-foot"><button>保存</button></div>' in page


def test_dialog_request_gets_content_only(make_request, db):
    inside = render(DIALOG, make_request(factories.person(), in_dialog=True))
    assert "<html" not in inside
    assert re.search(r'<h2 [^>]*id="dialog-title"[^>]*>新登记培训</h2>', inside)


def test_dialog_redirect_uses_header_or_redirect(make_request):
    in_place = dialog_redirect(make_request(in_dialog=True), "home")
    page = dialog_redirect(make_request(), "home")
    assert (in_place.status_code, in_place.headers["X-Dialog-Location"]) == (204, "/")
    assert (page.status_code, page.headers["Location"]) == (302, "/")
