"""The codes of certificates: hard to guess, hard to mistype, easy to read aloud. Pure functions."""

from __future__ import annotations

import secrets
import unicodedata

# Crockford's 32 characters: no I, L, O (read as 1, 1, 0) and no U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RANDOM_LENGTH = 15  # 5 random bits each: 75 bits
LENGTH = RANDOM_LENGTH + 1
LOOKALIKES = str.maketrans("OIL", "011")
MAX_TYPED_LENGTH = 64  # room for spaces and hyphens


def new() -> str:
    """Return a new code as it is stored: 15 random characters and a check character, without hyphens."""
    characters = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return characters + check_character(characters)


def check_character(characters: str) -> str:
    """Return Luhn's check character for base 32 (every second value is doubled), which detects one wrong character."""
    total = 0
    for place, character in enumerate(reversed(characters)):
        value = ALPHABET.index(character) * (1 if place % 2 else 2)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def normalise(typed: str) -> str:
    """Return the characters of a code, whatever its width, case, spaces, hyphens and look-alike letters."""
    plain = unicodedata.normalize("NFKC", typed[:MAX_TYPED_LENGTH]).upper().translate(LOOKALIKES)
    return "".join(character for character in plain if character in ALPHABET)


def is_valid(code: str) -> bool:
    """Whether a normalised code has the right length and check character."""
    return len(code) == LENGTH and check_character(code[:-1]) == code[-1]


def grouped(code: str) -> str:
    """Return the code in groups of four for people: 4XK7-Q2MD-…"""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
