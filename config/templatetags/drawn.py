"""Parts of a page that are drawn once and shown more often: in one page, or on every page."""

from __future__ import annotations

from functools import lru_cache

from django import template
from django.conf import settings
from django.forms.utils import flatatt
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()
MENUS_KEPT = 500  # as many as there are kinds of people times entries, several times over


@register.simple_tag(takes_context=True)
def side_menu(context) -> SafeString:
    """The left menu. What it holds depends on a person's duties and on the place in it, and on nothing else."""
    groups = context["menu_groups"]()
    return _side_menu.__wrapped__(groups) if settings.DEBUG else _side_menu(groups)


@lru_cache(maxsize=MENUS_KEPT)
def _side_menu(groups) -> SafeString:
    return render_to_string("components/side_menu.html", {"menu_groups": groups})


@register.simple_tag(takes_context=True)
def drawn(context, template_name: str, **inputs) -> SafeString:
    """A component as a value, for one that stands in a page twice: {% drawn "components/x.html" a=b as x %}."""
    return context.template.engine.get_template(template_name).render(context.new(inputs))


@register.filter
def flat(attributes: dict) -> SafeString:
    """HTML attributes as a tag holds them."""
    return flatatt(attributes)
