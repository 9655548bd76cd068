"""People for administrators. No page here shows, stores or logs a full ID number."""

from __future__ import annotations

import re

from django.contrib import admin
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import (
    AdminPasswordChangeForm,
    AdminUserCreationForm,
    ReadOnlyPasswordHashWidget,
    UserChangeForm,
    UsernameField,
)
from django.contrib.auth.models import Group
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts import identity
from accounts.backends import forget_failures
from accounts.forms import IdNumberField, NewPassword, PersonForm, PhoneField
from accounts.models import User, identity_digest
from config.web.forms import LineField
from organizations.admin import access
from organizations.admin.columns import yes_no
from organizations.admin.deletion import is_referenced
from organizations.admin.lists import BoundedPaginator
from organizations.admin.prefill import PrefillAdmin
from organizations.models import Unit

# One log-in page for everybody, with its lock-out and its words.
admin.site.login = login_required(admin.site.login)
# What somebody administers follows from appointments, not from groups of permissions.
admin.site.unregister(Group)

DIGEST_PREFIX = "digest:"
ONLY_SUPERUSERS_SET = ("is_staff", "is_superuser")
FIELD_CLASSES = {"name": LineField, "username": UsernameField, "phone": PhoneField}
CHOOSE_PERSON_HELP = "点放大镜，在打开的窗口中按姓名或证件号码查找并选择。"


class PersonLookupMedia:
    """Media of the forms whose people are chosen in a window: the field says whom."""

    js = ("admin/js/admin/RelatedObjectLookups.js", "js/chosen.js")  # in this order


class PasswordLink(ReadOnlyPasswordHashWidget):
    """Leads to the page that sets a password, and shows nothing of the stored one."""

    def get_context(self, name, value, attrs) -> dict:
        return {**super().get_context(name, value, attrs), "summary": []}


class PersonChangeForm(PersonForm, UserChangeForm):
    """The ID number can be replaced, never read: the field is empty and an empty one changes nothing."""

    id_number = IdNumberField(
        label="证件号码（更正）", required=False, help_text="留空表示不变；更正时输入完整的新号码。现有号码不会显示。"
    )

    class Meta(UserChangeForm.Meta):
        model = User
        field_classes = FIELD_CLASSES

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.initial["id_number"] = ""
        if "password" in self.fields:
            self.fields["password"].widget = PasswordLink()
            self.fields["password"].help_text = "密码不会显示；忘记密码时可以重新设置。"

    def clean_id_number(self) -> str:
        return super().clean_id_number() if self.cleaned_data["id_number"] else self.instance.id_number


class PersonAddForm(NewPassword, PersonForm, AdminUserCreationForm):
    id_number = IdNumberField()

    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("name", "id_kind", "id_number", "username", "phone", "email", "unit")
        field_classes = FIELD_CLASSES


class PersonPasswordForm(NewPassword, AdminPasswordChangeForm):
    """For people who ask an administrator because they cannot get in: the new password opens at once.

    An account is closed by 可登录, not by taking its password away, as Django would also offer."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        for field in self.fields.values():
            field.required = True

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
        return DIGEST_PREFIX + digest
    if looks_like_id(text) and not User.objects.filter(username=text).exists():
        return DIGEST_PREFIX + digest
    return text


class PersonChangeList(ChangeList):
    @property
    def is_id_search(self) -> bool:
        return self.query.startswith(DIGEST_PREFIX)


class PostSearchMixin:
    """A list of people, or of what is theirs, whose search box posts, so that no number stands in an address."""

    @method_decorator(sensitive_post_parameters(SEARCH_VAR))
    def changelist_view(self, request: HttpRequest, extra_context=None) -> HttpResponse:
        searched = request.POST.get(SEARCH_VAR)
        typed = request.GET.get(SEARCH_VAR, "") if searched is None else searched
        safe = typed if typed.startswith(DIGEST_PREFIX) else safe_search(typed)
        if searched is None and safe == typed.strip():
            return super().changelist_view(request, extra_context)
        query = request.GET.copy()
        query.pop("p", None)
        query[SEARCH_VAR] = safe
        return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")

    def get_changelist(self, request: HttpRequest, **kwargs) -> type[ChangeList]:
        return PersonChangeList


@admin.register(User)
class PersonAdmin(PostSearchMixin, PrefillAdmin, UserAdmin):
    """Searching works by POST. Django's own search box is a GET form, so an ID number typed into it would be kept in
    the server's access log and the browser's history; here it is answered by a redirect to the address that holds
    its keyed digest, from which the number cannot be computed. Names and the like go into the address as they are.
    An ID number in the address of a GET (typed there by hand) is redirected too, before it spreads by links."""

    form = PersonChangeForm
    add_form = PersonAddForm
    add_form_template = "admin/change_form.html"
    change_password_form = PersonPasswordForm
    change_user_password_template = "admin/accounts/user/password.html"  # noqa: S105
    list_display = (
        *("name", "username", "shown_id", "phone", "unit"),
        *(yes_no("is_active", "可登录", no="已停用"), "date_joined"),
    )
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
        if term.startswith(DIGEST_PREFIX):
            return queryset.filter(id_digest=term.removeprefix(DIGEST_PREFIX)), False
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
            own = access.within_scope(obj.appointments.all(), request, "unit__region")
            wider = obj.is_staff or obj.is_superuser or obj.appointments.exclude(pk__in=own.values("pk")).exists()
            return not wider and access.is_administrator(request)
        return access.is_administrator(request)

    def has_add_permission(self, request) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_delete_permission(self, request, obj=None) -> bool:
        """People with a history are taken out of use (可登录), not deleted; and nobody deletes many at once."""
        return request.user.is_superuser and obj is not None and obj != request.user and not is_referenced(obj)

    def _get_obj_does_not_exist_redirect(self, request, opts, object_id):
        raise Http404
