"""Actions of an owner on a submitted registration: 请求退回, 复制为新登记."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.requests import PersonRequest
from config.web.addresses import return_url
from config.web.dialogs import dialog_redirect
from hours.errors import WorkflowError
from hours.models import Registration
from hours.registrations import facts
from hours.registrations.forms import AskReturnForm, RegistrationForm
from hours.states import Action
from hours.workflow import transitions
from hours.workflow.permissions import may

LOOKUP = "hours:lookup_registrations"


@require_http_methods(["GET", "HEAD", "POST"])
def ask_return(request: PersonRequest, pk: int) -> HttpResponse:
    """请求退回: a message to the reviewer, once per stage; it changes no status."""
    registration = _own(request, pk)
    if denied := _denied(request, Action.ASK_RETURN, registration):
        return denied
    form = AskReturnForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            transitions.ask_return(request.user, registration, form.cleaned_data["words"])
        except WorkflowError as error:
            form.add_error(None, str(error))
        else:
            stage = registration.get_status_display()
            sentence = f"已就“{registration.content}”请求退回。登记仍为“{stage}”，审核人员处理时会首先看到您的请求。"
            messages.success(request, sentence)
            return dialog_redirect(request, _in_lookup(registration))
    context = {
        "registration": registration,
        "form": form,
        "facts": facts.of_registration(registration),
        "back_url": return_url(request, LOOKUP),
    }
    return render(request, "hours/ask_return.html", context)


@require_safe
def copy(request: PersonRequest, pk: int) -> HttpResponse:
    """复制为新登记: the form of a new registration, filled in; it is posted to 新登记培训."""
    registration = _own(request, pk)
    if denied := _denied(request, Action.COPY, registration):
        return denied
    context = {
        "form": RegistrationForm(instance=_unsaved_copy(registration), owner=request.user),
        "is_new": True,
        "kept": [],
        "removed_keys": [],
        "returned_words": "",
        "copied_from": registration,
        "back_url": return_url(request, LOOKUP, "hours:notices"),
    }
    return render(request, "hours/form.html", context)


def _unsaved_copy(registration: Registration) -> Registration:
    """Return a new registration with the fields that the owner wrote; files are not copied."""
    return Registration(**{name: getattr(registration, name) for name in RegistrationForm.Meta.fields})


def _own(request: PersonRequest, pk: int) -> Registration:
    rows = Registration.objects.owned_by(request.user)
    return get_object_or_404(rows.select_related("owner", "category__parent", "unit", "region"), pk=pk)


def _denied(request: PersonRequest, action: Action, registration: Registration) -> HttpResponse | None:
    """Return a redirect to the registration with the reason; None if the action is allowed."""
    allowed = may(request.user, action, registration)
    if allowed:
        return None
    messages.error(request, allowed.reason)
    return dialog_redirect(request, _in_lookup(registration))


def _in_lookup(registration: Registration) -> str:
    """The address of 培训登记详情 with the progress of this registration open."""
    return f"{reverse(LOOKUP)}?year={registration.year}&open={registration.pk}#registration-{registration.pk}"
