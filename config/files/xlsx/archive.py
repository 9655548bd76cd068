"""The archive of a workbook, and its XML parts, which are read piece by piece."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any
from xml.parsers import expat

from config.files.records import Refused

CHUNK_SIZE = 256 * 1024
MAX_PARTS = 2_000
MAX_TAG = 4 * 1024 * 1024  # bytes; the parser reads an unfinished one again with each piece
TAGS_OF_A_CELL = 6  # more than it has; the other ones are for cells that have formats only
MAX_TEXT = 40_000  # characters of a cell; Excel holds 32,767
WHOLE = re.compile(r"[0-9]{1,15}")

Attributes = dict[str, str]


class Archive:
    """The parts of the archive by their names, which ignore case, and what reading them may still cost."""

    def __init__(self, file: zipfile.ZipFile, cells: int) -> None:
        self.file = file
        self.cells, self.tags = cells, cells * TAGS_OF_A_CELL
        self.parts = {part.filename.replace("\\", "/").lower(): part for part in file.infolist()}

    def check(self, unpacked: int) -> None:
        """Raise Refused if the archive is no workbook or too large."""
        if len(self.parts) > MAX_PARTS or sum(part.file_size for part in self.parts.values()) > unpacked:
            raise Refused("large")
        if "mimetype" in self.parts:
            with self.file.open(self.parts["mimetype"]) as part:
                if b"opendocument" in part.read(100):
                    raise Refused("ods")
        if "ofd.xml" in self.parts:
            raise Refused("ofd")
        if "xl/workbook.bin" in self.parts:
            raise Refused("xlsb")
        if "[content_types].xml" not in self.parts or any(name.startswith(("word/", "ppt/")) for name in self.parts):
            raise Refused("no_table")

    def spend_tags(self, count: int) -> None:
        """Raise Refused if the parts have more tags than they may."""
        self.tags -= count
        if self.tags < 0:
            raise Refused("large")

    def open(self, name: str) -> IO[bytes]:
        return self.file.open(self.parts[name.lower()])

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return the parts that a part refers to: identifier -> (last word of the type, name of the part)."""
        folder, _, file = name.rpartition("/")
        place = f"{folder}/_rels/{file}.rels".lstrip("/")
        if place.lower() not in self.parts:
            return {}
        relations = _Relations(folder)
        relations.read(self, place)
        return relations.found


class Part:
    """Reads the XML of a part: calls methods by the local names of elements in these namespaces, and collects text."""

    namespaces: tuple[str, ...] = (
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",  # Strict
    )
    starts: dict[str, str] = {}
    ends: dict[str, str] = {}

    def __init__(self) -> None:
        self.pieces: list[str] | None = None

    def read(self, archive: Archive, name: str) -> None:
        starts, ends = self._handlers(self.starts), self._handlers(self.ends)

        def start(element: str, attributes: Attributes) -> None:
            if handler := starts.get(element):
                handler(attributes)

        def end(element: str) -> None:
            if handler := ends.get(element):
                handler()

        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = self._collect
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        with archive.open(name) as part:
            fed = 0
            for piece in self.pieces_of(part):
                archive.spend_tags(piece.count(b"<"))
                parser.Parse(piece, False)
                fed += len(piece)
                if fed - parser.CurrentByteIndex > MAX_TAG:
                    raise Refused("large")
            parser.Parse(b"", True)

    def pieces_of(self, part: IO[bytes]) -> Iterator[bytes]:
        return iter(partial(part.read, CHUNK_SIZE), b"")

    def _handlers(self, names: dict[str, str]) -> dict[str, Callable[..., None]]:
        return {
            f"{namespace} {element}": getattr(self, method)
            for namespace in self.namespaces
            for element, method in names.items()
        }

    def _refuse_doctype(self, *_: Any) -> None:
        raise ValueError("a workbook declares no document type")

    def _collect(self, text: str) -> None:
        if self.pieces is not None:
            self.pieces.append(text)

    def begin_text(self, _: Attributes) -> None:
        self.pieces = []

    def take_text(self) -> str:
        text, self.pieces = "".join(self.pieces or ())[:MAX_TEXT], None
        return text


class _Relations(Part):
    namespaces = ("http://schemas.openxmlformats.org/package/2006/relationships",)
    starts = {"Relationship": "add"}

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder, self.found = folder, dict[str, tuple[str, str]]()

    def add(self, attributes: Attributes) -> None:
        if attributes.get("TargetMode") != "External":
            path = posixpath.join("/", self.folder, attributes["Target"].replace("\\", "/"))
            kind = attributes["Type"].rpartition("/")[2]
            self.found[attributes["Id"]] = (kind, posixpath.normpath(path).lstrip("/"))


def whole(text: str) -> int:
    if not WHOLE.fullmatch(text):
        raise ValueError("not a whole number")
    return int(text)


def is_true(value: str | None) -> bool:
    return value in ("1", "true")
