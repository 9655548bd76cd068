"""SHAPE: what reviewers type: filters, the decision about one registration, the decision about several."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from crispy_forms.layout import Column, Field, Row
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils import timezone

from accounts import identity
from accounts.models import User
from config.web.forms import Filter, TextField, form_helper
from hours.counting import LOCAL, is_half_hour_multiple
from hours.models import Category, Reason, Registration
from hours.offices import Office, in_region
from hours.registrations.forms import HoursField
from hours.registrations.validation import FIRST_YEAR
from hours.states import IN_REVIEW, Action, Status, rule_for
from hours.workflow.moves import Verdict, hours_limit
from organizations import search
from organizations.region_choices import RegionField

WORDS = 500  # characters
YEARS_OFFERED = 10
LAST_YEAR = 2999  # that a filter takes
PEOPLE_AT_MOST = 500
TOO_LONG = f"意见最多 {WORDS} 字，目前 %(show_value)d 字，请精简。"
STATUSES = [(status.value, status.label) for status in Status if status is not Status.DRAFT]


def _day(label: str) -> forms.DateField:
    """A day between which and UTC there is no end of the calendar."""
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        error_messages={"invalid": "日期无法识别，请按 2026-05-12 的格式填写。"},
        validators=[
            MinValueValidator(date(FIRST_YEAR, 1, 1), f"日期早于 {FIRST_YEAR} 年，请核对年份。"),
            MaxValueValidator(date(LAST_YEAR, 12, 31), f"日期晚于 {LAST_YEAR} 年，请核对年份。"),
        ],
    )


class QueueFilter(Filter):
    """The filters of 学时审核; those of places only for people who review or administer regions."""

    FORM = "queue-filter"  # the id of the <form>, outside of which the fields at the side stand
    ABOVE = ("name", "id_tail", "content")

    name = forms.CharField(label="姓名", required=False, max_length=50)
    # The last four only: what a filter holds ends in the address and so in logs, where no full number may stand.
    id_tail = forms.CharField(
        label="证件号码",
        required=False,
        max_length=4,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": "后四位"}),
        error_messages={"max_length": "请只填写证件号码的后四位。"},
    )
    content = forms.CharField(label="认定内容", required=False, max_length=100)
    unit = forms.CharField(label="单位", required=False, max_length=120)
    region = RegionField(label="区域", required=False, empty_label="全部区域")
    category = forms.TypedChoiceField(label="认定类型", required=False, coerce=int, empty_value=None)
    year = forms.TypedChoiceField(label="计入年度", required=False, coerce=int, empty_value=None)
    status = forms.ChoiceField(label="状态", required=False, choices=[("", "全部状态"), *STATUSES])
    since = _day("提交日期从")
    until = _day("提交日期至")

    def __init__(self, data, *, office: Office) -> None:
        super().__init__(data)
        self.office = office
        self.unit_note = ""
        self._set_places()
        self._set_statuses(data.get("tab", ""))
        self.fields["category"].choices, self._categories, self.kinds = _category_choices()
        this_year = timezone.localdate().year
        years = range(this_year, this_year - YEARS_OFFERED, -1)
        self.fields["year"].choices = [("", "全部年度"), *((year, str(year)) for year in years)]
        for name, field in self.fields.items():
            if name not in self.ABOVE:
                field.widget.attrs["form"] = self.FORM

    def _set_statuses(self, tab: str) -> None:
        """What waits stands in one of two states, and for most people in one alone."""
        if tab in ("done", "all"):
            return
        if tab == "unattended" or not (self.office.units and self.office.reviews):
            del self.fields["status"]
        else:
            self.fields["status"].choices = [("", "全部状态"), *(pair for pair in STATUSES if pair[0] in IN_REVIEW)]

    def _set_places(self) -> None:
        if regions := self.office.regions:
            self.fields["region"].limit_to(regions)
            return
        del self.fields["region"]
        if len(self.office.units) < 2:
            del self.fields["unit"]

    def clean(self) -> dict:
        data = super().clean()
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", "结束日期不能早于开始日期。")
        return data

    @property
    def above(self) -> list:
        """The fields of the search box."""
        return [self[name] for name in self.ABOVE]

    @property
    def beside(self) -> list:
        """The fields at the side."""
        return [field for field in self if field.name not in self.ABOVE]

    @property
    def given(self) -> dict:
        """What was filled in and can be read."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def narrow(self, rows: QuerySet[Registration]) -> QuerySet[Registration]:
        """The rows that fit; what is empty or cannot be read narrows nothing."""
        given = self.given
        if "name" in given or "id_tail" in given:
            rows = _of_people(rows, given.get("name", ""), identity.normalise(given.get("id_tail", "")))
        if "content" in given:
            rows = rows.filter(content__contains=given["content"])
        if "unit" in given:
            rows = self._of_unit(rows, given["unit"])
        if "region" in given:
            rows = rows.filter(in_region(given["region"]))
        if "category" in given:
            rows = rows.filter(category__in=self._categories[given["category"]])
        if "since" in given:
            rows = rows.filter(submitted_at__gte=_midnight(given["since"]))
        if "until" in given:
            rows = rows.filter(submitted_at__lt=_midnight(given["until"] + timedelta(days=1)))
        return rows.filter(**{name: given[name] for name in ("year", "status") if name in given})

    def _of_unit(self, rows, keyword: str):
        """A unit is found as everywhere else: by parts of its name, its credit code, or something similar."""
        if not (places := self.office.regions):
            return rows.filter(unit_name__contains=keyword)
        found = search.find_units(keyword, places[0] if len(places) == 1 else None)
        names = "、".join(unit.name for unit in found.units)
        more = f"，另有 {found.more} 家未列入，请输入更完整的名称" if found.more else ""
        self.unit_note = f"单位“{keyword}”：{names}{more}。" if names else f"没有找到单位“{keyword}”。"
        return rows.filter(unit__in=[unit.pk for unit in found.units])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=LOCAL)


def _of_people(rows, name: str, tail: str):
    """Few people are looked up first, so that the database can start from them; many are joined."""
    people = User.objects.filter(name__startswith=name)
    if tail:
        people = people.filter(id_tail=tail)
    keys = list(people.values_list("pk", flat=True)[: PEOPLE_AT_MOST + 1])
    if len(keys) <= PEOPLE_AT_MOST:
        return rows.filter(owner__in=keys)
    rows = rows.filter(owner__name__startswith=name)
    return rows.filter(owner__id_tail=tail) if tail else rows


def _category_choices() -> tuple[list, dict[int, list[int]], dict[int, str]]:
    """The types of both levels, which second-level ones each choice stands for, and both levels in words; one query."""
    groups: dict[int, tuple[Category, list[Category]]] = {}
    rows = list(Category.objects.order_by("position", "pk"))
    for category in rows:
        if category.parent_id is None:
            groups[category.pk] = (category, [])
    for category in rows:
        if category.parent_id in groups:
            groups[category.parent_id][1].append(category)
    choices: list = [("", "全部类型")]
    meant, kinds = {}, {}
    for first, seconds in groups.values():
        kinds |= {second.pk: f"{first.name} · {second}" for second in seconds}
        meant |= {first.pk: [second.pk for second in seconds]} | {second.pk: [second.pk] for second in seconds}
        choices.append(
            (first.name, [(first.pk, f"{first.name}（全部）"), *((second.pk, str(second)) for second in seconds)])
        )
    return choices, meant, kinds


class _VerdictForm(forms.Form):
    """Reason and words, which every decision may have; what is due depends on the action."""

    reason = forms.ModelChoiceField(
        Reason.objects.filter(is_active=True),
        label="原因",
        required=False,
        empty_label="请选择原因",
        error_messages={"invalid_choice": "所选原因不存在或已停用，请重新选择。"},
    )
    words = TextField(
        label="意见",
        required=False,
        max_length=WORDS,
        error_messages={"max_length": TOO_LONG},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def demand_reason_and_words(self, action: Action) -> None:
        """A reason and words are due for 退回修改 and 不予认定."""
        if not self.cleaned_data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", f"{action.label}须选择原因。")
        if not self.cleaned_data.get("words") and "words" not in self.errors:
            self.add_error("words", f"{action.label}须填写意见。")

    def verdict_on(self, action: Action, hours=None) -> Verdict:
        """A reason belongs to a negative decision only; words to each."""
        negative = action in (Action.RETURN, Action.REFUSE)
        reason = self.cleaned_data.get("reason") if negative else None
        return Verdict(hours=hours, reason=reason, words=self.cleaned_data.get("words", ""))


class DecisionForm(_VerdictForm):
    """The decision about one registration, with the state in which it was shown."""

    # A browser that sends the form by Enter presses its first button, which is the positive one.
    action = forms.ChoiceField(
        choices=[
            (action.value, action.label) for action in (Action.AGREE, Action.RECOGNISE, Action.RETURN, Action.REFUSE)
        ],
        widget=forms.HiddenInput,
        error_messages={"required": "请点击“同意”“退回修改”或“不予认定”。", "invalid_choice": "没有这种审核操作。"},
    )
    status = forms.CharField(widget=forms.HiddenInput, required=False)
    round = forms.CharField(widget=forms.HiddenInput, required=False)
    hours = HoursField(
        label="认定学时",
        required=False,
        max_digits=5,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"step": "0.5", "min": "0.5", "inputmode": "decimal"}),
        error_messages={
            "invalid": "学时应为数字，例如 8 或 7.5。",
            "max_decimal_places": "学时必须是 0.5 的倍数，例如 8 或 7.5。",
            "max_digits": "学时太大了，请核对。",
            "max_whole_digits": "学时太大了，请核对。",
        },
    )
    field_order = ("hours", "reason", "words", "status", "round", "action")

    def __init__(self, data=None, *, registration: Registration) -> None:
        self.registration = registration
        positive = Action.AGREE if registration.status == Status.FIRST_REVIEW else Action.RECOGNISE
        self.limit = hours_limit(positive, registration)
        initial = {"hours": self.limit, "status": registration.status, "round": registration.round}
        super().__init__(data, initial=initial)
        self.fields["hours"].label = "初审学时" if positive is Action.AGREE else "认定学时"
        self.fields["hours"].help_text = "核减时须填写意见。"
        self.helper = form_helper(
            self,
            Row(Column("hours", css_class="col-sm-5 col-xl-12"), Column("reason", css_class="col-sm-7 col-xl-12")),
            "words",
            Field("status"),
            Field("round"),
        )

    @property
    def is_as_shown(self) -> bool:
        """Whether the registration stands as it stood when the form was made; a bare POST may say nothing of that."""
        shown = (self.data.get("status"), self.data.get("round"))
        return shown in ((None, None), (self.registration.status, str(self.registration.round)))

    @property
    def chosen(self) -> Action | None:
        action = self.cleaned_data.get("action") if self.is_valid() else None
        return Action(action) if action else None

    @property
    def verdict(self) -> Verdict:
        hours = self.cleaned_data.get("hours") if self.chosen in (Action.AGREE, Action.RECOGNISE) else None
        return self.verdict_on(self.chosen, hours)

    def clean(self) -> dict:
        data = super().clean()
        action = Action(data["action"]) if data.get("action") else None
        if action not in (Action.AGREE, Action.RECOGNISE):
            self.errors.pop("hours", None)  # the hours do not matter then
        rule = rule_for(action, self.registration.status) if action else None
        if rule and rule.needs_reason:
            self.demand_reason_and_words(action)
        return data

    def tell_first(self, sentence: str) -> None:
        """This and nothing else is wrong: the decision cannot be taken at all."""
        self.full_clean()
        self.errors.clear()
        self.add_error(None, sentence)

    def tell_about_hours(self, sentence: str) -> None:
        """Put a refusal of the hours where it belongs: to the hours, or to the words that a cut needs."""
        hours = self.cleaned_data.get("hours")
        is_cut = hours is not None and 0 < hours < self.limit and is_half_hour_multiple(hours)
        self.add_error("words" if is_cut else "hours", sentence)


class BulkForm(_VerdictForm):
    """One decision about the ticked registrations."""

    CHOICES = (("agree", "同意"), ("return", "退回修改"), ("refuse", "不予认定"))
    NEGATIVE = {"return": Action.RETURN, "refuse": Action.REFUSE}

    action = forms.ChoiceField(
        label="操作",
        choices=[("", "请选择操作"), *CHOICES],
        error_messages={"required": "请选择操作：同意、退回修改或不予认定。", "invalid_choice": "没有这种审核操作。"},
    )
    field_order = ("action", "reason", "words")

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, auto_id="bulk_%s", **kwargs)
        self.fields["words"].widget = forms.TextInput(attrs={"placeholder": "意见（退回、不予认定必填）"})
        self.helper = form_helper(self)

    def clean(self) -> dict:
        data = super().clean()
        if data.get("action") in self.NEGATIVE:
            self.demand_reason_and_words(self.NEGATIVE[data["action"]])
        return data
