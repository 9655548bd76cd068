"""Filters for the colour classes of states."""

from django import template

from hours import wording

register = template.Library()
register.filter("tone", wording.tone)
register.filter("step_tone", wording.step_tone)
