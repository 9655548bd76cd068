"""Registrations for administrators: read, searched, and taken back or reopened with a reason."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse

from accounts.models import User
from config.web.addresses import parse_pk
from config.web.forms import TextField
from config.web.texts import EMPTY
from hours.errors import WorkflowError
from hours.models import Attachment, Category, Decision, Reason, Registration, YearRule
from hours.offices import in_region
from hours.states import Action
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from hours.workflow.permissions import Permissions
from organizations.admin.columns import yes_no
from organizations.admin.lists import SubtreeFilter

from .reading import ReadOnlyAdmin, ReadOnlyInline, hours

CHANGED_AT_MOST = 200
KINDS = {"application/pdf": "PDF 文档", "image/jpeg": "图片", "image/png": "图片", "image/webp": "图片"}
CHANGES = {Action.REVOKE: transitions.revoke, Action.REOPEN: transitions.reopen}
WHAT_FOLLOWS = {
    Action.REVOKE: "撤销后，其认定学时不再计入年度学时；登记不能恢复为已认定。",
    Action.REOPEN: "重新审核后，登记回到“待终审”，由终审员再次决定。",
}


class VerdictForm(forms.Form):
    """Why: one of the reasons, and words."""

    reason = forms.ModelChoiceField(
        Reason.objects.none(),
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

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = Reason.objects.filter(is_active=True)


class YearFilter(admin.SimpleListFilter):
    """The years that have a rule: no DISTINCT over the registrations."""

    title = "计入年度"
    parameter_name = "year"

    def lookups(self, request, model_admin) -> list[tuple[int, str]]:
        return [(year, f"{year}") for year in YearRule.objects.values_list("year", flat=True)]

    def queryset(self, request, queryset: QuerySet) -> QuerySet:
        known = [str(key) for key, _ in self.lookup_choices]
        return queryset.filter(year=self.value()) if self.value() in known else queryset


class CategoryFilter(admin.SimpleListFilter):
    """Both levels; the first stands for all below it."""

    title = "认定类型"
    parameter_name = "category"

    def lookups(self, request, model_admin) -> list[tuple[int, str]]:
        found = []
        for first in Category.objects.filter(parent=None).prefetch_related("children"):
            found.append((first.pk, str(first)))
            found += [(second.pk, f"　{second}") for second in first.children.all()]
        return found

    def queryset(self, request, queryset: QuerySet) -> QuerySet:
        known = [str(key) for key, _ in self.lookup_choices]
        if self.value() not in known:
            return queryset
        return queryset.filter(Q(category=self.value()) | Q(category__parent=self.value()))


class PlaceFilter(SubtreeFilter):
    """The region tree; a registration carries the places above it."""

    def queryset(self, request, queryset: QuerySet) -> QuerySet:
        node = self.nodes.get(self.value())
        return queryset.filter(in_region(node.region)) if node else queryset


class DecisionInline(ReadOnlyInline):
    model = Decision
    fields = readonly_fields = (
        *("created_at", "stage", "action", "office", "actor_name"),
        *(hours("hours", "学时"), "reason_name", "words"),
    )


class AttachmentInline(ReadOnlyInline):
    model = Attachment
    fields = readonly_fields = ("name", "kind", "told_size", "created_at")

    @admin.display(description="类型")
    def kind(self, attachment: Attachment) -> str:
        return KINDS.get(attachment.content_type, attachment.content_type)

    @admin.display(description="大小")
    def told_size(self, attachment: Attachment) -> str:
        return filesizeformat(attachment.size)


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin):
    list_display = (
        *("content", "key", "owner", "shown_id", "year", "status"),
        *(hours("hours_applied", "申请学时"), hours("hours_recognised", "认定学时")),
        *("category", "unit_name", "submitted_at"),
    )
    list_select_related = ("owner", "category")
    list_filter = ("status", YearFilter, PlaceFilter, CategoryFilter)
    search_fields = ("content",)
    search_help_text = "姓名（完整）、证件号码后四位、证书编号（完整），或认定内容中的文字（请同时用筛选缩小范围）"
    inlines = (AttachmentInline, DecisionInline)
    actions = ("revoke", "reopen")
    fields = readonly_fields = (
        *("content", "key", "owner", "shown_id", "both_levels", "starts_at", "ends_at", "year"),
        *(
            hours("hours_applied", "申请学时"),
            hours("hours_proposed", "初审学时"),
            hours("hours_recognised", "认定学时"),
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

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str):
        """By what indexes serve if it finds anything, else by what the content contains."""
        term = search_term.strip()
        if not term:
            return queryset, False
        people = User.objects.filter(Q(name=term) | Q(id_tail=term.upper()))
        if people.exists():
            return queryset.filter(owner__in=people.values("pk")), False
        return queryset.filter(Q(content__contains=term) | Q(certificate_number=term)), False

    # --- Actions ------------------------------------------------------------------------------

    @admin.action(description="撤销认定", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return self._decide(request, queryset, Action.REVOKE)

    @admin.action(description="重新审核", permissions=["view"])
    def reopen(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        return self._decide(request, queryset, Action.REOPEN)

    def response_action(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Never on more than a person can read, and on nothing that is no key of a registration."""
        keys = request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME)
        if any(parse_pk(key) is None for key in keys):
            messages.error(request, "勾选的登记无法识别，请重新勾选。")
            return redirect(request.get_full_path())
        if request.POST.get("select_across", "0") != "0" and queryset[: CHANGED_AT_MOST + 1].count() > CHANGED_AT_MOST:
            messages.error(request, f"一次最多处理 {CHANGED_AT_MOST} 条登记，请用搜索或筛选缩小范围。")
            return redirect(request.get_full_path())
        return super().response_action(request, queryset)

    def _decide(self, request: HttpRequest, queryset: QuerySet, action: Action) -> HttpResponse | None:
        """Ask with the list and a reason; then do it to each and say of each what became of it."""
        registrations = list(queryset.select_related("owner", "region", "unit").order_by("pk"))
        form = VerdictForm(request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            return self._ask(request, registrations, action, form)
        verdict = Verdict(reason=form.cleaned_data["reason"], words=form.cleaned_data["words"])
        for registration in registrations:
            self._change(request, registration, action, verdict)
        return None

    def _change(self, request: HttpRequest, registration: Registration, action: Action, verdict: Verdict) -> None:
        name = f"“{registration.content}”（{registration.owner.name}）"
        try:
            CHANGES[action](request.user, registration, verdict)
        except WorkflowError as error:
            messages.warning(request, f"{name}未处理：{error}")
            return
        self.log_change(request, registration, f"{action.label}：{verdict.reason}")
        messages.success(request, f"{name}：已{action.label}，目前为“{registration.get_status_display()}”。")

    def _ask(self, request: HttpRequest, registrations: list, action: Action, form: VerdictForm) -> HttpResponse:
        permissions = Permissions(request.user, registrations)
        rows = [
            (registration, getattr(permissions.may(action, registration), "reason", ""))
            for registration in registrations
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": action.label,
            "opts": self.opts,
            "action": action.value,
            "across": request.POST.get("select_across", "0"),
            "selected": request.POST.getlist(admin.helpers.ACTION_CHECKBOX_NAME),
            "rows": rows,
            "possible": sum(not reason for _, reason in rows),
            "follows": WHAT_FOLLOWS[action],
            "form": form,
        }
        return TemplateResponse(request, "admin/hours/registration/decide.html", context)
