"""HTML fragments that are rendered once and reused, and form widgets written without a template."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import template
from django.conf import settings
from django.forms.utils import flatatt
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe

from config.constants import MENU_CACHE_SIZE, TREE_CACHE_SIZE

from .formatting import query_with

if TYPE_CHECKING:
    from config.menu import MenuItem
    from organizations.picker import Node

register = template.Library()
URL_PLACEHOLDER = "\x1f"  # stands in a cached tree for the beginning of its URLs; no name or URL contains it

# A group of options as widgets give it: its label, its options, and its number.
OptionGroup = tuple[str | None, list[dict[str, Any]], int | None]


@register.simple_tag(takes_context=True)
def side_menu(context: RequestContext) -> SafeString:
    """Return the left menu, cached by its groups, which depend on the person's office and the current item only."""
    groups = context["menu_groups"]()
    return _side_menu.__wrapped__(groups) if settings.DEBUG else _side_menu(groups)


@lru_cache(maxsize=MENU_CACHE_SIZE)
def _side_menu(groups: tuple[tuple[str, tuple[MenuItem, ...]], ...]) -> SafeString:
    return render_to_string("components/side_menu.html", {"menu_groups": groups})


@register.simple_tag(takes_context=True)
def region_tree(context: RequestContext, nodes: Iterable[Node], selected: str, url: str = "") -> SafeString:
    """Return the open part of the region tree; each line links to `url` with the present parameters and its region.

    The tree is cached without the parameters, which differ by person; they replace URL_PLACEHOLDER.
    """
    others = query_with(context, region="", page="", go="")
    beginning = url + (others if others == "?" else f"{others}&")
    render = _region_tree.__wrapped__ if settings.DEBUG else _region_tree
    lines = tuple((node.code, node.name, node.depth, node.has_children, node.is_open) for node in nodes)
    return mark_safe(render(lines, selected).replace(URL_PLACEHOLDER, escape(beginning)))  # noqa: S308


@lru_cache(maxsize=TREE_CACHE_SIZE)
def _region_tree(lines: tuple[tuple[str, str, int, bool, bool], ...], selected: str) -> SafeString:
    context = {"lines": lines, "selected": selected, "beginning": URL_PLACEHOLDER}
    return render_to_string("components/region_tree.html", context)


@register.filter
def options(groups: Iterable[OptionGroup]) -> SafeString:
    """Return the content of a <select> from the `optgroups` of its widget."""
    return mark_safe("\n".join(_group(label, choices) for label, choices, _ in groups))  # noqa: S308


def _group(label: str | None, choices: Iterable[dict[str, Any]]) -> str:
    lines = "\n".join(_option(choice) for choice in choices)
    return f'<optgroup label="{escape(label)}">\n{lines}\n</optgroup>' if label else lines


def _option(choice: dict[str, Any]) -> str:
    attributes = flatatt(choice["attrs"]) if choice["attrs"] else ""
    return f'<option value="{escape(choice["value"])}"{attributes}>{conditional_escape(choice["label"])}</option>'


@register.filter
def flat(attributes: dict[str, Any]) -> SafeString:
    """Return the attributes of a widget as HTML."""
    return flatatt(attributes)
