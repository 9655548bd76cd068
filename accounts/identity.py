"""居民身份证 by GB 11643-1999 and the other kinds of ID that people may hold: pure functions."""

import re
import unicodedata
from datetime import date

from config.web import texts

WEIGHTS = tuple(pow(2, 17 - position, 11) for position in range(17))
CHECK_CHARACTERS = "10X98765432"
# The first two digits: provinces, autonomous regions, municipalities, Taiwan, Hong Kong, Macao, holders of a
# 港澳台居民居住证 (81-83 as issued since 2018) and 外国人永久居留身份证 (91x, since 2023).
_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 91))
AREA_PREFIXES = frozenset(str(code) for first, last in _RANGES for code in range(first, last + 1))
EARLIEST_BIRTH = date(1900, 1, 1)


def check_character(first_17: str) -> str:
    """The character that closes these 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def normalise(number: str) -> str:
    """The one form of a number, however people type it or paste it."""
    return texts.normalise_code(number)


def normalise_phone(text: str) -> str:
    """A mobile number as it is stored, from 138 0000 0000, 138-0000-0000 or +86 138…"""
    return normalise(text).removeprefix("+86")


def resident_id_problem(number: str, today: date) -> str:
    """Why a normalised number is no right 居民身份证号码, as a sentence for people; empty for a right one."""
    if len(number) != 18:
        return f"居民身份证号码应为 18 位，现为 {len(number)} 位。"
    if not re.fullmatch(r"[0-9]{17}[0-9X]", number):
        return "居民身份证号码只能由数字组成，末位可以是 X。"
    if number[:2] not in AREA_PREFIXES:
        return "居民身份证号码开头的行政区划代码不存在，请核对前两位。"
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "居民身份证号码中的出生日期不存在，请核对第 7 至 14 位。"
    if not EARLIEST_BIRTH <= born <= today:
        return "居民身份证号码中的出生日期不合理，请核对第 7 至 14 位。"
    if check_character(number[:17]) != number[17]:
        return "居民身份证号码校验位不正确，请核对是否有输错的数字。"
    return ""


def other_id_problem(number: str) -> str:
    """The same for passports and permits, whose formats differ by country and year: letters and digits, 5 to 20."""
    if not re.fullmatch(r"[A-Z0-9]{5,20}", number):
        return "证件号码应为 5 至 20 位字母或数字。"
    return ""


def name_problem(name: str) -> str:
    """Why no papers say this name, as a sentence for people; empty for a possible one."""
    kinds = {unicodedata.category(character) for character in name if character not in " ·•・.-'’"}
    # Nl is 〇; Co is where rare characters stand that have no place in Unicode yet.
    if all(kind[0] in "LM" or kind in ("Nl", "Co") for kind in kinds):
        return ""
    return "姓名只能包含文字、空格和间隔号“·”，请与证件上的姓名一致。"


def tail(number: str) -> str:
    """The last four characters: all of a number that is ever shown or searched for in part."""
    return normalise(number)[-4:]


def masked(tail: str) -> str:
    """What pages show of a number, from its last four characters."""
    return f"*****{tail}"
