"""A unit as an administrator edits it."""

from __future__ import annotations

from django import forms

from config.web.forms import LineField
from organizations import credit_code, units
from organizations.admin import access
from organizations.forms import CreditCodeField, contact_phone_validator
from organizations.models import Unit
from organizations.region_choices import RegionField


class UnitAdminForm(forms.ModelForm):
    """Hand entry needs a right code; a wrong one from an import may stay as long as nobody touches it."""

    credit_code = CreditCodeField(help_text="18 位，见营业执照、事业单位法人证书等。")
    region = RegionField(label="单位属地", help_text="单位所在的县（市、区）；市、自治区直属单位选“本级”。")

    class Meta:
        model = Unit
        fields = ["name", "credit_code", "region", "contact_name", "contact_phone"]
        field_classes = {"name": LineField, "contact_name": LineField}
        help_texts = {"name": "证照上的单位全称。"}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and "region" in self.fields:
            self.initial["region"] = self.instance.region.code

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if name == units.UNAFFILIATED_NAME:
            raise forms.ValidationError("“其他单位”由系统提供，不能另外添加同名单位。")
        return name

    def clean_contact_phone(self) -> str:
        """Checked like everybody's, unless an import brought it and nobody touches it."""
        phone = self.cleaned_data["contact_phone"]
        if phone and phone != self.initial.get("contact_phone"):
            contact_phone_validator(phone)
        return phone

    def clean_credit_code(self) -> str:
        code = self.cleaned_data["credit_code"]
        if self.instance.pk and code == self.initial["credit_code"]:
            return code
        if problem := credit_code.problem(code):
            raise forms.ValidationError(problem)
        other = Unit.objects.select_related("region").filter(credit_code=code).exclude(pk=self.instance.pk).first()
        if other:
            raise forms.ValidationError(f"该代码属于已有单位“{other.name}”（{other.region}）。")
        self.instance.credit_code_flagged = False
        return code


def form_for(request) -> type[UnitAdminForm]:
    """The form with the regions that this administrator covers."""

    class ScopedUnitForm(UnitAdminForm):
        def __init__(self, *args, **kwargs) -> None:
            super().__init__(*args, **kwargs)
            if "region" in self.fields and (areas := access.scope(request)):
                self.fields["region"].limit_to(areas)

    return ScopedUnitForm
