"""Normalisation of typed text."""

import re
import string
import unicodedata

EMPTY = "—"  # shown for a missing value

# Control characters, and characters that are invisible or change the direction of text: copied from documents by
# accident, or put in to make a text look like another one. Line ends, tabs and joiners stay.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)

# Dashes as hyphens, small letters as capital letters.
UNIFORM = str.maketrans(string.ascii_lowercase + "\u2010\u2012\u2013\u2014\u2212", string.ascii_uppercase + "-" * 5)


def strip_invisible(text: str) -> str:
    """Return the text without INVISIBLE characters."""
    return INVISIBLE.sub("", text)


def normalise_line(text: str) -> str:
    """Return the visible text with single spaces, on one line."""
    return " ".join(strip_invisible(text).split())


def normalise_code(text: str) -> str:
    """Return an identifier in half-width capital letters, without invisible characters, spaces and hyphens."""
    return "".join(unicodedata.normalize("NFKC", strip_invisible(text)).split()).replace("-", "").upper()


def normalise_number(text: str) -> str:
    """Return a certificate number in the form in which equal numbers are found, with hyphens but without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(UNIFORM)
