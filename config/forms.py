"""The one crispy helper that every form of the product uses."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms


def form_helper(form: forms.BaseForm, *layout) -> FormHelper:
    """The fields in this layout (all in their order without one), to be rendered inside our own <form>.

    Sets `aria-required` in place of the browser's own `required`: a form that is sent incomplete comes back with a
    sentence at each field and a summary, in Chinese and in one place, rather than with one bubble of the browser.
    Errors that belong to no field are said by components/error_summary.html only.
    """
    form.use_required_attribute = False
    for field in form.fields.values():
        if field.required and not field.widget.is_hidden:
            field.widget.attrs.setdefault("aria-required", "true")
    helper = FormHelper(form)
    helper.form_tag = False
    helper.disable_csrf = True
    if layout:
        helper.layout = Layout(*layout)
    return helper
