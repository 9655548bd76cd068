"""Error messages, ARIA attributes and the error summary of forms."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from django import forms

from config.web.forms import DateField, EmailField, NumberField, form_helper

from .rendering import render


class TrainingForm(forms.Form):
    content = forms.CharField(label="认定内容", help_text="例如 培训班名称")
    category = forms.ChoiceField(label="认定类型", choices=[("1", "培训进修类")])
    certificate = forms.CharField(label="证书编号", required=False)
    declared = forms.BooleanField(label="本人承诺以上信息属实", error_messages={"required": "请先承诺。"})

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = form_helper(self, "content", "category", "certificate", "declared")

    def clean(self):
        raise forms.ValidationError("该登记与另一条重复。")


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (NumberField(), "７．５", Decimal("7.5")),
        (NumberField(), "－４", Decimal(-4)),
        (DateField(), "２０２６－０５－１２", date(2026, 5, 12)),
        (DateField(), "2026年5月12日", date(2026, 5, 12)),
        (EmailField(), "ｑｉｕｍｅｎｇ＠example．com", "qiumeng@example.com"),
        (EmailField(), "qiumeng\u200b@example.com ", "qiumeng@example.com"),
    ],
)
def test_full_width_is_read_as_half_width(field, typed, value):
    assert field.clean(typed) == value


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        *[(NumberField(), text) for text in ("8e1", "1_0", "NaN", "∞", "四", "4²")],
        *[(DateField(), text) for text in ("2026-02-30", "明天", "2027-+1-1_0")],
        (EmailField(), "qiumeng＠"),
    ],
)
def test_other_texts_are_still_refused(field, typed):
    with pytest.raises(forms.ValidationError):
        field.clean(typed)


def test_missing_fields_have_own_messages():
    assert TrainingForm({}).errors == {
        "content": ["请填写认定内容。"],
        "category": ["请选择认定类型。"],
        "declared": ["请先承诺。"],
        "__all__": ["该登记与另一条重复。"],
    }


def test_invalid_field_has_message_and_aria_attributes(make_request):
    page = render("{% load crispy_forms_tags %}{% crispy form %}", make_request(), form=TrainingForm({}))
    [field] = re.findall(r'<input[^>]*name="content"[^>]*>', page)
    assert 'aria-invalid="true"' in field
    assert 'aria-required="true"' in field
    assert 'aria-describedby="id_content_helptext id_content_error"' in field
    assert re.search(r'id="id_content_error"[^>]*>\s*<span[^>]*><strong>请填写认定内容。', page)
    assert re.search(r'id="id_content_helptext"[^>]*>例如 培训班名称', page)
    assert " required" not in field.replace("aria-required", "")


def test_summary_links_each_error_once(make_request):
    source = (
        '{% load crispy_forms_tags %}{% include "components/error_summary.html" with form=form only %}{% crispy form %}'
    )
    page = render(source, make_request(), form=TrainingForm({}))
    assert page.count("该登记与另一条重复。") == 1
    assert re.findall(r'<a href="#(\w+)">([^<]+)</a>', page) == [
        ("id_content", "请填写认定内容。"),
        ("id_category", "请选择认定类型。"),
        ("id_declared", "本人承诺以上信息属实：请先承诺。"),
    ]


def test_valid_form_has_no_summary(make_request):
    assert (
        render(
            '{% include "components/error_summary.html" with form=form only %}', make_request(), form=TrainingForm()
        ).strip()
        == ""
    )
