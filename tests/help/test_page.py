"""使用帮助: its contents, its links, and the facts that it takes from the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from config.templatetags.markdown import HEADING, markdown
from hours.help.facts import MEANINGS, state_lines
from hours.help.text import contents, help_text
from hours.models import Cap
from hours.states import Status
from tests import factories

pytestmark = pytest.mark.django_db
HELP = reverse("help")
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"


def anchors() -> list[str]:
    return [anchor for anchor, _, _ in HEADING.findall(help_text())]


def test_page_needs_two_queries_when_logged_out(client, rules, django_assert_num_queries):
    with django_assert_num_queries(2):
        assert client.get(HELP).status_code == 200


def test_page_has_the_menu_when_logged_in(client, rules, django_assert_num_queries):
    client.force_login(factories.person())
    with django_assert_num_queries(6):
        page = client.get(HELP).content.decode()
    assert 'id="menu"' in page


def test_every_page_links_to_the_help(client, db):
    assert f'<a href="{HELP}">使用帮助</a>' in client.get(reverse("accounts:login")).content.decode()
    client.force_login(factories.person())
    page = client.get(reverse("hours:list")).content.decode()
    assert page.count(f'href="{HELP}"') == 2  # the person's menu and the foot


def test_contents_link_to_every_heading_once():
    text = help_text()
    listed = [heading.anchor for part in contents(text) for heading in (part, *part.below)]
    assert listed == re.findall(r'<h[23][^>]* id="([^"]+)"', markdown(text))
    assert len(listed) == len(set(listed))


def test_first_headings_are_those_of_the_manual():
    words = [heading.words for part in contents(help_text()) for heading in part.below]
    assert words[1:5] == ["一、学时登记", "二、查看、修改、删除", "三、提交审核", "四、学时查询"]


def test_internal_links_have_targets():
    assert set(re.findall(r'href="#([\w-]+)"', markdown(help_text()))) - set(anchors()) == set()


def test_links_from_other_pages_have_targets():
    sources = [path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")]
    named = {anchor for source in sources for anchor in re.findall(r'(?:help_)?section="([\w-]+)"', source)}
    named |= {anchor for source in sources for anchor in re.findall(r"% url 'help' %}#([\w-]+)", source)}
    assert named - set(anchors()) == set()
    assert len(named) > 4


def test_states_list_the_actions_of_the_rules():
    assert list(MEANINGS) == list(Status)
    assert [(line.status, line.counts, line.owner, line.others) for line in state_lines()] == [
        ("draft", False, ["修改", "删除", "提交审核"], []),
        ("first_review", False, ["请求退回"], ["单位审核员：初审同意（变为待终审）、退回修改、不予认定"]),
        ("final_review", False, ["请求退回"], ["终审员：认定（变为已认定）、退回修改、不予认定"]),
        ("returned", False, ["修改", "提交审核"], []),
        ("recognised", True, [], ["区域管理员：撤销认定"]),
        ("refused", False, ["复制为新登记"], ["区域管理员：重新审核（变为待终审）"]),
        ("revoked", False, [], []),
    ]


def test_limits_are_the_configured_ones(settings):
    settings.ATTACHMENT_MAX_BYTES, settings.ATTACHMENT_MAX_COUNT = 3 * 1024 * 1024, 5
    assert "每个不超过 3 MB，最多 5 个" in help_text()


def test_page_has_days_and_caps_of_two_years(client, guangxi):
    year = timezone.localdate().year
    for past_year in (year, year - 1, year - 2):
        rule = factories.year_rule(past_year)
        Cap.objects.create(rule=rule, category=factories.category(f"网络培训{past_year}").parent, hours=40)
    page = client.get(HELP).content.decode()
    assert re.findall(r'data-label="年度">(\d+)<', page) == [str(year), str(year - 1)]
    assert re.findall(r"(\d+) 年度：培训进修类最多 40 学时。", page) == [str(year), str(year - 1)]


def test_closed_year_is_shown_as_closed(client, guangxi):
    factories.year_rule(timezone.localdate().year, is_closed=True)
    page = client.get(HELP).content.decode()
    assert re.findall(r'data-label="(提交截止日|退回修改后再提交截止日)">(\w+)<', page) == [
        ("提交截止日", "已关闭"),
        ("退回修改后再提交截止日", "已关闭"),
    ]


def test_page_without_rules_has_no_table_of_days(client, db):
    assert 'data-label="提交截止日"' not in client.get(HELP).content.decode()


def test_no_markup_is_left_in_page(client, rules):
    words = strip_tags(client.get(HELP).content.decode())
    assert re.findall(r"\*\*|`|\]\(|[{}|]|&lt;", words) == []
