"""Units in the admin: search, edit, confirm, disable, restore, merge, import and export."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from accounts import appointments
from accounts.admin import ExportAdmin
from accounts.models import Appointment
from accounts.requests import person_of
from config.web.addresses import parse_pk
from hours.totals.merging import merge_units
from organizations import imports, units
from organizations.admin import access
from organizations.admin.lists import BoundedPaginator, SubtreeFilter
from organizations.imports import UnitImporter
from organizations.models import Unit

from .actions import BulkActionAdmin, is_confirmed
from .unit_form import scoped_form

TEMPLATES = "admin/organizations/unit"


@admin.register(Unit)
class UnitAdmin(BulkActionAdmin, ExportAdmin):
    """Units of the administrator's regions; other units are a 404."""

    list_display = ("name", "credit_code", "region", "state", "flagged")
    list_filter = (SubtreeFilter, "state", "credit_code_flagged")
    list_select_related = ("region",)
    list_per_page = settings.ADMIN_PAGE_SIZE
    ordering = ("-pk",)
    sortable_by = ("name", "credit_code")
    search_fields = ("name", "credit_code")
    search_help_text = "单位名称的一部分（几部分用空格分开），或统一社会信用代码的开头"
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    measure_word, noun = "个", "单位"
    export_order = ("region__tree_id", "region__lft", "name", "pk")
    actions = ("confirm_units", "disable_units", "restore_units", "merge_units")
    readonly_fields = ("state", "flagged", "added_by", "merged_into", "created_at")
    form_fields = ("name", "credit_code", "region", "contact_name", "contact_phone")

    # --- Permissions --------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: Unit | None = None) -> bool:
        return access.is_administrator(request)

    has_add_permission = has_module_permission
    has_change_permission = has_view_permission
    has_import_permission = has_module_permission
    has_export_permission = has_module_permission

    def has_delete_permission(self, request: HttpRequest, obj: Unit | None = None) -> bool:
        """Units are disabled or merged instead, because registrations refer to them."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Unit]:
        # 其他单位 cannot be edited.
        return access.within_scope(super().get_queryset(request).filter(is_unaffiliated=False), request, "region")

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        raise Http404

    # --- List and form ------------------------------------------------------------------------

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Unit], search_term: str
    ) -> tuple[QuerySet[Unit], bool]:
        """Find every word in the name, or the beginning of the code; LIKE without UPPER can use the index."""
        words = search_term.split()
        names = Q()
        for word in words:
            names &= Q(name__contains=word)
        return queryset.filter(names | Q(credit_code__startswith="".join(words).upper())) if words else queryset, False

    @admin.display(description="代码核对")
    def flagged(self, unit: Unit) -> str:
        return "校验位不正确，待核对" if unit.credit_code_flagged else "—"

    def get_fields(self, request: HttpRequest, obj: Unit | None = None) -> tuple[str, ...]:
        return (*self.form_fields, *self.readonly_fields) if obj else self.form_fields

    def get_form(
        self, request: HttpRequest, obj: Unit | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        return super().get_form(request, obj, change, form=scoped_form(request), **kwargs)

    def save_model(self, request: HttpRequest, obj: Unit, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.state, obj.added_by = Unit.State.ACTIVE, person_of(request)
        units.store(obj)

    # --- Actions ------------------------------------------------------------------------------

    @admin.action(description="确认所选单位（待核实 → 正常）")
    def confirm_units(self, request: HttpRequest, queryset: QuerySet[Unit]) -> HttpResponse | None:
        if is_confirmed(request):
            shown = [key for text in request.POST.getlist("application") if (key := parse_pk(text))]
            self._change_each(request, queryset, partial(appointments.confirm_unit, applications=shown), "已确认")
            return None
        applications = Appointment.objects.unconfirmed().filter(unit__in=queryset).select_related("person", "unit")
        pending = queryset.filter(state=Unit.State.PENDING).select_related("region", "added_by")
        context = {"units": list(pending), "applications": list(applications.filter(unit__state=Unit.State.PENDING))}
        if context["units"]:
            return self.confirmation_page(request, f"{TEMPLATES}/confirm.html", "confirm_units", "确认单位", context)
        messages.warning(request, "所选单位中没有待核实的单位。")
        return None

    @admin.action(description="停用所选单位")
    def disable_units(self, request: HttpRequest, queryset: QuerySet[Unit]) -> HttpResponse | None:
        if is_confirmed(request):
            self._change_each(request, queryset, units.disable, "已停用")
            return None
        context = {"units": list(queryset)}
        return self.confirmation_page(request, f"{TEMPLATES}/disable.html", "disable_units", "停用单位", context)

    @admin.action(description="恢复所选的停用单位")
    def restore_units(self, request: HttpRequest, queryset: QuerySet[Unit]) -> None:
        self._change_each(request, queryset, units.restore, "已恢复")

    @admin.action(description="合并所选的两个单位")
    def merge_units(self, request: HttpRequest, queryset: QuerySet[Unit]) -> HttpResponse | None:
        chosen = list(queryset.select_related("region").order_by("pk"))
        if len(chosen) != 2:
            messages.error(request, f"合并时请恰好选择两个单位，现选择了 {len(chosen)} 个。")
            return None
        kept = next((unit for unit in chosen if str(unit.pk) == request.POST.get("stays")), None)
        if not is_confirmed(request) or kept is None:
            error = "请选择保留哪一个单位。" if is_confirmed(request) else ""
            context = {"units": [(unit, units.count_references(unit)) for unit in chosen], "error": error}
            return self.confirmation_page(request, f"{TEMPLATES}/merge.html", "merge_units", "合并单位", context)
        self._merge(request, next(unit for unit in chosen if unit != kept), kept)
        return None

    def _merge(self, request: HttpRequest, unit: Unit, kept: Unit) -> None:
        try:
            moved = merge_units(unit, into=kept)
        except units.UnitError as error:
            messages.error(request, str(error))
            return
        self.log_change(request, unit, f"合并至“{kept.name}”")
        messages.success(request, f"已将“{unit.name}”合并至“{kept.name}”，转移 {moved} 条关联记录。")

    def _change_each(
        self, request: HttpRequest, queryset: QuerySet[Unit], change: Callable[[Unit], None], done: str
    ) -> None:
        """Change and log each unit; report the number, and each refusal with its reason."""
        count = 0
        for unit in queryset:
            try:
                change(unit)
            except units.UnitError as error:
                messages.warning(request, str(error))
                continue
            self.log_change(request, unit, done)
            count += 1
        if count:
            messages.success(request, f"{done} {count} 个单位。")

    # --- Import and export --------------------------------------------------------------------

    def make_importer(self, request: HttpRequest, options: dict[str, Any]) -> UnitImporter:
        return UnitImporter(person_of(request).pk, access.scope(request))

    def export_cells(self, row: Unit) -> list[str]:
        return imports.cells_of(row)
