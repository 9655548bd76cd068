"""The steps of a registration, shown by the "+" of 培训登记详情."""

from decimal import Decimal

import pytest

from hours.models import Registration
from hours.registrations.progress import Step, steps
from hours.workflow import transitions
from hours.workflow.moves import Verdict
from organizations.models import Unit
from tests import factories

pytestmark = pytest.mark.django_db
STATION = "宾阳县甘棠镇林业站"


@pytest.fixture
def people(guangxi, rules):
    unit = factories.unit(STATION)
    return factories.person("黄秋梦"), unit, factories.unit_reviewer(unit), factories.region_reviewer(guangxi)


def shown(registration: Registration) -> list[Step]:
    """Return the steps without their times, whose order is checked here."""
    row = Registration.objects.select_related("unit", "region").prefetch_related("decisions").get(pk=registration.pk)
    found = steps(row, is_unattended=False)
    times = [step.when for step in found if step.when]
    assert times == sorted(times) == [decision.created_at for decision in row.decisions.all()]
    return [Step(**{**vars(step), "when": None}) for step in found]


SUBMITTED = Step("本人", "黄秋梦", "提交审核", "first_review", hours=Decimal(16))
AGREED = Step("初审", STATION, "初审同意", "final_review", hours=Decimal(16))


def test_draft_has_no_steps(rules):
    assert shown(factories.registration(factories.person())) == []


def test_submitted_registration_waits_at_its_unit(people):
    registration = factories.submitted(*people[:2])
    assert shown(registration) == [SUBMITTED, Step("初审", STATION, "待初审", "first_review")]
    assert [step.when is None for step in steps(registration, is_unattended=False)] == [False, True]


def test_pending_unit_is_named_in_next_step(people):
    new = factories.unit("新成立的公司", state=Unit.State.PENDING)
    assert shown(factories.submitted(people[0], new)) == [
        SUBMITTED,
        Step("初审", "新成立的公司", "待初审", "first_review", words="该单位待核实，管理员确认单位后进入初审。"),
    ]


def test_unattended_registration_waits_at_the_bureau(people):
    """无人初审: the unit never sees the registration."""
    row = factories.submitted(people[0], factories.unit("柳州市图书馆", "450202"))
    words = "“柳州市图书馆”目前没有能审核该登记的审核员，由人社部门代为初审，再由另一人终审。"
    waits = Step("初审", "城中区人社部门", "待初审", "first_review", words=words)
    assert steps(row, is_unattended=True)[1:] == [waits]


def test_agreed_registration_waits_at_the_bureau(people):
    registration = factories.agreed(*people[:3])
    assert shown(registration) == [SUBMITTED, AGREED, Step("终审", "宾阳县人社部门", "待终审", "final_review")]


def test_unaffiliated_registration_waits_at_the_bureau(guangxi, people):
    registration = factories.registration(people[0])
    transitions.submit(people[0], [registration], factories.units.unaffiliated(guangxi), factories.region("450202"))
    assert shown(registration) == [
        Step("本人", "黄秋梦", "提交审核", "final_review", hours=Decimal(16)),
        Step("终审", "城中区人社部门", "待终审", "final_review"),
    ]


def test_recognised_registration_has_no_next_step(people):
    registration = factories.agreed(*people[:3])
    factories.recognise(people[3], registration, Verdict(hours=Decimal(12), words="第二天下午缺勤。"))
    assert shown(registration) == [
        SUBMITTED,
        AGREED,
        Step("终审", "广西壮族自治区人社部门", "认定", "recognised", hours=Decimal(12), words="第二天下午缺勤。"),
    ]


def test_returned_registration_shows_reason_and_next_round(people):
    owner, unit, reviewer, _ = people
    registration = factories.returned(owner, unit, reviewer)
    returned = Step("初审", STATION, "退回修改", "returned", reason="材料不清晰", words="请补充证书复印件。")
    assert shown(registration) == [SUBMITTED, returned]
    transitions.submit(owner, [registration], unit, unit.region)
    assert shown(registration) == [SUBMITTED, returned, SUBMITTED, Step("初审", STATION, "待初审", "first_review")]


def test_refused_registration_shows_reason(people):
    assert shown(factories.refused(*people[:3])) == [
        SUBMITTED,
        Step("初审", STATION, "不予认定", "refused", reason="材料不清晰", words="请补充证书复印件。"),
    ]


def test_return_request_is_a_step_of_the_owner(people):
    registration = factories.submitted(*people[:2])
    transitions.ask_return(people[0], registration, "附件传错了。")
    assert shown(registration) == [
        SUBMITTED,
        Step("初审", "黄秋梦", "请求退回", "", words="附件传错了。"),
        Step("初审", STATION, "待初审", "first_review"),
    ]


def test_reopened_registration_waits_at_the_bureau(guangxi, people):
    registration = factories.refused(*people[:3])
    transitions.reopen(factories.region_admin(guangxi), registration, factories.verdict("审核有误。"))
    assert shown(registration)[2:] == [
        Step("认定后", "广西壮族自治区人社部门", "重新审核", "final_review", reason="材料不清晰", words="审核有误。"),
        Step("终审", "宾阳县人社部门", "待终审", "final_review"),
    ]


@pytest.mark.parametrize("registrations", [1, 30])
def test_steps_of_prefetched_registrations_need_no_query(people, registrations, django_assert_num_queries):
    for number in range(registrations):
        factories.agreed(*people[:3], content=f"培训 {number}")
    rows = list(Registration.objects.select_related("unit", "region").prefetch_related("decisions"))
    with django_assert_num_queries(0):
        assert [len(steps(row, is_unattended=False)) for row in rows] == [3] * registrations
