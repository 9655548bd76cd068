"""The frame of every page and the left menu."""

from __future__ import annotations

import re

import pytest
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string
from django.urls import reverse

from config import menu
from config.context import region_name
from tests import factories


def test_page_has_strict_content_policy(client, db):
    policy = client.get(reverse("accounts:login")).headers["Content-Security-Policy"]
    assert set(policy.split("; ")) == {
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    }


def test_person_sees_frame_without_administration(make_request, db):
    page = render_to_string("404.html", {}, make_request(factories.person("黄秋梦")))
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<body>")[1]))
    assert "专业技术人员继续教育学时系统 广西壮族自治区 黄秋梦" in shown
    assert re.search(r"我的学时 学时登记 学时查询 学时证明 单位 单位注册 (?!统计|系统管理)", shown)


def test_administrator_sees_link_to_administration(make_request, db):
    request = make_request(factories.administrator())
    assert [(title, [item.label for item in items]) for title, items in menu.groups(request)] == [
        ("我的学时", ["学时登记", "学时查询", "学时证明"]),
        ("单位", ["单位注册"]),
        ("统计", ["统计"]),
        ("系统管理", ["系统管理后台"]),
    ]


def test_anonymous_sees_log_in_link_without_menu(make_request):
    page = render_to_string("404.html", {}, make_request())
    assert 'id="menu"' not in page
    assert f'href="{reverse("accounts:login")}"' in page


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/hours/", "学时登记"),
        ("/hours/new/", "学时登记"),
        ("/hours/lookup/", "学时查询"),
        ("/accounts/profile/", None),
        ("/hours/notices/", None),
    ],
)
def test_menu_marks_current_page(make_request, db, path, current):
    items = [item for _, items in menu.groups(make_request(factories.person(), path)) for item in items]
    assert [item.label for item in items if item.is_current] == [current] * bool(current)


def test_id_number_is_masked_in_persons_menu(make_request, db):
    huang = factories.person("黄秋梦")
    page = render_to_string("404.html", {}, make_request(huang))
    assert huang.masked_id in page
    assert huang.id_number not in page


def test_frame_takes_two_queries(make_request, db, django_assert_num_queries):
    request = make_request(factories.administrator())
    with django_assert_num_queries(2):
        render_to_string("404.html", {}, request)


def test_region_name_of_unknown_code_is_empty():
    assert [region_name("450000"), region_name("999999")] == ["广西壮族自治区", ""]


def test_log_out_posts_a_form(make_request, db):
    page = render_to_string("404.html", {}, make_request(factories.person()))
    assert f'<form method="post" action="{reverse("accounts:logout")}">' in page


def test_message_is_in_live_region(make_request, db):
    request = make_request(factories.person())
    request._messages = [Message(messages.SUCCESS, "已删除 2 条登记。")]
    page = render_to_string("404.html", {}, request)
    assert re.search(r'role="status" aria-live="polite"[^>]*>\s*<div class="message message-success">', page)
    assert page.count("已删除 2 条登记。") == 1


def test_administration_has_product_name_and_link_back(client, db):
    client.force_login(factories.administrator())
    page = client.get(reverse("admin:index")).content.decode()
    assert '<a href="/admin/">专业技术人员继续教育学时系统 · 系统管理</a>' in page
    assert '<a href="/">返回用户管理中心</a>' in page
