"""待认领学时: reports, sign-ups and new courses at the same time lose nothing and count nothing twice."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from hours.completions import recording, waiting, waiting_rows
from hours.completions.items import CompletionItem, Report, Withdrawal
from hours.models import Completion, Course, PersonTotal, WaitingCompletion
from hours.totals import sums
from tests import factories
from tests.completions.conftest import NEW_YEAR, SOURCE, THIS_YEAR, signup_data
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
COURSE = "当代科学技术前沿知识"


def test_report_and_signup_at_once_lose_nothing(course, guangxi, rules):
    for round_ in range(5):
        number = factories.resident_id(number=980 + round_)
        batch = [CompletionItem(1, number, COURSE, THIS_YEAR, completed_on=NEW_YEAR, key=f"A-{round_}")]
        facts = signup_data(number, username=f"qin{round_}xx", phone=f"1380013800{round_}")
        at_once(
            [
                lambda batch=batch: recording.record(batch, SOURCE),
                lambda facts=facts: Client().post(reverse("accounts:signup"), facts),
            ]
        )
        assert User.objects.filter(username=f"qin{round_}xx").exists()
        assert (Completion.objects.count(), WaitingCompletion.objects.count()) == (round_ + 1, 0)


def test_report_and_new_course_at_once_lose_nothing(huang):
    for round_ in range(5):
        name = f"科目{round_}"
        item = CompletionItem(1, huang.id_number, name, THIS_YEAR, completed_on=NEW_YEAR, key=f"A-{round_}")
        client = Client()
        client.force_login(factories.administrator())
        data = {"year": THIS_YEAR, "name": name, "kind": "required", "hours": "6"}
        at_once(
            [
                lambda item=item: recording.record([item], SOURCE),
                lambda client=client, data=data: client.post(reverse("admin:hours_course_add"), data),
            ]
        )
        assert (Completion.objects.count(), WaitingCompletion.objects.count()) == (round_ + 1, 0)


def test_crediting_at_once_counts_once(course):
    number = factories.resident_id(number=996)
    recording.record([CompletionItem(1, number, COURSE, THIS_YEAR, completed_on=NEW_YEAR, key="A-1")], SOURCE)
    person = factories.person("覃晓燕", id_number=number)
    assert at_once([lambda: waiting.credit_people([person])] * 3) == [None] * 3
    assert (Completion.objects.count(), WaitingCompletion.objects.count()) == (1, 0)
    assert PersonTotal.objects.get().public == 9


def test_many_reports_signups_and_courses_at_once(guangxi, rules):
    """Every transaction locks courses, waiting rows, completions and sums in this order, so that none deadlock."""
    numbers = [factories.resident_id(number=700 + number) for number in range(24)]
    courses = [f"科目{number}" for number in range(6)]
    items = [
        CompletionItem(1, number, course, THIS_YEAR, completed_on=NEW_YEAR, key=f"{person}-{course}")
        for person, number in enumerate(numbers)
        for course in courses
    ]

    def report(seed: int) -> None:
        chosen = random.Random(seed)
        for _ in range(12):
            recording.record([replace(item, hours=chosen.choice([4, 6])) for item in chosen.sample(items, 40)], SOURCE)

    def sign_up(numbers: list[str]) -> None:
        for number in numbers:
            with transaction.atomic():
                waiting.credit_people([factories.person(id_number=number)])

    def enter_courses() -> None:
        for name in courses:
            with transaction.atomic():
                waiting.credit_courses([Course.objects.create(year=THIS_YEAR, name=name, hours=6)])

    recording.record(items, SOURCE)
    reports = [lambda seed=seed: report(seed) for seed in range(4)]
    calls = [*reports, lambda: sign_up(numbers[:12]), lambda: sign_up(numbers[12:]), enter_courses]
    assert at_once(calls) == [None] * 7
    assert (Completion.objects.count(), WaitingCompletion.objects.count()) == (len(items), 0)
    assert sums.recount(THIS_YEAR) == {"people": 0, "places": 0}


@pytest.mark.parametrize("seed", [1, 2])
def test_reports_and_withdrawals_at_once_keep_the_sums(guangxi, rules, seed):
    numbers = [factories.resident_id(number=900 + number) for number in range(8)]
    for number in numbers[:6]:
        factories.person(id_number=number)
    for number in range(4):
        Course.objects.create(year=THIS_YEAR, name=f"科目{number}", hours=9, code=f"GX-{number}")

    def a_report(chosen: random.Random) -> Report:
        key, code = f"K{chosen.randint(1, 30)}", f"GX-{chosen.randint(0, 3)}"
        if chosen.random() < 0.3:
            return Withdrawal(key)
        number, hours = chosen.choice(numbers), chosen.choice([None, 4, 6])
        return CompletionItem(1, number, course_code=code, hours=hours, completed_on=NEW_YEAR, key=key)

    def report(own: int) -> None:
        chosen = random.Random(seed * 100 + own)
        for _ in range(10):
            reports = [a_report(chosen) for _ in range(20)]
            recording.record(reports, chosen.choice([SOURCE, "八桂学习网"]), keeps_repeated=True)

    assert at_once([lambda own=own: report(own) for own in range(4)]) == [None] * 4
    assert sums.recount(THIS_YEAR) == {"people": 0, "places": 0}
    assert not waiting_rows.known(WaitingCompletion.objects.all()).exists()
