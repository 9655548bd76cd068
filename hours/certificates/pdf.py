"""The PDF of a 年度学时证明: one A4 page, made of the certificate's stored facts alone, the same bytes every time.

The typeface is embedded as a subset, so that the text is shown and can be copied on a machine without the font.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock
from typing import Any, Literal
from xml.sax.saxutils import escape

import segno
import unicodedata2 as unicodedata
from django.conf import settings
from django.urls import reverse
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Table, TableStyle

from config.texts import normalise_line
from hours.counting import LOCAL
from hours.models import Certificate

from .codes import grouped

REGULAR, BOLD = "NotoSansSC", "NotoSansSC-Bold"
INK, QUIET, LINE, GROUND, ACTION, GOOD = map(
    HexColor, ("#1d2733", "#5b6775", "#dfe4ea", "#f5f7fa", "#1557b0", "#1a7f45")
)
WIDTH, HEIGHT = A4
LEFT, RIGHT = 22 * mm, WIDTH - 22 * mm
HEADER = ["年度", "公需科目学时", "专业科目学时", "总学时", "年度要求", "认定登记", "是否达标"]
COLUMN_WIDTHS = [width * mm for width in (18, 27, 27, 22, 22, 24, 26)]
QR_SIZE = 34 * mm

# reportlab reads a font file through one shared position, so that only one thread may make a subset at a time.
_font_lock = Lock()


class _Font(TTFont):
    """A font with a correct map for copying text: reportlab does not write characters above U+FFFF in UTF-16."""

    def addObjects(self, doc: Any) -> None:
        super().addObjects(doc)
        for key, part in doc.idToObject.items():
            if key.startswith("toUnicodeCMap:"):
                part.content = re.sub(r"(?<=> <)[0-9A-F]{5,6}(?=>)", _in_utf_16, part.content)


def _in_utf_16(found: re.Match[str]) -> str:
    return chr(int(found[0], 16)).encode("utf-16-be").hex().upper()


def font_files() -> dict[str, Path]:
    """Return the font files of both weights."""
    return {
        REGULAR: settings.CERTIFICATE_FONTS / "400Regular" / "NotoSansSC_400Regular.ttf",
        BOLD: settings.CERTIFICATE_FONTS / "700Bold" / "NotoSansSC_700Bold.ttf",
    }


@cache
def _fonts() -> frozenset[int]:
    """Load both weights, once per process (0.8 s, 40 MB); return the code points that both have."""
    fonts = [_Font(name, path) for name, path in font_files().items()]
    for font in fonts:
        pdfmetrics.registerFont(font)
    regular, bold = (set(font.face.charToGlyph) for font in fonts)
    return frozenset(regular & bold)


def check_address(code: str) -> str:
    """Return the address in the QR code."""
    return settings.SITE_URL + reverse("check_code", args=[code])


def file_name(certificate: Certificate) -> str:
    """Return 年度学时证明_黄秋梦_2025-2026.pdf, without characters that a file system refuses."""
    years = [facts["year"] for facts in certificate.facts["years"]]
    span = "-".join(str(year) for year in sorted({years[0], years[-1]}))
    name = "".join(character for character in certificate.facts["name"] if character.isalnum() or character in "·-")
    return f"年度学时证明_{name}_{span}.pdf"


def render(certificate: Certificate) -> bytes:
    """Return the PDF of a certificate."""
    with _font_lock:
        _fonts()
        target = BytesIO()
        _Sheet(certificate).write(target)
        return target.getvalue()


def printable(text: str) -> str:
    """Return the text with a code such as [U+3447] for each character that the typeface lacks, so that none is lost.

    Private-use characters count as lacking: what a typeface draws for them, if anything, is its own affair.
    """
    known, visible = _fonts(), normalise_line(text)
    return "".join(
        character
        if ord(character) in known and unicodedata.category(character) != "Co"
        else f"[U+{ord(character):04X}]"
        for character in visible
        if unicodedata.category(character) not in ("Cc", "Cf")
    )


def _style(size: float, **options: Any) -> ParagraphStyle:
    options = {"fontName": REGULAR, "textColor": INK, "leading": size * 1.65, "wordWrap": "CJK", **options}
    return ParagraphStyle(f"{size}", fontSize=size, **options)


def _paragraph(text: str, size: float, **options: Any) -> Paragraph:
    return Paragraph(escape(text), _style(size, **options))


class _Sheet:
    """One page, written from the top down; `y` is the top of the next part."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate, self.facts = certificate, certificate.facts
        self.code = grouped(certificate.code)
        self.day = certificate.issued_at.astimezone(LOCAL)
        self.y = HEIGHT - 24 * mm

    def write(self, target: BytesIO) -> None:
        self.canvas = Canvas(target, pagesize=A4, invariant=1, lang="zh-CN")
        self._describe()
        self._head()
        self._person()
        self._years()
        self._requirements()
        self._proof()
        self.canvas.showPage()
        self.canvas.save()

    def _describe(self) -> None:
        self.canvas.setTitle(f"年度学时证明 {printable(self.facts['name'])} {self.code}")
        self.canvas.setAuthor(self.facts["system"])
        self.canvas.setCreator(self.facts["system"])
        self.canvas.setSubject("专业技术人员继续教育年度学时证明")
        self.canvas.setKeywords(self.code)

    def _head(self) -> None:
        canvas = self.canvas
        canvas.setFillColor(ACTION)
        canvas.rect(0, HEIGHT - 5 * mm, WIDTH, 5 * mm, stroke=0, fill=1)
        self._text(LEFT, self.y, self.facts["system"], 10, QUIET)
        self._text(RIGHT, self.y, f"证明编号 {self.code}", 10, QUIET, align="right")
        self.y -= 24 * mm
        self._text(WIDTH / 2, self.y, "年度学时证明", 26, INK, BOLD, align="center")
        self.y -= 16 * mm

    def _person(self) -> None:
        facts = self.facts
        identity = f"（{facts['id_kind']}，末四位 {facts['id_tail']}）"
        unit = f"，所在单位：{facts['unit']}" if facts["unit"] else ""
        subject = f"{printable(facts['name'])}{identity}{printable(unit)}"
        sentence = f"兹证明 {subject}，参加专业技术人员继续教育，各年度已认定学时如下："
        self._put(_paragraph(sentence, 11.5), 6 * mm)

    def _years(self) -> None:
        rows = [HEADER, *(self._row(year) for year in self.facts["years"])]
        style: list[tuple[str, tuple[int, int], tuple[int, int], *tuple[Any, ...]]] = [
            ("FONT", (0, 0), (-1, -1), REGULAR, 10.5),
            ("FONT", (0, 0), (-1, 0), BOLD, 9.5),
            ("FONT", (3, 1), (3, -1), BOLD, 11.5),
            ("TEXTCOLOR", (0, 0), (-1, -1), INK),
            ("TEXTCOLOR", (0, 0), (-1, 0), QUIET),
            ("BACKGROUND", (0, 0), (-1, 0), GROUND),
            ("ALIGN", (0, 0), (-1, -1), "CENTER"),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.6, LINE),
            ("BOX", (0, 0), (-1, -1), 0.6, LINE),
        ]
        reached = [row for row, year in enumerate(self.facts["years"], 1) if year["reached"]]
        style += [("TEXTCOLOR", (6, row), (6, row), GOOD) for row in reached]
        self._put(Table(rows, COLUMN_WIDTHS, [9 * mm] * len(rows), style=TableStyle(style)), 5 * mm)

    def _row(self, year: dict) -> list[str]:
        return [
            str(year["year"]),
            year["public"],
            year["professional"],
            year["total"],
            year["required"] or "—",
            f"{year['entries']} 条",
            "达标" if year["reached"] else "未达标",
        ]

    def _requirements(self) -> None:
        """Write the requirements of the years; years with the same rule share a sentence."""
        years_by_rule: dict[tuple[str, str], list[str]] = {}
        for year in self.facts["years"]:
            years_by_rule.setdefault((year["required"], year["required_professional"]), []).append(str(year["year"]))
        for (total, professional), years in years_by_rule.items():
            rule = f"总学时不少于 {total} 学时，其中专业科目不少于 {professional} 学时" if total else "未设定年度要求"
            self._put(_paragraph(f"{'、'.join(years)} 年度要求：{rule}。", 9.5, textColor=QUIET), 1 * mm)
        if "[U+" in printable(self.facts["name"] + self.facts["unit"]):
            note = "方括号内为字库未收录的汉字的统一码（Unicode）编号。"
            self._put(_paragraph(note, 9.5, textColor=QUIET), 1 * mm)

    def _proof(self) -> None:
        """Write the QR code, the way to check the certificate, its day and its issuer."""
        base = 34 * mm
        self.canvas.setStrokeColor(LINE)
        self.canvas.line(LEFT, base + QR_SIZE + 10 * mm, RIGHT, base + QR_SIZE + 10 * mm)
        self._qr(LEFT, base)
        x, y = LEFT + QR_SIZE + 8 * mm, base + QR_SIZE - 4 * mm
        lines = [
            (f"开具日期：{self.day:%Y-%m-%d}", 11, INK),
            (f"开具方式：{printable(self._issuer())}", 11, INK),
            ("扫描左侧二维码，或打开下面的网址并输入证明编号，可核验本证明是否有效：", 9.5, QUIET),
            (settings.SITE_URL + reverse("check"), 9.5, ACTION),
        ]
        for text, size, colour in lines:
            self._text(x, y, text, size, colour)
            y -= 8 * mm
        notice = f"本证明依据开具当日“{self.facts['system']}”的记录生成，学时以当日记录为准；是否有效以核验结果为准。"
        note = _paragraph(notice, 8.5, textColor=QUIET, alignment=TA_CENTER)
        _, height = note.wrap(RIGHT - LEFT, HEIGHT)
        note.drawOn(self.canvas, LEFT, 24 * mm - height)

    def _issuer(self) -> str:
        return "本人在系统中开具" if self.facts["issuer"] == "本人" else f"由{self.facts['issuer']}开具"

    def _qr(self, x: float, y: float) -> None:
        """Draw the QR code on white, one rectangle for each run of dark modules."""
        rows = list(segno.make(check_address(self.certificate.code), error="m", micro=False).matrix_iter(border=2))
        side = QR_SIZE / len(rows)
        canvas = self.canvas
        canvas.setFillColor(white)
        canvas.rect(x, y, QR_SIZE, QR_SIZE, stroke=0, fill=1)
        canvas.setFillColor(INK)
        for number, row in enumerate(rows):
            top = y + QR_SIZE - (number + 1) * side
            for start, length in _runs(row):
                canvas.rect(x + start * side, top, length * side, side, stroke=0, fill=1)

    def _text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        colour: Color,
        font: str = REGULAR,
        align: Literal["left", "right", "center"] = "left",
    ) -> None:
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(colour)
        draw = {"left": "drawString", "right": "drawRightString", "center": "drawCentredString"}[align]
        getattr(self.canvas, draw)(x, y, text)

    def _put(self, part: Flowable, gap: float) -> None:
        _, height = part.wrap(RIGHT - LEFT, HEIGHT)
        part.drawOn(self.canvas, LEFT, self.y - height)
        self.y -= height + gap


def _runs(row: Iterable[int]) -> list[tuple[int, int]]:
    """Return start and length of each run of dark modules in a row."""
    runs: list[tuple[int, int]] = []
    for place, dark in enumerate(row):
        if not dark:
            continue
        if runs and sum(runs[-1]) == place:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((place, 1))
    return runs
