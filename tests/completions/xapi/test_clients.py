"""Four clients of xAPI against a running server."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
import tincan
from django.conf import settings
from django.test import Client

from hours.models import Completion
from tests.completions.xapi.facts import (
    EXTERNAL_ID,
    FIRST,
    URL,
    VERSION,
)

CLIENTS = Path(__file__).with_name("clients")


def node() -> str:
    found = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    assert found, "npm ci needs Node.js, so it is there"
    return found


def run_client(script: str, *arguments: str) -> Any:
    """Run a client of Node.js; return what it prints."""
    environment = {**os.environ, "NODE_PATH": str(settings.BASE_DIR / "node_modules")}
    done = subprocess.run(
        [node(), str(CLIENTS / script), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env=environment,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.django_db(transaction=True)
def test_tincanjs_saves_a_statement(live_server, token, statement):
    answer = run_client("tincan.cjs", f"{live_server.url}/api/xapi/", token, json.dumps(statement()))
    assert (answer["error"], answer["status"]) == (None, 204)
    assert Completion.objects.get().source_key == FIRST


@pytest.mark.django_db(transaction=True)
def test_tincanjs_saves_a_list_with_an_attachment(live_server, token, statement):
    """It sends multipart/mixed as soon as an attachment has content."""
    attachment = {
        "usageType": "https://w3id.org/xapi/usage/certificate",
        "display": {"zh-CN": "证书"},
        "contentType": "text/plain",
        "content": "黄秋梦\r\n\r\n--",
    }
    answer = run_client(
        "tincan.cjs", f"{live_server.url}/api/xapi/", token, json.dumps([statement(attachments=[attachment])])
    )
    assert (answer["error"], answer["status"], answer["text"]) == (None, 200, json.dumps([FIRST]))
    assert Completion.objects.get().source_key == FIRST


@pytest.mark.django_db(transaction=True)
def test_tincanjs_gets_the_sentence_of_a_refusal(live_server, token, statement):
    wrong = statement(actor={"account": {"homePage": "https://learn.example", "name": "450000198601023322"}})
    answer = run_client("tincan.cjs", f"{live_server.url}/api/xapi/", token, json.dumps(wrong))
    assert (answer["error"], answer["status"]) == (400, 400)
    assert json.loads(answer["text"])["error"].startswith("第 1 条语句：")


@pytest.mark.django_db(transaction=True)
def test_xapi_js_sends_and_voids_statements(live_server, token, statement):
    endpoint = f"{live_server.url}/api/xapi/"
    for content in (statement(), [statement()]):
        answer = run_client("xapi.cjs", endpoint, token, json.dumps(content))
        assert answer == {"version": ["1.0.3"], "status": 200, "data": [FIRST]}
    assert Completion.objects.get().source_key == FIRST
    changed = run_client("xapi.cjs", endpoint, token, json.dumps(statement(result={"duration": "PT4H"})))
    assert changed["status"] == 409
    void = {"actor": {"mbox": "mailto:admin@learn.example"}, "statementId": FIRST}
    assert run_client("xapi.cjs", endpoint, token, json.dumps(void))["status"] == 200
    assert not Completion.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_tincan_python_saves_statements(live_server, token, statement):
    lrs = tincan.RemoteLRS(endpoint=f"{live_server.url}/api/xapi/", username="platform", password=token)
    assert lrs.about().content.version == ["1.0.3"]
    saved = lrs.save_statement(tincan.Statement(statement()))
    assert (saved.success, saved.response.status) == (True, 204)
    without_id = {name: value for name, value in statement().items() if name != "id"}
    assert lrs.save_statements([tincan.Statement(without_id)]).success
    assert Completion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_requests_of_moodle_logstore_are_accepted(live_server, token, statement, course):
    """The plugin posts batches of all events with Basic, and looks at nothing but the status."""
    context = {
        "platform": "Moodle",
        "language": "zh_cn",
        "extensions": {"http://lrs.learninglocker.net/define/extensions/info": {}},
    }
    activity = {
        "id": "https://moodle.example/course/view.php?id=5",
        "definition": {
            "type": "http://id.tincanapi.com/activitytype/lms/course",
            "name": {"zh_cn": course.name},
            "extensions": {EXTERNAL_ID: str(course.pk)},
        },
    }
    viewed = statement(
        id=str(uuid.uuid4()), verb={"id": "http://id.tincanapi.com/verb/viewed"}, object=activity, context=context
    )
    done = statement(id=str(uuid.uuid4()), object=activity, context=context)
    basic = base64.b64encode(f"moodle:{token}".encode()).decode()
    answer = Client().post(
        URL,
        json.dumps([viewed, done]),
        "application/json",
        headers={"Authorization": f"Basic {basic}", VERSION: "1.0.0"},
    )
    assert (answer.status_code, answer.json()) == (200, [viewed["id"], done["id"]])
    assert Completion.objects.get().source_key == done["id"]
