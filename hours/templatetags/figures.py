"""Filters for the figures of 统计."""

from __future__ import annotations

from django import template

from hours.statistics.wording import format_duration, format_share

register = template.Library()
register.filter("share", format_share)
register.filter("duration", format_duration)
