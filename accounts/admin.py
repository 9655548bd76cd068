"""People and appointments for administrators. No page here shows, stores or logs a full ID number."""

from __future__ import annotations

import re

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm, UsernameField
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from organizations.admin import access
from organizations.admin.lists import BoundedPaginator
from organizations.models import Unit

from . import appointments, identity
from .backends import forget_failures
from .forms import IdNumberField, PersonForm, PhoneField
from .models import Appointment, User, identity_digest
from .profile import State, appointment_state

# One log-in page for everybody, with its lock-out and its words.
admin.site.login = login_required(admin.site.login)

BY_NUMBER = "digest:"
ONLY_SUPERUSERS_SET = ("is_staff", "is_superuser", "groups")


class PersonChangeForm(PersonForm, UserChangeForm):
    """The ID number can be replaced, never read: the field is empty and an empty one changes nothing."""

    id_number = IdNumberField(
        label="证件号码（更正）", required=False, help_text="留空表示不变；更正时输入完整的新号码。现有号码不会显示。"
    )

    class Meta(UserChangeForm.Meta):
        model = User
        field_classes = {"username": UsernameField, "phone": PhoneField}

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.initial["id_number"] = ""

    def clean_id_number(self) -> str:
        return super().clean_id_number() if self.cleaned_data["id_number"] else self.instance.id_number


class PersonAddForm(PersonForm, AdminUserCreationForm):
    id_number = IdNumberField()

    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("name", "id_kind", "id_number", "username", "phone", "email", "unit")
        field_classes = {"username": UsernameField, "phone": PhoneField}


class PersonPasswordForm(AdminPasswordChangeForm):
    """For people who ask an administrator because they cannot get in: the new password opens at once."""

    def save(self, commit=True) -> User:
        person = super().save(commit)
        forget_failures(person)
        return person


def looks_like_id(text: str) -> bool:
    """Whether this may be a whole ID number: letters and at least six digits, and not the beginning of a mobile."""
    number = identity.normalise(text)
    digits = sum(character.isdigit() for character in number)
    is_mobile = re.fullmatch(r"1[3-9]\d{0,9}", number)
    return digits >= 6 and bool(re.fullmatch(r"[A-Z0-9]{7,20}", number)) and not is_mobile


def safe_search(text: str) -> str:
    """The form of a search text that may stand in an address: a whole ID number becomes its keyed digest."""
    text = text.strip()
    if not text:
        return text
    digest = identity_digest(text)
    if User.objects.filter(id_digest=digest).exists():
        return BY_NUMBER + digest
    if looks_like_id(text) and not User.objects.filter(username=text).exists():
        return BY_NUMBER + digest
    return text


class PersonChangeList(ChangeList):
    @property
    def is_by_number(self) -> bool:
        return self.query.startswith(BY_NUMBER)


class SearchedByPost:
    """A list of people, or of what is theirs, whose search box posts, so that no number stands in an address."""

    @method_decorator(sensitive_post_parameters(SEARCH_VAR))
    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        searched = request.POST.get(SEARCH_VAR)
        typed = request.GET.get(SEARCH_VAR, "") if searched is None else searched
        safe = typed if typed.startswith(BY_NUMBER) else safe_search(typed)
        if searched is None and safe == typed.strip():
            return super().changelist_view(request, extra_context)
        query = request.GET.copy()
        query.pop("p", None)
        query[SEARCH_VAR] = safe
        return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return PersonChangeList


@admin.register(User)
class PersonAdmin(SearchedByPost, UserAdmin):
    """Searching works by POST. Django's own search box is a GET form, so an ID number typed into it would be kept in
    the server's access log and the browser's history; here it is answered by a redirect to the address that holds
    its keyed digest, from which the number cannot be computed. Names and the like go into the address as they are.
    An ID number in the address of a GET (typed there by hand) is redirected too, before it spreads by links."""

    form = PersonChangeForm
    add_form = PersonAddForm
    add_form_template = "admin/change_form.html"
    change_password_form = PersonPasswordForm
    list_display = ("name", "username", "shown_id", "phone", "unit", "is_active", "date_joined")
    list_filter = ("is_active", "is_staff", "id_kind")
    list_select_related = ("unit",)
    list_per_page = 50
    ordering = ("-pk",)
    show_full_result_count = False
    search_fields = ("name", "username", "phone", "id_tail")
    search_help_text = "姓名、用户名或手机号码的开头，证件号码后四位，或完整的证件号码（不会出现在网址和日志中）。"
    autocomplete_fields = ("unit",)
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    filter_horizontal = ()
    readonly_fields = ("shown_id", "last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("name", "id_kind", "shown_id", "id_number", "unit")}),
        ("登录", {"fields": ("username", "phone", "email", "password", "is_active")}),
        ("权限", {"fields": ONLY_SUPERUSERS_SET}),
        ("时间", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("name", "id_kind", "id_number", "unit")}),
        ("登录", {"fields": ("username", "phone", "email", "password1", "password2")}),
    )

    @admin.display(description="证件号码", ordering="id_tail")
    def shown_id(self, person: User) -> str:
        return person.masked_id if person.pk else "—"

    def get_search_results(self, request, queryset, search_term: str):
        """By the beginnings of names and numbers, which indexes serve, and not by what they contain."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if term.startswith(BY_NUMBER):
            return queryset.filter(id_digest=term.removeprefix(BY_NUMBER)), False
        starts = Q(name__startswith=term) | Q(username__startswith=term) | Q(phone__startswith=term)
        return queryset.filter(starts | Q(id_tail=term.upper())), False

    # --- Who may what: a regional administrator helps the trainees of the own subtree, others are a 404 ---

    def get_queryset(self, request: HttpRequest):
        return access.within_scope(super().get_queryset(request), request, "unit__region")

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "unit":
            kwargs["queryset"] = access.within_scope(Unit.objects.all(), request, "region")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request, obj=None):
        """Nobody gives rights that they do not have."""
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else (*fields, *ONLY_SUPERUSERS_SET)

    def has_module_permission(self, request) -> bool:
        return access.is_administrator(request)

    def has_view_permission(self, request, obj=None) -> bool:
        return access.is_administrator(request)

    def has_change_permission(self, request, obj=None) -> bool:
        """Who sets somebody's password can act as them: so not for people whose reach may be wider than one's own."""
        if not request.user.is_superuser and obj is not None:
            wider = obj.is_staff or obj.is_superuser or obj.appointments.filter(region__isnull=False).exists()
            return not wider and access.is_administrator(request)
        return access.is_administrator(request)

    def has_add_permission(self, request) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_delete_permission(self, request, obj=None) -> bool:
        """People with a history are taken out of use (可登录), not deleted; and nobody deletes many at once."""
        return request.user.is_superuser and obj is not None and obj != request.user

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404


class StateFilter(admin.SimpleListFilter):
    title = "状态"
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return State.choices

    def queryset(self, request, queryset):
        today = timezone.localdate()
        confirmed = queryset.filter(confirmed_at__isnull=False)
        return {
            State.AWAITING: queryset.awaiting(),
            State.ACTIVE: queryset.active(today),
            State.FUTURE: confirmed.filter(valid_from__gt=today),
            State.ENDED: confirmed.filter(valid_until__lt=today),
        }.get(self.value(), queryset)


class AppointmentForm(forms.ModelForm):
    def clean(self):
        cleaned = super().clean()
        if "region" not in self.fields and "unit" in cleaned and not cleaned["unit"]:
            self.add_error("unit", "请选择单位。")
        if principal := cleaned.get("deputy_of"):
            for problem in self._deputy_problems(principal, cleaned):
                self.add_error("deputy_of", problem)
        return cleaned

    def _deputy_problems(self, principal: Appointment, cleaned) -> list[str]:
        problems = []
        if principal.person == cleaned.get("person"):
            problems.append("不能代理本人的职责。")
        if any(cleaned.get(name) != getattr(principal, name) for name in ("role", "unit", "region")):
            problems.append("代理的职责、单位和区域须与被代理的任职一致。")
        if principal.deputy_of_id:
            problems.append("被代理的任职本身是代理，不能再由他人代理。")
        return problems


@admin.register(Appointment)
class AppointmentAdmin(admin.ModelAdmin):
    """A regional administrator appoints the reviewers of the own subtree's units, a superuser anybody.

    People are chosen by raw_id: its window searches by POST (see PersonAdmin), while a completing field would send
    every key stroke of an ID number in an address."""

    form = AppointmentForm
    list_display = ("person", "role", "scope", "valid_from", "valid_until", "state", "deputy_of")
    list_filter = (StateFilter, "role")
    list_select_related = ("person", "unit", "region", "deputy_of__person", "deputy_of__unit", "deputy_of__region")
    list_per_page = 50
    ordering = ("-pk",)
    show_full_result_count = False
    search_fields = ("person__name__startswith", "unit__name__startswith", "region__name__startswith")
    search_help_text = "人员姓名、单位名称或区域名称的开头。"
    raw_id_fields = ("person", "deputy_of")
    autocomplete_fields = ("unit", "region")
    paginator = BoundedPaginator
    show_facets = admin.ShowFacets.NEVER
    fields = ("person", "role", "unit", "region", "valid_from", "valid_until", "deputy_of", "confirmed_at")
    readonly_fields = ("confirmed_at",)
    actions = ("confirm",)

    @admin.display(description="范围")
    def scope(self, appointment: Appointment) -> str:
        return str(appointment.unit or appointment.region)

    @admin.display(description="状态")
    def state(self, appointment: Appointment) -> str:
        return appointment_state(appointment).label

    @admin.action(description="确认所选的待确认任职", permissions=["change"])
    def confirm(self, request, queryset) -> None:
        """A wish for a unit that is itself 待核实 is confirmed together with the unit, by the unit's own action."""
        wishes = Appointment.objects.awaiting().filter(pk__in=queryset.values("pk"))
        waiting = wishes.filter(unit__state=Unit.State.PENDING).count()
        confirmed = appointments.confirm(wishes.exclude(unit__state=Unit.State.PENDING))
        messages.success(request, f"已确认 {confirmed} 项任职，自今日起生效。")
        if waiting:
            messages.warning(request, f"{waiting} 项任职的单位尚待核实，请先在单位列表中核实单位，任职会一并确认。")

    # --- Who may what ---

    def get_queryset(self, request: HttpRequest):
        queryset = super().get_queryset(request)
        return access.within_scope(queryset, request, "unit__region")

    def get_fields(self, request, obj=None):
        return [name for name in self.fields if name != "region" or request.user.is_superuser]

    def formfield_for_choice_field(self, db_field, request, **kwargs):
        if db_field.name == "role" and not request.user.is_superuser:
            kwargs["choices"] = [(Appointment.Role.UNIT_REVIEWER.value, Appointment.Role.UNIT_REVIEWER.label)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        scoped = {
            "unit": (Unit, "region"),
            "person": (User, "unit__region"),
            "deputy_of": (Appointment, "unit__region"),
        }
        if db_field.name in scoped:
            model, path = scoped[db_field.name]
            kwargs["queryset"] = access.within_scope(model._default_manager.all(), request, path)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_module_permission(self, request) -> bool:
        return access.is_administrator(request)

    def has_view_permission(self, request, obj=None) -> bool:
        return access.is_administrator(request)

    has_add_permission = has_module_permission
    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404

    def save_model(self, request, obj, form, change) -> None:
        """What an administrator enters needs nobody's confirmation; a wish keeps waiting for it."""
        if not change:
            obj.confirmed_at = timezone.now()
        super().save_model(request, obj, form, change)
