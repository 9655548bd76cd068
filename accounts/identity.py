"""ID numbers (居民身份证 by GB 11643-1999 and other kinds), phones and names: pure functions."""

import re
import unicodedata
from datetime import date

from config.web import texts

WEIGHTS = tuple(pow(2, 17 - position, 11) for position in range(17))
CHECK_CHARACTERS = "10X98765432"
# First two digits: provinces, autonomous regions, municipalities, Taiwan, Hong Kong, Macao, 港澳台居民居住证
# (81-83, issued since 2018) and 外国人永久居留身份证 (91x, issued since 2023).
_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 91))
AREA_PREFIXES = frozenset(str(code) for first, last in _RANGES for code in range(first, last + 1))
EARLIEST_BIRTH = date(1900, 1, 1)


def check_character(first_17: str) -> str:
    """Return the last character for the first 17 digits."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def normalise(number: str) -> str:
    """Return a number without spaces and hyphens, in upper case and half width."""
    return texts.normalise_code(number)


def normalise_phone(text: str) -> str:
    """Return a mobile number as stored, from 138 0000 0000, 138-0000-0000 or +86 138…"""
    return normalise(text).removeprefix("+86")


def resident_id_problem(number: str, today: date) -> str:
    """Return why a normalised number is not a valid 居民身份证号码, as a sentence for users; empty if it is valid."""
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
    """The same for passports and permits: 5 to 20 letters and digits, as formats differ by country and year."""
    if not re.fullmatch(r"[A-Z0-9]{5,20}", number):
        return "证件号码应为 5 至 20 位字母或数字。"
    return ""


def name_problem(name: str) -> str:
    """Return why a name cannot be on an ID document, as a sentence for users; empty if it can."""
    kinds = {unicodedata.category(character) for character in name if character not in " ·•・.-'’"}
    # Nl contains 〇; Co (private use) contains rare characters that Unicode does not have yet.
    if all(kind[0] in "LM" or kind in ("Nl", "Co") for kind in kinds):
        return ""
    return "姓名只能包含文字、空格和间隔号“·”，请与证件上的姓名一致。"


def tail(number: str) -> str:
    """Return the last four characters, the only part of a number that is shown or searched for."""
    return normalise(number)[-4:]


def masked(tail: str) -> str:
    """Return a number as pages show it, from its last four characters."""
    return f"*****{tail}"
