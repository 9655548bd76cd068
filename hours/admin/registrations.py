"""Registrations in the admin: read-only, except for revoking (撤销认定) and reopening (重新审核) with a reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import filesizeformat

from accounts import identity
from accounts.models import User, stored_name_key
from accounts.requests import PersonRequest
from config.texts import EMPTY, comparison_digest, normalise_line
from config.web.forms import TextField
from hours.errors import WorkflowError
from hours.models import Attachment, Category, Decision, Reason, Registration, YearRule
from hours.models.querysets import content_holds
from hours.offices import in_region
from hours.states import Action
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from hours.workflow.permissions import Permissions
from organizations.admin.columns import yes_no
from organizations.admin.lists import SubtreeFilter

from .actions import BulkActionAdmin, is_confirmed
from .columns import hours_column
from .read_only import ReadOnlyAdmin, RegistrationInline

FILE_KINDS = {"application/pdf": "PDF 文档", "image/jpeg": "图片", "image/png": "图片", "image/webp": "图片"}
TRANSITIONS = {Action.REVOKE: transitions.revoke, Action.REOPEN: transitions.reopen}
CONSEQUENCES = {
    Action.REVOKE: "撤销后，其认定学时不再计入年度学时；登记不能恢复为已认定。",
    Action.REOPEN: "重新审核后，登记回到“待终审”，由终审员再次决定。",
}


class ReasonAndWordsForm(forms.Form):
    reason = forms.ModelChoiceField(
        Reason.objects.filter(is_active=True),
        label="原因",
        empty_label="请选择原因",
        error_messages={"required": "请选择原因。", "invalid_choice": "所选原因不存在或已停用，请重新选择。"},
    )
    words = TextField(
        label="意见",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        error_messages={"required": "请填写意见。", "max_length": "意见最多 500 个字，请精简。"},
    )

    use_required_attribute = False


class YearFilter(admin.SimpleListFilter):
    """Offers the years with a rule, which needs no DISTINCT over the registrations."""

    title = "计入年度"
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(str(year), str(year)) for year in YearRule.objects.values_list("year", flat=True)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet[Registration]:
        known = [str(key) for key, _ in self.lookup_choices]
        return queryset.filter(year=self.value()) if self.value() in known else queryset


class CategoryFilter(admin.SimpleListFilter):
    """Offers both levels; the first level includes all categories below it."""

    title = "认定类型"
    parameter_name = "category"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        choices = []
        for first in Category.objects.filter(parent=None).prefetch_related("children"):
            choices.append((str(first.pk), str(first)))
            choices += [(str(second.pk), f"　{second}") for second in first.children.all()]
        return choices

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet[Registration]:
        known = [str(key) for key, _ in self.lookup_choices]
        if self.value() not in known:
            return queryset
        return queryset.filter(Q(category=self.value()) | Q(category__parent=self.value()))


class RegionFilter(SubtreeFilter):
    """Filters by the regions stored on the registration."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet[Registration]:
        node = self.nodes.get(self.value() or "")
        return queryset.filter(in_region(node.region)) if node else queryset


class DecisionInline(RegistrationInline):
    model = Decision
    fields = readonly_fields = (  # type: ignore[assignment]  # the stub lacks callables
        *("created_at", "stage", "action", "office", "actor_name"),
        *(hours_column("hours", "学时"), "reason_name", "words"),
    )


class AttachmentInline(RegistrationInline):
    model = Attachment
    fields = readonly_fields = ("name", "kind", "readable_size", "created_at")

    @admin.display(description="类型")
    def kind(self, attachment: Attachment) -> str:
        return FILE_KINDS.get(attachment.content_type, attachment.content_type)

    @admin.display(description="大小")
    def readable_size(self, attachment: Attachment) -> str:
        return filesizeformat(attachment.size)


@admin.register(Registration)
class RegistrationAdmin(BulkActionAdmin, ReadOnlyAdmin):
    list_display = (
        *("content", "key", "owner", "shown_id", "year", "status"),
        *(hours_column("hours_applied", "申请学时"), hours_column("hours_recognised", "认定学时")),
        *("category", "unit_name", "submitted_at"),
    )
    list_select_related = ("owner", "category")
    list_filter = ("status", YearFilter, RegionFilter, CategoryFilter)
    search_fields = ("content",)
    search_help_text = "姓名（完整）、证件号码后四位、证书编号（完整），或认定内容中的文字（请同时用筛选缩小范围）"
    inlines = (AttachmentInline, DecisionInline)
    measure_word, noun = "条", "登记"
    actions = ("revoke", "reopen")
    fields = readonly_fields = (  # type: ignore[assignment]  # the stub lacks callables
        *("content", "key", "owner", "shown_id", "both_levels", "starts_at", "ends_at", "year"),
        *(
            hours_column("hours_applied", "申请学时"),
            hours_column("hours_proposed", "初审学时"),
            hours_column("hours_recognised", "认定学时"),
        ),
        *("note", "certificate_number", "status", "round"),
        *("unit_name", "place", yes_no("is_unaffiliated", "无单位直报"), "submitted_at", "created_at", "updated_at"),
    )

    @admin.display(description="证件号码")
    def shown_id(self, registration: Registration) -> str:
        return registration.owner.masked_id

    @admin.display(description="编号")
    def key(self, registration: Registration) -> int:
        return registration.pk

    @admin.display(description="认定类型")
    def both_levels(self, registration: Registration) -> str:
        return registration.category.full_name

    @admin.display(description="区域")
    def place(self, registration: Registration) -> str:
        return registration.region.name if registration.region else EMPTY

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Registration], search_term: str
    ) -> tuple[QuerySet[Registration], bool]:
        """Search by person, which has indexes; if nobody is found, by content and certificate number."""
        term = normalise_line(search_term)
        if not term:
            return queryset, False
        people = User.objects.filter(Q(name_key=stored_name_key(term)) | Q(id_tail=identity.normalise(term)))
        if people.exists():
            return queryset.filter(owner__in=people.values("pk")), False
        return queryset.filter(content_holds(term) | Q(certificate_key=comparison_digest(term))), False

    # --- Actions ------------------------------------------------------------------------------

    @admin.action(description="撤销认定", permissions=["view"])
    def revoke(self, request: PersonRequest, queryset: QuerySet[Registration]) -> HttpResponse | None:
        return self._decide(request, queryset, Action.REVOKE)

    @admin.action(description="重新审核", permissions=["view"])
    def reopen(self, request: PersonRequest, queryset: QuerySet[Registration]) -> HttpResponse | None:
        return self._decide(request, queryset, Action.REOPEN)

    def _decide(self, request: PersonRequest, queryset: QuerySet[Registration], action: Action) -> HttpResponse | None:
        """Ask for a reason, then decide each registration and report its result."""
        registrations = list(queryset.select_related("owner", "region", "unit").order_by("pk"))
        form = ReasonAndWordsForm(request.POST if is_confirmed(request) else None)
        if not form.is_valid():
            return self._confirmation(request, registrations, action, form)
        verdict = Verdict(reason=form.cleaned_data["reason"], words=form.cleaned_data["words"])
        for registration in registrations:
            self._decide_one(request, registration, action, verdict)
        return None

    def _decide_one(self, request: PersonRequest, registration: Registration, action: Action, verdict: Verdict) -> None:
        name = f"“{registration.content}”（{registration.owner.name}）"
        try:
            TRANSITIONS[action](request.user, registration, verdict)
        except WorkflowError as error:
            messages.warning(request, f"{name}未处理：{error}")
            return
        self.log_change(request, registration, f"{action.label}：{verdict.reason}")
        messages.success(request, f"{name}：已{action.label}，目前为“{registration.get_status_display()}”。")

    def _confirmation(
        self,
        request: PersonRequest,
        registrations: list[Registration],
        action: Action,
        form: ReasonAndWordsForm,
    ) -> HttpResponse:
        permissions = Permissions(request.user, registrations)
        answers = [(registration, permissions.may(action, registration)) for registration in registrations]
        rows = [(registration, "" if answer else answer.reason) for registration, answer in answers]
        context = {
            "rows": rows,
            "possible": sum(not reason for _, reason in rows),
            "follows": CONSEQUENCES[action],
            "form": form,
        }
        template = "admin/hours/registration/decide.html"
        return self.confirmation_page(request, template, action.value, action.label, context)
