"""What the sheets of a workbook share: their names and paths, number formats and texts."""

from __future__ import annotations

from config.files.records import Refused

from .archive import MAX_TEXT, WHOLE, Archive, Attributes, Part, is_true

MAX_FORMAT = 255  # characters
MAX_STYLES = 250_000  # of cells; Excel holds 65,490
FIRST_CUSTOM_FORMAT = 164


class Book:
    """What the sheets of a workbook share, and the names and paths of its visible sheets."""

    def __init__(self, archive: Archive) -> None:
        targets = dict(archive.relations("").values())
        name = targets.get("officeDocument", "xl/workbook.xml")
        relations = archive.relations(name)
        paths = dict(relations.values())
        workbook, styles, self.strings = _Workbook(), _Styles(), list[str]()
        workbook.read(archive, name)
        if "styles" in paths:
            styles.read(archive, paths["styles"])
        if "sharedStrings" in paths:
            texts = Texts(archive.cells)
            texts.read(archive, paths["sharedStrings"])
            self.strings = texts.found
        self.is_1904, self.is_to_calculate = workbook.is_1904, workbook.is_to_calculate
        self.formats = styles.formats()
        sheets = [(sheet, *relations.get(relation, ("", ""))) for sheet, relation in workbook.visible]
        self.sheets = [
            (sheet, path) for sheet, kind, path in sheets if kind == "worksheet" and path.lower() in archive.parts
        ]


class _Workbook(Part):
    starts = {"sheet": "add_sheet", "workbookPr": "note_dates", "calcPr": "note_calculation"}

    def __init__(self) -> None:
        super().__init__()
        self.visible: list[tuple[str, str]] = []
        self.is_1904 = self.is_to_calculate = False

    def add_sheet(self, attributes: Attributes) -> None:
        relation = next((value for name, value in attributes.items() if name.endswith(" id")), "")
        if attributes.get("state", "visible") == "visible":
            self.visible.append((attributes.get("name", ""), relation))

    def note_dates(self, attributes: Attributes) -> None:
        self.is_1904 = is_true(attributes.get("date1904"))

    def note_calculation(self, attributes: Attributes) -> None:
        self.is_to_calculate = is_true(attributes.get("fullCalcOnLoad"))


class _Styles(Part):
    starts = {"numFmts": "begin_codes", "numFmt": "add_code", "cellXfs": "begin_cells", "xf": "add_cell"}
    ends = {"numFmts": "end_codes", "cellXfs": "end_cells"}

    def __init__(self) -> None:
        super().__init__()
        self.codes: dict[str, str] = {}
        self.cells: list[str] = []
        self.in_codes = self.in_cells = False

    def begin_codes(self, _: Attributes) -> None:
        self.in_codes = True

    def end_codes(self) -> None:
        self.in_codes = False

    def add_code(self, attributes: Attributes) -> None:
        if not self.in_codes:  # a conditional format has one of its own, with any number
            return
        code = attributes.get("formatCode", "")
        self.codes[attributes.get("numFmtId", "")] = code if len(code) <= MAX_FORMAT else ""

    def begin_cells(self, _: Attributes) -> None:
        self.in_cells = True

    def end_cells(self) -> None:
        self.in_cells = False

    def add_cell(self, attributes: Attributes) -> None:
        if self.in_cells and len(self.cells) >= MAX_STYLES:
            raise Refused("large")
        if self.in_cells:
            self.cells.append(attributes.get("numFmtId", "0"))

    def formats(self) -> list[str | int]:
        """Return the number format of each cell style: a code, or the number of a built-in one."""
        return [self.codes.get(number) or self._built_in(number) for number in self.cells]

    def _built_in(self, number: str) -> str | int:
        return int(number) if WHOLE.fullmatch(number) and int(number) < FIRST_CUSTOM_FORMAT else ""


class Texts(Part):
    """Shared texts, without the phonetic hints in them."""

    starts = {"si": "begin", "t": "begin_text", "rPh": "begin_hint"}
    ends = {"si": "end", "t": "end_text", "rPh": "end_hint"}

    def __init__(self, most: int) -> None:
        super().__init__()
        self.rest = most
        self.found: list[str] = []
        self.text, self.in_hint = "", False

    def begin(self, _: Attributes) -> None:
        self.text = ""

    def end(self) -> None:
        self.count()
        self.found.append(self.text)

    def count(self) -> None:
        """Raise Refused if there are more texts than allowed."""
        self.rest -= 1
        if self.rest < 0:
            raise Refused("large")

    def begin_hint(self, _: Attributes) -> None:
        self.in_hint = True

    def end_hint(self) -> None:
        self.in_hint = False

    def end_text(self) -> None:
        text = self.take_text()
        if not self.in_hint and len(self.text) < MAX_TEXT:
            self.text += text
