"""Texts as people mean them, without what nobody sees."""

import re
import string
import unicodedata

EMPTY = "—"  # shown for a missing value

# Control characters, and signs that show nothing or turn the direction of what follows them; copied along from
# documents by accident, and on purpose to make a text look like another one. Line ends, tabs and joiners stay.
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)

# The dashes that people and their programs put for a hyphen; small letters for capital ones.
UNIFORM = str.maketrans(string.ascii_lowercase + "\u2010\u2012\u2013\u2014\u2212", string.ascii_uppercase + "-" * 5)


def strip_invisible(text: str) -> str:
    """Without the characters that cannot be seen."""
    return INVISIBLE.sub("", text)


def normalise_line(text: str) -> str:
    """What can be seen, with single spaces."""
    return " ".join(strip_invisible(text).split())


def normalise_code(text: str) -> str:
    """A number or code as it is meant: the unseen, spaces, hyphens, small letters and full width do not matter."""
    return "".join(unicodedata.normalize("NFKC", strip_invisible(text)).split()).replace("-", "").upper()


def normalise_number(text: str) -> str:
    """A number printed on a paper, in the one form under which it is found again, however it was typed."""
    return "".join(unicodedata.normalize("NFKC", text).split()).translate(UNIFORM)
