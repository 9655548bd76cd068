"""Forms for units; the rules are in organizations.units."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import RegexValidator

from config.web.forms import LineField, form_helper

from . import credit_code, units
from .models import Unit
from .region_choices import RegionField

if TYPE_CHECKING:
    from accounts.models import User

MIN_NAME_LENGTH = 4
contact_phone_validator = RegexValidator(
    r"^(1[3-9]\d{9}|(0\d{2,3}-?)?\d{7,8}(-\d{1,5})?)$", "请输入手机号码或带区号的固定电话，例如 0771-1234567。"
)


class CreditCodeField(forms.CharField):
    """A normalised 统一社会信用代码; the form validates it, because an existing one may be invalid."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", "统一社会信用代码")
        super().__init__(max_length=40, **options)

    def clean(self, value: Any) -> str:
        return credit_code.normalise(super().clean(value))


class UnitForm(forms.ModelForm):
    """The common fields of 添加单位 and 单位注册."""

    extra_required: tuple[str, ...] = ()
    credit_code = CreditCodeField(help_text="18 位，见营业执照、事业单位法人证书等。")
    region = RegionField(label="单位属地", help_text="单位所在的县（市、区）；市、自治区直属单位选“本级”。")

    class Meta:
        model = Unit
        fields = ["name", "credit_code", "region", "contact_name", "contact_phone"]
        field_classes = {"name": LineField, "contact_name": LineField}
        help_texts = {"name": "请填写证照上的单位全称。"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.existing: Unit | None = None
        for name in self.extra_required:
            self.fields[name].required = True
        self.fields["contact_phone"].validators.append(contact_phone_validator)
        self.helper = form_helper(self)

    def clean_name(self) -> str:
        name = self.cleaned_data["name"]
        if name == units.UNAFFILIATED_NAME:
            raise forms.ValidationError("没有工作单位时请直接选择“其他单位”，无需添加。")
        if len(name) < MIN_NAME_LENGTH:
            raise forms.ValidationError(f"请填写单位全称，至少 {MIN_NAME_LENGTH} 个字。")
        return name

    def clean_credit_code(self) -> str:
        code = self.cleaned_data["credit_code"]
        known = Unit.objects.select_related("region", "merged_into__region").filter(credit_code=code).first()
        if known is not None:
            self.existing = known.merged_into or known
            self.refuse_existing(self.existing)
        elif problem := credit_code.problem(code):
            raise forms.ValidationError(problem)
        return code

    def refuse_existing(self, unit: Unit) -> None:
        """Raise the ValidationError about a unit that has this code already."""
        if unit.state == Unit.State.DISABLED:
            raise forms.ValidationError(f"该代码属于单位“{unit.name}”，该单位已停用；如有疑问请联系管理员。")

    @property
    def offered(self) -> Unit | None:
        """Return the unit that has this code already, if it can be used."""
        return self.existing if self.existing and self.existing.state != Unit.State.DISABLED else None

    def add_unit_error(self, error: units.UnitError) -> None:
        """Show an error that only the attempt to save found."""
        self.add_error(None, str(error))


class AddUnitForm(UnitForm):
    """添加单位: a person's employer that is not listed yet."""

    def refuse_existing(self, unit: Unit) -> None:
        super().refuse_existing(unit)
        flagged = "（其代码校验位不正确，待管理员核对）" if unit.credit_code_flagged else ""
        raise forms.ValidationError(
            f"该代码属于已有单位“{unit.name}”（{unit.region}）{flagged}，无需添加，可直接选用。"
        )

    def add(self, person: User) -> Unit | None:
        """Return the new unit; None, with the reason in the form's errors, if it cannot be added."""
        try:
            return units.add(self.instance, person)
        except units.UnitError as error:
            self.add_unit_error(error)
            return None
