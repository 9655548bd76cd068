"""证明核验: the answers to anybody with a code."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from hours.certificates import codes, issuing
from hours.models import Certificate
from hours.totals import sums
from tests import factories
from tests.certificates.conftest import THIS_YEAR

pytestmark = pytest.mark.django_db
FORM = reverse("check")


def ask(client: Client, code: str, **extra: str) -> Any:
    return client.get(reverse("check_code", args=[code]), **extra)


def test_anonymous_visitor_sees_masked_name_hours_and_day(client, certificate):
    response = ask(client, certificate.code)
    checked = response.context["checked"]
    assert (response.status_code, checked.state, checked.name) == (200, "valid", "黄*梦")
    assert [(year["year"], year["total"]) for year in checked.years] == [(THIS_YEAR, "94")]
    page = response.content.decode()
    assert "本证明由本系统开具，目前有效。" in page
    assert f"{certificate.issued_at:%Y-%m}" in page


def test_answer_hides_name_id_unit_and_issuer(client, huang, station):
    issued = issuing.issue(station.reviewer, huang, [THIS_YEAR])
    page = ask(client, issued.code).content.decode()
    private = [huang.name, huang.id_number, huang.id_tail, station.name, station.reviewer.name, huang.phone]
    assert [fact for fact in private if fact in page] == []


def test_superseded_answer_hides_newer_code(client, huang, certificate):
    newer = issuing.issue(huang, huang, [THIS_YEAR, THIS_YEAR - 1])
    page = ask(client, certificate.code).content.decode()
    assert "已被新证明替代" in page
    assert newer.code not in page
    assert codes.grouped(newer.code) not in page


def test_revoked_certificate_is_shown_as_revoked(client, huang, certificate, revoke):
    revoke(huang.registration)
    response = ask(client, certificate.code)
    assert response.context["checked"].state == "revoked"
    assert "所涉年度有登记被撤销认定" in response.content.decode()


@pytest.mark.parametrize("typed", ["short", "x", "编号", "' OR 1=1 --", "%00", "A" * 3000, "wrong check character"])
def test_malformed_code_answers_like_unknown_code(client, certificate, django_assert_num_queries, typed):
    """The page differs in the code that it repeats; a code that cannot exist needs no query."""
    code = certificate.code
    wrong = {"short": code[:-1], "wrong check character": code[:-1] + ("1" if code[-1] == "0" else "0")}
    with django_assert_num_queries(1):
        unknown = ask(client, codes.new())
    with django_assert_num_queries(0):
        malformed = ask(client, wrong.get(typed, typed))
    assert without_code(malformed) == without_code(unknown)
    for response in (unknown, malformed):
        assert (response.status_code, response.context["checked"]) == (
            200,
            issuing.CheckResult(issuing.CertificateState.UNKNOWN),
        )


def without_code(response: Any) -> str:
    return re.sub(r'<div class="page-lead">.*?</div>', "", response.content.decode())


def test_reduced_hours_are_shown_on_valid_certificate(client, huang, certificate):
    huang.completions.update(hours=20)
    sums.update_for_people([(huang.pk, THIS_YEAR)])
    checked = ask(client, certificate.code).context["checked"]
    assert (checked.state, checked.years[0]["total"], list(checked.reduced_years)) == ("valid", "94", [THIS_YEAR])


def test_later_hours_are_not_shown(client, huang, certificate, recognise):
    recognise(huang, 8, content="又一次培训")
    response = ask(client, certificate.code)
    assert (list(response.context["checked"].reduced_years), response.context["checked"].years[0]["total"]) == (
        [],
        "94",
    )


# --- The form -----------------------------------------------------------------------------------


def test_typed_code_redirects_to_address_of_qr_code(client, certificate):
    typed = codes.grouped(certificate.code).lower().replace("-", " ")
    response = client.get(FORM, {"code": typed})
    assert (response.status_code, response.url) == (302, reverse("check_code", args=[certificate.code]))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "请填写证明编号。"),
        ("编号", "编号应由字母和数字组成，请按证明右上角填写。"),
        ("7" * 100, "编号过长，请只填写证明右上角的 16 位编号。"),
    ],
)
def test_invalid_input_has_form_error(client, typed, sentence):
    response = client.get(FORM, {"code": typed})
    assert response.context["form"].errors["code"] == [sentence]
    assert response.context["form"]["code"].value() == typed


def test_answers_are_not_indexed_or_cached(client, certificate):
    for response in (client.get(FORM), ask(client, certificate.code)):
        assert response["X-Robots-Tag"] == "noindex, nofollow, noarchive"
        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "no-referrer"


def test_post_gets_405(client, certificate):
    assert client.post(FORM).status_code == 405
    assert client.post(reverse("check_code", args=[certificate.code])).status_code == 405


# --- Limit -----------------------------------------------------------------------------------


def test_too_many_checks_get_429(client, certificate, settings):
    settings.CHECKS_A_MINUTE = 3
    assert [ask(client, certificate.code).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = ask(client, certificate.code)
    assert (refused.status_code, refused["Retry-After"]) == (429, "60")
    page = refused.content.decode()
    assert "同一网络地址每分钟最多核验 3 次，现已超过，本次没有处理。请一分钟后再试；" in page
    assert f'value="{codes.grouped(certificate.code)}"' in page
    assert "黄*梦" not in page
    assert client.get(FORM).status_code == 200


def test_limit_counts_each_address(client, certificate, settings):
    settings.CHECKS_A_MINUTE = 1
    ask(client, certificate.code)
    got = [ask(client, certificate.code, REMOTE_ADDR=address).status_code for address in ("127.0.0.1", "10.1.1.1")]
    assert got == [429, 200]


def test_limit_counts_ipv6_network_as_one(client, certificate, settings):
    settings.CHECKS_A_MINUTE = 1
    addresses = ("2001:db8:1:1::5", "2001:db8:1:1::6", "2001:db8:1:2::5")
    assert [ask(client, certificate.code, REMOTE_ADDR=one).status_code for one in addresses] == [200, 429, 200]


def test_limit_counts_mapped_ipv4_addresses_separately(client, certificate, settings):
    settings.CHECKS_A_MINUTE = 1
    addresses = ("::ffff:203.0.113.7", "::ffff:203.0.113.8", "203.0.113.7")
    assert [ask(client, certificate.code, REMOTE_ADDR=one).status_code for one in addresses] == [200, 200, 429]


def test_limit_uses_last_forwarded_address_behind_proxy(client, certificate, settings):
    settings.CHECKS_A_MINUTE = 1
    said = ("9.9.9.9, 203.0.113.7", "8.8.8.8, 203.0.113.7", "203.0.113.8")
    settings.BEHIND_PROXY = True
    assert [ask(client, certificate.code, HTTP_X_FORWARDED_FOR=one).status_code for one in said] == [200, 429, 200]
    cache.clear()
    settings.BEHIND_PROXY = False
    assert [ask(client, certificate.code, HTTP_X_FORWARDED_FOR=one).status_code for one in said] == [200, 429, 429]


def test_limit_restarts_when_counter_expires(client, certificate, settings, monkeypatch):
    settings.CHECKS_A_MINUTE = 1
    monkeypatch.setattr(cache, "incr", lambda key: (_ for _ in ()).throw(ValueError(key)))
    assert ask(client, certificate.code).status_code == 200


@pytest.mark.parametrize(
    ("name", "in_part"), [("黄秋梦", "黄*梦"), ("韦工", "韦*"), ("欧阳秋梦", "欧**梦"), ("韦", "韦*"), ("", "*")]
)
def test_masked_name(name, in_part):
    assert issuing.masked_name(name) == in_part


def test_code_with_wrong_character_is_unknown(client, certificate):
    wrong = {"0": "1"}.get(certificate.code[0], "0") + certificate.code[1:]
    assert ask(client, wrong).context["checked"].state == "unknown"
    assert Certificate.objects.count() == 1
    assert factories.PASSWORD not in certificate.code
