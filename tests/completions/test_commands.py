"""The commands import_completions, make_platform_token and benchmark_import."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hours.completions import files, platforms
from hours.models import Completion, PersonTotal, Platform
from tests import factories
from tests.completions.conftest import NEW_YEAR, THIS_YEAR

pytestmark = pytest.mark.django_db
DAY = str(NEW_YEAR)


@pytest.fixture
def file(tmp_path, huang, course):
    """A file with a valid line, one with an unknown person, and one with a year of no course."""
    lines = [
        [huang.id_number, str(THIS_YEAR), course.name, "", DAY, "A-1"],
        [factories.resident_id(number=997), str(THIS_YEAR), course.name, "", DAY, "A-2"],
        [huang.id_number, "1899", "=x", "", DAY, "A-3"],
    ]
    path = tmp_path / "completions.csv"
    path.write_text("\n".join(",".join(line) for line in (files.COLUMNS.known, *lines)), encoding="utf-8")
    return path


def run(*arguments: object, **options: object) -> tuple[str, str]:
    """Run a command; return its output and its errors."""
    out, problems = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=problems, **options)
    return out.getvalue(), problems.getvalue()


def test_import_saves_good_lines_and_reports_bad_ones(file, huang, tmp_path, capsys):
    bad = tmp_path / "bad.csv"
    out, problems = run("import_completions", file, "--source", "广西继续教育网", "--errors", bad)
    progress = capsys.readouterr().out
    assert "学习记录: 100%" in progress
    assert " 3/3 " in progress
    assert f"共 3 行：新增 1 条，更正 0 条，未变 0 条，待认领 1 条，未采纳 1 条（待认领和未采纳的见 {bad}）。" in out
    assert re.search(r"用时 [\d.]+ 秒，每秒 [\d,]+ 行，内存峰值 \d+ MB。", out)
    assert problems.splitlines() == ["第 4 行：“科目名称”列的值“=x”：1899 年度没有公需科目“=x”。"]
    rows = bad.read_text(encoding="utf-8-sig").splitlines()
    assert [row.split(",")[:2] for row in rows] == [["行", "列"], ["3", "证件号码"], ["4", "科目名称"]]
    assert rows[2].endswith(f",{huang.masked_id},1899,'=x,A-3")
    assert huang.id_number not in out + problems + progress + bad.read_text(encoding="utf-8-sig")
    assert Completion.objects.values_list("person__name", "source").get() == ("黄秋梦", "广西继续教育网")
    assert PersonTotal.objects.get().public == 9


def test_repeated_import_changes_nothing(file):
    run("import_completions", file, "--source", "x")
    out, _ = run("import_completions", file, "--source", "x")
    assert "新增 0 条，更正 0 条，未变 1 条，待认领 1 条，未采纳 1 条" in out


def test_unreadable_file_is_command_error(tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    with pytest.raises(CommandError, match="文件是空的，请重新选择。"):
        run("import_completions", empty, "--source", "x")
    with pytest.raises(CommandError, match="无法读写文件"):
        run("import_completions", tmp_path / "none.csv", "--source", "x")


@pytest.mark.parametrize("source", ["", "长" * 51])
def test_invalid_source_is_command_error(file, source):
    with pytest.raises(CommandError, match="--source 应为 1 至 50 个字。"):
        run("import_completions", file, "--source", source)


def test_token_command_creates_platform_or_replaces_token():
    first, second = (run("make_platform_token", "试用平台", "--expires", f"{THIS_YEAR + 1}-01-01")[0] for _ in range(2))
    assert platforms.authenticate(second.strip()) == Platform.objects.get(name="试用平台")
    with pytest.raises(platforms.TokenProblem):
        platforms.authenticate(first.strip())


def test_benchmark_is_refused_without_debug(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="Refused"):
        run("benchmark_import")
