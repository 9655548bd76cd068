"""Administration of the region tree: search, add, move, delete."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string

from config.texts import comparison_key
from config.web.forms import AdminForm, LineField
from organizations import regions
from organizations.models import Region

from .lists import BoundedPaginator


class RegionForm(AdminForm):
    class Meta:
        model = Region
        fields = ["code", "name", "kind", "parent"]
        field_classes = {"name": LineField, "code": LineField}
        help_texts = {"code": "6 位数字，按 GB/T 2260。", "parent": "移动时连同全部下级区域；已提交的登记不受影响。"}

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        moved = Region(pk=self.instance.pk, parent=cleaned.get("parent"))
        if regions.would_create_cycle(moved):
            self.add_error("parent", regions.CYCLE_ERROR)
        elif problem := self._out_of_order(cleaned.get("kind"), cleaned.get("parent")):
            self.add_error("kind", problem)
        if cleaned.get("name") and self._is_taken(cleaned["name"], cleaned.get("parent")):
            self.add_error("name", "该上级区域下已有同名区域。")
        return cleaned

    def _is_taken(self, name: str, parent: Region | None) -> bool:
        """Whether another region under this parent has a name that looks the same."""
        names = Region.objects.filter(parent=parent).exclude(pk=self.instance.pk).values_list("name", flat=True)
        return comparison_key(name) in map(comparison_key, names)

    def _out_of_order(self, kind: str | None, parent: Region | None) -> str:
        """Return why a region of this kind cannot stand there: province, city and county must follow each other."""
        if not kind:
            return ""
        order = Region.Kind.values
        if parent and order.index(kind) <= order.index(parent.kind):
            return f"级别应低于上级区域“{parent.name}”（{parent.get_kind_display()}）。"
        children = self.instance.children.all() if self.instance.pk else ()
        if any(order.index(child.kind) <= order.index(kind) for child in children):
            return "级别应高于现有的下级区域。"
        return ""


@admin.register(Region)
class RegionAdmin(admin.ModelAdmin):
    """Writes through organizations.regions, which locks the tree."""

    form = RegionForm
    list_display = ("indented_name", "code", "kind")
    list_filter = ("kind",)
    search_fields = ("name", "code")
    search_help_text = "名称的一部分，或区划代码的开头"
    ordering = ("tree_id", "lft")
    sortable_by = ()
    list_per_page = 150
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ["css/admin_tree.css"]}

    @admin.display(description="名称")
    def indented_name(self, region: Region) -> str:
        level = min(region.level, 4)
        return render_to_string("admin/organizations/region/name.html", {"region": region, "level": level})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Region], search_term: str
    ) -> tuple[QuerySet[Region], bool]:
        for word in search_term.split():
            queryset = (
                queryset.filter(code__startswith=word) if word.isdigit() else queryset.filter(name__contains=word)
            )
        return queryset, False

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form; report a cycle that only saving under the lock found, after another administrator's move."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except ValidationError as error:
            messages.error(request, "".join(error.messages))
            return redirect(request.path)

    def save_model(self, request: HttpRequest, obj: Region, form: Any, change: bool) -> None:
        regions.store(obj)

    def delete_model(self, request: HttpRequest, obj: Region) -> None:
        regions.remove(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Region | None = None) -> bool:
        """Allow deletion of single regions without references."""
        return obj is not None and super().has_delete_permission(request, obj) and regions.is_removable(obj)
