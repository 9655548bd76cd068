"""SHAPE: the fields of registrations: moments, hours, types, proofs."""

from __future__ import annotations

import re
from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError

from config.web.addresses import parse_pk
from hours.models import Category
from hours.wording import format_number

from . import attachments
from .attachments import Proof

SUPERFLUOUS_ZEROS = re.compile(r"(\.[0-9]*?)0+\s*$")


class MomentWidget(forms.SplitDateTimeWidget):
    """A day and a time of day side by side; the time is filled in, so that plain dates mean whole days."""

    template_name = "widgets/moment.html"

    def __init__(self, label: str, clock) -> None:
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
        self.clock = clock

    def decompress(self, value):
        if value is None:
            return [None, self.clock]
        return super().decompress(value)


class MomentField(forms.SplitDateTimeField):
    """A local moment; a missing time of day means the one that the picker offers."""

    def __init__(self, label: str, clock) -> None:
        messages = {
            "required": f"请填写{label}。",
            "incomplete": f"请填写{label}的日期。",
            "invalid_date": f"{label}的日期无法识别，请按 2026-05-12 的格式填写。",
            "invalid_time": f"{label}的时间无法识别，请按 08:30 的格式填写。",
        }
        super().__init__(
            label=label, widget=MomentWidget(label, clock), error_messages=messages, require_all_fields=False
        )
        self.clock = clock
        self.fields[1].required = False

    def clean(self, value):
        if isinstance(value, (list, tuple)) and len(value) == 2 and value[0] and not value[1]:
            value = [value[0], f"{self.clock:%H:%M}"]
        return super().clean(value)


class HoursField(forms.DecimalField):
    def to_python(self, value):
        """8.00 is 8, and 8.50 is 8.5."""
        return super().to_python(SUPERFLUOUS_ZEROS.sub(r"\1", value) if isinstance(value, str) else value)

    def prepare_value(self, value):
        """8 and 7.5, never 8.0."""
        return format_number(value) if isinstance(value, Decimal) else super().prepare_value(value)


class ProofsInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class ProofsField(forms.FileField):
    """Several files. Good ones are kept even if others are refused; each refused one is named."""

    def __init__(self, **options) -> None:
        super().__init__(
            required=False, widget=ProofsInput(attrs={"accept": attachments.ACCEPT, "multiple": True}), **options
        )

    def clean(self, data, initial=None) -> tuple[list[Proof], list[ValidationError]]:
        return attachments.inspect_all(data or [])


class RemovedField(forms.ModelMultipleChoiceField):
    """Files to take away. One that is gone already, perhaps by another window, needs no taking away."""

    def clean(self, value):
        return self.queryset.filter(pk__in={parse_pk(text) for text in value or ()} - {None})


class _GroupedByFirstLevel(forms.models.ModelChoiceIterator):
    def __iter__(self):
        yield "", self.field.empty_label
        groups: dict[str, list] = {}
        for category in self.queryset:
            groups.setdefault(category.parent.name, []).append(self.choice(category))
        yield from groups.items()


class CategoryChoice(forms.ModelChoiceField):
    """Second-level types, grouped by their first level; the script narrows the list to the chosen first level."""

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
