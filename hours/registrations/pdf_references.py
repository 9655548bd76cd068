"""References of a repaired PDF to objects that were lost, used by pdf_cleaner.py.

qpdf reads a reference to nothing as null, as the PDF specification says, and drops it. In a file whose table of objects
is lost too, it means an object behind the place where the file was cut. So a copy of the file gets these objects with a
mark, and is searched for the mark.
"""

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Stream

REFERENCE = re.compile(rb"(?<=[\s\[\]<>()])(\d{1,7})\s+(\d{1,5})\s+R(?![^\s\[\]<>()/%])")
OBJECT = re.compile(rb"(?<!\d)(\d{1,7})\s+(\d{1,5})\s+obj\b(\s+null\b)?")
MARK = "/~Lost"
SPACE = 3  # bytes that a file needs for each object: qpdf ignores objects with higher numbers
END = b"trailer\n"  # else qpdf ignores the last object
PARTS = ("/Pages", "/Outlines", "/AcroForm", "/OCProperties")  # of the catalog, which people see
Numbers = set[tuple[int, int]]


def lost_something(content: bytes) -> bool:
    """Whether pages, outline, form or layers of a repaired PDF refer to an object that its content lacks."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        lost = _lost(pdf, content)
    if not lost:
        return False
    with pikepdf.open(io.BytesIO(content + _marked(lost))) as copy:
        return any(isinstance(value, Dictionary) and MARK in value for value in _values(copy))


def _lost(pdf: pikepdf.Pdf, content: bytes) -> Numbers:
    """Return the numbers of objects that are referred to and neither there nor null in so many words.

    A number that the text lacks is lost also if qpdf knows it: it gives such numbers to what it repairs.
    """
    named = _numbers(REFERENCE.finditer(content))
    written = _numbers(OBJECT.finditer(content))
    for stream in _object_streams(pdf):
        packed = stream.read_bytes()
        named |= _numbers(REFERENCE.finditer(packed))
        written |= {(int(number), 0) for number in packed[: int(stream["/First"])].split()[::2]}
    nulls = _numbers(match for match in OBJECT.finditer(content) if match[3])
    return {number for number in named - nulls if number not in written or pdf.get_object(number) is None}


def _object_streams(pdf: pikepdf.Pdf) -> Iterator[Stream]:
    for thing in pdf.objects:
        if isinstance(thing, Stream) and thing.get("/Type") == "/ObjStm":
            yield thing


def _numbers(matches: Iterable[re.Match[bytes]]) -> Numbers:
    return {(int(match[1]), int(match[2])) for match in matches}


def _marked(numbers: Numbers) -> bytes:
    """Return objects with the mark, and space for qpdf to accept their numbers."""
    objects = [b"%d %d obj\n<< %b true >>\nendobj\n" % (*number, MARK.encode()) for number in numbers]
    return b"\n>>\nendobj\n" + b"".join(objects) + b"\n" * (SPACE * max(numbers)[0]) + END


def _values(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Yield what can be reached from the parts of the catalog that people see."""
    waiting = [pdf.Root[part] for part in PARTS if part in pdf.Root]
    known = set()
    while waiting:
        value = waiting.pop()
        yield value
        if not isinstance(value, Array | Dictionary | Stream) or value.objgen in known:
            continue
        if value.is_indirect:
            known.add(value.objgen)
        waiting += list(value) if isinstance(value, Array) else [value[key] for key in value.keys()]  # noqa: SIM118
