"""集体登记: the pages from the facts to the preview, with and without a file, and back."""

from __future__ import annotations

import io
import re

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from accounts import appointments
from hours.collective import saving
from hours.models import Attachment, Registration
from tests import factories, files

pytestmark = pytest.mark.django_db
FACTS = reverse("hours:collective")
EDIT, PEOPLE = reverse("hours:collective_edit"), reverse("hours:collective_people")
SAVE, BAD_LINES = reverse("hours:collective_save"), reverse("hours:collective_bad_lines")


def names(context, part: str) -> list[str]:
    return [line.name for line in context[part]]


def test_answer_about_unusual_days_is_kept(client, reviewer, station, form_data):
    facts = {"starts_at_0": "2025-03-01", "ends_at_0": "2025-03-16", "plausible": "16 天、16 学时"}
    people = client.post(FACTS, form_data(**facts))
    form = client.post(EDIT, {"draft": people.context["draft"]}).context["form"]
    assert (form.question, form["plausible"].value()) == ("16 天、16 学时", "16 天、16 学时")


def test_without_file_people_page_follows(client, reviewer, station, form_data):
    factories.person("外人")
    response = client.post(FACTS, form_data())
    assert response.templates[0].name == "collective/people.html"
    assert [person.name for person in response.context["page"]] == sorted(person.name for person in station.workers)
    assert "外人" not in response.content.decode()


def test_ticked_people_are_previewed_and_saved(client, reviewer, station, form_data):
    draft = client.post(FACTS, form_data()).context["draft"]
    chosen = station.workers[:2]
    ticks = {"draft": draft, "person": [person.pk for person in chosen], "go": "preview"}
    preview = client.post(PEOPLE, ticks)
    assert (names(preview.context, "good"), names(preview.context, "bad")) == (["李工", "黄秋梦"], [])
    assert not Registration.objects.exists()
    done = client.post(SAVE, {"draft": preview.context["draft"]}, follow=True)
    message = "已为 2 人登记“林业有害生物防治培训班”，共 32 学时，等待宾阳县人社部门终审。"
    assert message in done.content.decode()
    assert set(Registration.objects.values_list("owner__name", "status")) == {
        ("黄秋梦", "final_review"),
        ("李工", "final_review"),
    }


def test_invalid_removed_key_is_ignored(client, reviewer, form_data):
    response = client.post(FACTS, form_data(content="", removed="9" * 5000))
    assert (response.status_code, response.templates[0].name) == (200, "collective/facts.html")


def test_double_click_saves_once(client, reviewer, station, form_data):
    draft = client.post(FACTS, form_data()).context["draft"]
    ticks = {"draft": draft, "person": [station.workers[0].pk], "go": "preview"}
    sealed = client.post(PEOPLE, ticks).context["draft"]
    for _ in range(2):
        assert client.post(SAVE, {"draft": sealed}).status_code == 302
    assert Registration.objects.count() == 1


def test_file_leads_to_preview_with_problems(client, reviewer, station, form_data, roster_upload):
    huang, li, wei = station.workers
    stranger = factories.resident_id()
    file = roster_upload(
        (huang.name, huang.id_number, "", ""),
        ("李小工", li.id_number, "8", ""),
        (wei.name, wei.id_number, "八", ""),
        ("陌生人", stranger, "多", ""),
    )
    response = client.post(FACTS, form_data(people_file=file))
    assert names(response.context, "good") == ["黄秋梦"]
    assert [(line.number, line.problems) for line in response.context["bad"]] == [
        (3, ["“姓名”列的值“李小工”与证件号码不一致，请核对。"]),
        (4, ["“学时”列的值“八”不是数字，例如 8 或 7.5。"]),
        (
            5,
            [
                "“学时”列的值“多”不是数字，例如 8 或 7.5。",
                f"“证件号码”列的值“*****{stranger[-4:]}”：系统中没有这个证件号码的人员，请核对，或请其先注册。",
            ],
        ),
    ]
    page = response.content.decode()
    assert [person.id_number for person in station.workers if person.id_number in page] == []


def test_bad_lines_file_can_be_uploaded_again(client, reviewer, station, form_data, roster_upload):
    huang, li, _ = station.workers
    rows = [(huang.name, huang.id_number, "", ""), ("=李工", li.id_number, "8", "A-1")]
    preview = client.post(FACTS, form_data(people_file=roster_upload(*rows)))
    answer = client.post(BAD_LINES, {"draft": preview.context["draft"]})
    assert answer["Cache-Control"] == "private, no-store"
    content = b"".join(answer.streaming_content)
    cells = [[cell.value for cell in line] for line in load_workbook(io.BytesIO(content)).active]
    assert cells == [
        ["姓名", "证件号码", "学时", "证书编号", "原行号", "问题"],
        ["=李工", li.id_number, "8", "A-1", "3", "“姓名”列的值“=李工”与证件号码不一致，请核对。"],
    ]
    again = client.post(FACTS, form_data(people_file=files.upload("bad-lines.xlsx", content)))
    assert names(again.context, "bad") == ["=李工"]


def test_roster_survives_invalid_form(client, reviewer, station, form_data, roster_upload):
    huang = station.workers[0]
    file = roster_upload((huang.name, huang.id_number, "", ""))
    refused = client.post(FACTS, form_data(content="", people_file=file))
    assert "已读取名单 1 行" in refused.content.decode()
    assert huang.id_number not in refused.content.decode()
    roster = refused.context["form"]["roster"].value()
    assert names(client.post(FACTS, form_data(roster=roster)).context, "good") == ["黄秋梦"]


def test_edit_keeps_facts_files_and_ticks(client, reviewer, station, form_data):
    draft = client.post(FACTS, form_data(note="第 2 期", proofs=[files.pdf("通知.pdf")])).context["draft"]
    ticks = {"draft": draft, "person": [station.workers[0].pk], "go": "preview"}
    sealed = client.post(PEOPLE, ticks).context["draft"]
    response = client.post(EDIT, {"draft": sealed})
    form, page = response.context["form"], response.content.decode()
    assert (form["content"].value(), form["note"].value()) == ("林业有害生物防治培训班", "第 2 期")
    assert [attachment.name for attachment in response.context["kept"]] == ["通知.pdf"]
    assert "已勾选 1 人" in page
    back = form_data(draft_key=form["draft_key"].value(), roster=form["roster"].value())
    assert client.post(FACTS, back).context["ticked"] == {station.workers[0].pk}
    assert Attachment.objects.count() == 1


def test_ticks_survive_searches(client, reviewer, station, form_data):
    huang, li, _ = station.workers
    sent = {"draft": client.post(FACTS, form_data()).context["draft"], "go": "search", "search": "李"}
    found = client.post(PEOPLE, {**sent, "shown": [huang.pk, li.pk], "person": [huang.pk]})
    assert [person.name for person in found.context["page"]] == ["李工"]
    assert found.context["ticked"] == {huang.pk}
    sent = {"draft": found.context["draft"], "shown": [li.pk], "person": [li.pk], "search": "", "go": "search"}
    assert client.post(PEOPLE, sent).context["ticked"] == {huang.pk, li.pk}
    sent = {**sent, "shown": [huang.pk, li.pk], "person": [li.pk]}
    assert client.post(PEOPLE, sent).context["ticked"] == {li.pk}


def test_all_search_results_can_be_ticked(client, reviewer, station, form_data):
    _, li, wei = station.workers
    draft = client.post(FACTS, form_data()).context["draft"]
    answer = client.post(PEOPLE, {"draft": draft, "go": "all", "search": "工"})
    assert answer.context["ticked"] == {li.pk, wei.pk}
    assert client.post(PEOPLE, {"draft": answer.context["draft"], "go": "none"}).context["ticked"] == set()


def test_search_by_last_four_of_id(client, reviewer, station, form_data):
    huang = station.workers[0]
    draft = client.post(FACTS, form_data()).context["draft"]
    found = client.post(PEOPLE, {"draft": draft, "go": "search", "search": huang.id_tail.lower()})
    assert huang in found.context["page"].object_list
    assert found.context["page"].paginator.count < 3


def test_preview_requires_ticks(client, reviewer, form_data):
    draft = client.post(FACTS, form_data()).context["draft"]
    assert "请先勾选人员。" in client.post(PEOPLE, {"draft": draft, "go": "preview"}).content.decode()


def test_declaration_is_required(client, reviewer, form_data):
    response = client.post(FACTS, form_data(declared=""))
    assert response.context["form"].errors["declared"] == ["请勾选“单位承诺以上信息属实”，否则不能登记。"]


def test_facts_are_validated(client, reviewer, form_data):
    wrong = form_data(ends_at_0=f"{factories.moment(12):%Y-%m-%d}", hours_applied="7.3")
    assert {"ends_at", "hours_applied"} <= set(client.post(FACTS, wrong).context["form"].errors)


def test_own_registration_is_no_duplicate(client, reviewer, station, form_data):
    day = {"starts_at": factories.moment(9, 8), "ends_at": factories.moment(8, 18)}
    factories.registration(reviewer, "林业有害生物防治培训班", **day)
    assert client.post(FACTS, form_data()).context["draft"]


def test_people_of_other_units_cannot_be_ticked(client, reviewer, station, form_data):
    stranger = factories.person("外人", unit=factories.unit("柳州市图书馆", "450202"))
    draft = client.post(FACTS, form_data()).context["draft"]
    ticks = {"draft": draft, "go": "preview", "person": [stranger.pk, reviewer.pk, station.workers[0].pk]}
    preview = client.post(PEOPLE, ticks)
    assert (names(preview.context, "good"), names(preview.context, "bad")) == (["黄秋梦"], [])
    page = preview.content.decode()
    assert ("外人" in page, stranger.masked_id in page) == (False, False)
    alone = client.post(PEOPLE, {**ticks, "person": [stranger.pk]})
    assert "请先勾选人员。" in alone.content.decode()


def test_person_leaving_after_tick_is_a_problem(client, reviewer, station, form_data):
    ticks = {"draft": client.post(FACTS, form_data()).context["draft"], "person": [station.workers[0].pk]}
    sealed = client.post(PEOPLE, ticks).context["draft"]
    type(reviewer).objects.filter(pk=station.workers[0].pk).update(unit=None)
    [bad] = client.post(PEOPLE, {"draft": sealed, "go": "preview"}).context["bad"]
    assert (bad.name, bad.problems) == ("黄秋梦", ["不是“宾阳县甘棠镇林业站”的人员。"])


def test_other_unit_is_rejected(client, reviewer, form_data):
    other = factories.unit("柳州市图书馆", "450202")
    assert client.post(FACTS, form_data(unit=other.pk)).context["form"].errors["unit"] == [
        "您不能为所选单位登记，请重新选择。"
    ]


def test_reviewer_of_two_units_chooses_one(client, reviewer, station, form_data):
    second = factories.unit("柳州市图书馆", "450202")
    appointments.appoint(reviewer, "unit_reviewer", unit=second)
    assert "柳州市图书馆" in client.get(FACTS).content.decode()
    assert list(client.post(FACTS, form_data(unit=second.pk)).context["page"]) == []


@pytest.mark.parametrize("address", [EDIT, PEOPLE, SAVE, BAD_LINES])
def test_draft_of_other_reviewer_is_404(client, reviewer, station, form_data, address):
    sealed = client.post(FACTS, form_data()).context["draft"]
    client.force_login(factories.unit_reviewer(station, "韦审核"))
    assert [client.post(address, {"draft": text}).status_code for text in (sealed, sealed[:-8], "", "甲")] == [404] * 4


def test_change_since_preview_is_shown_before_saving(client, reviewer, station, form_data):
    draft = client.post(FACTS, form_data()).context["draft"]
    ticks = {"draft": draft, "person": [person.pk for person in station.workers], "go": "preview"}
    sealed = client.post(PEOPLE, ticks).context["draft"]
    station.workers[0].unit = None
    station.workers[0].save()
    answer = client.post(SAVE, {"draft": sealed})
    assert "预览之后情况有变化，没有保存任何登记" in answer.content.decode()
    assert not Registration.objects.exists()
    client.post(SAVE, {"draft": answer.context["draft"]})
    assert Registration.objects.count() == 2


def test_owner_sees_who_registered(client, reviewer, station, draft):
    owner = station.workers[0]
    saving.save(reviewer, draft([owner]))
    client.force_login(owner)
    registration = owner.registrations.get()
    detail = client.get(reverse("hours:detail", args=[registration.pk])).content.decode()
    assert "由“宾阳县甘棠镇林业站”代为登记（经办人：覃审核）" in detail
    lookup = client.get(reverse("hours:lookup_registrations")).content.decode()
    assert re.search(r"单位集体登记.*由单位审核员覃审核代为登记，单位承诺以上信息属实。", lookup, re.DOTALL)
    assert "已由单位代为登记，待终审" in client.get(reverse("hours:notices")).content.decode()


def test_own_registration_has_no_collective_note(client, station):
    owner = station.workers[0]
    registration = factories.submitted(owner, station)
    client.force_login(owner)
    assert "代为登记" not in client.get(reverse("hours:detail", args=[registration.pk])).content.decode()


def test_menu_link_for_unit_reviewers_only(client, reviewer, station, guangxi):
    link = f'href="{FACTS}"'
    home = reverse("hours:list")
    assert link in client.get(home).content.decode()
    for person in (station.workers[0], factories.region_reviewer(guangxi)):
        client.force_login(person)
        assert link not in client.get(home).content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_query_count_is_constant(client, reviewer, station, form_data, count, django_assert_num_queries, roster_upload):
    people = [factories.person(f"职工{number}", unit=station) for number in range(count)]
    file = roster_upload(*((person.name, person.id_number, "", "") for person in people))
    form = form_data()
    draft = client.post(FACTS, form).context["draft"]
    with django_assert_num_queries(12):
        client.post(PEOPLE, {"draft": draft})
    with django_assert_num_queries(37):
        client.post(FACTS, form_data(people_file=file))
