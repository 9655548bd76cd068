"""People in the admin. No page here shows, stores or logs a full ID number."""

from __future__ import annotations

import re
from typing import Any, NoReturn

from django import forms
from django.conf import settings
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
from django.db.models import ForeignKey, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from accounts import identity
from accounts.backends import forget_failures
from accounts.forms import IdNumberField, NewPasswordMixin, PersonForm, PhoneField
from accounts.models import User, identity_digest, stored_name_key
from accounts.people_import import PeopleImporter
from accounts.requests import person_of
from accounts.signals import people_added
from config.texts import normalise_line
from config.web.forms import EmailField, NameField
from organizations.admin import access
from organizations.admin.columns import yes_no
from organizations.admin.deletion import is_referenced
from organizations.admin.lists import BoundedPaginator
from organizations.admin.prefill import PrefillAdmin
from organizations.models import Unit

from .imports import ImportAdmin

# The admin uses the log-in page of the site, with its lock-out.
admin.site.login = login_required(admin.site.login)  # type: ignore[method-assign]  # Django has no setting for this
# Appointments define administrators' permissions; groups have no use.
admin.site.unregister(Group)

DIGEST_PREFIX = "digest:"
ONLY_SUPERUSERS_SET = ("is_staff", "is_superuser")
FIELD_CLASSES: dict[str, type[forms.Field]] = {
    "name": NameField,
    "username": UsernameField,
    "phone": PhoneField,
    "email": EmailField,
}
CHOOSE_PERSON_HELP = "点放大镜，在打开的窗口中按姓名或证件号码查找并选择。"


class PersonLookupMedia:
    """Scripts of the forms with a window to choose a person; the field then shows the name."""

    js = ("admin/js/admin/RelatedObjectLookups.js", "js/chosen.js")  # the order matters


class PasswordLink(ReadOnlyPasswordHashWidget):
    """A link to the page that sets a password, without the summary of the stored hash."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return {**super().get_context(name, value, attrs), "summary": []}


class PersonChangeForm(PersonForm, UserChangeForm):
    """Changes a person. The field for the ID number is always empty; leaving it empty keeps the number."""

    id_number = IdNumberField(
        label="证件号码（更正）", required=False, help_text="留空表示不变；更正时输入完整的新号码。现有号码不会显示。"
    )

    class Meta(UserChangeForm.Meta):
        model = User
        field_classes = FIELD_CLASSES

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["id_number"] = ""
        if "password" in self.fields:
            self.fields["password"].widget = PasswordLink()
            self.fields["password"].help_text = "密码不会显示；忘记密码时可以重新设置。"

    def clean_id_number(self) -> str:
        return super().clean_id_number() if self.cleaned_data["id_number"] else self.instance.id_number


# django-stubs does not know that AdminUserCreationForm is a SetPasswordMixin.
class PersonAddForm(NewPasswordMixin, PersonForm, AdminUserCreationForm):  # type: ignore[misc]
    id_number = IdNumberField()

    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("name", "id_kind", "id_number", "username", "phone", "email", "unit")
        field_classes = FIELD_CLASSES


class PersonPasswordForm(NewPasswordMixin, AdminPasswordChangeForm):
    """Sets a person's password and resets the lock-out, so they can log in at once.

    Django's option to remove the password is not offered: 可登录 disables an account.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.pop("usable_password", None)
        for field in self.fields.values():
            field.required = True

    def save(self, commit: bool = True) -> User:
        person = super().save(commit)
        forget_failures(person)
        return person


def looks_like_id(text: str) -> bool:
    """Whether the text may be a complete ID number: at least six digits, and not the start of a mobile number."""
    number = identity.normalise(text)
    digits = sum(character.isdigit() for character in number)
    is_mobile = re.fullmatch(r"1[3-9]\d{0,9}", number)
    return digits >= 6 and bool(re.fullmatch(r"[A-Z0-9]{7,20}", number)) and not is_mobile


def safe_search(text: str) -> str:
    """Return a search text that may be in a URL: a complete ID number is replaced by its keyed digest."""
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


class PostSearchMixin(admin.ModelAdmin):
    """A list with people whose search box uses POST, so that no ID number is in a URL."""

    @method_decorator(sensitive_post_parameters(SEARCH_VAR))
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        searched = request.POST.get(SEARCH_VAR)
        typed = request.GET.get(SEARCH_VAR, "") if searched is None else searched
        safe = typed if typed.startswith(DIGEST_PREFIX) else safe_search(typed)
        if searched is None and safe == typed.strip():
            return super().changelist_view(request, extra_context)
        query = request.GET.copy()
        query.pop("p", None)
        query[SEARCH_VAR] = safe
        return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PersonChangeList


@admin.register(User)
class PersonAdmin(PostSearchMixin, ImportAdmin, PrefillAdmin, UserAdmin):
    """People, with a search by POST.

    Django's search box is a GET form: ID numbers would be in the server's access log and the browser's history. Here a
    search for an ID number redirects to a URL with its keyed digest; other texts are in the URL as typed. An ID number
    in the URL of a GET is redirected as well.
    """

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
    list_per_page = settings.ADMIN_PAGE_SIZE
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

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Search by the start of names and numbers, which indexes serve."""
        term = normalise_line(search_term)
        if not term:
            return queryset, False
        if term.startswith(DIGEST_PREFIX):
            return queryset.filter(id_digest=term.removeprefix(DIGEST_PREFIX)), False
        starts = (
            Q(name_key__startswith=stored_name_key(term)) | Q(username__startswith=term) | Q(phone__startswith=term)
        )
        return queryset.filter(starts | Q(id_tail=identity.normalise(term))), False

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or "id_number" in form.changed_data:
            people_added.send(User, people=[obj])

    def make_importer(self, request: HttpRequest, options: dict[str, Any]) -> PeopleImporter:
        return PeopleImporter(person_of(request).pk)

    # --- Permissions and scope: regional administrators change the people of their subtree; others are a 404 ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return access.within_scope(super().get_queryset(request), request, "unit__region")

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField[Any] | None:
        if db_field.name == "unit":
            kwargs["queryset"] = access.within_scope(Unit.objects.all(), request, "region")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Return the read-only fields; only superusers grant admin rights."""
        fields = tuple(super().get_readonly_fields(request, obj))
        return fields if request.user.is_superuser else (*fields, *ONLY_SUPERUSERS_SET)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return access.is_administrator(request)

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return access.is_administrator(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Exclude people with rights beyond the administrator's subtree, whose password could be set to act as them."""
        if not request.user.is_superuser and obj is not None:
            own = access.within_scope(obj.appointments.all(), request, "unit__region")
            wider = obj.is_staff or obj.is_superuser or obj.appointments.exclude(pk__in=own.values("pk")).exists()
            return not wider and access.is_administrator(request)
        return access.is_administrator(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only people without a history can be deleted, one at a time; others are disabled (可登录)."""
        return request.user.is_superuser and obj is not None and obj != request.user and not is_referenced(obj)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> NoReturn:
        raise Http404
