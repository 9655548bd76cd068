"""Parts of a page that are drawn once and shown more often: in one page, or on every page."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.conf import settings
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe

from .formatting import query_with

register = template.Library()
MENUS_KEPT = 500  # as many as there are kinds of people times registrations, several times over
TREES_KEPT = 300  # a province has some 120 regions
BEGINNING = "\x1f"  # stands in a kept tree for the beginning of its addresses; no name or address holds it


@register.simple_tag(takes_context=True)
def side_menu(context) -> SafeString:
    """The left menu. What it holds depends on a person's duties and on the place in it, and on nothing else."""
    groups = context["menu_groups"]()
    return _side_menu.__wrapped__(groups) if settings.DEBUG else _side_menu(groups)


@lru_cache(maxsize=MENUS_KEPT)
def _side_menu(groups) -> SafeString:
    return render_to_string("components/side_menu.html", {"menu_groups": groups})


@register.simple_tag(takes_context=True)
def region_tree(context, nodes, selected: str, url: str = "") -> SafeString:
    """The open part of the region tree, each line leading to `url` with the present parameters and its own region.

    The parameters, which hold what somebody ticked, are filled in afterwards; the rest is the same for everybody.
    """
    others = query_with(context, region="", page="", go="")
    beginning = url + (others if others == "?" else f"{others}&")
    draw = _region_tree.__wrapped__ if settings.DEBUG else _region_tree
    lines = tuple((node.code, node.name, node.depth, node.has_children, node.is_open) for node in nodes)
    return mark_safe(draw(lines, selected).replace(BEGINNING, escape(beginning)))  # noqa: S308


@lru_cache(maxsize=TREES_KEPT)
def _region_tree(lines: tuple, selected: str) -> SafeString:
    inputs = {"lines": lines, "selected": selected, "beginning": BEGINNING}
    return render_to_string("components/region_tree.html", inputs)


@register.filter
def options(groups) -> SafeString:
    """The inside of a <select>, from the `optgroups` of its widget."""
    return mark_safe("\n".join(_group(name, choices) for name, choices, _ in groups))  # noqa: S308


def _group(name: str | None, choices: list[dict]) -> str:
    lines = "\n".join(_option(choice) for choice in choices)
    return f'<optgroup label="{escape(name)}">\n{lines}\n</optgroup>' if name else lines


def _option(choice: dict) -> str:
    attributes = flatatt(choice["attrs"]) if choice["attrs"] else ""
    return f'<option value="{escape(choice["value"])}"{attributes}>{conditional_escape(choice["label"])}</option>'


@register.filter
def flat(attributes: dict) -> SafeString:
    """HTML attributes as a tag holds them."""
    return flatatt(attributes)
