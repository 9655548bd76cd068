"""The administrators' form of a unit."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest

from config.web.forms import AdminForm, LineField
from organizations import credit_code, units
from organizations.admin import access
from organizations.forms import CreditCodeField, contact_phone_validator
from organizations.models import Unit
from organizations.region_choices import RegionField


class UnitAdminForm(AdminForm):
    """Requires a valid credit code and phone; unchanged invalid ones from an import are accepted."""

    credit_code = CreditCodeField(help_text="18 位，见营业执照、事业单位法人证书等。")
    region = RegionField(label="单位属地", help_text="单位所在的县（市、区）；市、自治区直属单位选“本级”。")

    class Meta:
        model = Unit
        fields = ["name", "credit_code", "region", "contact_name", "contact_phone"]
        field_classes = {"name": LineField, "contact_name": LineField}
        help_texts = {"name": "证照上的单位全称。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "region" in self.fields:
            self.initial["region"] = self.instance.region.code

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name == units.UNAFFILIATED_NAME:
            raise forms.ValidationError("“其他单位”由系统提供，不能另外添加同名单位。")
        return name

    def clean_contact_phone(self) -> str:
        phone: str = self.cleaned_data["contact_phone"]
        if phone and phone != self.initial.get("contact_phone"):
            contact_phone_validator(phone)
        return phone

    def clean_credit_code(self) -> str:
        code: str = self.cleaned_data["credit_code"]
        if self.instance.pk and code == self.initial["credit_code"]:
            return code
        if problem := credit_code.problem(code):
            raise forms.ValidationError(problem)
        other = Unit.objects.select_related("region").filter(credit_code=code).exclude(pk=self.instance.pk).first()
        if other:
            raise forms.ValidationError(f"该代码属于已有单位“{other.name}”（{other.region}）。")
        self.instance.credit_code_flagged = False
        return code


def scoped_form(request: HttpRequest) -> type[UnitAdminForm]:
    """Return the form limited to the administrator's regions."""

    class ScopedUnitForm(UnitAdminForm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            field, regions = self.fields.get("region"), access.scope(request)
            if isinstance(field, RegionField) and regions:
                field.limit_to(regions)

    return ScopedUnitForm
