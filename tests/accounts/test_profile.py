"""个人资料: facts, appointments and what people may change themselves."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import appointments, forms
from accounts.models import Appointment, User
from tests import factories

pytestmark = pytest.mark.django_db
URL = "/accounts/profile/"


@pytest.fixture
def qiumeng(guangxi):
    return factories.person("黄秋梦", username="qiumeng", phone="13877100005", unit=factories.unit())


def form_data(**fields: Any) -> dict[str, Any]:
    return {
        "username": "qiumeng",
        "phone": "13877100005",
        "email": "",
        "current_password": factories.PASSWORD,
        **fields,
    }


def post(client, person, **fields):
    client.force_login(person)
    return client.post(URL, form_data(**fields))


def test_profile_needs_login(client):
    assert client.get(URL).url == f"/accounts/login/?next={URL}"


def test_profile_shows_facts_with_masked_number(client, qiumeng):
    client.force_login(qiumeng)
    response = client.get(URL)
    assert response.context["facts"] == [
        ("姓名", "黄秋梦"),
        ("证件类型", "居民身份证"),
        ("证件号码", f"*****{qiumeng.id_number[-4:]}"),
        ("所在单位", qiumeng.unit),
        ("注册时间", qiumeng.date_joined),
    ]
    page = response.content.decode()
    assert qiumeng.id_number not in page
    assert "姓名和证件信息不能自行修改；如有错误，请联系单位负责人或管理员更正" in page


def test_profile_shows_only_own_appointments_with_states(client, qiumeng, guangxi):
    today, unit = timezone.localdate(), qiumeng.unit
    factories.unit_reviewer(unit, "覃审核")
    appointments.appoint(
        qiumeng, Appointment.Role.UNIT_REVIEWER, unit=unit, valid_from=today - timedelta(9), valid_until=today
    )
    appointments.appoint(
        qiumeng,
        Appointment.Role.REGION_REVIEWER,
        region=guangxi,
        valid_from=today - timedelta(20),
        valid_until=today - timedelta(1),
    )
    principal = factories.region_reviewer(guangxi, "莫终审").appointments.get()
    appointments.appoint(
        qiumeng, Appointment.Role.REGION_REVIEWER, region=guangxi, valid_from=today + timedelta(5), deputy_of=principal
    )
    appointments.apply_to_review(qiumeng, unit)
    client.force_login(qiumeng)
    shown = [
        (held.role, held.scope, held.valid_until, held.state.label, held.deputy_for)
        for held in client.get(URL).context["appointments"]
    ]
    assert shown == [
        ("终审员", "广西壮族自治区", None, "未开始", "莫终审"),
        ("单位审核员", "宾阳县甘棠镇林业站", None, "待确认", ""),
        ("单位审核员", "宾阳县甘棠镇林业站", today, "有效", ""),
        ("终审员", "广西壮族自治区", today - timedelta(1), "已到期", ""),
    ]


@pytest.mark.parametrize(("count", "queries"), [(0, 6), (1, 7), (30, 7)])
def test_appointments_take_one_query(client, qiumeng, guangxi, django_assert_num_queries, count, queries):
    for _ in range(count):
        appointments.appoint(qiumeng, Appointment.Role.REGION_REVIEWER, region=guangxi)
    client.force_login(qiumeng)
    with django_assert_num_queries(queries):
        client.get(URL)


def test_phone_email_and_user_name_can_change(client, qiumeng):
    response = post(client, qiumeng, username="new_name", phone="139 7710 0006", email="Qiumeng@Example.com")
    assert response.url == URL
    qiumeng.refresh_from_db()
    assert (qiumeng.username, qiumeng.phone, qiumeng.email) == ("new_name", "13977100006", "qiumeng@example.com")


def test_name_id_unit_and_rights_cannot_change(client, qiumeng):
    before = User.objects.filter(pk=qiumeng.pk).values("name", "id_digest", "unit", "is_staff", "is_superuser").get()
    post(
        client,
        qiumeng,
        name="别人",
        id_number=factories.resident_id(),
        id_kind="passport",
        unit="",
        is_staff="1",
        is_superuser="1",
    )
    assert User.objects.filter(pk=qiumeng.pk).values(*before).get() == before


def test_wrong_current_password_changes_nothing(client, qiumeng):
    response = post(client, qiumeng, phone="13977100007", current_password="wrong")
    assert response.context["form"].errors == {"current_password": ["当前密码不正确，请重新输入。"]}
    assert 'value="13977100007"' in response.content.decode()
    qiumeng.refresh_from_db()
    assert qiumeng.phone == "13877100005"


def test_refused_form_does_not_change_request_user(client, qiumeng):
    response = post(client, qiumeng, username="9", current_password="wrong")
    assert response.wsgi_request.user.username == "qiumeng"


def test_taken_values_give_errors_at_fields(client, qiumeng):
    factories.person("覃小明", username="xiaoming", phone="13977100008")
    response = post(client, qiumeng, username="xiaoming", phone="13977100008")
    assert response.context["form"].errors == {
        "username": ["该用户名已被使用，请换一个。"],
        "phone": ["该手机号码已被其他账号使用，请核对；如确为您本人的号码，请联系管理员。"],
    }


def test_phone_can_be_removed(client, qiumeng):
    assert post(client, qiumeng, phone="").status_code == 302
    qiumeng.refresh_from_db()
    assert qiumeng.phone is None


def test_phone_taken_by_concurrent_save_gives_error(qiumeng):
    form = forms.ProfileForm(form_data(phone="13977100009"), instance=qiumeng)
    assert form.is_valid()
    factories.person("覃小明", phone="13977100009")
    assert form.save_unless_taken() is None
    assert list(form.errors) == ["phone"]


def test_stored_invalid_id_number_does_not_block_saving(client, qiumeng):
    User.objects.filter(pk=qiumeng.pk).update(id_number="123")
    assert post(client, qiumeng, email="qiumeng@example.com").status_code == 302
