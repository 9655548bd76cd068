"""Lists that administrators edit: types, reasons."""

from __future__ import annotations

from django.contrib import admin

from ..models import Category, Reason


class SecondLevel(admin.TabularInline):
    model = Category
    fk_name = "parent"
    extra = 1
    verbose_name = verbose_name_plural = "二级类型"
    fields = ("name", "counts_by_half_day", "hint", "is_example", "is_active", "position")


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    """One page per first-level type, with its second level below."""

    list_display = ("name", "is_example", "is_active", "position")
    list_editable = ("position",)
    search_fields = ("name", "children__name")
    fields = ("name", "is_example", "is_active", "position")
    inlines = (SecondLevel,)

    def get_queryset(self, request):
        return super().get_queryset(request).filter(parent=None)


@admin.register(Reason)
class ReasonAdmin(admin.ModelAdmin):
    list_display = ("name", "frees_unit", "is_active", "position")
    list_editable = ("is_active", "position")
