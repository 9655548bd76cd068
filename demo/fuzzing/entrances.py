"""The entrances of the product: what a sound request looks like, and who sends it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from random import Random
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Appointment, User
from hours.completions import platforms
from hours.models import Category, Course, Platform
from organizations.models import Unit

from . import mutations, samples

NUMBER = "450102199003076135"  # invented
STATEMENT = {
    "id": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "actor": {"objectType": "Agent", "account": {"homePage": "https://learn.example", "name": NUMBER}},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "completed"}},
    "object": {"id": "https://learn.example/courses/1", "definition": {"name": {"zh-CN": "x"}, "extensions": {}}},
    "result": {"completion": True, "success": True, "duration": "PT9H", "score": {"scaled": 0.9}},
    "timestamp": "2026-01-15T08:30:00+08:00",
}


class Entrance(ABC):
    """One way in. `send` makes a changed request from the random numbers."""

    name: str

    @abstractmethod
    def send(self, random: Random) -> HttpResponseBase: ...


@dataclass
class TableEntrance(Entrance):
    """An import page of the administrators; what can be confirmed is confirmed."""

    name: str
    client: Client
    files: list[tuple[str, bytes]]
    options: dict[str, str]

    def send(self, random: Random) -> HttpResponseBase:
        name, content = random.choice(self.files)
        change = mutations.change_zip if name.endswith("xlsx") and random.random() < 0.7 else mutations.change_bytes
        file = SimpleUploadedFile(name, change(content, random))
        address = reverse(f"admin:{self.name}_import")
        response = self.client.post(address, {"file": file, **mutations.change_fields(self.options, random)})
        if response.status_code != 302:
            return response
        preview = response.headers["Location"]
        shown = self.client.get(preview)
        return self.client.post(preview, follow=True) if shown.status_code == 200 else shown


@dataclass
class FormEntrance(Entrance):
    """A form, with files if `files` are given for a field."""

    name: str
    client: Client
    address: str
    fields: dict[str, Any]
    field: str = ""
    files: tuple[tuple[str, bytes], ...] = ()
    method: str = "post"

    def send(self, random: Random) -> HttpResponseBase:
        fields = mutations.change_fields(self.fields, random)
        if self.files:
            name, content = random.choice(self.files)
            fields[self.field] = SimpleUploadedFile(
                mutations.change_text(name, random).replace("\x00", "") or "x", mutations.change_bytes(content, random)
            )
        response: HttpResponseBase = getattr(self.client, self.method)(self.address, fields)
        return response


@dataclass
class BodyEntrance(Entrance):
    """A door for learning platforms."""

    name: str
    address: str
    token: str
    body: Any
    headers: dict[str, str]

    def send(self, random: Random) -> HttpResponseBase:
        content = mutations.change_json(self.body, random)
        headers = {"authorization": f"Bearer {self.token}", **self.headers}
        kind = random.choice(("application/json", "application/json", "multipart/mixed; boundary=x"))
        send = random.choice((Client().post, Client().put))
        address = f"{self.address}?statementId={STATEMENT['id']}"
        response: HttpResponseBase = send(address, content, kind, headers=headers)
        return response


def all_entrances() -> list[Entrance]:
    """Return every entrance with sound samples, in the name of the demonstration's people."""
    facts = _facts()
    return [*_tables(facts), *_forms(facts), *_doors(facts)]


@dataclass(frozen=True)
class Facts:
    """Rows of the demonstration that sound samples name."""

    category: Category
    course: Course
    station: Unit
    today: str


def _facts() -> Facts:
    category = Category.objects.filter(parent__isnull=False).order_by("parent__position", "position").first()
    course = Course.objects.order_by("-year", "pk").first()
    held = {"appointments__person__username": "unit", "appointments__role": Appointment.Role.UNIT_REVIEWER}
    station = Unit.objects.filter(**held).first()
    if not (category and course and station):
        raise LookupError("the demonstration is not loaded")
    return Facts(category, course, station, f"{timezone.localdate():%Y-%m-%d}")


def _tables(facts: Facts) -> list[Entrance]:
    """Return the import pages, each with a table of one sound line."""
    root, course, station = _signed_in("admin"), facts.course, facts.station.name
    lines: dict[str, dict[str, str]] = {
        "organizations_unit": {
            "单位名称": "试验单位一",
            "统一社会信用代码": "12450100MB0000500Y",
            "区划代码": "450102",
            "状态": "正常",
            "联系人": "张三",
            "联系电话": "0771-1234567",
        },
        "hours_course": {"年度": "2026", "科目名称": "试验科目", "科目类型": "必修", "学时": "8", "课程编号": "T-1"},
        "hours_completion": {
            "证件号码": NUMBER,
            "年度": str(course.year),
            "科目名称": course.name,
            "学时": "4",
            "完成日期": facts.today,
            "来源编号": "A-1",
        },
        "accounts_user": {"姓名": "试验人", "证件号码": NUMBER, "单位": station, "手机号码": "13800000009"},
        "accounts_appointment": {"姓名": "试验人", "证件号码": NUMBER, "职责": "单位审核员", "单位": station},
    }
    options = {"hours_completion": {"source": "试验来源"}}
    return [
        TableEntrance(kind, root, samples.tables(tuple(line), tuple(line.values())), options.get(kind, {}))
        for kind, line in lines.items()
    ]


def _forms(facts: Facts) -> list[Entrance]:
    trainee, unit = _signed_in("trainee"), _signed_in("unit")
    training = {
        "first_level": str(facts.category.parent_id),
        "category": str(facts.category.pk),
        "content": "试验培训",
        "starts_at_0": "2026-03-02",
        "starts_at_1": "08:00",
        "ends_at_0": "2026-03-03",
        "ends_at_1": "18:00",
        "hours_applied": "8",
        "year": "",
        "note": "说明",
        "certificate_number": "A-1",
        "plausible": "",
        "declared": "on",
        "draft_key": STATEMENT["id"],
        "waiting": "",
        "removed": "1",
    }
    roster = tuple(samples.tables(("序号", "姓名", "证件号码", "学时"), ("1", "黄秋梦", NUMBER, "8")))
    collective = {**training, "unit": str(facts.station.pk)}
    person = {"name": "试验人", "id_kind": "resident", "id_number": NUMBER, "username": "shiyan"}
    sign_up = {**person, "phone": "13800000009", "password1": "x1", "password2": "x1"}
    listed = {"content": "a", "start": facts.today, "end": facts.today}
    return [
        FormEntrance("附件", trainee, reverse("hours:new"), training, "proofs", tuple(samples.proofs())),
        FormEntrance("学时登记", trainee, reverse("hours:new"), training),
        FormEntrance("集体登记", unit, reverse("hours:collective"), collective, "people_file", roster),
        FormEntrance("注册", Client(), reverse("accounts:signup"), sign_up),
        FormEntrance("个人资料", trainee, reverse("accounts:profile"), {"username": "trainee", "phone": "1"}),
        FormEntrance("列表筛选", trainee, reverse("hours:list"), listed, method="get"),
        FormEntrance("审核筛选", unit, reverse("hours:review"), {"keyword": "黄", "page": "2"}, method="get"),
    ]


def _doors(facts: Facts) -> list[Entrance]:
    platform, _ = Platform.objects.get_or_create(name="试验平台")
    token, course = platforms.issue_token(platform), facts.course
    named = {"id_number": NUMBER, "year": course.year, "course": course.name}
    activity = {"id": f"https://learn.example/courses/{course.pk}", "definition": {"name": {"zh-CN": course.name}}}
    statement = {**STATEMENT, "object": activity, "timestamp": f"{facts.today}T00:00:00+08:00"}
    item = {"id": "A-1", **named, "hours": 4, "completed_on": facts.today}
    return [
        BodyEntrance("平台接口", reverse("api_completions"), token, [item, item], {}),
        BodyEntrance("xAPI", reverse("api_statements"), token, [statement], {"X-Experience-API-Version": "1.0.3"}),
    ]


def _signed_in(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username), "accounts.backends.AnyIdentifierBackend")
    return client


def described(response: HttpResponseBase) -> str:
    """Return the beginning of an answer, for a report."""
    content = getattr(response, "content", b"")
    return json.dumps(content[:200].decode(errors="replace"), ensure_ascii=False)
