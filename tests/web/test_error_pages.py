"""Error pages."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from tests import factories


def test_unknown_address_gets_404_page(client, db):
    client.force_login(factories.person())
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert '<h1 class="page-title">没有找到这个页面</h1>' in answer.content.decode()
    assert '<a class="btn btn-primary" href="/">返回用户管理中心</a>' in answer.content.decode()


def test_missing_csrf_token_gets_403_page(db):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(reverse("accounts:login"), {"username": "huang", "password": "x"})
    assert answer.status_code == 403
    assert '<h1 class="page-title">页面已过期，请重新提交</h1>' in answer.content.decode()


def test_forbidden_page_names_contact(make_request, db):
    page = render_to_string("403.html", {"exception": "secret"}, make_request(factories.person()))
    assert "请联系所在单位的审核员或系统管理员" in page
    assert "secret" not in page


@pytest.mark.parametrize(("name", "heading"), [("500", "系统暂时出错了"), ("400", "请求无法处理")])
def test_failure_page_renders_without_context(name, heading):
    page = render_to_string(f"{name}.html")
    assert f'<h1 class="page-title">{heading}</h1>' in page
    assert '<a class="btn btn-primary" href="/">返回首页</a>' in page


def test_lock_out_page_shows_duration(make_request):
    page = render_to_string("accounts/locked.html", {}, make_request())
    assert "15 分钟内不能登录" in page
