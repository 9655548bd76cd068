"""A value of string_if_invalid that fails for an unknown variable in a template of this project."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

TEMPLATES = str(Path(__file__).resolve().parent.parent / "templates")


class UnknownVariable(str):
    __slots__ = ()

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, variable: object) -> str:
        frame: FrameType | None = sys._getframe(1)
        origin: str | None = None
        while frame is not None and origin is None:
            node = frame.f_locals.get("self")
            origin = getattr(getattr(node, "origin", None), "name", None)
            frame = frame.f_back
        if origin and origin.startswith(TEMPLATES):
            raise AssertionError(f"unknown variable {variable!s} in {origin}")
        return ""
