"""Lists that administrators edit: types, reasons."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from hours.models import Category, Reason
from organizations.admin.columns import yes_no
from organizations.admin.deletion import ProtectedAdmin, is_referenced

OUT_OF_USE = "取消后不能再选用，已有的登记不受影响。已用过的只能停用，不能删除。"
PLACE = "数字小的排在前面。"


class FirstLevelForm(forms.ModelForm):
    def clean_name(self) -> str:
        """The parent is no field of this form, so the model cannot ask."""
        name = self.cleaned_data["name"]
        if Category.objects.filter(parent=None, name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("已有同名的一级类型。")
        return name


class SecondLevelForm(forms.ModelForm):
    def clean(self) -> dict:
        """One that is used keeps its row, with a sentence in place of a list of everything that uses it."""
        cleaned = super().clean()
        if cleaned.get("DELETE") and self.instance.pk and is_referenced(self.instance):
            cleaned["DELETE"] = False
            self.add_error("name", f"“{self.instance.name}”已被登记或年度规则使用，不能删除；可以取消“可选”。")
        return cleaned


class SecondLevel(admin.TabularInline):
    model = Category
    form = SecondLevelForm
    fk_name = "parent"
    extra = 1
    verbose_name = verbose_name_plural = "二级类型"
    fields = ("name", "counts_by_half_day", "hint", "is_example", "is_active", "position")


@admin.register(Category)
class CategoryAdmin(ProtectedAdmin):
    """One page per first-level type, with its second level below."""

    form = FirstLevelForm
    list_display = ("name", "below", yes_no("is_example", "示例"), yes_no("is_active", "可选", no="停用"), "position")
    list_editable = ("position",)
    search_fields = ("name", "children__name")
    search_help_text = "一级或二级类型名称的一部分"
    fields = ("name", "is_example", "is_active", "position")
    inlines = (SecondLevel,)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).filter(parent=None).prefetch_related("children")

    @admin.display(description="二级类型")
    def below(self, category: Category) -> str | None:
        return "、".join(second.name for second in category.children.all()) or None

    def get_form(self, request: HttpRequest, obj: Category | None = None, change: bool = False, **kwargs):
        texts = {"is_active": OUT_OF_USE, "position": PLACE}
        return super().get_form(request, obj, change, **{"help_texts": texts, **kwargs})

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts, object_id: str) -> HttpResponse:
        """A second-level type is on the page of its first level; links to it from elsewhere lead there."""
        second = Category.objects.filter(pk=object_id, parent__isnull=False).first() if object_id.isdecimal() else None
        if second is None:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)
        return redirect("admin:hours_category_change", second.parent_id)


@admin.register(Reason)
class ReasonAdmin(ProtectedAdmin):
    list_display = ("name", yes_no("frees_unit", "可改选单位"), "is_active", "position")
    list_editable = ("is_active", "position")

    def get_form(self, request: HttpRequest, obj: Reason | None = None, change: bool = False, **kwargs):
        texts = {"is_active": OUT_OF_USE, "position": PLACE}
        return super().get_form(request, obj, change, **{"help_texts": texts, **kwargs})
