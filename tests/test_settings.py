"""Numbers of an installation come from the environment; a bad one stops the start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READ = "from config.settings import *; print(QUEUE_PAGE_SIZE, ATTACHMENT_MAX_BYTES, NOTICE_RETRY_MINUTES)"


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "DEBUG": "1", **environment}
    return subprocess.run([sys.executable, "-c", READ], cwd=ROOT, env=environment, capture_output=True, text=True)


def test_numbers_have_defaults():
    assert start().stdout == f"50 {10 * 1024**2} [5, 30, 180, 1440]\n"


def test_numbers_come_from_environment():
    given = {"QUEUE_PAGE_SIZE": "25", "ATTACHMENT_MAX_MB": "2", "NOTICE_RETRY_MINUTES": "1,2"}
    assert start(**given).stdout == f"25 {2 * 1024**2} [1, 2]\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QUEUE_PAGE_SIZE", "201"),
        ("LIST_PAGE_SIZE", "501"),
        ("ATTACHMENT_MAX_COUNT", "13"),
        ("NOTICE_RETRY_MINUTES", "5,0"),
        ("COLLECTIVE_MAX_PEOPLE", "2001"),
    ],
)
def test_contradiction_stops_start_with_its_name(name, value):
    stopped = start(**{name: value})
    assert stopped.returncode != 0
    assert name in stopped.stderr.splitlines()[-1]


@pytest.mark.parametrize("value", ["0", "-1", "fifty"])
def test_bad_number_stops_start_with_its_name(value):
    stopped = start(QUEUE_PAGE_SIZE=value)
    assert stopped.returncode != 0
    assert "QUEUE_PAGE_SIZE" in stopped.stderr


def test_operations_lists_every_number():
    read = re.findall(
        r'(?:positive|env\.\w+)\(\s*"([A-Z_]+)"', (ROOT / "config/settings.py").read_text(encoding="utf-8")
    )
    told = re.findall(r"`([A-Z_]+)`", (ROOT / "docs/operations.md").read_text(encoding="utf-8"))
    assert set(read) - set(told) == set()
