"""Tables as they are sent out, and read again."""

from __future__ import annotations

import io

import pytest
from openpyxl import load_workbook

from config.files import sheets
from hours.collective import roster

from .files import texts, workbook


def exported(text: str) -> bytes:
    with sheets.write([sheets.Sheet("名单", [("姓名", 20)], [[text]])]) as file:
        return file.read()


def roster_file(text: str) -> bytes:
    return roster.text_workbook([["姓名"], [text]])


@pytest.mark.parametrize("make", [exported, roster_file])
@pytest.mark.parametrize("character", ["\ufffe", "\uffff", "\ud800", "\x0b"])
def test_characters_that_xml_does_not_allow_are_removed(make, character):
    [_, row] = load_workbook(io.BytesIO(make(f"黄{character}秋梦"))).worksheets[0].iter_rows(values_only=True)
    assert row == ("黄秋梦",)


@pytest.mark.parametrize("make", [exported, roster_file])
@pytest.mark.parametrize("text", ["A_x000D_B", "_xFFFF_", "_x005F_", "_x000D_x000a_", "_X000D_", "甲\U00020087乙"])
def test_text_like_an_escape_comes_back_as_it_was(make, text):
    assert texts(make(text)) == [(2, text)]


def test_escape_is_read_in_workbooks_only():
    assert texts(workbook(["姓名"], ["黄_x0041_梦"])) == [(2, "黄A梦")]
    assert texts("姓名\n黄_x0041_梦\n".encode()) == [(2, "黄_x0041_梦")]
