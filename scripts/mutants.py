"""Reads `mutmut results --all true`; prints the mutants that survived and each module's share of killed ones."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable

KILLED = ("killed", "timeout", "segfault")


def report(lines: Iterable[str]) -> list[str]:
    """The lines to print; mutants that were not checked do not count."""
    found: dict[str, Counter[str]] = defaultdict(Counter)
    printed = []
    for line in lines:
        mutant, _, status = line.strip().rpartition(": ")
        if status == "not checked":
            continue
        found[mutant.rpartition(".")[0]][status] += 1
        if status not in KILLED:
            printed.append(f"{mutant}: {status}")
    for module, tried in found.items():
        killed = sum(tried[status] for status in KILLED)
        printed.append(f"{module}: {killed} of {tried.total()} killed, {killed / tried.total():.1%}")
    return printed


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in report(sys.stdin))
