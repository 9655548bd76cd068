"""Units that a table names by their credit code or their whole name."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from . import credit_code
from .models import Unit


class NamedUnits:
    """The units among `rows` that these texts name; one query."""

    def __init__(self, texts: Iterable[str], rows: QuerySet[Unit]) -> None:
        texts = {text for text in texts if text}
        named = Q(credit_code__in={credit_code.normalise(text) for text in texts}) | Q(name__in=texts)
        self.found: dict[str, list[Unit]] = {}
        for unit in rows.filter(named, is_unaffiliated=False).select_related("region"):
            for key in {unit.name, unit.credit_code or ""} - {""}:
                self.found.setdefault(key, []).append(unit)

    def get(self, text: str) -> Unit | None:
        """Return the unit, or None if there is none or more than one."""
        units = self._units(text)
        return units[0] if len(units) == 1 else None

    def problem(self, text: str) -> str:
        """Return why the text names no unit, as the end of a sentence about the value; empty if it does."""
        count = len(self._units(text))
        if count > 1:
            return f"有 {count} 个同名单位，请填统一社会信用代码。"
        return "" if count else "不是已有的单位，请填统一社会信用代码或单位全称。"

    def _units(self, text: str) -> list[Unit]:
        return self.found.get(text) or self.found.get(credit_code.normalise(text), [])
