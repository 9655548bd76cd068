"""The forms for issuing and checking certificates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from config.web.forms import Filter, form_helper
from organizations.models import Unit

from . import codes
from .issuing import MAX_YEARS


class YearsForm(forms.Form):
    """The years that a certificate is to cover, of those that have counted hours."""

    def __init__(self, *args: Any, years: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["years"] = forms.TypedMultipleChoiceField(
            label="年度",
            coerce=int,
            choices=[(year, f"{year} 年度") for year in years],
            error_messages={
                "required": "请勾选要证明的年度。",
                "invalid_choice": "所选年度没有已认定的学时，请重新勾选。",
            },
        )

    def clean_years(self) -> list[int]:
        years = self.cleaned_data["years"]
        if len(years) > MAX_YEARS:
            raise forms.ValidationError(f"一份证明最多包含 {MAX_YEARS} 个年度，请分开开具。")
        return years

    @property
    def ticked(self) -> set[str]:
        """The submitted years, valid or not."""
        return set(self["years"].value() or ())


class UnitYearForm(Filter):
    """A unit of the office and a year. For a region the unit's code is typed, because a list would be too long."""

    unit = forms.ModelChoiceField(Unit.objects.none())
    year = forms.IntegerField(
        label="年度",
        min_value=2000,
        max_value=2100,
        error_messages={
            "required": "请填写年度。",
            "invalid": "年度请填写四位数字，如 2026。",
            "min_value": "年度请填写四位数字，如 2026。",
            "max_value": "年度请填写四位数字，如 2026。",
        },
    )

    def __init__(self, *args: Any, units: QuerySet[Unit], by_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"] = _unit_field(units, by_code)


def _unit_field(units: QuerySet[Unit], by_code: bool) -> forms.ModelChoiceField[Unit]:
    errors = {
        "required": "请填写单位的统一社会信用代码。",
        "invalid_choice": "没有找到您职责范围内的该单位，请核对统一社会信用代码。",
    }
    if not by_code:
        select = forms.Select(attrs={"class": "form-select"})
        return forms.ModelChoiceField(units, label="单位", empty_label=None, widget=select, error_messages=errors)
    text = forms.TextInput(attrs={"class": "form-control", "maxlength": 18, "autocomplete": "off"})
    return forms.ModelChoiceField(
        units, label="统一社会信用代码", to_field_name="credit_code", widget=text, error_messages=errors
    )


class CodeForm(forms.Form):
    """证明编号 as it is typed."""

    code = forms.CharField(
        label="证明编号",
        max_length=codes.MAX_TYPED_LENGTH,
        help_text="印在证明右上角，16 位字母和数字；不分大小写，空格和横线可以省略。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"max_length": "编号过长，请只填写证明右上角的 16 位编号。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(self)

    def clean_code(self) -> str:
        code = codes.normalise(self.cleaned_data["code"])
        if not code:
            raise forms.ValidationError("编号应由字母和数字组成，请按证明右上角填写。")
        return code
