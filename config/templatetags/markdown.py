"""Markdown filters: CommonMark and tables with the attributes and definition lists of mdit-py-plugins.

{id=submit} above a heading is its id, [已认定]{.tag .tag-good} is a coloured tag, a line that begins with ": " defines
the term above it, and `x` is a key. Raw HTML is shown as text.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import cache, lru_cache

from django import template
from django.template.defaultfilters import stringfilter
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_core import StateCore
from mdit_py_plugins.attrs import attrs_block_plugin, attrs_plugin
from mdit_py_plugins.deflist import deflist_plugin

from config.constants import MARKDOWN_CACHE_SIZE

register = template.Library()
# Id, level (## or ###) and text of a heading.
HEADING = re.compile(r"^\{id=([\w-]+)\}\n(##+) (.+)$", re.MULTILINE)
# Autoescape turns the other five into references such as &lt;, which Markdown shows as the character.
ESCAPES = str.maketrans(
    {sign: f"\\{sign}" for sign in set(string.punctuation) - set("&<>\"'")} | {"\n": " ", "\r": " "}
)


@register.filter
@stringfilter
def markdown(text: str) -> SafeString:
    """Return the HTML of a Markdown text."""
    return mark_safe(_html(text))  # noqa: S308


@register.filter
@stringfilter
def escape_markdown(text: str) -> str:
    """Escape typed text in an autoescaped Markdown template, so that no character has a meaning in Markdown."""
    return text.translate(ESCAPES)


@lru_cache(maxsize=MARKDOWN_CACHE_SIZE)
def _html(text: str) -> str:
    return str(_parser().render(text))


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("js-default")
    parser.use(attrs_block_plugin, allowed=["id"])
    parser.use(attrs_plugin, spans=True, allowed=["class"])
    parser.use(deflist_plugin)
    parser.core.ruler.push("cells", _cells)
    parser.add_render_rule(
        "code_inline", lambda _, tokens, number, *__: f"<kbd>{escapeHtml(tokens[number].content)}</kbd>"
    )
    parser.add_render_rule("dt_open", lambda *_: "<div><dt>")
    parser.add_render_rule("dd_close", lambda *_: "</dd></div>\n")
    return parser


def _cells(state: StateCore) -> None:
    """Make the first cell of each row a heading and name the column of each cell: phones hide the table head."""
    titles: list[str] = []
    columns: Iterator[str] = iter(())
    for number, token in enumerate(state.tokens):
        if token.type == "table_open":
            token.attrs["class"] = "table data-table"
            titles = []
        elif token.type == "tr_open":
            columns = iter(titles)
        elif token.type == "th_open":
            token.attrs["scope"] = "col"
            titles.append(state.tokens[number + 1].content)
        elif token.type == "td_open":
            if state.tokens[number - 1].type == "tr_open":
                token.tag = state.tokens[number + 2].tag = "th"
                token.attrs["scope"] = "row"
            token.attrs["data-label"] = next(columns)
