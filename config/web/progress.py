"""Progress that people can watch: a bar on a terminal, a plain line every few seconds elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 5


class Progress:
    """`with Progress("单位", total) as progress: progress.advance(count)`."""

    def __init__(self, label: str, total: int, out=None) -> None:
        self.label, self.total, self.done = label, total, 0
        self.out = out or sys.stdout
        on_terminal = getattr(self.out, "isatty", bool)()
        self.bar = tqdm(total=total, desc=label, unit="") if on_terminal else None
        self.last_line = time.monotonic()

    def advance(self, count: int = 1) -> None:
        self.done += count
        if self.bar is not None:
            self.bar.update(count)
        elif time.monotonic() - self.last_line > SECONDS_BETWEEN_LINES:
            self._line()

    def _line(self) -> None:
        self.out.write(f"{self.label}：{self.done:,} / {self.total:,}\n")
        self.last_line = time.monotonic()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *exception) -> None:
        if self.bar is not None:
            self.bar.close()
        else:
            self._line()


def watched(items: Iterable, label: str, total: int, out=None) -> Iterator:
    """The items, each counted as it is taken."""
    with Progress(label, total, out) as progress:
        for item in items:
            yield item
            progress.advance()
