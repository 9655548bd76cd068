"""Units for administrators: searched, edited, confirmed, disabled, merged, imported and exported."""

from __future__ import annotations

from functools import partial

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts import appointments
from accounts.models import Appointment
from config.web.addresses import parse_pk
from hours.totals.merging import merge_units
from organizations import units
from organizations.admin import access
from organizations.admin.files import FileAdmin
from organizations.admin.lists import BoundedPaginator, SubtreeFilter
from organizations.models import Unit
from organizations.resources import UnitResource

from .unit_form import form_for

CHANGED_AT_MOST = 200


@admin.register(Unit)
class UnitAdmin(FileAdmin):
    """A regional administrator sees and changes the units of the own subtree; others are a 404."""

    list_display = ("name", "credit_code", "region", "state", "flagged")
    list_filter = (SubtreeFilter, "state", "credit_code_flagged")
    list_select_related = ("region",)
    list_per_page = 50
    ordering = ("-pk",)
    sortable_by = ("name", "credit_code")
    search_fields = ("name", "credit_code")
    search_help_text = "单位名称的一部分（几部分用空格分开），或统一社会信用代码的开头"
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = ("confirm_units", "disable_units", "restore_units", "merge_units")
    readonly_fields = ("state", "flagged", "added_by", "merged_into", "created_at")
    entered = ("name", "credit_code", "region", "contact_name", "contact_phone")

    resource_classes = [UnitResource]
    import_export_change_list_template = "admin/organizations/unit/change_list.html"
    import_help = (
        "单位名称、统一社会信用代码、区划代码必填；代码已存在的单位将被更新；状态可填待核实、正常、停用，"
        "留空时新单位为正常。校验位不正确的代码按原样保留并标记，待核对。"
    )

    # --- Who may what -------------------------------------------------------------------------

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: Unit | None = None) -> bool:
        return access.is_administrator(request)

    has_add_permission = has_module_permission
    has_change_permission = has_view_permission
    has_import_permission = has_module_permission
    has_export_permission = has_module_permission

    def has_delete_permission(self, request: HttpRequest, obj: Unit | None = None) -> bool:
        return False  # registrations refer to it: it is disabled or merged

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        # 其他单位 is no administrator's to edit.
        return access.within_scope(super().get_queryset(request).filter(is_unaffiliated=False), request, "region")

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404

    # --- List and form ------------------------------------------------------------------------

    def get_search_results(self, request, queryset, search_term):
        """Every word in the name, or a code that begins so; plain LIKE, since upper-casing would cost the index."""
        words = search_term.split()
        names = Q()
        for word in words:
            names &= Q(name__contains=word)
        return queryset.filter(names | Q(credit_code__startswith="".join(words).upper())) if words else queryset, False

    @admin.display(description="代码核对")
    def flagged(self, unit: Unit) -> str:
        return "校验位不正确，待核对" if unit.credit_code_flagged else "—"

    def get_fields(self, request, obj=None) -> tuple[str, ...]:
        return (*self.entered, *self.readonly_fields) if obj else self.entered

    def get_form(self, request, obj=None, change=False, **kwargs):
        return super().get_form(request, obj, change, form=form_for(request), **kwargs)

    def save_model(self, request: HttpRequest, obj: Unit, form, change: bool) -> None:
        if not change:
            obj.state, obj.added_by = Unit.State.ACTIVE, request.user
        units.store(obj)

    # --- Actions ------------------------------------------------------------------------------

    @admin.action(description="确认所选单位（待核实 → 正常）")
    def confirm_units(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        if "confirmed" in request.POST:
            read = [key for text in request.POST.getlist("application") if (key := parse_pk(text))]
            return self._one_by_one(request, queryset, partial(appointments.confirm_unit, applications=read), "已确认")
        applications = Appointment.objects.unconfirmed().filter(unit__in=queryset).select_related("person", "unit")
        pending = queryset.filter(state=Unit.State.PENDING).select_related("region", "added_by")
        facts = {"units": list(pending), "applications": list(applications.filter(unit__state=Unit.State.PENDING))}
        if facts["units"]:
            return self._ask(request, "confirm_units", "确认单位", "confirm.html", facts)
        return messages.warning(request, "所选单位中没有待核实的单位。")

    @admin.action(description="停用所选单位")
    def disable_units(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        if "confirmed" in request.POST:
            return self._one_by_one(request, queryset, units.disable, "已停用")
        return self._ask(request, "disable_units", "停用单位", "disable.html", {"units": list(queryset)})

    @admin.action(description="恢复所选的停用单位")
    def restore_units(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._one_by_one(request, queryset, units.restore, "已恢复")

    @admin.action(description="合并所选的两个单位")
    def merge_units(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        chosen = list(queryset.select_related("region").order_by("pk"))
        if len(chosen) != 2:
            return messages.error(request, f"合并时请恰好选择两个单位，现选择了 {len(chosen)} 个。")
        stays = next((unit for unit in chosen if str(unit.pk) == request.POST.get("stays")), None)
        if "confirmed" not in request.POST or stays is None:
            error = "请选择保留哪一个单位。" if "confirmed" in request.POST else ""
            facts = {"units": [(unit, units.count_references(unit)) for unit in chosen], "error": error}
            return self._ask(request, "merge_units", "合并单位", "merge.html", facts)
        gone = next(unit for unit in chosen if unit != stays)
        try:
            moved = merge_units(gone, into=stays)
        except units.UnitError as error:
            return messages.error(request, str(error))
        self.log_change(request, gone, f"合并至“{stays.name}”")
        return messages.success(request, f"已将“{gone.name}”合并至“{stays.name}”，转移 {moved} 条关联记录。")

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Never on more than a person can read: each is changed, and logged, on its own."""
        if request.POST.get("select_across", "0") != "0" and queryset[: CHANGED_AT_MOST + 1].count() > CHANGED_AT_MOST:
            messages.error(request, f"一次最多处理 {CHANGED_AT_MOST} 个单位，请用搜索或筛选缩小范围。")
            return redirect(request.get_full_path())
        return super().response_action(request, queryset)

    def _one_by_one(self, request: HttpRequest, queryset: QuerySet, change, done: str) -> None:
        """Do it to each; say how many, and for each other one why not."""
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

    def _ask(self, request: HttpRequest, action: str, title: str, template: str, facts: dict) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "action": action,
            "across": request.POST.get("select_across", "0"),
            "selected": request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME),
            **facts,
        }
        return TemplateResponse(request, f"admin/organizations/unit/{template}", context)

    # --- Import -------------------------------------------------------------------------------

    def get_import_resource_kwargs(self, request, **kwargs) -> dict:
        return {"scope": access.scope(request)}
