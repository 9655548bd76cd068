"""Forms of an owner's registrations, and the filter bars of their lists."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from crispy_forms.layout import HTML, Column, Div, Field, Row
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from accounts import identity
from accounts.models import User
from config.texts import name_key, normalise_number
from config.web.addresses import parse_uuid
from config.web.forms import Filter, LineField, TextField, form_helper
from hours.counting import DAY_ENDS, DAY_STARTS, calendar_days, default_year, half_day_hours
from hours.models import Attachment, Category, Registration, YearRule
from hours.models.querysets import RegistrationQuerySet, content_holds
from hours.wording import format_number

from . import attachments, validation
from .attachments import Proof
from .fields import CategoryChoice, FirstLevelChoice, HoursField, MomentField, PrimaryKeysField, ProofsField


class RegistrationForm(forms.ModelForm):
    """新登记培训 and 修改."""

    first_level = FirstLevelChoice()
    category = CategoryChoice()
    starts_at = MomentField("开始时间", DAY_STARTS)
    ends_at = MomentField("结束时间", DAY_ENDS)
    hours_applied = HoursField(
        label="申请学时",
        required=False,
        help_text="按起止时间每半天 4 学时自动计算；非培训进修类请按文件要求和实际情况填写。",
        max_digits=5,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"step": "0.5", "min": "0.5", "inputmode": "decimal"}),
        error_messages={
            "invalid": "申请学时应为数字，例如 8 或 7.5。",
            "max_decimal_places": "申请学时必须是 0.5 的倍数，例如 8 或 7.5。",
            "max_digits": "申请学时太大了，请核对。",
            "max_whole_digits": "申请学时太大了，请核对。",
        },
    )
    proofs = ProofsField(label="上传附件")
    removed = PrimaryKeysField(required=False)
    waiting = PrimaryKeysField(required=False)  # files of earlier tries, as the page has listed them
    plausible = forms.CharField(label="请确认", required=False, max_length=30)  # what the person has confirmed
    draft_key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    declared = forms.BooleanField(label="本人承诺以上信息属实", required=False)
    field_order: tuple[str, ...] = (  # of the page, in which errors are listed
        "first_level",
        "category",
        "content",
        "starts_at",
        "ends_at",
        "hours_applied",
        "year",
        "plausible",
        "note",
        "certificate_number",
        "proofs",
        "declared",
    )
    not_declared = "请勾选“本人承诺以上信息属实”，否则不能保存。"

    class Meta:
        model = Registration
        fields = ("category", "content", "starts_at", "ends_at", "hours_applied", "year", "note", "certificate_number")
        field_classes = {"content": LineField, "note": TextField, "certificate_number": LineField}
        widgets = {
            "content": forms.Textarea(attrs={"rows": 2, "placeholder": "例如 培训班名称、专利名称、论文名称等"}),
            "note": forms.Textarea(attrs={"rows": 2, "placeholder": "如成果类的排序、获奖等级等"}),
        }
        error_messages = {
            "content": {"required": "请填写认定内容，例如培训班、专利或论文的名称。"},
        }

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = self.instance.owner = owner
        self._proofs: list[Proof] = []
        self.question = ""
        self._confirmed = _confirmed(self.instance)
        self.fields["first_level"].initial = self.instance.category.parent_id if self.instance.category_id else None
        self.fields["year"] = _year_field(self.instance)
        self.fields["draft_key"].initial = uuid.uuid4()
        self.fields["proofs"].help_text = (
            f"根据单位要求上传相关佐证材料。{attachments.KINDS.strip()}，"
            f"每个不超过 {settings.ATTACHMENT_MAX_BYTES // 1024**2} MB，最多 {settings.ATTACHMENT_MAX_COUNT} 个。"
        )
        self.helper = form_helper(self, *registration_layout())

    def kept_attachments(self) -> QuerySet[Attachment]:
        """Return the registration's files and those of an earlier try of this form; each can be removed."""
        key = self.data.get(self.add_prefix("draft_key")) if self.is_bound else None
        waiting = Attachment.objects.waiting_for_form(self.owner, parse_uuid(key))
        return waiting | Attachment.objects.filter(owner=self.owner, registration=self.instance.pk or -1)

    @property
    def asks_only(self) -> bool:
        """Whether nothing is wrong, but a question has to be answered."""
        return set(self.errors) == {"plausible"}

    @property
    def draft_key_value(self) -> uuid.UUID:
        """The key under which this form's files are kept; an invalid one is replaced."""
        sent = self.data.get(self.add_prefix("draft_key"))
        return parse_uuid(sent) or self.fields["draft_key"].initial

    @property
    def accepted_proofs(self) -> list[Proof]:
        """Return the good ones of the files just sent, unless the form has twice as many as allowed."""
        if self._proofs and len(self.kept_attachments()) > settings.ATTACHMENT_MAX_COUNT:
            return []
        return self._proofs

    def clean_certificate_number(self) -> str:
        return normalise_number(self.cleaned_data["certificate_number"])

    def clean_removed(self) -> QuerySet[Attachment]:
        """Return the files to remove. One that is gone already, perhaps by another window, is skipped."""
        return self.kept_attachments().filter(pk__in=self.cleaned_data["removed"])

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        self._check_proofs(data)
        if not data.get("declared"):
            self.add_error("declared", self.not_declared)
        self._check_levels(data)
        self._fill_in(data)
        candidate = self._candidate(data)
        for field, sentence in validation.problems(candidate).items():
            if field not in self.errors:
                self.add_error(field, sentence)
        self._ask_plausibility(candidate)
        if not self.errors and (other := Registration.objects.duplicate_of(candidate)):
            self.add_error("content", validation.duplicate_sentence(candidate, other))
        return data

    def _check_proofs(self, data: dict[str, Any]) -> None:
        proofs, refused = data.get("proofs", ([], []))
        for error in refused:
            self.add_error("proofs", error)
        self._proofs = proofs
        try:
            attachments.check_count(len(proofs) + len(self.kept_attachments()) - len(data.get("removed", ())))
            attachments.check_total(self.owner, proofs)
        except ValidationError as error:
            self.add_error("proofs", error)
        listed = data.get("waiting") or []
        if gone := len(listed) - Attachment.objects.filter(owner=self.owner, pk__in=listed).count():
            self.add_error("proofs", f"之前上传的 {gone} 个附件已过期清理，请重新选择。")

    def _ask_plausibility(self, candidate: Registration) -> None:
        """Ask once whether unusually many days or hours are meant; changed numbers are asked about again."""
        start, end, hours = candidate.starts_at, candidate.ends_at, candidate.hours_applied
        if start is None or end is None or {"starts_at", "ends_at", "hours_applied"} & self.errors.keys():
            return
        if not validation.is_implausible(start, end, hours, self.cleaned_data.get("category")):
            return
        question = span_and_hours(start, end, hours)
        if question == self._confirmed:
            return
        self.question = question
        if self.data.get(self.add_prefix("plausible")) != question:
            self.add_error("plausible", "天数或学时超出通常情况，请核对后勾选。")

    def _check_levels(self, data: dict[str, Any]) -> None:
        first, second = data.get("first_level"), data.get("category")
        if first and second and second.parent_id != first.pk:
            self.add_error("category", f"二级类型“{second.name}”不属于“{first.name}”，请重新选择。")

    def _fill_in(self, data: dict[str, Any]) -> None:
        """Fill in what was left empty: the hours by half days, and the year of the end."""
        start, end, category = data.get("starts_at"), data.get("ends_at"), data.get("category")
        if end and data.get("year") is None and "year" not in self.errors:
            data["year"] = default_year(start or end, end)
        if data.get("hours_applied") is not None or "hours_applied" in self.errors:
            return
        if category and category.counts_by_half_day and start and end:
            if end > start:
                data["hours_applied"] = half_day_hours(start, end)
            elif end == start:
                self.add_error("ends_at", "开始和结束是同一时刻，无法计算学时，请核对。")
        elif category and not category.counts_by_half_day:
            hint = f"（{category.hint}）" if category.hint else ""
            self.add_error("hours_applied", f"“{category.name}”不按时间计算，请填写申请学时{hint}。")
        elif not category:
            self.add_error("hours_applied", "请填写申请学时，或先选择认定类型由系统计算。")

    def _candidate(self, data: dict[str, Any]) -> Registration:
        """Return the registration as it would be saved."""
        facts = {name: data.get(name) for name in self.Meta.fields if name not in ("note", "certificate_number")}
        return Registration(
            pk=self.instance.pk,
            owner=self.owner,
            status=self.instance.status,
            note=data.get("note", ""),
            certificate_number=data.get("certificate_number", ""),
            **facts,
        )


def _confirmed(registration: Registration) -> str:
    """Return the days and hours of a saved registration, which its owner has confirmed; empty for a new one."""
    if registration.pk is None:
        return ""
    return span_and_hours(registration.starts_at, registration.ends_at, registration.hours_applied)


def span_and_hours(start: datetime, end: datetime, hours: Decimal | None) -> str:
    """Return what a person confirms of an unusual training."""
    return f"{calendar_days(start, end)} 天、{format_number(hours or 0)} 学时"


def _year_field(registration: Registration) -> forms.TypedChoiceField:
    years = [(year, f"{year} 年") for year in _years(registration)]
    choices = [("", "按结束时间所在年度"), *years]
    return forms.TypedChoiceField(label="计入年度", required=False, coerce=int, empty_value=None, choices=choices)


def _years(registration: Registration) -> list[int]:
    """Return the past and present years that have a rule, and the registration's own, latest first."""
    known = YearRule.objects.filter(year__lte=timezone.localdate().year).values_list("year", flat=True)
    return sorted({*known, *([registration.year] if registration.year else [])}, reverse=True)


def registration_layout() -> list[Any]:
    """Return the crispy layout of the form; its last element is the declaration."""
    return [
        Field("draft_key"),
        Row(Column("first_level", css_class="col-sm-6"), Column("category", css_class="col-sm-6")),
        "content",
        Row(Column("starts_at", css_class="col-sm-6"), Column("ends_at", css_class="col-sm-6")),
        Row(Column("hours_applied", css_class="col-sm-6"), Column("year", css_class="col-sm-6")),
        HTML('<p class="proposal" data-proposal aria-live="polite" hidden></p>'),
        HTML("{% include 'hours/_plausible.html' %}"),
        "note",
        "certificate_number",
        "proofs",
        HTML("{% include 'hours/_kept_files.html' %}"),
        Div("declared", css_class="declaration"),
    ]


class AskReturnForm(forms.Form):
    """请求退回."""

    words = TextField(
        label="请求退回的原因",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "例如 上传的证书不是最终版，需要更换"}),
        error_messages={"required": "请填写请求退回的原因，审核人员据此处理。"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = form_helper(self)


class ProposalForm(forms.Form):
    """The input for proposed hours. Without a valid category, start and end there is no proposal."""

    category = forms.ModelChoiceField(Category.objects.selectable())
    starts_at = MomentField("开始时间", DAY_STARTS)
    ends_at = MomentField("结束时间", DAY_ENDS)


class RegistrationFilter(Filter):
    """The filter bar of 学时登记."""

    content = forms.CharField(label="培训名称", required=False, max_length=100)
    start = forms.DateField(label="开始时间", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    end = forms.DateField(label="结束时间", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("start") and data.get("end") and data["end"] < data["start"]:
            self.add_error("end", "结束时间不能早于开始时间。")
        return data

    def narrow(self, rows: RegistrationQuerySet) -> RegistrationQuerySet:
        """Return the matching rows. A field that is empty or invalid filters nothing."""
        data = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        if data.get("content"):
            rows = rows.filter(content_holds(data["content"]))
        if data.get("start"):
            rows = rows.filter(starts_at__date__gte=data["start"])
        if data.get("end"):
            rows = rows.filter(ends_at__date__lte=data["end"])
        return rows


class LookupFilter(Filter):
    """The filter bar of both tabs of 学时查询. People see only their own rows: name and ID can only exclude them."""

    year = forms.IntegerField(
        label="年度",
        required=False,
        min_value=validation.FIRST_YEAR,
        max_value=9999,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
        error_messages={
            "invalid": "年度应为四位数字，例如 2026。",
            "min_value": "年度应为四位数字，例如 2026。",
            "max_value": "年度应为四位数字，例如 2026。",
        },
    )
    # The last four characters only: filters are part of the URL and so of logs, where no full ID number may be.
    id_tail = forms.CharField(
        label="身份证号",
        required=False,
        max_length=4,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "后四位"}),
        error_messages={"max_length": "请只填写证件号码的后四位。"},
    )
    name = forms.CharField(label="姓名", required=False, max_length=50)

    def __init__(self, *args: Any, id_label: str = "身份证号", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["id_tail"].label = id_label

    def matches(self, person: User) -> bool:
        """Return whether the person matches the filters on name and ID."""
        data = self.cleaned_data if self.is_valid() else {}
        tail = identity.normalise(data.get("id_tail", ""))
        return name_key(data.get("name", "")) in name_key(person.name) and tail in ("", person.id_tail)

    @property
    def chosen_year(self) -> int | None:
        return self.cleaned_data.get("year") if self.is_valid() else None
