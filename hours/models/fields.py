"""Hours as a column: decimals in steps of 0.5."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal, overload

from django.db import models
from django.db.models import ExpressionWrapper, F, Q
from django.db.models.functions import Cast
from django.db.models.lookups import Exact


def in_half_hours(field: str) -> Q:
    """Match hours that are a multiple of 0.5 or absent: twice the hours is a whole number."""
    doubled = ExpressionWrapper(F(field) * 2, models.DecimalField(max_digits=7, decimal_places=1))
    return Q(**{f"{field}__isnull": True}) | Q(Exact(doubled, Cast(doubled, models.IntegerField())))


@overload
def hours_field(
    label: str, *, null: Literal[True], **options: Any
) -> models.DecimalField[Decimal | float | str | None, Decimal | None]: ...
@overload
def hours_field(label: str, **options: Any) -> models.DecimalField[Decimal | float | str, Decimal]: ...
def hours_field(label: str, **options: Any) -> models.DecimalField[Any, Any]:
    """Return a column for hours with one decimal place, up to 9999.5."""
    return models.DecimalField(label, max_digits=5, decimal_places=1, **options)
