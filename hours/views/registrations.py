"""学时登记: the list of registrations that can still be changed, 新登记培训, 查看, 修改, 删除, 批量删除."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from accounts.requests import PersonRequest
from config.web.addresses import parse_pk, return_url
from config.web.dialogs import dialog_redirect
from config.web.paging import numbered_page
from hours.counting import calendar_days, default_year, half_day_hours, selectable_years
from hours.errors import WorkflowError
from hours.models import Attachment, Registration
from hours.registrations import attachments, facts, lines, progress, saving, validation
from hours.registrations.forms import ProposalForm, RegistrationFilter, RegistrationForm
from hours.states import DELETABLE, REJECTED, Action
from hours.totals import summaries
from hours.wording import format_number
from hours.workflow.permissions import Permissions, may, submission_answers

from .picking import picked_registrations

# The pages from which a registration is opened.
LISTS = ("hours:list", "hours:lookup_registrations", "hours:lookup", "hours:notices")


@require_safe
def index(request: PersonRequest) -> HttpResponse:
    """学时登记."""
    filter_form = RegistrationFilter(request.GET)
    rows = filter_form.narrow(Registration.objects.owned_by(request.user).editable())
    page = numbered_page(
        rows.only(*lines.LIST_COLUMNS, "category_id"), settings.LIST_PAGE_SIZE, request.GET.get("page")
    )
    context = {
        "filter": filter_form,
        "is_filtered": any(request.GET.get(name) for name in filter_form.fields),
        "page": page,
        "lines": lines.editable_lines(list(page), page.start_index(), lines.category_names()),
        "delete_url": reverse("hours:delete"),
        "tick_all": request.GET.get("tick") == "all",
    }
    return render(request, "hours/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PersonRequest) -> HttpResponse:
    """新登记培训."""
    return _form(request, Registration())


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """修改."""
    registration = get_object_or_404(
        Registration.objects.owned_by(request.user).select_related("category__parent"), pk=pk
    )
    allowed = may(request.user, Action.EDIT, registration)
    if not allowed:
        messages.error(request, allowed.reason)
        return dialog_redirect(request, reverse("hours:list"))
    return _form(request, registration)


def _form(request: PersonRequest, registration: Registration) -> HttpResponse:
    is_new = registration.pk is None
    form = RegistrationForm(request.POST or None, request.FILES or None, instance=registration, owner=request.user)
    if request.method == "POST" and form.is_valid() and _saved(request, form):
        done = "已保存" if is_new else "已保存修改"
        messages.success(request, f"{done}“{form.instance.content}”。核查无误后请勾选并点击“批量提交审核”。")
        _add_warnings(request, form.instance)
        # A new registration may not match the filter that was set before.
        home = reverse("hours:list") if is_new else return_url(request, "hours:list")
        return dialog_redirect(request, f"{home}#registration-{form.instance.pk}")
    context = {
        "form": form,
        "is_new": is_new,
        "kept": _kept_files(request, form),
        "removed_keys": [parse_pk(key) for key in request.POST.getlist("removed")],
        "returned_words": "" if is_new or request.POST else summaries.status_reason(registration),
        "back_url": return_url(request, *LISTS),
    }
    return render(request, "hours/form.html", context)


def _saved(request: PersonRequest, form: RegistrationForm) -> bool:
    registration = form.save(commit=False)
    data = form.cleaned_data
    try:
        saving.save(registration, proofs=form.accepted_proofs, draft_key=form.draft_key_value, removed=data["removed"])
    except WorkflowError as error:
        form.add_error(None, str(error))
        return False
    return True


def _kept_files(request: PersonRequest, form: RegistrationForm) -> list[Attachment]:
    """Return the files of the registration and of this form so far; those of a refused form are kept first."""
    if form.is_bound and form.accepted_proofs:
        attachments.keep_for_form(request.user, form.accepted_proofs, form.draft_key_value)
    return list(form.kept_attachments())


def _add_warnings(request: PersonRequest, registration: Registration) -> None:
    """Add messages about an unusual year, overlapping registrations and a year that takes no submissions."""
    if notice := validation.year_notice(registration):
        messages.warning(request, notice)
    if others := Registration.objects.overlapping(registration):
        messages.warning(request, validation.overlap_sentence(registration, others))
    answer = submission_answers([registration])[registration.pk]
    if not answer:
        messages.warning(request, f"{answer.reason}该登记已保存，但目前不能提交。")


@require_GET
def proposal(request: PersonRequest) -> JsonResponse:
    """Return hours, years and a hint for the dates and the category typed so far, for registration.js."""
    form = ProposalForm(request.GET)
    form.is_valid()
    start, end = form.cleaned_data.get("starts_at"), form.cleaned_data.get("ends_at")
    category = form.cleaned_data.get("category")
    hint = category.hint if category else ""
    if not start or not end or end <= start:
        return JsonResponse({"hours": None, "years": [], "year": None, "text": hint})
    by_half_day = category is None or category.counts_by_half_day
    hours = format_number(half_day_hours(start, end)) if by_half_day else None
    text = f"按起止时间每半天 4 学时计算，共 {hours} 学时。" if hours else hint
    if validation.is_implausible(start, end, half_day_hours(start, end) if by_half_day else None, category):
        text += f"起止时间共 {calendar_days(start, end)} 天，请核对日期是否有误。"
    years = list(selectable_years(start, end))[-10:]
    return JsonResponse({"hours": hours, "years": years, "year": default_year(start, end), "text": text})


@require_safe
def detail(request: PersonRequest, pk: int) -> HttpResponse:
    """查看, for all who may see the registration."""
    rows = Registration.objects.visible_to(request.user).select_related("category__parent", "owner", "unit", "region")
    registration = get_object_or_404(rows.prefetch_related("decisions", "attachments"), pk=pk)
    permissions = Permissions(request.user, [registration])
    context = {
        "registration": registration,
        "facts": facts.of_registration(registration),
        "steps": progress.steps(registration, is_unattended=permissions.is_unattended(registration)),
        "back_url": return_url(request, *LISTS),
        "may_edit": bool(permissions.may(Action.EDIT, registration)),
        "may_ask_return": bool(permissions.may(Action.ASK_RETURN, registration)),
        "may_copy": bool(permissions.may(Action.COPY, registration)),
        "overlapping": Registration.objects.overlapping(registration) if registration.status not in REJECTED else [],
    }
    return render(request, "hours/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: PersonRequest) -> HttpResponse:
    """删除 and 批量删除: GET shows the ticked registrations, POST deletes all of them or none."""
    registrations, home = picked_registrations(request), return_url(request, "hours:list")
    if not registrations:
        messages.error(request, "请先勾选要删除的登记。")
        return dialog_redirect(request, home)
    if request.method != "POST":
        blocked = [registration for registration in registrations if registration.status not in DELETABLE]
        question = f"将删除下列 {len(registrations)} 条登记及其附件，删除后无法恢复。"
        context = {"registrations": registrations, "blocked": blocked, "question": question, "back_url": home}
        return render(request, "hours/delete.html", context)
    try:
        count = saving.delete(request.user, registrations)
    except WorkflowError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"已删除 {count} 条登记。")
    return dialog_redirect(request, home)
