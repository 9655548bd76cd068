"""Text that people type is shown as typed on every page, whatever characters it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils.html import escape

from accounts.models import User
from hours.certificates import issuing
from hours.collective import saving
from hours.models import Cap, Opening, Platform, Reason, Registration, WaitingCompletion
from hours.registrations import attachments
from hours.states import Action
from hours.workflow import transitions
from organizations import revision, units
from organizations.models import Region, Unit
from tests.collective.previews import previewed_draft

from . import factories, files, imports

pytestmark = pytest.mark.django_db

HOSTILE = "<b>&\"'"
# Each kind of text begins with a word that stands nowhere else.
CONTENT, NOTE, CERTIFICATE = "甲内容", "甲说明", "甲编号"
OWNER, REVIEWER, FINAL, COLLEAGUE = "甲本人", "甲初审", "甲终审", "甲同事"
UNIT, CONTACT, REGION = "甲单位", "甲联系", "甲区域"
FIRST_LEVEL, SECOND_LEVEL, HINT = "甲一级", "甲二级", "甲提示"
REASON, WORDS, FILE = "甲原因", "甲意见", "甲文件"
COURSE, PLATFORM, SOURCE, WHY = "甲科目", "甲平台", "甲依据", "甲理由"
WORDS_OF_ALL = (
    *(CONTENT, NOTE, CERTIFICATE, OWNER, REVIEWER, FINAL, COLLEAGUE, UNIT, CONTACT, REGION, FIRST_LEVEL),
    *(SECOND_LEVEL, HINT, REASON, WORDS, FILE, COURSE, PLATFORM, SOURCE, WHY),
)


def hostile(word: str) -> str:
    return word + HOSTILE


def shown(response) -> set[str]:
    """Kinds of text on a page, each checked to be escaped once wherever it stands."""
    page = response.content.decode()
    found = {word for word in WORDS_OF_ALL if word in page}
    for word in found:
        follows = {page[match.end() : match.end() + 60] for match in re.finditer(word, page)}
        wrong = {text for text in follows if not text.startswith(escape(HOSTILE))}
        assert wrong == set(), (word, response.request["PATH_INFO"])
    return found


@dataclass
class HostileWorld:
    """Registrations in every state, with hostile text in all that people and administrators type."""

    owner: User
    reviewer: User
    final: User
    administrator: User
    unit: Unit
    region: Region
    draft: Registration
    waiting: Registration
    agreed: Registration
    returned: Registration
    refused: Registration
    recognised: Registration
    reason: Reason
    batch: int


@pytest.fixture
def world(guangxi, rules) -> HostileWorld:
    for region in Region.objects.all():
        Region.objects.filter(pk=region.pk).update(name=hostile(REGION) + region.code)
    revision.advance()
    region = Region.objects.get(code="450126")
    root = Region.objects.get(code="450000")
    unit = factories.unit(hostile(UNIT), contact_name=hostile(CONTACT))
    owner = factories.person(hostile(OWNER), unit=unit)
    colleague = factories.person(hostile(COLLEAGUE), unit=unit)
    reviewer = factories.unit_reviewer(unit, hostile(REVIEWER))
    final = factories.region_reviewer(root, hostile(FINAL))
    units.unaffiliated(root)
    facts = {
        "category": factories.category(hostile(SECOND_LEVEL), hostile(FIRST_LEVEL), hint=hostile(HINT)),
        "note": hostile(NOTE),
    }

    def text(number: int) -> dict:
        return {
            **facts,
            "content": f"{hostile(CONTENT)}{number}",
            "certificate_number": f"{hostile(CERTIFICATE)}{number}",
        }

    verdict = factories.verdict(hostile(WORDS), reason=factories.reason(hostile(REASON)))
    returned = factories.submitted(owner, unit, **text(1))
    transitions.decide(reviewer, Action.RETURN, [returned], verdict)
    refused = factories.submitted(owner, unit, **text(2))
    transitions.decide(reviewer, Action.REFUSE, [refused], verdict)
    waiting = factories.submitted(owner, unit, **text(4))
    transitions.ask_return(owner, waiting, hostile(WORDS))
    draft = factories.registration(owner, **text(6))
    for registration in (draft, waiting):
        attachments.attach(registration, attachments.inspect_all([files.pdf(f"{hostile(FILE)}.pdf")])[0], None, [])
    rule = rules[max(rules)]
    rule.source = hostile(SOURCE)
    rule.save()
    Cap.objects.create(rule=rule, category=facts["category"], hours=20)
    Opening.objects.create(year=rule.year, person=owner, until="2099-12-31", reason=hostile(WHY))
    factories.completion(owner, factories.course(draft.year, hostile(COURSE)))
    Platform.objects.create(name=hostile(PLATFORM))
    WaitingCompletion.objects.create(
        id_number=factories.resident_id(number=996),
        year=draft.year,
        course_name=hostile(COURSE),
        completed_on=f"{draft.year}-01-01",
        source=hostile(PLATFORM),
        source_key="A-1",
        state=WaitingCompletion.State.COURSE,
        reason=hostile(WHY),
    )
    recognised = factories.recognised(owner, unit, reviewer, final, **text(3))
    issuing.issue(owner, owner, [recognised.year])
    batch = saving.save(reviewer, previewed_draft(unit, reviewer, [colleague], **text(7)))
    return HostileWorld(
        owner=owner,
        reviewer=reviewer,
        final=final,
        administrator=factories.administrator(hostile("甲管理")),
        unit=unit,
        region=region,
        draft=draft,
        waiting=waiting,
        agreed=factories.agreed(owner, unit, reviewer, **text(5)),
        returned=returned,
        refused=refused,
        recognised=recognised,
        reason=verdict.reason,
        batch=batch.pk,
    )


def pages_of_owner(world: HostileWorld) -> dict[str, str]:
    draft = {"registration": world.draft.pk}
    return {
        "list": reverse("hours:list"),
        "list, filtered": reverse("hours:list", query={"content": hostile(CONTENT)}),
        "draft": reverse("hours:detail", args=[world.draft.pk]),
        "refused": reverse("hours:detail", args=[world.refused.pk]),
        "recognised": reverse("hours:detail", args=[world.recognised.pk]),
        "edit": reverse("hours:edit", args=[world.draft.pk]),
        "copy": reverse("hours:copy", args=[world.refused.pk]),
        "ask return": reverse("hours:ask_return", args=[world.agreed.pk]),
        "delete": reverse("hours:delete", query=draft),
        "choose unit": reverse("hours:submit", query={**draft, "unit": world.unit.pk}),
        "search unit": reverse("hours:submit", query={**draft, "q": hostile(UNIT)}),
        "confirm": reverse("hours:submit_confirm", query={**draft, "unit": world.unit.pk}),
        "years": reverse("hours:lookup", query={"open": world.recognised.year}),
        "registrations": reverse("hours:lookup_registrations", query={"open": world.refused.pk}),
        "notices": reverse("hours:notices"),
        "certificates": reverse("hours:certificates"),
        "profile": reverse("accounts:profile"),
        "add unit": reverse("organizations:add", query={"name": hostile(UNIT)}),
    }


def pages_of_reviewer(world: HostileWorld) -> dict[str, str]:
    year = {"year": world.recognised.year}
    return {
        "queue": reverse("hours:review"),
        "queue, searched": reverse("hours:review", query={"q": hostile(CONTENT)}),
        "decided": reverse("hours:review", query={"tab": "done"}),
        "all": reverse("hours:review", query={"tab": "all"}),
        "waiting": reverse("hours:review_detail", args=[world.waiting.pk]),
        "returned": reverse("hours:review_detail", args=[world.returned.pk]),
        "unit": reverse("hours:statistics_unit", args=[world.unit.pk], query=year),
        "outstanding": reverse("hours:statistics_outstanding", args=[world.unit.pk], query=year),
        "person": reverse("hours:statistics_person", args=[world.owner.pk], query=year),
        "collective": reverse("hours:collective"),
        "batches": reverse("hours:collective_batches"),
        "batch": reverse("hours:collective_batch", args=[world.batch]),
        "appointments": reverse("accounts:appointments"),
        "appoint": reverse("accounts:appoint", args=[world.unit.pk]),
        "certificates": reverse("hours:certificates_unit", query=year),
    }


def pages_of_final(world: HostileWorld) -> dict[str, str]:
    year = {"year": world.recognised.year}
    return {
        "queue": reverse("hours:review"),
        "agreed": reverse("hours:review_detail", args=[world.agreed.pk]),
        "region": reverse("hours:statistics_region", args=[world.region.code], query=year),
    }


def shown_on(client, person: User, pages: dict[str, str]) -> dict[str, set[str]]:
    client.force_login(person)
    return {page: shown(client.get(url)) for page, url in pages.items()}


TYPED = {CONTENT, NOTE, CERTIFICATE}
KIND = {FIRST_LEVEL, SECOND_LEVEL}
PLACE = {UNIT, REGION}
DECISION = {REASON, WORDS}
PEOPLE = {OWNER, REVIEWER, FINAL, COLLEAGUE}


def test_owner_pages_show_text_as_typed(client, world):
    assert shown_on(client, world.owner, pages_of_owner(world)) == {
        page: {OWNER, *kinds}
        for page, kinds in {
            "list": {CONTENT, *KIND, *DECISION},
            "list, filtered": {CONTENT, *KIND, *DECISION},
            "draft": {*TYPED, *KIND, FILE},
            "refused": {*TYPED, *KIND, *PLACE, *DECISION},
            "recognised": {*TYPED, *KIND, *PLACE},
            "edit": {*TYPED, *KIND, FILE},
            "copy": {*TYPED, *KIND},
            "ask return": {*TYPED, *KIND, *PLACE},
            "delete": {CONTENT},
            "choose unit": PLACE,
            "search unit": PLACE,
            "confirm": {CONTENT, *PLACE},
            "years": {CONTENT, COURSE, *DECISION},
            "registrations": {CONTENT, FIRST_LEVEL, *PLACE, *DECISION},
            "notices": {CONTENT, *PLACE, *DECISION},
            "certificates": set(),
            "profile": {UNIT},
            "add unit": PLACE,
        }.items()
    }


def test_reviewer_pages_show_text_as_typed(client, world):
    assert shown_on(client, world.reviewer, pages_of_reviewer(world)) == {
        page: {REVIEWER, *kinds}
        for page, kinds in {
            "queue": {CONTENT, OWNER, *KIND, *DECISION},
            "queue, searched": {CONTENT, OWNER, *KIND, *DECISION},
            "decided": {CONTENT, OWNER, COLLEAGUE, *KIND},
            "all": {CONTENT, OWNER, COLLEAGUE, *KIND, REASON},
            "waiting": {*TYPED, OWNER, *KIND, *PLACE, *DECISION, FILE},
            "returned": {*TYPED, OWNER, *KIND, *PLACE, *DECISION},
            "unit": {OWNER, COLLEAGUE, *PLACE},
            "outstanding": {OWNER, COLLEAGUE, UNIT},
            "person": {CONTENT, OWNER, FIRST_LEVEL, UNIT},
            "collective": {*KIND, UNIT},
            "batches": {CONTENT},
            "batch": {CONTENT, CERTIFICATE, COLLEAGUE, UNIT},
            "appointments": {UNIT},
            "appoint": {UNIT},
            "certificates": {UNIT},
        }.items()
    }


def test_final_reviewer_pages_show_text_as_typed(client, world):
    assert shown_on(client, world.final, pages_of_final(world)) == {
        "queue": {FINAL, CONTENT, OWNER, COLLEAGUE, *KIND, *PLACE, REASON},
        "agreed": {FINAL, *TYPED, OWNER, *KIND, *PLACE, REASON},
        "region": {FINAL, *PLACE},
    }


def test_bulk_refusal_shows_text_as_typed(client, world):
    client.force_login(world.reviewer)
    typed = {"registration": [world.waiting.pk], "action": "refuse", "reason": world.reason.pk, "words": hostile(WORDS)}
    question = client.post(reverse("hours:review_bulk"), typed)
    assert shown(question) == {CONTENT, OWNER, REVIEWER, REASON, WORDS}
    result = client.post(reverse("hours:review_bulk"), {**typed, "confirmed": "yes"})
    assert shown(result) == {CONTENT, OWNER, REVIEWER}


def test_refused_form_shows_text_as_typed(client, world):
    client.force_login(world.owner)
    typed = factories.typed_training(world.draft.category, content=hostile(CONTENT), note=hostile(NOTE))
    typed |= {"certificate_number": hostile(CERTIFICATE), "proofs": [files.pdf(f"{hostile(FILE)}.exe")], "declared": ""}
    assert shown(client.post(reverse("hours:new"), typed)) == {OWNER, *TYPED, *KIND, FILE}


def test_collective_pages_show_text_as_typed(client, world):
    client.force_login(world.reviewer)
    typed = factories.typed_training(world.draft.category, content=f"{hostile(CONTENT)}9", unit=world.unit.pk)
    people = client.post(reverse("hours:collective"), {**typed, "proofs": [files.pdf(f"{hostile(FILE)}.pdf")]})
    assert shown(people) == {CONTENT, REVIEWER, OWNER, COLLEAGUE, UNIT, *KIND}
    ticks = {"draft": people.context["draft"], "go": "preview", "person": [world.owner.pk]}
    preview_page = client.post(reverse("hours:collective_people"), ticks)
    assert shown(preview_page) == {CONTENT, REVIEWER, OWNER, UNIT, *KIND, FILE}


def test_admin_lists_show_text_as_typed(client, world):
    client.force_login(world.administrator)
    assert {
        model._meta.model_name: shown(client.get(reverse(f"{admin_name(model)}_changelist")))
        for model in admin.site._registry
    } == {
        "region": {REGION},
        "user": {*PEOPLE, UNIT},
        "appointment": {REVIEWER, FINAL, *PLACE},
        "certificate": {OWNER},
        "course": {COURSE},
        "completion": {COURSE, OWNER},
        "platform": {PLATFORM},
        "waitingcompletion": {COURSE, PLATFORM, WHY},
        "category": KIND,
        "reason": {REASON},
        "decision": {CONTENT, OWNER, REVIEWER, FINAL, *PLACE, *DECISION},
        "notice": {CONTENT, *PEOPLE},
        "returnedversion": {CONTENT},
        "submission": {OWNER, REVIEWER, UNIT},
        "registration": {CONTENT, OWNER, COLLEAGUE, *KIND, *PLACE},
        "yearrule": {SOURCE},
        "opening": {OWNER, WHY},
        "unit": PLACE,
    }


def test_admin_pages_of_one_row_show_text_as_typed(client, world):
    client.force_login(world.administrator)
    rows = {
        world.region: {REGION},
        world.unit: {*PLACE, CONTACT},
        world.owner: {OWNER, UNIT},
        world.reviewer.appointments.get(): {REVIEWER, UNIT},
        world.owner.certificates.get(): {OWNER},
        world.owner.completions.get(): {OWNER, COURSE},
        world.owner.completions.get().course: {COURSE},
        Platform.objects.get(): {PLATFORM},
        WaitingCompletion.objects.get(): {COURSE, PLATFORM, WHY},
        world.draft.category.parent: {*KIND, HINT},
        world.reason: {REASON},
        world.returned.decisions.last(): {CONTENT, REVIEWER, UNIT, *DECISION},
        world.returned.notices.get(): {CONTENT, OWNER, REVIEWER},
        world.returned.returned_versions.get(): {*TYPED, *KIND},
        world.waiting.submission: {OWNER, *PLACE},
        world.returned: {*TYPED, OWNER, REVIEWER, *KIND, *PLACE, *DECISION},
        Cap.objects.get().rule: {*KIND, SOURCE},
        Opening.objects.get(): {OWNER, WHY},
    }
    assert {type(row) for row in rows} == set(admin.site._registry)
    assert {row: shown(client.get(reverse(f"{admin_name(type(row))}_change", args=[row.pk]))) for row in rows} == rows


def admin_name(model: type[Model]) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}"


@pytest.mark.parametrize(("action", "kinds"), [("disable_units", {UNIT}), ("merge_units", PLACE)])
def test_admin_questions_about_units_show_names_as_typed(client, world, action, kinds):
    other = factories.unit(f"{hostile(UNIT)}2")
    client.force_login(world.administrator)
    data = {"action": action, "_selected_action": [world.unit.pk, other.pk]}
    assert shown(client.post(reverse("admin:organizations_unit_changelist"), data)) == kinds


def test_admin_question_about_revocation_shows_text_as_typed(client, world):
    client.force_login(world.administrator)
    data = {"action": "revoke", "_selected_action": [world.recognised.pk]}
    url = reverse("admin:hours_registration_changelist")
    assert shown(client.post(url, data)) == {CONTENT, OWNER, REASON}


def test_import_preview_shows_cells_as_typed(client, world):
    client.force_login(world.administrator)
    good = [hostile(UNIT), factories.unit_code(), "450103", "", hostile(CONTACT), ""]
    bad = [hostile(UNIT), factories.unit_code(), hostile(REGION), "", "", ""]
    content = imports.workbook(
        ("单位名称", "统一社会信用代码", "区划代码", "状态", "联系人", "联系电话", hostile(NOTE)), good, bad
    )
    preview = imports.upload(client, "organizations_unit", content, f"{hostile(FILE)}.xlsx")
    assert shown(preview) == {UNIT, CONTACT, REGION, FILE, NOTE}
    assert shown(imports.confirm(client, preview)) == {UNIT, CONTACT, REGION, FILE, NOTE}
