"""Year rules with their caps, and openings of closed years."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db import models, transaction
from django.db.models import Field, ForeignKey, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.admin import CHOOSE_PERSON_HELP, PersonLookupMedia
from accounts.models import stored_name_key
from config.constants import RECOUNT_MAX_PEOPLE
from config.texts import normalise_line
from config.web.forms import AdminForm, DateField, NumberField
from hours.counting import is_half_hour_multiple
from hours.models import Cap, Category, Opening, YearRule
from hours.totals import rule_changes
from organizations.admin.columns import yes_no
from organizations.admin.lists import BoundedPaginator
from organizations.admin.prefill import PrefillAdmin

from .columns import hours_column

FIRST_YEAR, LAST_YEAR = 2000, 2100
# The stored totals depend on these fields of a rule.
FIELDS_OF_TOTALS = frozenset({"year", "total", "professional"})


class YearRuleForm(AdminForm):
    class Meta:
        field_classes = {
            "total": NumberField,
            "professional": NumberField,
            "closes_on": DateField,
            "returned_closes_on": DateField,
        }
        help_texts = {
            "is_closed": "关闭后除撤销认定外一律不能办理：不再接受提交，也不再审核；重新开放的除外。",
            "is_example": "截止日不是文件规定时选中，列表中会标明。",
            "source": "文件名称和条款。",
        }
        error_messages = {"year": {"unique": "该年度已有规则，请在原规则中修改。"}}

    def clean(self) -> None:
        super().clean()
        data = self.cleaned_data
        year, closes = data.get("year"), data.get("closes_on")
        total, professional, returned = data.get("total"), data.get("professional"), data.get("returned_closes_on")
        if year and not FIRST_YEAR <= year <= LAST_YEAR:
            self.add_error("year", f"年度应在 {FIRST_YEAR} 至 {LAST_YEAR} 之间。")
        if total is not None and (total <= 0 or not is_half_hour_multiple(total)):
            self.add_error("total", "总学时要求必须大于 0，且是 0.5 的倍数。")
        if professional is not None and (professional < 0 or not is_half_hour_multiple(professional)):
            self.add_error("professional", "专业科目最低学时不能为负，且必须是 0.5 的倍数。")
        elif total is not None and professional is not None and professional > total:
            self.add_error("professional", f"专业科目最低学时不能超过总学时要求（{total}）。")
        if year and closes and closes.year < year:
            self.add_error("closes_on", f"提交截止日早于 {year} 年度开始，请核对。")
        if closes and returned and returned < closes:
            self.add_error("returned_closes_on", f"不能早于提交截止日（{closes:%Y-%m-%d}）。")


class CapForm(AdminForm):
    class Meta:
        field_classes = {"hours": NumberField}

    def clean_hours(self) -> Decimal | None:
        hours: Decimal | None = self.cleaned_data["hours"]
        if hours is not None and (hours < 0 or not is_half_hour_multiple(hours)):
            raise forms.ValidationError("上限不能为负，且必须是 0.5 的倍数。")
        return hours


class CapFormSet(forms.BaseInlineFormSet):
    """Refuses a cap above that of the first level, which could never be reached."""

    def clean(self) -> None:
        super().clean()
        complete = [form for form in self.forms if self._is_complete(form)]
        by_category = {form.cleaned_data["category"].pk: form.cleaned_data["hours"] for form in complete}
        for form in complete:
            category, hours = form.cleaned_data["category"], form.cleaned_data["hours"]
            above = by_category.get(category.parent_id)
            if above is not None and hours > above:
                form.add_error("hours", f"不能高于其一级类型“{category.parent.name}”的上限（{above}）。")

    def _is_complete(self, form: forms.BaseForm) -> bool:
        data = getattr(form, "cleaned_data", {})
        return bool(data.get("category")) and data.get("hours") is not None and not data.get("DELETE")


class CapInline(admin.TabularInline):
    model = Cap
    form, formset = CapForm, CapFormSet
    extra = 1
    fields = ("category", "hours", "is_example")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cap]:
        return super().get_queryset(request).select_related("category")

    def formfield_for_dbfield(self, db_field: Field, request: HttpRequest, **kwargs: Any) -> forms.Field | None:
        """Remove the links to add and edit a category, which has pages of its own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper) and db_field.name == "category":
            field.widget = field.widget.widget
        return field

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        """Offer both levels, the second with the name of its first, from one query for all rows."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field and db_field.name == "category":
            rows = Category.objects.select_related("parent").order_by("parent__position", "parent_id", "position", "pk")
            field.queryset = rows
            field.choices = [("", field.empty_label), *((row.pk, _with_first_level(row)) for row in rows)]
        return field


def _with_first_level(category: Category) -> str:
    return category.full_name if category.parent else f"{category}（整个一级类型）"


@admin.register(YearRule)
class YearRuleAdmin(admin.ModelAdmin):
    """Year rules. A change recounts the totals of its year."""

    form = YearRuleForm
    inlines = (CapInline,)
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = (
        *("year", hours_column("total", "总学时要求"), hours_column("professional", "专业科目最低学时"), "closes_on"),
        *("returned_closes_on", yes_no("is_closed", "已关闭", yes="已关闭"), "example", "link"),
    )
    fieldsets = (
        (None, {"fields": ("year", "total", "professional")}),
        ("提交期限", {"fields": ("closes_on", "returned_closes_on", "is_closed", "is_example")}),
        ("依据", {"fields": ("source", "source_url")}),
    )

    @admin.display(description="示例")
    def example(self, rule: YearRule) -> str:
        return "截止日为示例" if rule.is_example else "—"

    @admin.display(description="依据")
    def link(self, rule: YearRule) -> str:
        if not rule.source_url:
            return rule.source
        return render_to_string("admin/link.html", {"url": rule.source_url, "text": rule.source, "is_external": True})

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: Iterable[forms.BaseModelFormSet], change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        years = {form.instance.year, form.initial.get("year") or form.instance.year}
        if FIELDS_OF_TOTALS & set(form.changed_data) or any(formset.has_changed() for formset in formsets):
            self._recount(request, years)
        if "is_closed" in form.changed_data and form.instance.is_closed:
            self._warn_of_open_reviews(request, form.instance.year)

    def _warn_of_open_reviews(self, request: HttpRequest, year: int) -> None:
        if waiting := rule_changes.count_in_review(year):
            messages.warning(
                request,
                f"{year} 年度还有 {waiting} 条登记在审核中，关闭期间不能审核；如需继续审核，请重新开放该年度。",
            )

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: YearRule) -> None:
        super().delete_model(request, obj)
        self._recount(request, [obj.year])

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[YearRule]) -> None:
        years = list(queryset.values_list("year", flat=True))
        super().delete_queryset(request, queryset)
        self._recount(request, years)

    def _recount(self, request: HttpRequest, years: Iterable[int]) -> None:
        for year in rule_changes.recount_years(years):
            messages.warning(
                request,
                f"{year} 年度超过 {RECOUNT_MAX_PEOPLE} 人，学时合计尚未按新规则重新计算，"
                f"请运行 manage.py recount_totals {year}。",
            )


class OpeningForm(AdminForm):
    class Meta:
        field_classes = {"until": DateField}
        help_texts = {"person": f"{CHOOSE_PERSON_HELP}人员和单位都留空表示对所有人开放。"}
        widgets = {"reason": forms.TextInput(attrs={"class": "vTextField"})}

    def clean(self) -> None:
        super().clean()
        data = self.cleaned_data
        year, until = data.get("year"), data.get("until")
        if year and not YearRule.objects.filter(year=year).exists():
            self.add_error("year", f"{year} 年度没有年度规则，重新开放不起作用，请先添加规则。")
        if until and until < timezone.localdate():
            self.add_error("until", "最后一日已过，请填写今天或以后的日期。")
        if data.get("person") and data.get("unit"):
            self.add_error("unit", "请只选人员或只选单位；都不选表示对所有人开放。")


@admin.register(Opening)
class OpeningAdmin(PrefillAdmin):
    """Openings of closed years, for a person, a unit or everybody.

    The window of raw_id_fields searches by POST, so that no ID number gets into a URL.
    """

    form = OpeningForm
    list_display = ("year", "for_whom", "until", "reason", "created_at")
    list_select_related = ("person", "unit")
    list_filter = ("year",)
    search_fields = ("reason",)
    search_help_text = "人员姓名、单位名称的开头，或原因。"
    raw_id_fields = ("person",)
    autocomplete_fields = ("unit",)
    fields = ("year", "person", "unit", "until", "reason")
    Media = PersonLookupMedia
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Opening], search_term: str
    ) -> tuple[QuerySet[Opening], bool]:
        if not (term := normalise_line(search_term)):
            return queryset, False
        of_person = Q(person__name_key__startswith=stored_name_key(term))
        return queryset.filter(of_person | Q(unit__name__startswith=term) | Q(reason__icontains=term)), False

    @admin.display(description="对谁开放")
    def for_whom(self, opening: Opening) -> str:
        if opening.person:
            return f"{opening.person}（{opening.person.masked_id}）"
        return str(opening.unit or "所有人")
