"""The filters of 学时审核."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from accounts import identity
from accounts.models import User, stored_name_key
from config.constants import FILTER_MAX_PEOPLE
from config.texts import normalise_line
from config.web.forms import DateField, Filter, typed_field
from hours.counting import LOCAL
from hours.models import Category, Registration
from hours.models.querysets import content_holds
from hours.offices import Office, in_region
from hours.registrations.validation import FIRST_YEAR
from hours.states import IN_REVIEW, Status
from organizations import search
from organizations.region_choices import RegionField

YEARS_OFFERED = 10
LAST_YEAR = 2999
STATUSES = [(status.value, status.label) for status in Status if status is not Status.DRAFT]


def _date_field(label: str) -> DateField:
    """Return a field for a date that stays within the calendar when it is converted to UTC."""
    return DateField(
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
    """The filters of 学时审核; the region filter is only for people who review or administer regions."""

    FORM = "queue-filter"  # the id of the <form>; the fields at the side stand outside of it
    SEARCH_FIELDS = ("name", "id_tail", "content")

    name = forms.CharField(label="姓名", required=False, max_length=50)
    # Filter values end up in addresses and logs, where no full ID number may stand.
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
    since = _date_field("提交日期从")
    until = _date_field("提交日期至")

    def __init__(self, data: QueryDict, *, office: Office) -> None:
        super().__init__(data)
        self.office = office
        self.unit_note = ""
        self._set_places()
        self._set_statuses(data.get("tab", ""))
        self._set_years()
        category = typed_field(self, "category", forms.TypedChoiceField)
        category.choices, self._matching_categories, self.category_names = _category_choices()
        for name, field in self.fields.items():
            if name not in self.SEARCH_FIELDS:
                field.widget.attrs["form"] = self.FORM

    def _set_places(self) -> None:
        if regions := self.office.regions:
            typed_field(self, "region", RegionField).limit_to(regions)
            return
        del self.fields["region"]
        if len(self.office.units) < 2:
            del self.fields["unit"]

    def _set_statuses(self, tab: str) -> None:
        """Offer the two statuses in review in the waiting tabs, or no filter where only one of them occurs."""
        if tab in ("done", "all"):
            return
        if tab == "unattended" or not (self.office.units and self.office.reviews):
            del self.fields["status"]
        else:
            in_review = [(status, label) for status, label in STATUSES if status in IN_REVIEW]
            typed_field(self, "status", forms.ChoiceField).choices = [("", "全部状态"), *in_review]

    def _set_years(self) -> None:
        this_year = timezone.localdate().year
        years = range(this_year, this_year - YEARS_OFFERED, -1)
        choices = [("", "全部年度"), *((year, str(year)) for year in years)]
        typed_field(self, "year", forms.TypedChoiceField).choices = choices

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if data.get("since") and data.get("until") and data["until"] < data["since"]:
            self.add_error("until", "结束日期不能早于开始日期。")
        return data

    @property
    def search_fields(self) -> list[forms.BoundField]:
        """The fields above the list."""
        return [self[name] for name in self.SEARCH_FIELDS]

    @property
    def side_fields(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.SEARCH_FIELDS]

    @property
    def given(self) -> dict[str, Any]:
        """The valid values that are not empty."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}

    def narrow(self, rows: QuerySet[Registration]) -> QuerySet[Registration]:
        """Return the rows that match; empty and invalid fields are ignored."""
        given = self.given
        if "name" in given or "id_tail" in given:
            rows = _of_people(rows, given.get("name", ""), identity.normalise(given.get("id_tail", "")))
        if "content" in given:
            rows = rows.filter(content_holds(given["content"]))
        if "unit" in given:
            rows = self._of_unit(rows, given["unit"])
        if "region" in given:
            rows = rows.filter(in_region(given["region"]))
        if "category" in given:
            rows = rows.filter(category__in=self._matching_categories[given["category"]])
        if "since" in given:
            rows = rows.filter(submitted_at__gte=_midnight(given["since"]))
        if "until" in given:
            rows = rows.filter(submitted_at__lt=_midnight(given["until"] + timedelta(days=1)))
        return rows.filter(**{name: given[name] for name in ("year", "status") if name in given})

    def _of_unit(self, rows: QuerySet[Registration], keyword: str) -> QuerySet[Registration]:
        """Return the rows of the units that the unit search finds, and note their names for the page."""
        if not (regions := self.office.regions):
            return rows.filter(unit_name__icontains=normalise_line(keyword))
        found = search.find_units(keyword, regions[0] if len(regions) == 1 else None)
        names = "、".join(unit.name for unit in found.units)
        more = f"，另有 {found.more} 家未列入，请输入更完整的名称" if found.more else ""
        self.unit_note = f"单位“{keyword}”：{names}{more}。" if names else f"没有找到单位“{keyword}”。"
        return rows.filter(unit__in=[unit.pk for unit in found.units])


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=LOCAL)


def _of_people(rows: QuerySet[Registration], name: str, id_tail: str) -> QuerySet[Registration]:
    """Return the rows of people by start of the name and end of the ID number."""
    people = User.objects.filter(name_key__startswith=stored_name_key(name))
    if id_tail:
        people = people.filter(id_tail=id_tail)
    keys = list(people.values_list("pk", flat=True)[: FILTER_MAX_PEOPLE + 1])
    if len(keys) <= FILTER_MAX_PEOPLE:
        return rows.filter(owner__in=keys)
    rows = rows.filter(owner__name_key__startswith=stored_name_key(name))
    return rows.filter(owner__id_tail=id_tail) if id_tail else rows


def _category_choices() -> tuple[list[Any], dict[int, list[int]], dict[int, str]]:
    """Return choices of both levels, the second-level keys that each choice matches, and the names of both levels.

    One query.
    """
    groups: dict[int, tuple[Category, list[Category]]] = {}
    categories = list(Category.objects.order_by("position", "pk"))
    for category in categories:
        if category.parent_id is None:
            groups[category.pk] = (category, [])
    for category in categories:
        if category.parent_id in groups:
            groups[category.parent_id][1].append(category)
    choices: list[Any] = [("", "全部类型")]
    matching: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for first, seconds in groups.values():
        names |= {second.pk: f"{first.name} · {second}" for second in seconds}
        matching |= {first.pk: [second.pk for second in seconds]} | {second.pk: [second.pk] for second in seconds}
        choices.append(
            (first.name, [(first.pk, f"{first.name}（全部）"), *((second.pk, str(second)) for second in seconds)])
        )
    return choices, matching, names
