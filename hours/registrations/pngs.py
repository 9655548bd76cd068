"""The outer form of a PNG file: its chunks, and how many bytes its lines take."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

COLOURS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a pixel, by the type of colour
# First column and line, and their steps, of the seven passes of an interlaced picture.
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
STEP = 1 << 20  # bytes that are unpacked at once


def chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and whole bytes of each chunk."""
    place = 8
    while place + 12 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4])
        yield content[place + 4 : place + 8], content[place:end]
        place = end


def has_all_lines(content: bytes) -> bool:
    """Whether the packed data of a decodable PNG holds all of its lines; a decoder takes missing ones for zeros."""
    packed = b"".join(chunk[8:-4] for name, chunk in chunks(content) if name == b"IDAT")
    missing, unpacker = _bytes_of_lines(content), zlib.decompressobj()
    while missing > 0 and packed:
        unpacked = unpacker.decompress(packed, STEP)
        if not unpacked:
            break
        missing -= len(unpacked)
        packed = unpacker.unconsumed_tail
    return missing <= 0


def _bytes_of_lines(content: bytes) -> int:
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    bits = content[24] * COLOURS.get(content[25], 1)
    passes = PASSES if content[28] else ((0, 0, 1, 1),)
    sizes = [(-(-(width - left) // across), -(-(height - top) // down)) for left, top, across, down in passes]
    return sum(lines * (1 + -(-columns * bits // 8)) for columns, lines in sizes if columns > 0 and lines > 0)
