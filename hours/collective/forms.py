"""The facts of a training for a 单位集体登记, and the search for its people."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from crispy_forms.layout import HTML, Div, Field
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from accounts.models import User
from config.web.addresses import parse_uuid
from config.web.forms import form_helper, typed_field
from hours.models import Attachment, Registration
from hours.registrations import attachments, validation
from hours.registrations.forms import RegistrationForm, registration_layout, span_and_hours
from organizations.models import Unit

from . import choices, drafts, roster
from .drafts import CollectiveDraft, InvalidDraft, RosterRow


class CollectiveForm(RegistrationForm):
    """The training's facts, by the rules of 新登记培训, and an optional file of people."""

    data: MultiValueDict[str, Any]  # Django keeps what it was given
    unit = forms.ModelChoiceField(
        Unit.objects.none(),
        label="单位",
        empty_label=None,
        error_messages={"required": "请选择单位。", "invalid_choice": "您不能为所选单位登记，请重新选择。"},
    )
    people_file = forms.FileField(
        label="人员名单",
        required=False,
        widget=forms.FileInput(attrs={"accept": roster.ACCEPT}),
        error_messages={"empty": "文件是空的，请重新选择。"},
    )
    roster = forms.CharField(widget=forms.HiddenInput, required=False)
    field_order = ("unit", *RegistrationForm.field_order[:-1], "people_file", "declared")
    not_declared = "请勾选“单位承诺以上信息属实”，否则不能登记。"

    def __init__(
        self,
        data: QueryDict | None = None,
        files: MultiValueDict[str, UploadedFile] | None = None,
        *,
        owner: User,
        draft: CollectiveDraft | None = None,
    ) -> None:
        self.key = _draft_key(data, draft)
        self.rows: list[RosterRow] = list(draft.rows) if draft else []
        self.unused: list[str] = list(draft.unused) if draft else []
        self.ticked: list[int] = list(draft.ticked) if draft else []
        training = drafts.training(draft) if draft else Registration()
        if draft:
            training.owner = owner
        super().__init__(data, files, instance=training, owner=owner)
        self.fields["draft_key"].initial = self.key
        self.fields["declared"].label = "单位承诺以上信息属实"
        if draft:
            self._keep_answer(training)
        self._offer_units(choices.selectable_units(owner), draft)
        self.fields["people_file"].help_text = (
            "Excel（.xlsx、.xls）或 CSV，列名为姓名、证件号码、学时、证书编号（后两列可以没有），"
            f"最多 {settings.COLLECTIVE_MAX_PEOPLE} 行。"
            "不上传名单的，在下一步勾选人员。"
        )
        self.fields["certificate_number"].help_text = "各人不同的，请填在人员名单中。"
        self.fields["roster"].initial = self._sealed_people()
        self.helper = form_helper(self, "unit", *registration_layout()[:-1], "people_file", *_last_parts())

    def _keep_answer(self, training: Registration) -> None:
        """Show the question about unusual days or hours as answered; the draft was accepted with it."""
        facts = training.starts_at, training.ends_at, training.hours_applied
        if validation.is_implausible(*facts, training.category):
            self.question = self.fields["plausible"].initial = span_and_hours(*facts)

    def _offer_units(self, units: QuerySet[Unit], draft: CollectiveDraft | None) -> None:
        field = typed_field(self, "unit", forms.ModelChoiceField)
        field.queryset = units
        self.units = list(units)
        field.initial = draft.unit if draft else next((unit.pk for unit in self.units), None)
        if len(self.units) == 1:
            field.widget = forms.HiddenInput()

    def kept_attachments(self) -> QuerySet[Attachment]:
        return Attachment.objects.waiting_for_form(self.owner, self.key)

    @property
    def draft_key_value(self) -> uuid.UUID:
        return self.key

    def clean_people_file(self) -> UploadedFile | None:
        """Read the rows of a new file."""
        upload = self.cleaned_data.get("people_file")
        if upload:
            self.rows, self.unused = roster.read(upload)
        return upload

    def clean(self) -> dict[str, Any]:
        self._restore_people()
        return super().clean()

    def _restore_people(self) -> None:
        """Take the people of an earlier try of this form, unless a new file was read."""
        sealed = self.cleaned_data.get("roster", "")
        if self.rows or not sealed or "people_file" in self.errors:
            return
        try:
            kept = drafts.unseal(sealed)
            self.rows, self.ticked = [RosterRow(**row) for row in kept["rows"]], list(kept["ticked"])
            self.unused = list(kept["unused"])
        except (InvalidDraft, KeyError, TypeError):
            self.add_error("people_file", ValidationError("名单已失效，请重新选择文件。"))

    def _sealed_people(self) -> str:
        """Return the people named or ticked so far, sealed; empty for none."""
        if not self.rows and not self.ticked:
            return ""
        return drafts.seal({"rows": [vars(row) for row in self.rows], "ticked": self.ticked, "unused": self.unused})

    def _candidate(self, data: dict[str, Any]) -> Registration:
        """Return the training without an owner: the preview looks for the duplicates of each person."""
        candidate = super()._candidate(data)
        candidate.owner = None  # type: ignore[assignment]  # the stubs do not know unsaved rows without an owner
        return candidate

    def keep_people(self) -> None:
        """Put the people into the refused form, so that the file need not be chosen again."""
        self.data = self.data.copy()
        self.data["roster"] = self._sealed_people()

    def draft(self) -> CollectiveDraft:
        """Return the draft of the valid form; new files are stored under the form's key."""
        attachments.keep_for_form(self.owner, self.accepted_proofs, self.key)
        attachments.discard(self.cleaned_data["removed"])
        data = self.cleaned_data
        facts = {name: data[name.removesuffix("_id")] for name in drafts.FACTS}
        facts["category_id"] = data["category"].pk
        return CollectiveDraft(
            reviewer=self.owner.pk,
            unit=data["unit"].pk,
            facts=_as_json_returns(facts),
            files=str(self.key),
            rows=self.rows,
            unused=self.unused,
            ticked=self.ticked,
        )


def _draft_key(data: QueryDict | None, draft: CollectiveDraft | None) -> uuid.UUID:
    """Return the key under which the form's files are kept: the one sent, the draft's, or a new one."""
    if data:
        return parse_uuid(data.get("draft_key")) or uuid.uuid4()
    return uuid.UUID(draft.files) if draft else uuid.uuid4()


def _as_json_returns(facts: dict[str, Any]) -> dict[str, Any]:
    """Return the facts as JSON returns them, so that a new draft equals the same draft after a page."""
    texts = {
        name: value.isoformat() if hasattr(value, "isoformat") else str(value)
        for name, value in facts.items()
        if hasattr(value, "isoformat") or isinstance(value, Decimal)
    }
    return facts | texts


def _last_parts() -> list[object]:
    return [
        Field("roster"),
        HTML("{% include 'collective/_roster.html' %}"),
        Div("declared", css_class="declaration"),
    ]


class PeopleSearch(forms.Form):
    """Search by part of the name or the last four of the ID number; sent by POST, to stay out of addresses and logs."""

    search = forms.CharField(
        label="姓名或证件号码后四位",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "form-control"}),
        error_messages={"max_length": "请只填写姓名，或证件号码的后四位。"},
    )

    @property
    def text(self) -> str:
        """The text to search for; empty if the form is invalid."""
        return self.cleaned_data["search"] if self.is_valid() else ""
