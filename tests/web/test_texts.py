"""Normalisation of text, and the keys by which texts are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.texts import comparison_key, fold_digits, name_key, normalise, normalise_line, normalise_name, search_words


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("ＪＯＨＮ　ＳＭＩＴＨ", "JOHN SMITH"),
        ("李\uf9dc", "李隆"),  # compatibility ideograph
        ("⼥⻢⺟⻑⻱⻲⻯⻭⻫", "女马母長龜亀竜歯斉"),  # radicals
        ("张\ue81e\ue5e5甲", "张\u9fb4 甲"),  # private use of GB 18030
        ("\ue81a\ue831", "\u3473\U000215d7"),
        ("黄\u200b秋\u3164梦\ufe0f\U000e0100", "黄秋梦"),
        ("黄\ufffe秋\uffff梦\ufdd0\U0010ffff\ud800", "黄秋梦"),  # noncharacters and half of a pair
        ("e\u0301", "é"),
        ("（甲）：，。", "（甲）：，。"),  # Chinese punctuation stays
        ("  a \t b\n", "a b"),
    ],
)
def test_text_is_stored_in_present_codes(typed, text):
    assert normalise_line(typed) == text


def test_joiners_stay_in_a_text_but_not_in_a_name():
    assert normalise_line("👩\u200d🔬讲座") == "👩\u200d🔬讲座"
    assert normalise_name(" 黄\u200d秋\u200c梦 ") == "黄秋梦"


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


@given(st.text())
def test_key_of_a_key_is_itself(text):
    assert comparison_key(comparison_key(text)) == comparison_key(text)


@pytest.mark.parametrize(
    "other", ["阿依古丽•买买提", "阿依古丽・买买提", "阿依古丽．买买提", "阿依 古丽 · 买买提", "阿依古丽\u200d·买买提"]
)
def test_kind_of_dot_and_spaces_of_a_name_do_not_matter(other):
    assert name_key(other) == name_key("阿依古丽·买买提")


def test_missing_dot_and_other_letters_matter():
    assert name_key("阿依古丽买买提") != name_key("阿依古丽·买买提")
    assert name_key("黄秋梦") != name_key("黄秋萝")


@pytest.mark.parametrize(
    "other",
    [
        "Java 培训(一)",
        "ＪＡＶＡ培训（一）",
        "java\u200d培训（一）",
        "Java\u3164培\ufe0f训（一）",
        "J\u00adava\u2800培训（一）",
        *(
            f"Java培{chr(code)}训（一）"
            for code in (0x16FE4, 0x2D7F, 0x1D159, 0xFFFC, 0x1107F, 0x11F42, 0x13430, 0x110BD, 0x600)
        ),
    ],
)
def test_look_alikes_have_one_key(other):
    assert comparison_key(other) == comparison_key("Java培训（一）")


@pytest.mark.parametrize(
    ("typed", "words"),
    [("Java培训（二）", ["Java培训", "二"]), ("ＡＢ，“丙” ", ["AB", "丙"]), ("（）", ["（）"]), (" \u200b", [])],
)
def test_words_of_a_search(typed, words):
    assert search_words(typed) == words


def test_full_width_digits_are_digits():
    assert fold_digits("２０２６－０５－１２ ７．５") == "2026-05-12 7.5"


def test_raised_and_circled_digits_stay_what_they_are():
    assert fold_digits("²①") == "²①"
