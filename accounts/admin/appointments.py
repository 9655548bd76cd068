"""Appointments in the admin."""

from __future__ import annotations

from typing import Any, NoReturn

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Field, ForeignKey, Q, QuerySet
from django.http import Http404, HttpRequest
from django.utils import timezone

from accounts import appointments, permissions
from accounts.appointment_import import AppointmentImporter
from accounts.models import Appointment, User, stored_name_key
from accounts.positions import Position
from accounts.profile import AppointmentState, appointment_state
from accounts.requests import person_of
from config.texts import normalise_line
from config.web.forms import AdminForm, DateField
from organizations.admin import access
from organizations.admin.lists import BoundedPaginator
from organizations.admin.prefill import PrefillAdmin
from organizations.models import Unit

from .imports import ImportAdmin
from .people import CHOOSE_PERSON_HELP, PersonLookupMedia


class StateFilter(admin.SimpleListFilter):
    title = "状态"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return AppointmentState.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Appointment]:
        today = timezone.localdate()
        confirmed = queryset.filter(confirmed_at__isnull=False)
        by_state: dict[str | None, QuerySet[Appointment]] = {
            AppointmentState.UNCONFIRMED: queryset.unconfirmed(),
            AppointmentState.ACTIVE: queryset.active(today),
            AppointmentState.FUTURE: confirmed.filter(valid_from__gt=today),
            AppointmentState.ENDED: confirmed.filter(valid_until__lt=today),
        }
        return by_state.get(self.value(), queryset)


class AppointmentForm(AdminForm):
    class Meta:
        field_classes = {"valid_from": DateField, "valid_until": DateField}
        help_texts = {
            "person": CHOOSE_PERSON_HELP,
            "unit": "单位审核员必填，其他职责不填。",
            "region": "终审员和区域管理员必填，单位审核员不填。",
            "deputy_of": "仅代理人填写：点放大镜选择被代理的任职，职责和范围须与其一致。",
        }

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        if "region" not in self.fields and "unit" in cleaned and not cleaned["unit"]:
            self.add_error("unit", "请选择单位。")
        if principal := cleaned.get("deputy_of"):
            for problem in self._deputy_problems(principal, cleaned):
                self.add_error("deputy_of", problem)
        if not self.instance.pk and not self.errors and (problem := self._position_problem(cleaned)):
            self.add_error("person", problem)
        return cleaned

    def _position_problem(self, cleaned: dict[str, Any]) -> str:
        """Return why the person cannot take this position, as a sentence; empty if they can."""
        position = Position(cleaned["role"], cleaned.get("unit"), cleaned.get("region"), cleaned.get("deputy_of"))
        permission = permissions.may_hold(
            cleaned["person"], position, cleaned["valid_from"], cleaned.get("valid_until")
        )
        return "" if permission else permission.reason

    def _deputy_problems(self, principal: Appointment, cleaned: dict[str, Any]) -> list[str]:
        """Return why the appointment cannot be a deputy's for this principal, as sentences."""
        problems = []
        if principal.person == cleaned.get("person", self.instance.person_id and self.instance.person):
            problems.append("不能代理本人的职责。")
        if any(cleaned.get(name) != getattr(principal, name) for name in ("role", "unit", "region")):
            problems.append("代理的职责、单位和区域须与被代理的任职一致。")
        if principal.deputy_of_id:
            problems.append("被代理的任职本身是代理，不能再由他人代理。")
        return problems


@admin.register(Appointment)
class AppointmentAdmin(ImportAdmin, PrefillAdmin):
    """Regional administrators manage the unit reviewers of their subtree, superusers all appointments.

    People are chosen with raw_id_fields, whose window searches by POST (see PersonAdmin). An autocomplete field would
    send ID numbers in URLs.
    """

    form = AppointmentForm
    list_display = ("person", "shown_id", "role", "scope", "valid_from", "valid_until", "state", "deputy_of")
    list_filter = (StateFilter, "role")
    list_select_related = ("person", "unit", "region", "deputy_of__person", "deputy_of__unit", "deputy_of__region")
    list_per_page = settings.ADMIN_PAGE_SIZE
    ordering = ("-pk",)
    show_full_result_count = False
    search_fields = ("person__name",)
    search_help_text = "人员姓名、单位名称或区域名称的开头。"
    raw_id_fields = ("person", "deputy_of")
    autocomplete_fields = ("unit", "region")
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    fields = ("person", "role", "unit", "region", "valid_from", "valid_until", "deputy_of", "confirmed_at")
    readonly_fields = ("confirmed_at",)
    actions = ("confirm",)
    Media = PersonLookupMedia

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Appointment], search_term: str
    ) -> tuple[QuerySet[Appointment], bool]:
        if not (term := normalise_line(search_term)):
            return queryset, False
        of_person = Q(person__name_key__startswith=stored_name_key(term))
        return queryset.filter(of_person | Q(unit__name__startswith=term) | Q(region__name__startswith=term)), False

    @admin.display(description="证件号码")
    def shown_id(self, appointment: Appointment) -> str:
        return appointment.person.masked_id

    @admin.display(description="范围")
    def scope(self, appointment: Appointment) -> str:
        return str(appointment.unit or appointment.region)

    @admin.display(description="状态")
    def state(self, appointment: Appointment) -> str:
        return appointment_state(appointment).label

    @admin.action(description="确认所选的待确认任职", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        """Confirm applications; those for a 待核实 unit are confirmed together with the unit, in the list of units."""
        applications = Appointment.objects.unconfirmed().filter(pk__in=queryset.values("pk"))
        waiting = applications.filter(unit__state=Unit.State.PENDING).count()
        confirmed = appointments.confirm(applications.exclude(unit__state=Unit.State.PENDING))
        messages.success(request, f"已确认 {confirmed} 项任职，自今日起生效。")
        if waiting:
            messages.warning(request, f"{waiting} 项任职的单位尚待核实，请先在单位列表中核实单位，任职会一并确认。")

    def make_importer(self, request: HttpRequest, options: dict[str, Any]) -> AppointmentImporter:
        return AppointmentImporter(person_of(request).pk, access.scope(request))

    # --- Permissions and scope ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        return access.within_scope(super().get_queryset(request), request, "unit__region")

    def get_fields(self, request: HttpRequest, obj: Appointment | None = None) -> tuple[str, ...]:
        """Return the fields; the person of an existing appointment is read-only and may be outside the subtree."""
        kept = tuple(name for name in self.fields if name != "region" or request.user.is_superuser)
        return ("person", "shown_id", *kept[1:]) if obj else kept

    def get_readonly_fields(self, request: HttpRequest, obj: Appointment | None = None) -> tuple[str, ...]:
        return ("person", "shown_id", *self.readonly_fields) if obj else self.readonly_fields

    def formfield_for_choice_field(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.TypedChoiceField | None:
        if db_field.name == "role" and not request.user.is_superuser:
            kwargs["choices"] = [(Appointment.Role.UNIT_REVIEWER.value, Appointment.Role.UNIT_REVIEWER.label)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField[Any] | None:
        scoped = {
            "unit": (Unit, "region"),
            "person": (User, "unit__region"),
            "deputy_of": (Appointment, "unit__region"),
        }
        if db_field.name in scoped:
            model, path = scoped[db_field.name]
            kwargs["queryset"] = access.within_scope(model._default_manager.all(), request, path)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: Appointment | None = None) -> bool:
        return access.is_administrator(request)

    has_add_permission = has_module_permission
    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        raise Http404

    def save_model(self, request: HttpRequest, obj: Appointment, form: AppointmentForm, change: bool) -> None:
        """Confirm a new appointment; changing an application leaves it unconfirmed."""
        if not change:
            obj.confirmed_at = timezone.now()
        super().save_model(request, obj, form, change)
        if obj.role == Appointment.Role.REGION_ADMIN and not obj.person.is_staff:
            messages.warning(
                request, f"{obj.person.name}的账号尚未选中“可进入系统管理”，还不能进入这里；请在“人员”中选中。"
            )
