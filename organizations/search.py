"""READ: unit search over a whole province in well under a millisecond.

All selectable unit names stand in one string, one a line, in the order of the region tree, so that
- a keyword is found by the string search of the language itself,
- a region's whole subtree is one slice of the string, whatever its size,
- page N of the unfiltered list is a slice of the keys: no OFFSET, no COUNT.

Each process builds its index when it is first needed and again when organizations.revision says that a unit or region
changed; what a page shows of a unit is always read from the database.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from config.web import texts

from . import credit_code, revision, tree
from .models import Region, Unit

MAX_HITS = 10
# Ranking looks at this many matches at the most; the count that goes with them is always the full one.
MAX_RANKED = 400
# Answers to common keywords that one index remembers.
MAX_CACHED = 500
# A unit is "similar" if it shares at least this part of the keyword's pairs of characters.
MIN_SIMILARITY = 0.5
# From this length on a keyword of letters and digits may be the beginning of a credit code: they begin with the
# registering office and the region, so that fewer would match half a province.
MIN_CODE_LENGTH = 6


@dataclass(frozen=True)
class KeyMatches:
    """Keys of units, best first; `total` counts all matches; `similar` if none has the keyword literally."""

    keys: list[int]
    total: int
    similar: bool = False


@dataclass(frozen=True)
class UnitMatches:
    """The same with the units themselves."""

    units: list[Unit]
    total: int
    similar: bool = False

    @property
    def more(self) -> int:
        return self.total - len(self.units)


def normalise(text: str) -> str:
    """Full and half width, brackets, case and white space do not matter when people search for a name."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


class UnitIndex:
    """The names of all selectable units at one revision; immutable once built, so threads may share it."""

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
        for pk, name, tree_id, lft, unaffiliated in rows:
            if unaffiliated:
                self.unaffiliated = pk  # it is offered by name beside every list and belongs to no region
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
        self._pairs: dict[str, array] | None = None
        self._common: dict[tuple, tuple[list[int], int]] = {}

    def span(self, region: Region | None) -> tuple[int, int]:
        """The half-open range of lines that a region's subtree fills; everything for None."""
        if region is None:
            return 0, len(self.keys)
        return (
            bisect_left(self.places, (region.tree_id, region.lft)),
            bisect_right(self.places, (region.tree_id, region.rght)),
        )

    def find(self, words: list[str], span: tuple[int, int]) -> tuple[list[int], int]:
        """Keys of the best lines that hold every word, and how many lines do.

        Only common words have more matches than are ranked, and they come again: so their answers are kept.
        """
        question = (tuple(words), span)
        if question in self._common:
            return self._common[question]
        found = list(islice(self._lines_with_all(words, span), MAX_RANKED + 1))
        total = len(found)
        if total > MAX_RANKED:
            total = self._count(words, span)
            if len(words) == 1:  # a better line may stand behind those looked at
                found.extend(islice(self._lines_starting_with(words[0] + "\n", span), MAX_HITS))
                found.extend(islice(self._lines_starting_with(words[0], span), MAX_RANKED))
        best = sorted(set(found), key=lambda line: self._rank(self._name(line), words[0], line))
        answer = [self.keys[line] for line in best[:MAX_HITS]], total
        if total > MAX_RANKED:
            if len(self._common) >= MAX_CACHED:
                self._common.clear()
            self._common[question] = answer
        return answer

    def find_similar(self, keyword: str, span: tuple[int, int]) -> tuple[list[int], int]:
        """Keys of the lines that share most pairs of characters with the keyword, and how many come near."""
        first, last = span
        wanted = _pairs_of(keyword)
        if not wanted:
            return [], 0
        shared: Counter[int] = Counter()
        for pair in wanted:
            lines = self._pair_lines().get(pair, ())
            shared.update(lines[bisect_left(lines, first) : bisect_left(lines, last)])
        near = [
            (-score, len(self._name(line)), line)
            for line, score in shared.items()
            if score >= MIN_SIMILARITY * len(wanted)
        ]
        return [self.keys[line] for *_, line in sorted(near)[:MAX_HITS]], len(near)

    def _lines_with_all(self, words: list[str], span: tuple[int, int]) -> Iterator[int]:
        """The lines that hold every word, each once, in the order of the tree."""
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
        """The lines that begin with the word; with a line break at its end, those that are the word."""
        first, last = span
        end = self._start(last)
        position = self.text.find("\n" + word, self._start(first) - 1, end)
        while position != -1:
            yield bisect_right(self.starts, position + 1) - 1
            position = self.text.find("\n" + word, position + 1, end)

    def _count(self, words: list[str], span: tuple[int, int]) -> int:
        """How many lines hold every word."""
        if len(words) > 1:
            return sum(1 for _ in self._lines_with_all(words, span))
        once_a_line = re.compile(re.escape(words[0]) + r"[^\n]*")
        return len(once_a_line.findall(self.text, self._start(span[0]), self._start(span[1])))

    def _rank(self, name: str, word: str, line: int) -> tuple[bool, int, int, int]:
        """An exact name first, then those that hold the word early, then short ones, then by place in the tree."""
        return name != word, name.find(word), len(name), line

    def _name(self, line: int) -> str:
        return self.text[self.starts[line] : self._start(line + 1) - 1]

    def _start(self, line: int) -> int:
        """The position at which this line begins, also for the line after the last one."""
        return self.starts[line] if line < len(self.starts) else len(self.text)

    def _pair_lines(self) -> dict[str, array]:
        if self._pairs is None:
            pairs: dict[str, array] = {}
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
    """This process's index at the current revision. While one thread builds a new one the others use the old."""
    global _index
    number = revision.current()
    if _index is not None and _index.number == number:
        return _index
    if _building.acquire(blocking=_index is None):
        try:
            if _index is None or _index.number != number:
                _index = UnitIndex(number)
        finally:
            _building.release()
    return _index


def forget() -> None:
    """Drop this process's index; for tests, whose databases go back in time."""
    global _index
    _index = None
    tree.forget()


def find_units(keyword: str, region: Region | None = None) -> UnitMatches:
    """The units that `best` finds."""
    found = find_keys(keyword, region, index())
    return UnitMatches(_in_order(found.keys), found.total, found.similar)


def find_keys(keyword: str, region: Region | None, current: UnitIndex) -> KeyMatches:
    """The ten best units of a region's subtree for what a person typed: a part of the name (several parts apart by
    spaces must all be there), a credit code or its beginning, or, if no name has it, something similar."""
    words = [word for word in map(normalise, texts.strip_invisible(keyword).split()) if word]
    if not words:
        return KeyMatches([], 0)
    code = credit_code.normalise("".join(words))
    if len(code) >= MIN_CODE_LENGTH and code.isascii() and code.isalnum():
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
    """One page (from 1) of all units of a region's subtree in the order of the tree, and how many there are.

    A page behind the last one is the last one.
    """
    first, last = current.span(region)
    last_page = max(-(-(last - first) // size), 1)
    start = first + (min(page, last_page) - 1) * size
    return list(current.keys[start : min(start + size, last)]), last - first


def _by_credit_code(code: str, region: Region | None) -> KeyMatches:
    # SQLite serves LIKE from no index, but a range from the unique one; Z is the last character a code may have.
    span = (code, code.ljust(credit_code.LENGTH, "Z"))
    units = Unit.objects.selectable().filter(credit_code__range=span, credit_code__startswith=code)
    units = units.within(region) if region else units
    found = list(units.order_by("credit_code").values_list("pk", flat=True)[: MAX_HITS + 1])
    return KeyMatches(found[:MAX_HITS], units.count() if len(found) > MAX_HITS else len(found))


def _in_order(keys) -> list[Unit]:
    rows = Unit.objects.selectable().select_related("region").in_bulk(list(keys))
    return [rows[key] for key in keys if key in rows]
