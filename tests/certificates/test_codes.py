"""Codes of certificates: random, tolerant of typing, and protected by a check character."""

from __future__ import annotations

import math

import pytest

from hours.certificates import codes


def test_new_code_is_valid_and_has_75_random_bits():
    made = {codes.new() for _ in range(500)}
    assert len(made) == 500
    assert {len(code) for code in made} == {16}
    assert all(codes.is_valid(code) for code in made)
    assert math.log2(len(codes.ALPHABET)) * codes.RANDOM_LENGTH == 75


@pytest.mark.parametrize(
    "typed",
    [
        "4XK7-Q2MD-01AB-C1E0",
        "4xk7 q2md 01ab c1e0",
        " 4XK7Q2MD01ABC1E0 ",
        "４ＸＫ７－Ｑ２ＭＤ－０１ＡＢ－Ｃ１Ｅ０",
        "4XK7—Q2MD—OIAB—CLEO",
        "4xk7.q2md.oiab.cleo",
    ],
)
def test_typed_variants_normalise_to_one_code(typed):
    assert codes.normalise(typed) == "4XK7Q2MD01ABC1E0"


@pytest.mark.parametrize("typed", ["", "编号", "——", "uuuu", "../../etc", "\x00"])
def test_other_text_does_not_become_valid_code(typed):
    assert not codes.is_valid(codes.normalise(typed))


def test_long_input_is_cut():
    assert len(codes.normalise("A" * 100_000)) == codes.MAX_TYPED_LENGTH


def test_one_wrong_character_is_always_detected():
    code = codes.new()
    for place in range(len(code)):
        for character in codes.ALPHABET:
            if character != code[place]:
                assert not codes.is_valid(code[:place] + character + code[place + 1 :])


def test_code_is_grouped_in_fours():
    assert codes.grouped("4XK7Q2MD01ABC1E0") == "4XK7-Q2MD-01AB-C1E0"
