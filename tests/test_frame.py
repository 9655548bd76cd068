"""The frame of every page: what it shows to whom, what it must never hold, and the pages for when something fails."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template import engines
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.test import Client, RequestFactory
from django.urls import reverse

from config import menu
from config.context import region_name
from config.templatetags.formatting import format_hours, or_dash, page_numbers
from config.web.dialogs import dialog_redirect
from config.web.forms import form_helper
from hours.states import Status
from hours.totals.summaries import PersonYear
from hours.wording import step_tone, tone

from . import factories

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html")) + sorted((ROOT / "templates").rglob("*.txt"))
STATIC = sorted((ROOT / "static").rglob("*.js")) + sorted((ROOT / "static").rglob("*.css"))


@pytest.fixture
def ask(rf: RequestFactory):
    """A request as the middleware hands it to a view, for somebody."""

    def make(person=None, path: str = "/hours/", *, in_dialog: bool = False):
        request = rf.get(path, headers={"X-Requested-With": "dialog"} if in_dialog else None)
        request.user, request._messages = person or AnonymousUser(), []
        return request

    return make


def written(source: str, request, **context) -> str:
    return engines["django"].from_string(source).render(context, request)


# --- What no template may hold -------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_has_nothing_that_the_content_policy_forbids(path):
    source = path.read_text(encoding="utf-8")
    assert (
        re.findall(r"<style|\sstyle\s*=|<script(?![^>]*\ssrc=)|\son[a-z]+\s*=\s*[\"']|javascript:", source, re.I) == []
    )


@pytest.mark.parametrize("path", TEMPLATES + STATIC, ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_comes_from_another_host(path):
    source = path.read_text(encoding="utf-8")
    assert (
        re.findall(r"(?:src|href|action|url\(|@import|fetch\()\s*=?\s*[\"'(]?\s*(?:https?:)?//[^\"')\s]+", source) == []
    )


@pytest.mark.parametrize("path", sorted((ROOT / "templates" / "components").glob("*.html")), ids=lambda path: path.stem)
def test_a_component_names_its_inputs_in_its_first_line(path):
    assert re.match(r"\{# .+ Inputs?: .+ #\}$", path.read_text(encoding="utf-8").splitlines()[0])


# --- The frame ------------------------------------------------------------------------------------


def test_a_page_carries_the_strict_content_policy(client, db):
    policy = client.get(reverse("accounts:login")).headers["Content-Security-Policy"]
    assert set(policy.split("; ")) == {
        "default-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    }


def test_a_person_sees_product_region_name_and_a_menu_without_administration(ask, db):
    page = render_to_string("404.html", {}, ask(factories.person("黄秋梦")))
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.split("<body>")[1]))
    assert "专业技术人员继续教育学时系统 广西壮族自治区 黄秋梦" in shown
    assert re.search(r"我的学时 学时登记 学时查询 学时证明 单位 单位注册 (?!统计|系统管理)", shown)


def test_an_administrator_also_sees_the_way_to_the_administration(ask, db):
    request = ask(factories.administrator())
    assert [(title, [item.label for item in items]) for title, items in menu.groups(request)] == [
        ("我的学时", ["学时登记", "学时查询", "学时证明"]),
        ("单位", ["单位注册"]),
        ("统计", ["统计"]),
        ("系统管理", ["系统管理后台"]),
    ]


def test_an_anonymous_visitor_sees_no_menu_but_a_way_to_log_in(ask):
    page = render_to_string("404.html", {}, ask())
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
def test_the_menu_marks_where_one_is(ask, db, path, current):
    items = [item for _, items in menu.groups(ask(factories.person(), path)) for item in items]
    assert [item.label for item in items if item.is_current] == [current] * bool(current)


def test_the_id_number_is_masked_in_the_persons_menu(ask, db):
    huang = factories.person("黄秋梦")
    page = render_to_string("404.html", {}, ask(huang))
    assert huang.masked_id in page
    assert huang.id_number not in page


def test_the_frame_costs_two_queries_for_duties_and_unread_notices(ask, db, django_assert_num_queries):
    request = ask(factories.administrator())
    with django_assert_num_queries(2):
        render_to_string("404.html", {}, request)


def test_the_regions_name_comes_from_the_national_list_and_may_be_missing():
    assert [region_name("450000"), region_name("999999")] == ["广西壮族自治区", ""]


def test_log_out_is_a_form_that_posts(ask, db):
    page = render_to_string("404.html", {}, ask(factories.person()))
    assert f'<form method="post" action="{reverse("accounts:logout")}">' in page


def test_a_message_is_said_in_a_live_region(ask, db):
    request = ask(factories.person())
    request._messages = [messages.storage.base.Message(messages.SUCCESS, "已删除 2 条登记。")]
    page = render_to_string("404.html", {}, request)
    assert re.search(r'role="status" aria-live="polite"[^>]*>\s*<div class="message message-success">', page)
    assert page.count("已删除 2 条登记。") == 1


def test_the_administration_has_the_products_name_and_a_way_back(client, db):
    client.force_login(factories.administrator())
    page = client.get(reverse("admin:index")).content.decode()
    assert '<a href="/admin/">专业技术人员继续教育学时系统 · 系统管理</a>' in page
    assert '<a href="/">返回用户管理中心</a>' in page


# --- Dialogs ----------------------------------------------------------------------------------------

DIALOG = (
    "{% extends dialog_layout %}{% block title %}新登记培训{% endblock %}"
    "{% block content %}<p>内容</p>{% endblock %}{% block footer %}<button>保存</button>{% endblock %}"
)


def test_a_dialog_is_a_page_with_frame_and_heading(ask, db):
    page = written(DIALOG, ask(factories.person()))
    assert "<title>新登记培训 · 专业技术人员继续教育学时系统</title>" in page
    assert '<h1 class="page-title">新登记培训</h1>' in page
    assert '<div class="dialog-body"><p>内容</p></div>' in page
    assert '<div class="dialog-foot"><button>保存</button></div>' in page


def test_a_dialog_in_place_is_its_inside_only(ask, db):
    inside = written(DIALOG, ask(factories.person(), in_dialog=True))
    assert "<html" not in inside
    assert re.search(r'<h2 [^>]*id="dialog-title"[^>]*>新登记培训</h2>', inside)


def test_a_dialog_that_is_done_goes_on_by_header_and_a_page_by_redirect(ask):
    in_place = dialog_redirect(ask(in_dialog=True), "home")
    page = dialog_redirect(ask(), "home")
    assert (in_place.status_code, in_place.headers["X-Dialog-Location"]) == (204, "/")
    assert (page.status_code, page.url) == (302, "/")


# --- Who keeps it --------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["/hours/", "/accounts/profile/", "/accounts/password/reset/", "/nowhere/", "/"])
def test_nobody_keeps_a_page(client, db, url):
    client.force_login(factories.person())
    assert client.get(url)["Cache-Control"] == "private, no-store"


def test_static_files_are_kept(client):
    answer = client.get(static("css/app.css"))
    b"".join(answer.streaming_content)  # its end closes the file
    assert (answer.status_code, "no-store" in answer["Cache-Control"]) == (200, False)


# --- When something fails ------------------------------------------------------------------------------


def test_an_unknown_address_is_answered_in_chinese_with_a_way_out(client, db):
    client.force_login(factories.person())
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert '<h1 class="page-title">没有找到这个页面</h1>' in answer.content.decode()
    assert '<a class="btn btn-primary" href="/">返回用户管理中心</a>' in answer.content.decode()


def test_a_form_without_its_token_is_answered_in_chinese(db):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(reverse("accounts:login"), {"username": "huang", "password": "x"})
    assert answer.status_code == 403
    assert '<h1 class="page-title">页面已过期，请重新提交</h1>' in answer.content.decode()


def test_a_forbidden_page_says_whom_to_ask(ask, db):
    page = render_to_string("403.html", {"exception": "secret"}, ask(factories.person()))
    assert "请联系所在单位的审核员或系统管理员" in page
    assert "secret" not in page


@pytest.mark.parametrize(("name", "heading"), [("500", "系统暂时出错了"), ("400", "请求无法处理")])
def test_a_failure_page_needs_nothing_from_anybody(name, heading):
    page = render_to_string(f"{name}.html")
    assert f'<h1 class="page-title">{heading}</h1>' in page
    assert '<a class="btn btn-primary" href="/">返回首页</a>' in page


def test_the_lock_out_page_says_how_long_it_lasts(ask):
    page = render_to_string("accounts/locked.html", {}, ask())
    assert "15 分钟内不能登录" in page


@pytest.mark.parametrize("size", ["134217729", "9" * 5000, "many", "-1"])
def test_a_request_that_no_form_of_ours_sends_is_answered_unread(client, size):
    answer = client.post(reverse("accounts:login"), {"username": "huang"}, CONTENT_LENGTH=size)
    assert (answer.status_code, answer["Connection"]) == (413, "close")
    assert "一次最多上传 128.0\xa0MB，本次内容没有保存。" in answer.content.decode()


# --- Forms ------------------------------------------------------------------------------------------------


class RegistrationForm(forms.Form):
    content = forms.CharField(label="认定内容", help_text="例如 培训班名称")
    category = forms.ChoiceField(label="认定类型", choices=[("1", "培训进修类")])
    certificate = forms.CharField(label="证书编号", required=False)
    declared = forms.BooleanField(label="本人承诺以上信息属实", error_messages={"required": "请先承诺。"})

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = form_helper(self, "content", "category", "certificate", "declared")

    def clean(self):
        raise forms.ValidationError("该登记与另一条重复。")


def test_a_form_names_each_missing_field_in_its_own_words():
    assert RegistrationForm({}).errors == {
        "content": ["请填写认定内容。"],
        "category": ["请选择认定类型。"],
        "declared": ["请先承诺。"],
        "__all__": ["该登记与另一条重复。"],
    }


def test_an_error_stands_at_its_field_which_says_that_it_is_invalid(ask):
    page = written("{% load crispy_forms_tags %}{% crispy form %}", ask(), form=RegistrationForm({}))
    field = re.search(r'<input[^>]*name="content"[^>]*>', page)[0]
    assert 'aria-invalid="true"' in field
    assert 'aria-required="true"' in field
    assert 'aria-describedby="id_content_helptext id_content_error"' in field
    assert re.search(r'id="id_content_error"[^>]*>\s*<span[^>]*><strong>请填写认定内容。', page)
    assert re.search(r'id="id_content_helptext"[^>]*>例如 培训班名称', page)
    assert " required" not in field.replace("aria-required", "")


def test_the_summary_says_each_error_once_and_leads_to_its_field(ask):
    source = (
        '{% load crispy_forms_tags %}{% include "components/error_summary.html" with form=form only %}{% crispy form %}'
    )
    page = written(source, ask(), form=RegistrationForm({}))
    assert page.count("该登记与另一条重复。") == 1
    assert re.findall(r'<a href="#(\w+)">([^<]+)</a>', page) == [
        ("id_content", "请填写认定内容。"),
        ("id_category", "请选择认定类型。"),
        ("id_declared", "本人承诺以上信息属实：请先承诺。"),
    ]


def test_a_right_form_has_no_summary(ask):
    assert (
        written(
            '{% include "components/error_summary.html" with form=form only %}', ask(), form=RegistrationForm()
        ).strip()
        == ""
    )


# --- Parts and how facts are written -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "count", "shown"),
    [
        (1, 2767, [1, 2, 3, "…", 2767]),
        (5, 2767, [1, "…", 4, 5, 6, "…", 2767]),
        (4, 2767, [1, 2, 3, 4, 5, "…", 2767]),
        (2767, 2767, [1, "…", 2765, 2766, 2767]),
        (1, 1, [1]),
        (2, 3, [1, 2, 3]),
    ],
)
def test_page_numbers_leave_out_the_middle(number, count, shown):
    page = SimpleNamespace(number=number, paginator=SimpleNamespace(num_pages=count))
    assert page_numbers(page) == shown


def test_the_pages_keep_the_filter(ask):
    request = ask(path="/hours/")
    request.GET = QueryDict("name=培训&ids=1&ids=2&p=9")
    page = Paginator(range(25), 10).page(2)
    shown = written('{% include "components/pagination.html" with page=page param_name="p" only %}', request, page=page)
    here = "?name=%E5%9F%B9%E8%AE%AD&amp;ids=1&amp;ids=2&amp;p="
    assert re.findall(r'href="([^"]+)"', shown) == [f"{here}{number}" for number in (1, 1, 2, 3, 3)]
    assert re.search(r"共 25 条，每页 10 条", shown)
    assert re.findall(r'aria-current="page"[^>]*>(\d+)<', shown) == ["2"]


def test_every_status_and_state_has_a_colour():
    assert {status: tone(status) for status in [*Status, "pending", "active", "disabled"]} == {
        Status.DRAFT: "neutral",
        Status.FIRST_REVIEW: "waiting",
        Status.FINAL_REVIEW: "waiting",
        Status.RETURNED: "action",
        Status.RECOGNISED: "good",
        Status.REFUSED: "stopped",
        Status.REVOKED: "stopped",
        "pending": "waiting",
        "active": "good",
        "disabled": "stopped",
    }


def test_only_the_step_that_is_waited_for_is_shown_as_waiting():
    done = SimpleNamespace(status="final_review", when=factories.moment(3))
    next_one = SimpleNamespace(status="final_review", when=None)
    assert [step_tone(done), step_tone(next_one)] == ["neutral", "waiting"]


def test_hours_and_empty_values_are_written_as_people_write_them():
    assert [
        format_hours(Decimal("8.0")),
        format_hours(Decimal("7.5")),
        format_hours(Decimal(100)),
        format_hours(None),
    ] == ["8", "7.5", "100", "—"]
    assert [or_dash(""), or_dash(None), or_dash(0)] == ["—", "—", 0]


def test_the_hours_bar_says_in_words_what_it_draws(ask):
    rule = SimpleNamespace(total=Decimal(90), professional=Decimal(60))
    year = PersonYear(2026, Decimal(9), Decimal("31.5"), Decimal(0), Decimal(16), Decimal(8), rule)
    shown = written('{% include "components/hours_bar.html" with year=year only %}', ask(), year=year)
    words = "公需科目 9 学时，专业科目 31.5 学时，审核中 16 学时，未提交 8 学时，还差 49.5 学时，年度目标 90 学时"
    assert f'aria-label="2026 年：{words}"' in shown
    assert re.findall(r'class="bar-(\w+)" x="([\d.]+)%" width="([\d.]+)%"', shown) == [
        ("public", "0.00", "10.00"),
        ("professional", "10.00", "35.00"),
        ("review", "45.00", "17.78"),
    ]


def test_a_year_without_a_rule_has_no_target(ask):
    year = PersonYear(2019, Decimal(0), Decimal(0), Decimal(0), Decimal(0), Decimal(8), None)
    shown = written('{% include "components/hours_bar.html" with year=year only %}', ask(), year=year)
    assert "目标" not in shown
    assert "还差" not in shown
