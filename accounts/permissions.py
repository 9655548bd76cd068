"""Results of permission checks. A denial carries its reason, a sentence for users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Allowed:
    def __bool__(self) -> Literal[True]:
        return True


@dataclass(frozen=True)
class Denied:
    reason: str

    def __bool__(self) -> Literal[False]:
        return False


Permission = Allowed | Denied
