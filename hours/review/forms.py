"""The decision about one registration, and the decision about several."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crispy_forms.layout import Column, Field, Row
from django import forms
from django.http import QueryDict

from config.web.forms import TextField, form_helper
from hours.counting import is_half_hour_multiple
from hours.models import Reason, Registration
from hours.registrations.fields import HoursField
from hours.states import Action, Status, find_rule
from hours.workflow.moves import Verdict, hours_limit

WORDS_MAX_LENGTH = 500
TOO_LONG = f"意见最多 {WORDS_MAX_LENGTH} 字，目前 %(show_value)d 字，请精简。"
POSITIVE = (Action.AGREE, Action.RECOGNISE)
NEGATIVE = (Action.RETURN, Action.REFUSE)


class _VerdictForm(forms.Form):
    """The reason and the words of a decision."""

    reason = forms.ModelChoiceField(
        Reason.objects.filter(is_active=True),
        label="原因",
        required=False,
        empty_label="请选择原因",
        error_messages={"invalid_choice": "所选原因不存在或已停用，请重新选择。"},
    )
    words = TextField(
        label="意见",
        required=False,
        max_length=WORDS_MAX_LENGTH,
        error_messages={"max_length": TOO_LONG},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def require_reason_and_words(self, action: Action) -> None:
        """Add an error for a missing reason and for missing words."""
        if not self.cleaned_data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", f"{action.label}须选择原因。")
        if not self.cleaned_data.get("words") and "words" not in self.errors:
            self.add_error("words", f"{action.label}须填写意见。")

    def verdict_for(self, action: Action, hours: Decimal | None = None) -> Verdict:
        """Return the verdict of the valid form; only a negative decision has a reason."""
        reason = self.cleaned_data.get("reason") if action in NEGATIVE else None
        return Verdict(hours=hours, reason=reason, words=self.cleaned_data.get("words", ""))


class DecisionForm(_VerdictForm):
    """The decision about one registration. `status` and `round` are those in which the page showed it."""

    # A browser that sends the form by Enter presses its first button, the positive one.
    action = forms.ChoiceField(
        choices=[(action.value, action.label) for action in (*POSITIVE, *NEGATIVE)],
        widget=forms.HiddenInput,
        error_messages={"required": "请点击“同意”“退回修改”或“不予认定”。", "invalid_choice": "没有这种审核操作。"},
    )
    status = forms.CharField(widget=forms.HiddenInput, required=False)
    round = forms.CharField(widget=forms.HiddenInput, required=False)
    hours = HoursField(
        label="认定学时",
        required=False,
        max_digits=5,
        decimal_places=1,
        widget=forms.NumberInput(attrs={"step": "0.5", "min": "0.5", "inputmode": "decimal"}),
        error_messages={
            "invalid": "学时应为数字，例如 8 或 7.5。",
            "max_decimal_places": "学时必须是 0.5 的倍数，例如 8 或 7.5。",
            "max_digits": "学时太大了，请核对。",
            "max_whole_digits": "学时太大了，请核对。",
        },
    )
    field_order = ("hours", "reason", "words", "status", "round", "action")

    def __init__(self, data: QueryDict | None = None, *, registration: Registration) -> None:
        self.registration = registration
        positive = positive_action(registration)
        self.limit = hours_limit(positive, registration)
        initial = {"hours": self.limit, "status": registration.status, "round": registration.round}
        super().__init__(data, initial=initial)
        self.fields["hours"].label = "初审学时" if positive is Action.AGREE else "认定学时"
        self.fields["hours"].help_text = "核减时须填写意见。"
        self.helper = form_helper(
            self,
            Row(Column("hours", css_class="col-sm-5 col-xl-12"), Column("reason", css_class="col-sm-7 col-xl-12")),
            "words",
            Field("status"),
            Field("round"),
        )

    @property
    def is_current(self) -> bool:
        """Whether the registration still has the status and round of the form; true if the POST names neither."""
        shown = (self.data.get("status"), self.data.get("round"))
        return shown in ((None, None), (self.registration.status, str(self.registration.round)))

    @property
    def chosen_action(self) -> Action:
        """The action of the valid form."""
        return Action(self.cleaned_data["action"])

    @property
    def verdict(self) -> Verdict:
        """The verdict of the valid form."""
        action = self.chosen_action
        return self.verdict_for(action, self.cleaned_data.get("hours") if action in POSITIVE else None)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        action = Action(data["action"]) if data.get("action") else None
        if action not in POSITIVE:
            self.errors.pop("hours", None)  # a negative decision has no hours
        rule = find_rule(action, self.registration.status) if action else None
        if rule and rule.needs_reason:
            self.require_reason_and_words(rule.action)
        return data

    def set_only_error(self, message: str) -> None:
        """Replace all errors by this one: the decision is impossible, whatever the fields hold."""
        self.full_clean()
        self.errors.clear()
        self.add_error(None, message)

    def add_hours_error(self, message: str) -> None:
        """Add a refusal of the hours to the hours, or to the words if only the words for a cut are missing."""
        hours = self.cleaned_data.get("hours")
        is_cut = hours is not None and 0 < hours < self.limit and is_half_hour_multiple(hours)
        self.add_error("words" if is_cut else "hours", message)


class BulkForm(_VerdictForm):
    """One decision about the ticked registrations."""

    CHOICES = (("agree", "同意"), ("return", "退回修改"), ("refuse", "不予认定"))
    NEGATIVE_ACTIONS = {"return": Action.RETURN, "refuse": Action.REFUSE}

    action = forms.ChoiceField(
        label="操作",
        choices=[("", "请选择操作"), *CHOICES],
        error_messages={"required": "请选择操作：同意、退回修改或不予认定。", "invalid_choice": "没有这种审核操作。"},
    )
    field_order = ("action", "reason", "words")

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id="bulk_%s")
        self.fields["words"].widget = forms.TextInput(attrs={"placeholder": "意见（退回、不予认定必填）"})
        self.helper = form_helper(self)

    def clean(self) -> dict[str, Any]:
        super().clean()
        data = self.cleaned_data
        if action := self.NEGATIVE_ACTIONS.get(data.get("action", "")):
            self.require_reason_and_words(action)
        return data


def positive_action(registration: Registration) -> Action:
    """Return the positive decision at the registration's stage: 初审同意 or 认定."""
    return Action.AGREE if registration.status == Status.FIRST_REVIEW else Action.RECOGNISE
