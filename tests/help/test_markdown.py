"""Markdown becomes HTML without giving typed text a meaning, on the page as in docs/manual.md."""

from __future__ import annotations

import re
import string
from html import escape

import pytest
from django.template import engines
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from config.templatetags.markdown import markdown
from hours.help.facts import current_rules
from hours.help.text import help_text
from hours.models import Cap
from scripts.manual import manual
from tests import factories

HOSTILE = """<b>&"' | *甲* **乙** _丙_ `丁` &lt; \\| ~~x~~ #"""
HOSTILE_LINK = """</p>[甲](/x/){.tag}[乙]{.tag}{id=a} <!-- ![]("""


def rendered(source: str, name: str) -> str:
    return markdown(engines["django"].from_string("{% load markdown %}" + source).render({"name": name}))


def shown(text: str) -> str:
    """A text as HTML shows it, character by character."""
    return escape(text, quote=False).replace('"', "&quot;")


@pytest.fixture
def hostile_caps(guangxi):
    year = timezone.localdate().year
    category = factories.category(HOSTILE, first_level=HOSTILE_LINK)
    Cap.objects.create(rule=factories.year_rule(year), category=category, hours=40)
    return f"{year} 年度：{HOSTILE_LINK} · {HOSTILE}最多 40 学时。"


def test_category_names_appear_as_typed_on_page(client, hostile_caps):
    page = client.get(reverse("help")).content.decode()
    assert re.findall(r"<p>(\d+ 年度：.*?)</p>", page) == [shown(hostile_caps)]


def test_category_names_appear_as_typed_in_manual(hostile_caps):
    document = MarkdownIt("commonmark").enable("table").render(manual(help_text(current_rules())))
    assert re.findall(r"<p>(\d+ 年度：.*?)</p>", document) == [shown(hostile_caps)]


@given(st.text(alphabet=string.punctuation + "a1甲 "))
def test_any_typed_text_appears_as_typed(name):
    html = rendered("甲{{ name|escape_markdown }}乙", name)
    assert html == f"<p>甲{shown(name)}乙</p>\n"


def test_line_breaks_in_typed_text_become_spaces():
    assert rendered("{{ name|escape_markdown }}", "甲\r\n\r\n# 乙") == "<p>甲    # 乙</p>\n"


def test_table_cell_appears_as_typed():
    html = rendered("| 头 |\n| --- |\n| {{ name|escape_markdown }} |", HOSTILE)
    assert re.findall(r"<tbody>\s*<tr>\s*<th[^>]*>(.*?)</th>", html) == [shown(HOSTILE)]


def test_cells_carry_title_of_their_column():
    html = markdown("| 甲 | <乙> |\n| --- | --- |\n| 1 | 2 |\n| 3 | 4 |")
    assert html.replace("\n", "") == (
        '<table class="table data-table">'
        '<thead><tr><th scope="col">甲</th><th scope="col">&lt;乙&gt;</th></tr></thead><tbody>'
        '<tr><th scope="row" data-label="甲">1</th><td data-label="&lt;乙&gt;">2</td></tr>'
        '<tr><th scope="row" data-label="甲">3</th><td data-label="&lt;乙&gt;">4</td></tr></tbody></table>'
    )


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("{id=one}\n## 一", '<h2 id="one">一</h2>'),
        ("[已认定]{.tag .tag-good }", '<p><span class="tag tag-good">已认定</span></p>'),
        ("`<`", "<p><kbd>&lt;</kbd></p>"),
        ("`j`\n: 下", "<dl><div><dt><kbd>j</kbd></dt><dd>下</dd></div></dl>"),
        ("<b>甲</b>", "<p>&lt;b&gt;甲&lt;/b&gt;</p>"),
        ("<p>甲</p>", "<p>&lt;p&gt;甲&lt;/p&gt;</p>"),
        ("[甲](javascript:alert)", "<p>[甲](javascript:alert)</p>"),
        ("[甲]{onclick=a id=b}", "<p><span>甲</span></p>"),
        ("{onclick=a class=b}\n甲", "<p>甲</p>"),
    ],
)
def test_markdown_becomes_html(text, html):
    assert markdown(text).replace("\n", "") == html
