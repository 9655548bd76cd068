"""Codes: long enough not to be guessed, read as they were meant, and no slip of the pen leads to another one."""

from __future__ import annotations

import math

import pytest

from hours.certificates import codes


def test_a_code_has_16_signs_with_75_random_bits():
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
def test_however_it_is_typed_the_same_code_is_meant(typed):
    assert codes.normalise(typed) == "4XK7Q2MD01ABC1E0"


@pytest.mark.parametrize("typed", ["", "编号", "——", "uuuu", "../../etc", "\x00"])
def test_what_is_no_code_does_not_become_one(typed):
    assert not codes.is_valid(codes.normalise(typed))


def test_endless_input_is_cut():
    assert len(codes.normalise("A" * 100_000)) == codes.MAX_TYPED_LENGTH


def test_one_wrong_sign_is_noticed_wherever_it_stands():
    code = codes.new()
    for place in range(len(code)):
        for sign in codes.ALPHABET:
            if sign != code[place]:
                assert not codes.is_valid(code[:place] + sign + code[place + 1 :])


def test_people_read_it_in_groups_of_four():
    assert codes.grouped("4XK7Q2MD01ABC1E0") == "4XK7-Q2MD-01AB-C1E0"
