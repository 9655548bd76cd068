"""Normalisation of typed text, the same wherever text comes in, and keys by which texts are compared.

unicodedata2 knows present Unicode; Python's own module stops at the Unicode of its release.
"""

from __future__ import annotations

import hashlib
import re
import string

import unicodedata2 as unicodedata

EMPTY = "—"  # shown for a missing value
MAX_QUOTED = 50  # characters of a value in a sentence

# The two last codes of each plane are no characters, and XML allows neither those of the first plane nor surrogates.
_PLANE_ENDS = "".join(chr(plane + code) for plane in range(0, 0x110000, 0x10000) for code in (0xFFFE, 0xFFFF))
# Control characters, noncharacters, and characters that are invisible or change the direction of text: copied from
# documents by accident, or put in to make a text look like another one. Line ends, tabs and joiners stay.
INVISIBLE = re.compile(
    f"[{_PLANE_ENDS}\ud800-\udfff\ufdd0-\ufdef"
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160"
    "\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2d7f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffc\U0001107f\U000110bd\U000110cd\U00011f42\U00013430-\U0001343f\U00016fe4\U0001bca0-\U0001bca3\U0001d159"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_PARTS = re.compile("[\\s()（）\\[\\]【】<>《》〈〉“”\"‘’',，、:：;；]+")
MAX_WORDS = 10  # of a search
_JOINERS = re.compile("[\u200c\u200d]")
_SPACES = re.compile("[\\s\u2800]+")
_MIDDLE_DOTS = re.compile("[.\u2022\u2024\u2027\u2219\u22c5\u2e31\u2e33\u30fb\ua78f\uff0e\uff65]")

# Dashes as hyphens, small letters as capital letters.
UNIFORM = str.maketrans(string.ascii_lowercase + "\u2010\u2012\u2013\u2014\u2212", string.ascii_uppercase + "-" * 5)


# Characters that Python's codec of GB 18030 still maps to private use.
_LATER_CODES = {
    0xE816: "\U00020087",
    0xE817: "\U00020089",
    0xE818: "\U000200cc",
    0xE81E: "\u9fb4",
    0xE826: "\u9fb5",
    0xE82B: "\u9fb6",
    0xE82C: "\u9fb7",
    0xE831: "\U000215d7",
    0xE832: "\u9fb8",
    0xE83B: "\U0002298f",
    0xE843: "\u9fb9",
    0xE854: "\u9fba",
    0xE855: "\U000241fe",
    0xE864: "\u9fbb",
    0xE7C7: "\u1e3f",
    0xE7C8: "\u01f9",
    0xE78D: "\ufe10",
    0xE78E: "\ufe12",
    0xE78F: "\ufe11",
    0xE790: "\ufe13",
    0xE791: "\ufe14",
    0xE792: "\ufe15",
    0xE793: "\ufe16",
    0xE794: "\ufe17",
    0xE795: "\ufe18",
    0xE796: "\ufe19",
}


def _canonical() -> dict[int, str]:
    """Return the characters that have a better code: radicals, full-width forms, private use of GB 18030."""
    table = {0x3000: " ", 0x2800: " ", 0xE5E5: " "}
    table |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum()}
    table |= {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}  # Kangxi radicals
    # Radicals that are drawn like the character itself (Unicode's EquivalentUnifiedIdeograph).
    for radicals, characters in (
        (
            "⺟⺠⻄⻅⻆⻉⻋⻑⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻫⻬⻭⻮⻯⻰⻱⻲⻳",
            "母民西见角贝车長长门青韦页风飞食马骨鬼鱼鸟卤麦黄斉齐歯齿竜龙龜亀龟",
        ),
        ("⺁⺇⺈⺎⺗⺧⺪⺮⺳⺶⺷⺻⻊⻟⻞", "𠂆𠘨𠂊兀㣺牛疋竹网羊𦍌肀足飠𩙿"),
    ):
        table |= {ord(radical): character for radical, character in zip(radicals, characters, strict=True)}
    # GB 18030 printed these characters before Unicode had codes for them, and old fonts and files still use the private
    # ones. The standard's rows FE50 to FEA0 are U+E815 to U+E864 in their order; the codec knows most present codes.
    rows = [*range(0x50, 0x7F), *range(0x80, 0xA1)]
    old = {0xE815 + place: bytes([0xFE, row]).decode("gb18030") for place, row in enumerate(rows)}
    table |= {code: character for code, character in old.items() if ord(character) != code}
    table |= _LATER_CODES
    return {code: character.translate(table) for code, character in table.items()}


_CANONICAL = _canonical()


def normalise(text: str) -> str:
    """Return the text in present codes (NFC), with half-width letters and digits and without INVISIBLE characters."""
    text = INVISIBLE.sub("", text)
    return text if text.isascii() else unicodedata.normalize("NFC", text.translate(_CANONICAL))


def normalise_line(text: str) -> str:
    """Return the normalised text with single spaces, on one line."""
    return " ".join(normalise(text).split())


def normalise_name(text: str) -> str:
    """Return the name of a person on one line, also without joiners: in a name they are invisible."""
    return normalise_line(_JOINERS.sub("", text))


def normalise_code(text: str) -> str:
    """Return an identifier in half-width capital letters, without invisible characters, spaces and hyphens."""
    return "".join(_uniform(INVISIBLE.sub("", text)).split()).replace("-", "").upper()


def normalise_number(text: str) -> str:
    """Return a certificate number in the form in which equal numbers are found, with hyphens but without spaces."""
    visible = _JOINERS.sub("", INVISIBLE.sub("", text))
    return "".join(_uniform(visible).split()).translate(UNIFORM)


def _uniform(text: str) -> str:
    """Return the text with its plainest characters; numbers in circles and exponents stay, for they are no digits."""
    if text.isascii():
        return text
    return "".join(sign if unicodedata.category(sign) == "No" else unicodedata.normalize("NFKC", sign) for sign in text)


def fold_digits(text: str) -> str:
    """Return the text with full-width digits and signs of numbers and dates in half width; ² is no digit."""
    return "".join(
        unicodedata.normalize("NFKC", sign) if unicodedata.east_asian_width(sign) == "F" else sign for sign in text
    )


def excerpt(text: str, length: int = MAX_QUOTED) -> str:
    """Return the text as a sentence quotes it: cut to `length` characters."""
    return text if len(text) <= length else f"{text[:length]}…"


def comparison_key(text: str) -> str:
    """Return a key that is equal for texts that look alike: without width, case, spaces and invisible characters."""
    visible = _JOINERS.sub("", normalise(text))
    folded = unicodedata.normalize("NFKC", visible).casefold()
    bare = _SPACES.sub("", INVISIBLE.sub("", unicodedata.normalize("NFKC", folded)))
    return str(unicodedata.normalize("NFKC", bare))


def search_words(text: str) -> list[str]:
    """Return the words of a search; brackets, quotes and commas, which have several widths, part them too."""
    line = normalise_line(text)
    return [word for word in _PARTS.split(line)[:MAX_WORDS] if word] or [word for word in [line] if word]


def comparison_digest(text: str | None) -> str:
    """Return a hash of the comparison key, 64 characters for any text; empty for an empty or missing one."""
    key = comparison_key(text or "")
    return hashlib.sha256(key.encode()).hexdigest() if key else ""


def name_key(name: str) -> str:
    """Return the comparison key of a name, in which the kind of middle dot does not matter either."""
    return comparison_key(_MIDDLE_DOTS.sub("·", name)).replace(".", "·")


def is_middle_dot(character: str) -> bool:
    """Whether the character is taken for the middle dot between the parts of a name."""
    return character == "·" or _MIDDLE_DOTS.fullmatch(character) is not None


def is_letter(character: str) -> bool:
    """Whether the character is a letter or an ideograph of present Unicode; rare ones may still be private use."""
    return unicodedata.category(character)[0] == "L" or unicodedata.category(character) in ("Nl", "Co")


def is_ideograph(character: str) -> bool:
    """Whether the character is a Han character; rare ones may still be private use."""
    name: str = unicodedata.name(character, "")
    is_private: bool = unicodedata.category(character) == "Co"
    return is_private or name.startswith(("CJK ", "IDEOGRAPHIC"))
