"""The one crispy helper that every form of the product uses."""

from typing import TypeVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.forms.utils import pretty_name

from . import texts

FieldT = TypeVar("FieldT", bound=forms.Field)
DEFAULT_REQUIRED = forms.Field.default_error_messages["required"]
DEFAULT_CHOICE = (
    forms.ChoiceField.default_error_messages["invalid_choice"],
    forms.ModelChoiceField.default_error_messages["invalid_choice"],
)


class TextField(forms.CharField):
    """A text without what cannot be seen; a line end counts as the one character that a browser counts."""

    def to_python(self, value):
        return texts.strip_invisible(super().to_python(value)).replace("\r\n", "\n").strip()


class LineField(forms.CharField):
    """A text of one line, without what cannot be seen and without superfluous spaces."""

    def to_python(self, value):
        return texts.normalise_line(super().to_python(value))


def typed_field(form: forms.BaseForm, name: str, kind: type[FieldT]) -> FieldT:
    """Return the form's field of this name as an instance of `kind`; raise TypeError if it is of another class."""
    field = form.fields[name]
    if not isinstance(field, kind):
        raise TypeError(f"{name} is a {type(field).__name__}, not a {kind.__name__}")
    return field


def form_helper(form: forms.BaseForm, *layout) -> FormHelper:
    """The fields in this layout (all in their order without one), to be rendered inside our own <form>.

    Sets `aria-required` in place of the browser's own `required`: a form that is sent incomplete comes back with a
    sentence at each field and a summary, in Chinese and in one place, rather than with one bubble of the browser.
    Errors that belong to no field are said by components/error_summary.html only.
    """
    form.use_required_attribute = False
    for name, field in form.fields.items():
        if field.required and not field.widget.is_hidden:
            field.widget.attrs.setdefault("aria-required", "true")
            _say_what_is_missing(field, _label(field, name))
    say_plainly(form)
    helper = FormHelper(form)
    helper.form_tag = False
    helper.disable_csrf = True
    if layout:
        helper.layout = Layout(*layout)
    return helper


def _label(field: forms.Field, name: str) -> str:
    """As `form[name]` has it, which keeps what it first read: a form may still give its fields other labels."""
    return field.label or pretty_name(name)


def _say_what_is_missing(field: forms.Field, label: str) -> None:
    """请填写姓名。 instead of 这个字段是必填项。, unless the form has words of its own."""
    if field.error_messages["required"] != DEFAULT_REQUIRED:
        return
    if isinstance(field, forms.BooleanField):
        field.error_messages["required"] = f"请勾选“{label}”。"
    else:
        verb = "请选择" if isinstance(field, (forms.ChoiceField, forms.FileField)) else "请填写"
        field.error_messages["required"] = f"{verb}{label}。"


def say_plainly(form: forms.BaseForm) -> None:
    """Sentences for what Django says in the words of programmers, unless the form has words of its own."""
    for name, field in form.fields.items():
        said, label = field.error_messages, _label(field, name)
        said.setdefault("null_characters_not_allowed", f"{label}含有无法识别的字符，请删除后重试。")
        said.setdefault("max_length", f"{label}最多 %(limit_value)d 个字，现有 %(show_value)d 个，请精简。")
        if said.get("invalid_choice") in DEFAULT_CHOICE:
            said["invalid_choice"] = f"所选{label}不在可选范围内，请重新选择。"
        if isinstance(field, forms.EmailField):
            said.setdefault("invalid", f"{label}格式不正确，请按 name@example.com 的格式填写。")
        if isinstance(field, forms.DateField) and said["invalid"] == forms.DateField.default_error_messages["invalid"]:
            said["invalid"] = f"{label}无法识别，请按 2026-05-12 的格式填写。"
        if isinstance(field.widget, forms.Textarea):
            # With it a browser cuts off what is pasted, and nobody sees that the end is missing.
            field.widget.attrs.pop("maxlength", None)


class Filter(forms.Form):
    """A filter bar; a form in a dialog above it may have fields of the same names.

    Its fields are written plainly, without crispy: every list has them, and they are half of what is around the rows.
    """

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, auto_id="filter_%s", **kwargs)
        say_plainly(self)
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select" if isinstance(field.widget, forms.Select) else "form-control"

    def add_error(self, field: str | None, error) -> None:
        super().add_error(field, error)
        for name in self.errors:
            if name in self.fields and "is-invalid" not in self.fields[name].widget.attrs["class"]:
                self.fields[name].widget.attrs["class"] += " is-invalid"
