"""Makes an unknown variable in one of our own templates fail; those of Django and the libraries are theirs."""

import sys
from pathlib import Path

OURS = str(Path(__file__).resolve().parent.parent / "templates")


class UnknownVariable(str):
    __slots__ = ()

    def __contains__(self, part) -> bool:
        return part == "%s"

    def __mod__(self, variable) -> str:
        frame, origin = sys._getframe(1), None
        while frame is not None and origin is None:
            node = frame.f_locals.get("self")
            origin = getattr(getattr(node, "origin", None), "name", None)
            frame = frame.f_back
        if origin and origin.startswith(OURS):
            raise AssertionError(f"unknown variable {variable!s} in {origin}")
        return ""
