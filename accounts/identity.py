"""ID numbers (居民身份证 by GB 11643-1999 and other kinds), phones and names: pure functions."""

import re
from datetime import date

import unicodedata2 as unicodedata

from config import texts

WEIGHTS = tuple(pow(2, 17 - position, 11) for position in range(17))
CHECK_CHARACTERS = "10X98765432"
# First two digits: provinces, autonomous regions, municipalities, Taiwan, Hong Kong, Macao, 港澳台居民居住证
# (81-83, issued since 2018).
_RANGES = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
RESIDENT_LENGTH = 18
MAX_MARKS = 4  # on one letter, as in Burmese and Khmer names
MIN_ID_DIGITS = 4  # every kind of document has more
AREA_PREFIXES = frozenset(str(code) for first, last in _RANGES for code in range(first, last + 1))
EARLIEST_BIRTH = date(1900, 1, 1)
_NATIONAL = re.compile(r"[0-9]{17}[0-9X]")
_OLD_FOREIGNER = re.compile(r"[A-Z]{3}[0-9]{12}")
_LIKE_NATIONAL = re.compile(r"[0-9]{15}|[0-9]{17}[0-9X]?")  # also one with 15 digits, or without its last character


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
    if len(number) != RESIDENT_LENGTH:
        return f"居民身份证号码应为 {RESIDENT_LENGTH} 位，现为 {len(number)} 位。"
    if not _NATIONAL.fullmatch(number):
        return "居民身份证号码只能由数字组成，末位可以是 X。"
    if number[0] == "9":
        return "以 9 开头的 18 位号码是外国人永久居留身份证的号码，请将证件类型选为“外国人永久居留身份证”。"
    if number[:2] not in AREA_PREFIXES:
        return "居民身份证号码开头的行政区划代码不存在，请核对前两位。"
    return _birth_and_check_problem(number, today, "居民身份证号码")


def foreigner_id_problem(number: str, today: date) -> str:
    """The same for an 外国人永久居留身份证.

    Since December 2023 it has 18 digits like a 居民身份证: 9, the province, the country (ISO 3166-1), birth, order and
    check character. Older cards have the country's letters, four digits of the place, birth (YYMMDD) and two more.
    """
    if _OLD_FOREIGNER.fullmatch(number):
        return (
            "" if _is_short_date(number[7:13]) else "外国人永久居留身份证号码中的出生日期不存在，请核对第 8 至 13 位。"
        )
    if not _NATIONAL.fullmatch(number) or number[0] != "9":
        return "外国人永久居留身份证号码应为以 9 开头的 18 位数字（末位可以是 X），旧证为 3 个字母加 12 位数字。"
    if number[1:3] not in AREA_PREFIXES:
        return "外国人永久居留身份证号码中的省级代码不存在，请核对第 2、3 位。"
    return _birth_and_check_problem(number, today, "外国人永久居留身份证号码")


def other_id_problem(number: str) -> str:
    """The same for passports and permits: 5 to 20 letters and digits, as formats differ by country and year."""
    if not re.fullmatch(r"[A-Z0-9]{5,20}", number):
        return "证件号码应为 5 至 20 位字母或数字。"
    if sum(map(str.isdigit, number)) < MIN_ID_DIGITS:
        return f"证件号码至少应有 {MIN_ID_DIGITS} 位数字，请核对。"
    if _LIKE_NATIONAL.fullmatch(number):
        kind = "外国人永久居留身份证" if number[0] == "9" else "居民身份证"
        return f"{len(number)} 位数字不是这类证件的号码，像是{kind}号码，请核对证件类型和号码。"
    return ""


def holds_national_number(text: str, today: date) -> bool:
    """Whether a text holds a right number of a 居民身份证 or 外国人永久居留身份证, also with signs inside it."""
    bare = re.sub(r"[^0-9A-Z]", "", normalise(text))
    numbers = (bare[place : place + RESIDENT_LENGTH] for place in range(len(bare) - RESIDENT_LENGTH + 1))
    return any(_NATIONAL.fullmatch(number) and not any_id_problem(number, today) for number in numbers)


def any_id_problem(number: str, today: date) -> str:
    """The same for a number whose kind is not known: it must be right for one of the kinds."""
    if _LIKE_NATIONAL.fullmatch(number):
        return foreigner_id_problem(number, today) if number[0] == "9" else resident_id_problem(number, today)
    if sum(character.isdigit() for character in number) < MIN_ID_DIGITS:
        return f"证件号码至少应有 {MIN_ID_DIGITS} 位数字，请核对。"
    return other_id_problem(number)


def _birth_and_check_problem(number: str, today: date, label: str) -> str:
    """Check the digits 7 to 14, which are the day of birth, and the check character of GB 11643."""
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return f"{label}中的出生日期不存在，请核对第 7 至 14 位。"
    if not EARLIEST_BIRTH <= born <= today:
        return f"{label}中的出生日期不合理，请核对第 7 至 14 位。"
    if check_character(number[:17]) != number[17]:
        return f"{label}校验位不正确，请核对是否有输错的数字。"
    return ""


def _is_short_date(digits: str) -> bool:
    """Whether six digits YYMMDD are a day of this century or the last; both have the same leap years but 1900."""
    try:
        date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except ValueError:
        return False
    return True


def name_problem(name: str) -> str:
    """Return why a name cannot be on an ID document, as a sentence for users; empty if it can."""
    letters = [sign for sign in name if not (sign in " -'’" or texts.is_middle_dot(sign) or _is_mark(sign))]
    if not letters:
        return "姓名中没有文字，请填写与证件上一致的姓名。"
    if all(map(texts.is_letter, letters)) and not _has_odd_marks(name):
        return ""
    return "姓名只能包含文字、空格和间隔号“·”，请与证件上的姓名一致。"


def _is_mark(character: str) -> bool:
    """Whether the character is an accent or a vowel sign that belongs to the letter before it."""
    kind: str = unicodedata.category(character)
    return kind[0] == "M"


def _has_odd_marks(name: str) -> bool:
    """Whether accents or vowel signs stand where no script has them: on ideographs, at the beginning, in heaps."""
    before = " "
    for place, sign in enumerate(name):
        if _is_mark(sign):
            heap = name[max(place - MAX_MARKS, 0) : place + 1]
            if len(heap) > MAX_MARKS and all(map(_is_mark, heap)):
                return True
            if unicodedata.category(before)[0] != "L" or texts.is_ideograph(before):
                return True
        else:
            before = sign
    return False


def tail(number: str) -> str:
    """Return the last four characters, the only part of a number that is shown or searched for."""
    return normalise(number)[-4:]


def masked(tail: str) -> str:
    """Return a number as pages show it, from its last four characters."""
    return f"*****{tail}"
