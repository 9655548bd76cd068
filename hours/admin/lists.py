"""Categories and reasons in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.web.forms import AdminForm
from hours.models import Category, Reason
from organizations.admin.columns import yes_no
from organizations.admin.deletion import ProtectedAdmin, is_referenced

INACTIVE_HELP = "取消后不能再选用，已有的登记不受影响。已用过的只能停用，不能删除。"
POSITION_HELP = "数字小的排在前面。"


class FirstLevelCategoryForm(AdminForm):
    class Meta:
        help_texts = {"is_active": INACTIVE_HELP, "position": POSITION_HELP}

    def clean_name(self) -> str:
        """Check the unique name here: the form lacks the parent, so the model does not check the constraint."""
        name = self.cleaned_data["name"]
        if Category.objects.filter(parent=None, name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError("已有同名的一级类型。")
        return name


class SecondLevelCategoryForm(AdminForm):
    def clean(self) -> None:
        """Refuse to delete a referenced category with one sentence; Django would list every referencing row."""
        super().clean()
        if self.cleaned_data.get("DELETE") and self.instance.pk and is_referenced(self.instance):
            self.cleaned_data["DELETE"] = False
            self.add_error("name", f"“{self.instance.name}”已被登记或年度规则使用，不能删除；可以取消“可选”。")


class SecondLevelInline(admin.TabularInline):
    model = Category
    form = SecondLevelCategoryForm
    fk_name = "parent"
    extra = 1
    verbose_name = verbose_name_plural = "二级类型"
    fields = ("name", "counts_by_half_day", "hint", "is_example", "is_active", "position")


@admin.register(Category)
class CategoryAdmin(ProtectedAdmin):
    """First-level categories, each on a page with its second level."""

    form = FirstLevelCategoryForm
    list_display = ("name", "below", yes_no("is_example", "示例"), yes_no("is_active", "可选", no="停用"), "position")
    list_editable = ("position",)
    search_fields = ("name", "children__name")
    search_help_text = "一级或二级类型名称的一部分"
    fields = ("name", "is_example", "is_active", "position")
    inlines = (SecondLevelInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).filter(parent=None).prefetch_related("children")

    @admin.display(description="二级类型")
    def below(self, category: Category) -> str | None:
        return "、".join(second.name for second in category.children.all()) or None

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Redirect a second-level category to the page of its first level."""
        second = Category.objects.filter(pk=object_id, parent__isnull=False).first() if object_id.isdecimal() else None
        if second is None:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)  # type: ignore[misc]  # private
        return redirect("admin:hours_category_change", second.parent_id)


class ReasonForm(AdminForm):
    class Meta:
        help_texts = {"is_active": INACTIVE_HELP, "position": POSITION_HELP}


@admin.register(Reason)
class ReasonAdmin(ProtectedAdmin):
    form = ReasonForm
    list_display = ("name", yes_no("frees_unit", "可改选单位"), "is_active", "position")
    list_editable = ("is_active", "position")
