"""The outer form of a JPEG file: its scans and its end, without decoding it.

A file is a row of segments: FF, a marker, and for most markers a length. The bytes of a scan follow its header; in
them FF is followed by 00 or by the number of a restart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
BARE = frozenset([0x01, *range(0xD0, 0xD9)])  # markers without a length
SCAN, END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff+([\x01-\xcf\xd8-\xfe])")


def end_of_picture(content: bytes) -> int | None:
    """Return the place of the first picture's end mark, or None if there is none; phones append further pictures."""
    return next((place for marker, place, _ in _segments(content) if marker == END), None)


def has_several_scans(content: bytes) -> bool:
    """Whether the decoder has to hold the whole picture, because the first scan does not have all of its colours."""
    colours = 0
    for marker, _, body in _segments(content):
        if marker in FRAMES and len(body) > 5:
            colours = body[5]
        if marker == SCAN:
            return bool(body) and body[0] < colours
    return False


def _segments(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield marker, place and body of each segment up to the first end mark."""
    place = 2
    while found := _MARKER.search(content, place):
        marker, start = found[1][0], found.end()
        if marker == END:
            yield marker, found.start(), b""
            return
        length = 0 if marker in BARE else int.from_bytes(content[start : start + 2])
        yield marker, found.start(), content[start + 2 : start + length]
        place = start + length
