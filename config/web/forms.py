"""Parts that all forms share: text fields, the crispy helper, error messages, the filter bar."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, TypeVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject
from django import forms
from django.forms.utils import pretty_name

from config import texts
from config.parsing import parse_day, parse_number

FieldT = TypeVar("FieldT", bound=forms.Field)
DEFAULT_WHOLE_NUMBER = forms.IntegerField.default_error_messages["invalid"]
DEFAULT_DATE = forms.DateField.default_error_messages["invalid"]
DEFAULT_REQUIRED = forms.Field.default_error_messages["required"]
DEFAULT_CHOICE = (
    forms.ChoiceField.default_error_messages["invalid_choice"],
    forms.ModelChoiceField.default_error_messages["invalid_choice"],
)


class TextField(forms.CharField):
    """A normalised text; a line end counts as one character, as in a browser."""

    def to_python(self, value: object) -> str:
        return texts.normalise(super().to_python(value) or "").replace("\r\n", "\n").strip()


class LineField(forms.CharField):
    """A normalised text of one line, without superfluous spaces."""

    def to_python(self, value: object) -> str:
        return texts.normalise_line(super().to_python(value) or "")


class NameField(forms.CharField):
    """The normalised name of a person."""

    def to_python(self, value: object) -> str:
        return texts.normalise_name(super().to_python(value) or "")


class NumberField(forms.DecimalField):
    """A number, also in full width; Django reads 8e1 as 80."""

    default_error_messages = {"invalid": "应为数字，例如 8 或 7.5。"}

    def to_python(self, value: Any) -> Any:
        if not isinstance(value, str) or not value.strip():
            return super().to_python(value)
        if (number := parse_number(value)) is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(number)


class DateField(forms.DateField):
    """A day in any form that offices write, also in full width."""

    def to_python(self, value: Any) -> Any:
        return (isinstance(value, str) and parse_day(value)) or super().to_python(value)


class EmailField(forms.EmailField):
    """An e-mail address, also with full-width letters and ＠."""

    def to_python(self, value: Any) -> Any:
        return super().to_python(unicodedata.normalize("NFKC", texts.normalise_line(value)) if value else value)


def typed_field(form: forms.BaseForm, name: str, kind: type[FieldT]) -> FieldT:
    """Return the form's field of this name as an instance of `kind`; raise TypeError if it is of another class."""
    field = form.fields[name]
    if not isinstance(field, kind):
        raise TypeError(f"{name} is a {type(field).__name__}, not a {kind.__name__}")
    return field


def form_helper(form: forms.BaseForm, *layout: str | LayoutObject) -> FormHelper:
    """Return the crispy helper of a form inside our own <form>: the fields in this layout, or all in their order.

    The form gets `aria-required` in place of the browser's `required`, so that an incomplete form comes back with all
    its errors, each as a sentence at its field and in the summary, instead of one bubble of the browser.
    Errors without a field are shown by components/error_summary.html only.
    """
    form.use_required_attribute = False
    for name, field in form.fields.items():
        if field.required and not field.widget.is_hidden:
            field.widget.attrs.setdefault("aria-required", "true")
            _set_required_message(field, _label(field, name))
    set_messages(form)
    helper = FormHelper(form)
    helper.form_tag = False
    helper.disable_csrf = True
    if layout:
        helper.layout = Layout(*layout)
    return helper


def _label(field: forms.Field, name: str) -> str:
    """Return the label; unlike `form[name].label` it is not cached, so that a form may still change it."""
    return str(field.label or pretty_name(name))


def _set_required_message(field: forms.Field, label: str) -> None:
    """Say 请填写姓名。 instead of 这个字段是必填项。, unless the form has its own message."""
    if field.error_messages["required"] != DEFAULT_REQUIRED:
        return
    if isinstance(field, forms.BooleanField):
        field.error_messages["required"] = f"请勾选“{label}”。"
    else:
        verb = "请选择" if isinstance(field, (forms.ChoiceField, forms.FileField)) else "请填写"
        field.error_messages["required"] = f"{verb}{label}。"


def set_messages(form: forms.BaseForm) -> None:
    """Replace Django's technical error messages, unless the form has its own."""
    for name, field in form.fields.items():
        errors, label = field.error_messages, _label(field, name)
        errors.setdefault("null_characters_not_allowed", f"{label}含有无法识别的字符，请删除后重试。")
        errors.setdefault("max_length", f"{label}最多 %(limit_value)d 个字，现有 %(show_value)d 个，请精简。")
        if errors.get("invalid_choice") in DEFAULT_CHOICE:
            errors["invalid_choice"] = f"所选{label}不在可选范围内，请重新选择。"
        if isinstance(field, forms.EmailField):
            errors.setdefault("invalid", f"{label}格式不正确，请按 name@example.com 的格式填写。")
        if errors.get("invalid") == DEFAULT_DATE:
            errors["invalid"] = f"{label}无法识别，请按 2026-05-12 的格式填写。"
        if errors.get("invalid") == DEFAULT_WHOLE_NUMBER:
            errors["invalid"] = f"{label}应为整数。"
        if isinstance(field.widget, forms.Textarea):
            # With it a browser silently cuts off the end of a pasted text.
            field.widget.attrs.pop("maxlength", None)


class AdminForm(forms.ModelForm):  # type: ignore[type-arg]  # forms of any model
    """A form of the admin with the sentences of the other pages."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            _set_required_message(field, _label(field, name))
        set_messages(self)


class Filter(forms.Form):
    """A filter bar. Its ids differ from those of a form in a dialog above it with the same field names.

    Its fields are rendered without crispy, which would take half the time of a list page around its rows.
    """

    def __init__(self, data: Mapping[str, Any] | None = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial, auto_id="filter_%s")
        set_messages(self)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if isinstance(field.widget, forms.Select) else "form-control"

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, error)
        for name in self.errors:
            if name in self.fields and "is-invalid" not in self.fields[name].widget.attrs["class"]:
                self.fields[name].widget.attrs["class"] += " is-invalid"
