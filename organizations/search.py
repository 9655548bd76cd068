"""Search for units by name or credit code over a whole province in well under a millisecond.

The names of all selectable units stand in one string, one per line, in tree order, so that
- Python's string search finds a keyword,
- the subtree of a region is one slice of the string, whatever its size,
- page N of the unfiltered list is a slice of the keys: no OFFSET, no COUNT.

Each process builds its index on first use and again after a change of organizations.revision. What a page shows of a
unit is read from the database.
"""

from __future__ import annotations

import re
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.conf import settings

from config import texts
from config.constants import SEARCH_CACHE_SIZE, SEARCH_MAX_RANKED, SEARCH_MIN_CODE_LENGTH, SEARCH_MIN_SIMILARITY

from . import credit_code, revision
from .models import Region, Unit


@dataclass(frozen=True)
class KeyMatches:
    """Keys of units, best first, with the number of all matches; `similar` if no unit contains the keyword."""

    keys: list[int]
    total: int
    similar: bool = False


@dataclass(frozen=True)
class UnitMatches:
    """KeyMatches with the units themselves."""

    units: list[Unit]
    total: int
    similar: bool = False

    @property
    def more(self) -> int:
        return self.total - len(self.units)


def normalise(text: str) -> str:
    """Return a name as it is searched, without differences in width, brackets, case and white space."""
    return texts.comparison_key(text)


class UnitIndex:
    """The names of all selectable units at one revision. It is immutable, so that threads may share it."""

    def __init__(self, number: int) -> None:
        self.number = number
        rows = (
            Unit.objects.selectable()
            .in_tree_order()
            .values_list("pk", "name", "region__tree_id", "region__lft", "is_unaffiliated")
        )
        self.keys = array("q")
        self.places: list[tuple[int, int]] = []
        names: list[str] = []
        self.unaffiliated: int | None = None
        for pk, name, tree_id, lft, is_unaffiliated in rows:
            if is_unaffiliated:
                self.unaffiliated = pk  # pages offer it beside every list; it belongs to no region
                continue
            self.keys.append(pk)
            self.places.append((tree_id, lft))
            names.append(normalise(name))
        self.starts = array("q")
        position = 1
        for name in names:
            self.starts.append(position)
            position += len(name) + 1
        self.text = "\n" + "\n".join(names) + "\n" if names else "\n"
        self._pairs: dict[str, array[int]] | None = None
        self._cache: dict[tuple[tuple[str, ...], tuple[int, int]], tuple[list[int], int]] = {}

    def span(self, region: Region | None) -> tuple[int, int]:
        """Return the half-open range of lines of a region's subtree; all lines for None."""
        if region is None:
            return 0, len(self.keys)
        return (
            bisect_left(self.places, (region.tree_id, region.lft)),
            bisect_right(self.places, (region.tree_id, region.rght)),
        )

    def find(self, words: list[str], span: tuple[int, int]) -> tuple[list[int], int]:
        """Return the keys of the best lines that contain every word, and the number of all such lines.

        Results with more matches than SEARCH_MAX_RANKED are cached: they are slow, and their words are common.
        """
        question = (tuple(words), span)
        if question in self._cache:
            return self._cache[question]
        found = list(islice(self._lines_with_all(words, span), SEARCH_MAX_RANKED + 1))
        total = len(found)
        if total > SEARCH_MAX_RANKED:
            total = self._count(words, span)
            if len(words) == 1:  # better lines may come after the first SEARCH_MAX_RANKED
                found.extend(islice(self._lines_starting_with(words[0] + "\n", span), settings.UNIT_SEARCH_HITS))
                found.extend(islice(self._lines_starting_with(words[0], span), SEARCH_MAX_RANKED))
        best = sorted(set(found), key=lambda line: self._rank(self._name(line), words[0], line))
        answer = [self.keys[line] for line in best[: settings.UNIT_SEARCH_HITS]], total
        if total > SEARCH_MAX_RANKED:
            if len(self._cache) >= SEARCH_CACHE_SIZE:
                self._cache.clear()
            self._cache[question] = answer
        return answer

    def find_similar(self, keyword: str, span: tuple[int, int]) -> tuple[list[int], int]:
        """Return the keys of the lines that share most pairs of characters with the keyword, and their number."""
        first, last = span
        wanted = _pairs_of(keyword)
        if not wanted:
            return [], 0
        shared: Counter[int] = Counter()
        for pair in wanted:
            lines = self._lines_by_pair().get(pair, array("l"))
            shared.update(lines[bisect_left(lines, first) : bisect_left(lines, last)])
        near = [
            (-score, len(self._name(line)), line)
            for line, score in shared.items()
            if score >= SEARCH_MIN_SIMILARITY * len(wanted)
        ]
        return [self.keys[line] for *_, line in sorted(near)[: settings.UNIT_SEARCH_HITS]], len(near)

    def _lines_with_all(self, words: list[str], span: tuple[int, int]) -> Iterator[int]:
        """Yield the lines that contain every word, each once, in tree order."""
        first, last = span
        start, end = self._start(first), self._start(last)
        rarest = min(words, key=lambda word: self.text.count(word, start, end)) if len(words) > 1 else words[0]
        others = [word for word in words if word is not rarest]
        position = self.text.find(rarest, start, end)
        while position != -1:
            line = bisect_right(self.starts, position) - 1
            if not others or all(word in self._name(line) for word in others):
                yield line
            position = self.text.find(rarest, self._start(line + 1), end)

    def _lines_starting_with(self, word: str, span: tuple[int, int]) -> Iterator[int]:
        """Yield the lines that begin with the word; a line break at its end matches the whole line."""
        first, last = span
        end = self._start(last)
        position = self.text.find("\n" + word, self._start(first) - 1, end)
        while position != -1:
            yield bisect_right(self.starts, position + 1) - 1
            position = self.text.find("\n" + word, position + 1, end)

    def _count(self, words: list[str], span: tuple[int, int]) -> int:
        """Return the number of lines that contain every word."""
        if len(words) > 1:
            return sum(1 for _ in self._lines_with_all(words, span))
        once_per_line = re.compile(re.escape(words[0]) + r"[^\n]*")
        return len(once_per_line.findall(self.text, self._start(span[0]), self._start(span[1])))

    def _rank(self, name: str, word: str, line: int) -> tuple[bool, int, int, int]:
        """Return the sort key: an exact name first, then an early position of the word, a short name, tree order."""
        return name != word, name.find(word), len(name), line

    def _name(self, line: int) -> str:
        return self.text[self.starts[line] : self._start(line + 1) - 1]

    def _start(self, line: int) -> int:
        """Return the position at which a line begins, also for the line after the last one."""
        return self.starts[line] if line < len(self.starts) else len(self.text)

    def _lines_by_pair(self) -> dict[str, array[int]]:
        if self._pairs is None:
            pairs: dict[str, array[int]] = {}
            for line in range(len(self.keys)):
                for pair in _pairs_of(self._name(line)):
                    pairs.setdefault(pair, array("l")).append(line)
            self._pairs = pairs
        return self._pairs


def _pairs_of(text: str) -> set[str]:
    return {text[place : place + 2] for place in range(len(text) - 1)}


_index: UnitIndex | None = None
_building = threading.Lock()


def index() -> UnitIndex:
    """Return this process's index at the current revision; while one thread builds it, the others use the old one."""
    global _index
    number = revision.current()
    old = _index
    if old is None:
        _building.acquire()
    elif old.number == number or not _building.acquire(blocking=False):
        return old
    try:
        if _index is None or _index.number != number:
            _index = UnitIndex(number)
        return _index
    finally:
        _building.release()


def find_units(keyword: str, region: Region | None = None) -> UnitMatches:
    """Return the result of find_keys with the units."""
    found = find_keys(keyword, region, index())
    return UnitMatches(_in_order(found.keys), found.total, found.similar)


def find_keys(keyword: str, region: Region | None, current: UnitIndex) -> KeyMatches:
    """Return the settings.UNIT_SEARCH_HITS best units in a region's subtree for a typed keyword.

    A keyword is a part of the name (several parts with spaces between them must all occur), or the beginning of a
    credit code. If no name contains it, similar names are found.
    """
    words = [word for word in map(normalise, texts.normalise(keyword).split()) if word]
    if not words:
        return KeyMatches([], 0)
    code = credit_code.normalise("".join(words))
    if len(code) >= SEARCH_MIN_CODE_LENGTH and code.isascii() and code.isalnum():
        by_code = _by_credit_code(code, region)
        if by_code.total:
            return by_code
    span = current.span(region)
    keys, total = current.find(words, span)
    similar = not total
    if similar:
        keys, total = current.find_similar("".join(words), span)
    return KeyMatches(keys, total, similar and bool(total))


def list_keys(region: Region | None, page: int, size: int, current: UnitIndex) -> tuple[list[int], int]:
    """Return one page (from 1) of all units in a region's subtree in tree order, and the number of all.

    A page after the last one is the last one.
    """
    first, last = current.span(region)
    last_page = max(-(-(last - first) // size), 1)
    start = first + (min(page, last_page) - 1) * size
    return list(current.keys[start : min(start + size, last)]), last - first


def _by_credit_code(code: str, region: Region | None) -> KeyMatches:
    # The range uses the unique index, which LIKE on SQLite does not; Z is the last character that a code may contain.
    span = (code, code.ljust(credit_code.LENGTH, "Z"))
    units = Unit.objects.selectable().filter(credit_code__range=span, credit_code__startswith=code)
    units = units.within(region) if region else units
    found = list(units.order_by("credit_code").values_list("pk", flat=True)[: settings.UNIT_SEARCH_HITS + 1])
    return KeyMatches(
        found[: settings.UNIT_SEARCH_HITS], units.count() if len(found) > settings.UNIT_SEARCH_HITS else len(found)
    )


def _in_order(keys: Iterable[int]) -> list[Unit]:
    rows = Unit.objects.selectable().select_related("region").in_bulk(list(keys))
    return [rows[key] for key in keys if key in rows]
