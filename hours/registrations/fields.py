"""Form fields of registrations: date and time, hours, category, files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from config.parsing import parse_day
from config.texts import fold_digits
from config.web.addresses import parse_pk
from config.web.forms import NumberField
from hours.models import Category
from hours.wording import format_number

from . import attachments
from .attachments import Proof

TRAILING_ZEROS = re.compile(r"(\.[0-9]*?)0+\s*$")


class MomentWidget(forms.SplitDateTimeWidget):
    """Date and time inputs side by side. The time is prefilled, so that a bare date means a whole day."""

    template_name = "widgets/moment.html"

    def __init__(self, label: str, default_time: time) -> None:
        super().__init__(
            date_format="%Y-%m-%d",
            time_format="%H:%M",
            date_attrs={
                "type": "date",
                "class": "form-control",
                "max": "9999-12-31",
                "aria-label": f"{label}（日期）",
            },
            time_attrs={"type": "time", "class": "form-control", "step": "60", "aria-label": f"{label}（时、分）"},
        )
        self.default_time = default_time

    def decompress(self, value: datetime | None) -> tuple[date | None, time | None]:
        if value is None:
            return None, self.default_time
        return super().decompress(value)


class MomentField(forms.SplitDateTimeField):
    """A local date and time; a missing time means the prefilled one."""

    def __init__(self, label: str, default_time: time) -> None:
        messages = {
            "required": f"请填写{label}。",
            "incomplete": f"请填写{label}的日期。",
            "invalid_date": f"{label}的日期无法识别，请按 2026-05-12 的格式填写。",
            "invalid_time": f"{label}的时间无法识别，请按 08:30 的格式填写。",
        }
        super().__init__(
            label=label, widget=MomentWidget(label, default_time), error_messages=messages, require_all_fields=False
        )
        self.default_time = default_time
        self.fields[1].required = False

    def compress(self, data_list: Any) -> datetime | None:
        """Return the moment; ValidationError for one that the clock skipped or repeated (summer time, 1986 to 1991)."""
        try:
            return super().compress(data_list)
        except ValidationError as error:
            if error.code != "ambiguous_timezone":
                raise
        day, clock = data_list
        raise ValidationError(
            f"{self.label} {day} {clock:%H:%M} 正值当年夏令时调整，钟表跳过或重复了这一小时，请改为前后一小时的时间。"
        )

    def clean(self, value: Any) -> datetime | None:
        if isinstance(value, (list, tuple)) and len(value) == 2 and value[0]:
            day, clock = value
            value = [parse_day(day) or day, fold_digits(clock or "") or f"{self.default_time:%H:%M}"]
        return super().clean(value)


class HoursField(NumberField):
    """Hours, typed and shown without trailing zeros."""

    def clean(self, value: Any) -> Any:
        """Read 8.00 as 8, so that it has no more decimal places than allowed."""
        return super().clean(TRAILING_ZEROS.sub(r"\1", fold_digits(value)) if isinstance(value, str) else value)

    def prepare_value(self, value: Any) -> Any:
        """Show 8 and 7.5, never 8.0."""
        return format_number(value) if isinstance(value, Decimal) else super().prepare_value(value)


class ProofsInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class ProofsField(forms.FileField):
    """Several files: the accepted ones, and one error for each refused one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            required=False, widget=ProofsInput(attrs={"accept": attachments.ACCEPT, "multiple": True}), **options
        )

    def clean(
        self, data: Sequence[UploadedFile] | None, initial: object = None
    ) -> tuple[list[Proof], list[ValidationError]]:
        return attachments.inspect_all(data or [])


class PrimaryKeysField(forms.Field):
    """Primary keys of ticked rows; texts that are not primary keys are skipped."""

    widget = forms.SelectMultiple

    def clean(self, value: Sequence[str] | None) -> set[int]:
        return {pk for text in value or () if (pk := parse_pk(text)) is not None}


class _GroupedByFirstLevel(forms.models.ModelChoiceIterator):
    def __iter__(self) -> Iterator[Any]:
        yield "", self.field.empty_label
        groups: dict[str, list[tuple[Any, str]]] = {}
        for category in self.queryset:
            groups.setdefault(category.parent.name, []).append(self.choice(category))
        yield from groups.items()


class FirstLevelChoice(forms.ModelChoiceField):
    """First-level categories, by their bare names: the second-level ones say 示例."""

    def __init__(self) -> None:
        super().__init__(
            Category.objects.filter(parent=None, is_active=True),
            label="认定类型",
            empty_label="请选择类型",
            error_messages={"required": "请选择认定类型。", "invalid_choice": "所选类型不存在或已停用，请重新选择。"},
        )

    def label_from_instance(self, obj: Category) -> str:
        return obj.name


class CategoryChoice(forms.ModelChoiceField):
    """Second-level categories, grouped by first level; registration.js narrows the list to the chosen first level."""

    iterator = _GroupedByFirstLevel

    def __init__(self) -> None:
        super().__init__(
            Category.objects.selectable(),
            label="二级类型",
            empty_label="请选择二级类型",
            error_messages={
                "required": "请选择二级类型。",
                "invalid_choice": "所选二级类型不存在或已停用，请重新选择。",
            },
        )
