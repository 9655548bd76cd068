"""manage.py import_completions, make_platform_token and benchmark_import."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hours.completions import platforms
from hours.completions.files import COLUMNS
from hours.models import Completion, PersonTotal, Platform
from tests import factories
from tests.completions.conftest import NEW_YEAR, THIS_YEAR

pytestmark = pytest.mark.django_db
DAY = str(NEW_YEAR)


@pytest.fixture
def file(tmp_path, huang, course):
    """A right line, one of nobody, one of the wrong year."""
    lines = [
        [huang.id_number, str(THIS_YEAR), course.name, "", DAY, "A-1"],
        [factories.resident_id(number=997), str(THIS_YEAR), course.name, "", DAY, "A-2"],
        [huang.id_number, "1999", "=x", "", DAY, "A-3"],
    ]
    path = tmp_path / "completions.csv"
    path.write_text("\n".join(",".join(line) for line in (COLUMNS, *lines)), encoding="utf-8")
    return path


def run(*arguments, **options) -> tuple[str, str]:
    out, problems = StringIO(), StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=problems, **options)
    return out.getvalue(), problems.getvalue()


def test_the_good_lines_are_taken_and_the_bad_ones_named(file, huang, tmp_path, capsys):
    bad = tmp_path / "bad.csv"
    out, problems = run("import_completions", file, "--source", "广西继续教育网", "--errors", bad)
    progress = capsys.readouterr().err
    assert "学习记录: 100%" in progress
    assert " 3/3 " in progress
    assert f"共 3 行：新增 1 条，更正 0 条，未变 0 条，未采纳 2 条（见 {bad}）。" in out
    assert re.search(r"用时 [\d.]+ 秒，每秒 [\d,]+ 行，内存峰值 \d+ MB。", out)
    assert problems.splitlines() == [
        "第 3 行：没有此证件号码的人员。",
        "第 4 行：1999 年度没有公需科目“=x”。",
    ]
    rows = bad.read_text(encoding="utf-8-sig").splitlines()
    assert [row.split(",")[:2] for row in rows] == [["行", "列"], ["3", "证件号码"], ["4", "科目名称"]]
    assert rows[2].endswith(f",{huang.masked_id},1999,'=x,A-3")
    assert huang.id_number not in out + problems + progress + bad.read_text(encoding="utf-8-sig")
    assert Completion.objects.values_list("person__name", "source").get() == ("黄秋梦", "广西继续教育网")
    assert PersonTotal.objects.get().public == 9


def test_the_same_file_again_changes_nothing(file):
    run("import_completions", file, "--source", "x")
    out, _ = run("import_completions", file, "--source", "x")
    assert "新增 0 条，更正 0 条，未变 1 条，未采纳 2 条" in out


def test_a_file_that_cannot_be_read_is_said(tmp_path):
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    with pytest.raises(CommandError, match="文件是空的，请重新选择。"):
        run("import_completions", empty, "--source", "x")
    with pytest.raises(CommandError, match="无法读写文件"):
        run("import_completions", tmp_path / "none.csv", "--source", "x")


@pytest.mark.parametrize("source", ["", "长" * 51])
def test_a_source_needs_a_name(file, source):
    with pytest.raises(CommandError, match="--source 应为 1 至 50 个字。"):
        run("import_completions", file, "--source", source)


def test_a_token_is_made_for_a_new_platform_and_replaced_for_a_known_one():
    first, second = (run("make_platform_token", "试用平台", "--expires", f"{THIS_YEAR + 1}-01-01")[0] for _ in range(2))
    assert platforms.authenticate(second.strip()) == Platform.objects.get(name="试用平台")
    with pytest.raises(platforms.TokenProblem):
        platforms.authenticate(first.strip())


def test_the_benchmark_is_refused_outside_development(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="Refused"):
        run("benchmark_import")
