"""manage.py import_completions FILE --source NAME: import completions of 公需科目 from a table."""

import csv
import re
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Self

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from tqdm import tqdm

from config.commands import progress_bar
from config.files import tables
from hours.completions import files, recording
from hours.completions.files import ERROR_COLUMNS, error_row
from hours.completions.plans import ItemOutcome, ItemResult
from hours.models import Completion

ERRORS_SHOWN = 20


class Command(BaseCommand):
    help = (
        f"导入公需科目学习记录（Excel 或 CSV），列：{'、'.join(files.COLUMNS.known)}。"
        "读不懂的行逐行列出原因，其余照常导入；人员或科目尚不存在的行留存为待认领；同一文件可以重复导入。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--source", required=True, help="来源名称；同一来源须始终用同一名称")
        parser.add_argument("--errors", type=Path, metavar="FILE", help="将待认领和未采纳的行及原因写入此 CSV 文件")

    def handle(self, *args: Any, file: Path, source: str, errors: Path | None, **options: Any) -> None:
        if not 0 < len(source) <= Completion.SOURCE_LENGTH:
            raise CommandError(f"--source 应为 1 至 {Completion.SOURCE_LENGTH} 个字。")
        started = time.monotonic()
        try:
            with file.open("rb") as opened, _Report(errors, self.stderr) as report:
                found = files.read(opened, tables.COMMAND)
                with progress_bar("学习记录", found.lines) as bar:
                    for results in recording.record_all(found.items, source):
                        report.note(results)
                        bar.update(len(results))
                    bar.total = bar.n  # the count was an estimate
        except OSError as error:
            raise CommandError(f"无法读写文件：{error.strerror or error}") from None
        except tables.FileProblem as problem:
            raise CommandError(f"{problem}{report.summary()}") from None
        if found.unused:
            self.stdout.write(f"未使用的列：{'、'.join(found.unused)}。")
        self.stdout.write(report.summary() + f" {_speed(report.lines, time.monotonic() - started)}")


class _Report:
    """Counts the outcomes of the lines, and writes waiting and refused lines as they come."""

    def __init__(self, path: Path | None, stream: OutputWrapper) -> None:
        self.path, self.stream = path, stream
        self.counts: Counter[ItemOutcome] = Counter()

    def __enter__(self) -> Self:
        self.file = self.path.open("w", encoding="utf-8-sig", newline="") if self.path else None
        self.writer = csv.writer(self.file) if self.file else None
        if self.writer:
            self.writer.writerow(ERROR_COLUMNS)
        return self

    def __exit__(self, *exception: object) -> None:
        if self.file:
            self.file.close()

    @property
    def lines(self) -> int:
        return sum(self.counts.values())

    def note(self, results: list[ItemResult]) -> None:
        for result in results:
            self.counts[result.outcome] += 1
            if result.outcome not in (ItemOutcome.WAITING, ItemOutcome.REFUSED):
                continue
            if self.writer:
                self.writer.writerow(error_row(result))
            if result.outcome is ItemOutcome.REFUSED and self.counts[ItemOutcome.REFUSED] <= ERRORS_SHOWN:
                with tqdm.external_write_mode():  # the bar makes room for the line
                    self.stream.write(f"第 {result.item.position} 行：{''.join(files.refusals(result))}")

    def summary(self) -> str:
        if not self.lines:
            return "没有可导入的行。"
        parts = [f"{outcome.label} {self.counts[outcome]:,} 条" for outcome in ItemOutcome]
        is_listed = self.counts[ItemOutcome.WAITING] or self.counts[ItemOutcome.REFUSED]
        where = f"（待认领和未采纳的见 {self.path}）" if self.path and is_listed else ""
        more = self.counts[ItemOutcome.REFUSED] - ERRORS_SHOWN
        unseen = f"另有 {more:,} 行未采纳，用 --errors 写入文件查看。" if more > 0 and not self.path else ""
        return f"共 {self.lines:,} 行：{'，'.join(parts)}{where}。{unseen}"


def _speed(lines: int, seconds: float) -> str:
    return f"用时 {seconds:.1f} 秒，每秒 {lines / max(seconds, 0.001):,.0f} 行，内存峰值 {_peak()} MB。"


def _peak() -> int:
    """Return the peak memory of this process in MB. `ru_maxrss` includes the parent's, so on Linux /proc is read."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text())):
        return int(found[1]) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024 if sys.platform == "darwin" else 1024)
