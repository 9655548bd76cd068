"""Hours as a column: decimals in steps of 0.5."""

from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Cast
from django.db.models.lookups import Exact


def in_half_hours(field: str) -> Q:
    """The condition that hours are a multiple of 0.5 (or absent): their double is a whole number."""
    doubled = ExpressionWrapper(F(field) * 2, models.DecimalField(max_digits=7, decimal_places=1))
    return Q(**{f"{field}__isnull": True}) | Q(Exact(doubled, Cast(doubled, models.IntegerField())))


def hours_field(label: str, **options) -> models.DecimalField:
    """Hours are decimals with one place, 0.5 to 9999.5."""
    return models.DecimalField(label, max_digits=5, decimal_places=1, **options)
