"""COMPUTE: the codes of certificates: not to be guessed, hard to mistype, easy to read aloud. Pure functions."""

from __future__ import annotations

import secrets
import unicodedata

# Crockford's 32 signs: no I, L, O (read as 1, 1, 0) and no U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_SIGNS = 15  # of 5 bits each: 75 bits that nobody can guess
LENGTH = RANDOM_SIGNS + 1
LOOKALIKES = str.maketrans("OIL", "011")
MOST_TYPED = 64  # nobody needs more to type a code with spaces and hyphens


def new() -> str:
    """A fresh code: 15 random signs and a check sign, without hyphens, as it is stored."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_SIGNS))
    return signs + check_sign(signs)


def check_sign(signs: str) -> str:
    """Luhn's sign for base 32 (every second value doubled): one mistyped sign never makes another code."""
    total = 0
    for place, sign in enumerate(reversed(signs)):
        value = ALPHABET.index(sign) * (1 if place % 2 else 2)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def normalise(typed: str) -> str:
    """What was meant: full width, case, blanks, hyphens and look-alike letters do not matter; other signs stay out."""
    plain = unicodedata.normalize("NFKC", typed[:MOST_TYPED]).upper().translate(LOOKALIKES)
    return "".join(sign for sign in plain if sign in ALPHABET)


def is_right(code: str) -> bool:
    """Whether a normalised code can be one at all."""
    return len(code) == LENGTH and check_sign(code[:-1]) == code[-1]


def grouped(code: str) -> str:
    """As people read it: 4XK7-Q2MD-…"""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
