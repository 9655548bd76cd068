"""批量提交审核: the dialog, the confirmation and the result."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Appointment
from hours.models import Decision, Registration, Submission
from hours.workflow import transitions
from organizations import units
from organizations.models import Unit
from tests import factories
from tests.pages import message_texts

pytestmark = pytest.mark.django_db
CHOOSE, CONFIRM = reverse("hours:submit"), reverse("hours:submit_confirm")


@pytest.fixture
def client(client, huang):
    client.force_login(huang)
    return client


@pytest.fixture
def two(huang):
    return [
        factories.registration(huang, "水利培训"),
        factories.registration(huang, "公文培训", hours_applied=Decimal("7.5")),
    ]


def keys(registrations) -> list[int]:
    return [registration.pk for registration in registrations]


def ticked(unit, registrations, **more) -> dict:
    return {"registration": keys(registrations), "unit": unit.pk, "token": str(uuid.uuid4()), **more}


def statuses() -> list[str]:
    return list(Registration.objects.order_by("pk").values_list("status", flat=True))


def test_no_ticks_redirects_with_message(client):
    assert message_texts(client.get(CHOOSE, follow=True)) == ["请先勾选要提交审核的登记。"]


def test_dialog_shows_number_and_hours(client, two):
    page = client.get(CHOOSE, {"registration": keys(two)}).content.decode()
    assert "已勾选 2 条登记，共 23.5 学时。请选择所在单位。" in page


def test_own_unit_is_preselected(client, huang, two, station):
    huang.unit = station
    huang.save()
    assert client.get(CHOOSE, {"registration": keys(two)}).context["chosen"] == station


def test_disabled_own_unit_is_not_preselected(client, huang, two, station):
    huang.unit = station
    huang.save()
    units.disable(station)
    assert client.get(CHOOSE, {"registration": keys(two)}).context["chosen"] is None


def test_search_keeps_the_ticks(client, two, station):
    response = client.get(CHOOSE, {"registration": keys(two), "q": "林业", "go": "search"})
    assert [registration.content for registration in response.context["registrations"]] == [
        registration.content for registration in sorted(two, key=lambda row: row.ends_at, reverse=True)
    ]
    assert response.context["picker"].units == [station]


def test_confirming_without_unit_shows_error(client, two):
    page = client.get(CHOOSE, {"registration": keys(two), "go": "confirm"}).content.decode()
    assert "请先选择单位：点选列表中的一个单位，或选择“其他单位”。" in page


def test_confirmation_shows_unit_region_and_hours(client, two, station):
    response = client.get(CHOOSE, {"registration": keys(two), "unit": station.pk, "go": "confirm"})
    assert response.context["facts"] == [
        ("单位名称", "宾阳县甘棠镇林业站"),
        ("统一社会信用代码", station.credit_code),
        ("单位属地", "宾阳县"),
        ("登记条数", "2 条"),
        ("申请学时合计", "23.5 学时"),
    ]
    assert "已提交的学时登记信息无法撤销，请认真核查无误后，再进行提交。" in response.content.decode()
    assert statuses() == ["draft", "draft"]


def test_submit_names_the_next_reviewer(client, huang, two, station):
    response = client.post(CONFIRM, ticked(station, two), follow=True)
    assert message_texts(response) == [
        "已提交 2 条登记，共 23.5 学时，由“宾阳县甘棠镇林业站”初审。点击“+”可查看审核进度。"
    ]
    assert statuses() == ["first_review", "first_review"]
    submission = Submission.objects.get()
    assert (submission.owner, submission.entries, submission.hours) == (huang, 2, Decimal("23.5"))
    huang.refresh_from_db()
    assert huang.unit == station


def test_one_invalid_registration_stops_all(client, two, station, rules):
    Registration.objects.filter(pk=two[1].pk).update(year=2001)
    response = client.post(CONFIRM, ticked(station, two))
    [(registration, sentence)] = response.context["problems"]
    assert registration == two[1]
    assert sentence.startswith("“公文培训”：计入年度须在起止时间所在的年度之内")
    assert (statuses(), Submission.objects.count(), Decision.objects.count()) == (["draft", "draft"], 0, 0)


def test_double_click_submits_once(client, two, station):
    form = ticked(station, two)
    for _ in range(2):
        response = client.post(CONFIRM, form, follow=True)
        assert message_texts(response) == [
            "已提交 2 条登记，共 23.5 学时，由“宾阳县甘棠镇林业站”初审。点击“+”可查看审核进度。"
        ]
    assert (Submission.objects.count(), Decision.objects.count()) == (1, 2)


def test_token_of_another_person_is_refused(client, two, station):
    li, form = factories.person("李同事"), ticked(station, two)
    transitions.submit(li, [factories.registration(li)], station, station.region, uuid.UUID(form["token"]))
    assert message_texts(client.post(CONFIRM, form, follow=True)) == ["提交标识无效，请重新打开“批量提交审核”。"]
    assert (statuses(), Submission.objects.count()) == (["draft", "draft", "first_review"], 1)


def test_second_tab_shows_they_are_submitted(client, two, station):
    client.post(CONFIRM, ticked(station, two))
    response = client.post(CONFIRM, ticked(station, two))
    assert [sentence for _, sentence in response.context["problems"]] == [
        f"“{registration.content}”：该登记目前为“待初审”，不能提交审核。"
        for registration in response.context["registrations"]
    ]
    assert Submission.objects.count() == 1


@pytest.mark.parametrize("url", [CHOOSE, CONFIRM])
@pytest.mark.parametrize("method", ["get", "post"])
def test_registration_of_another_person_is_404(client, two, station, url, method):
    other = factories.registration(factories.person("李工"), "李工的登记")
    response = getattr(client, method)(url, ticked(station, [*two, other]))
    assert response.status_code == (405 if (url, method) == (CHOOSE, "post") else 404)
    assert statuses() == ["draft", "draft", "draft"]


@pytest.mark.parametrize("unit", ["", "abc", "-1", "0", "999999999"])
def test_unknown_unit_returns_to_the_choice(client, two, unit):
    response = client.post(CONFIRM, {"registration": keys(two), "unit": unit})
    assert "请先选择单位" in response.content.decode()
    assert statuses() == ["draft", "draft"]


def test_disabled_unit_returns_to_the_choice(client, two, station):
    units.disable(station)
    response = client.post(CONFIRM, ticked(station, two))
    assert "请先选择单位" in response.content.decode()
    assert statuses() == ["draft", "draft"]


@pytest.mark.parametrize("region", ["", "450000", "999999", "\0", "45012\0"])
def test_unaffiliated_submission_requires_a_region(client, guangxi, two, region):
    other = units.unaffiliated(guangxi)
    response = client.post(CONFIRM, ticked(other, two, region=region))
    page = response.content.decode()
    assert "请选择所在区域，登记将由该区域的人社部门终审。" in page
    assert '没有提交任何登记：<a href="#id_region">请选择所在区域</a>。' in page  # in the error summary
    assert statuses() == ["draft", "draft"]


def test_typing_其他单位_chooses_it(client, guangxi, huang, station, two):
    other = units.unaffiliated(guangxi)
    huang.unit = station
    huang.save()
    assert client.get(CHOOSE, ticked(station, two, q="其他单位")).context["chosen"] == other
    assert client.get(CHOOSE, ticked(station, two, q="其他")).context["chosen"] == station


def test_unaffiliated_submission_goes_to_the_named_region(client, guangxi, two):
    other = units.unaffiliated(guangxi)
    response = client.post(CONFIRM, ticked(other, two, region="450126"), follow=True)
    assert message_texts(response) == ["已提交 2 条登记，共 23.5 学时，由“宾阳县人社部门”终审。点击“+”可查看审核进度。"]
    rows = set(Registration.objects.values_list("status", "is_unaffiliated", "region__name"))
    assert rows == {("final_review", True, "宾阳县")}
    assert "无单位直报" in response.content.decode()


def test_pending_unit_is_accepted_with_warning(client, two, huang, guangxi):
    new = factories.unit("新办水利设计院", "450103", state=Unit.State.PENDING)
    page = client.get(CHOOSE, {"registration": keys(two), "unit": new.pk, "go": "confirm"}).content.decode()
    assert "“新办水利设计院”待核实：登记会等到管理员确认该单位之后才进入初审。" in page
    response = client.post(CONFIRM, ticked(new, two), follow=True)
    assert "该单位待核实，管理员确认单位后进入初审。" in response.content.decode()


def test_unit_without_reviewer_submits_to_the_bureau(client, two, guangxi):
    library = factories.unit("柳州市图书馆", "450202")
    response = client.get(CHOOSE, {"registration": keys(two), "unit": library.pk, "go": "confirm"})
    assert response.context["warnings"] == [
        "“柳州市图书馆”目前没有能审核您的登记的审核员：初审由城中区人社部门代为进行。"
    ]
    response = client.post(CONFIRM, ticked(library, two), follow=True)
    assert message_texts(response) == ["已提交 2 条登记，共 23.5 学时，由“城中区人社部门”初审。点击“+”可查看审核进度。"]
    shown = [[(step["office"], step["words"]) for step in line["steps"][1:]] for line in response.context["lines"]]
    words = "“柳州市图书馆”目前没有能审核该登记的审核员，由人社部门代为初审，再由另一人终审。"
    assert shown == [[("城中区人社部门", words)]] * 2


def test_only_reviewer_of_a_unit_submits_to_the_bureau(client, huang, two, guangxi):
    library = factories.unit("柳州市图书馆", "450202")
    factories.appointments.appoint(huang, Appointment.Role.UNIT_REVIEWER, unit=library)
    response = client.post(CONFIRM, ticked(library, two), follow=True)
    assert message_texts(response) == ["已提交 2 条登记，共 23.5 学时，由“城中区人社部门”初审。点击“+”可查看审核进度。"]


def test_overlap_gives_warning_and_is_submitted(client, huang, station):
    first = factories.registration(
        huang, "甲", starts_at=factories.moment(9, 8), ends_at=factories.moment(9, 18), hours_applied=8
    )
    second = factories.registration(
        huang, "乙", starts_at=factories.moment(9, 14), ends_at=factories.moment(9, 18), hours_applied=4
    )
    response = client.get(CHOOSE, {"registration": [first.pk], "unit": station.pk, "go": "confirm"})
    day = f"{factories.moment(9):%Y-%m-%d}"
    assert response.context["warnings"] == [
        f"“甲”与您的登记“乙”（{day} 14:00 至 {day} 18:00）时间重叠，审核人员会看到此提示。"
    ]
    client.post(CONFIRM, ticked(station, [first, second]))
    assert statuses() == ["first_review", "first_review"]


def test_returned_registration_requires_its_unit(client, huang, station):
    registration = factories.returned(huang, station, station.reviewer)
    elsewhere = factories.unit("柳州市图书馆", "450202")
    assert client.get(CHOOSE, {"registration": registration.pk}).context["kept_unit"] == station
    response = client.post(CONFIRM, ticked(elsewhere, [registration]))
    [(_, sentence)] = response.context["problems"]
    assert sentence == "“水利工程施工培训班”是退回修改的登记，须仍提交至“宾阳县甘棠镇林业站”。"


@pytest.mark.parametrize("rows", [1, 30])
def test_query_count_is_constant(client, guangxi, huang, station, rows, django_assert_num_queries):
    units.unaffiliated(guangxi)
    registrations = [factories.registration(huang, f"第 {number} 条") for number in range(rows)]
    client.get(CHOOSE, {"registration": keys(registrations)})  # builds the search index of this process
    with django_assert_num_queries(7):  # session, person, registrations; revision, units; duties, unread notices
        client.get(CHOOSE, {"registration": keys(registrations)})
    with django_assert_num_queries(
        9
    ):  # session, person, registrations; unit, rules, own live, the unit's reviewers; frame
        client.get(CHOOSE, {"registration": keys(registrations), "unit": station.pk, "go": "confirm"})
