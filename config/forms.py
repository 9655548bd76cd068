"""The one crispy helper that every form of the product uses."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms

DEFAULT_REQUIRED = forms.Field.default_error_messages["required"]


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
            _say_what_is_missing(field, form[name].label)
    helper = FormHelper(form)
    helper.form_tag = False
    helper.disable_csrf = True
    if layout:
        helper.layout = Layout(*layout)
    return helper


def _say_what_is_missing(field: forms.Field, label: str) -> None:
    """请填写姓名。 instead of 这个字段是必填项。, unless the form has words of its own."""
    if field.error_messages["required"] != DEFAULT_REQUIRED:
        return
    if isinstance(field, forms.BooleanField):
        field.error_messages["required"] = f"请勾选“{label}”。"
    else:
        verb = "请选择" if isinstance(field, (forms.ChoiceField, forms.FileField)) else "请填写"
        field.error_messages["required"] = f"{verb}{label}。"
