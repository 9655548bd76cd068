"""The rules of courses and completions: hours, days, and texts that must not hold an ID number."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from django.utils import timezone

from accounts import identity
from config.texts import normalise_number
from hours.counting import is_half_hour_multiple
from hours.models import Course
from hours.wording import format_number

MAX_COURSE_HOURS = Decimal(500)
FIRST_YEAR, LAST_YEAR = 1990, 2100
MIN_ID_LENGTH = 8  # a shorter passport number may stand in another number by chance
CODE = re.compile(r"[A-Z0-9][A-Z0-9._-]*")
LONG_NUMBER = re.compile(r"\d{15}")


def is_valid_course_hours(hours: Decimal) -> bool:
    """Whether a course can have these hours."""
    return 0 < hours <= MAX_COURSE_HOURS and is_half_hour_multiple(hours)


def course_code_problem(code: str) -> str:
    """Return why a normalised code is wrong, as a sentence; empty if it can be a course's.

    A code of digits alone could be taken for the number of another course.
    """
    if len(code) > Course.CODE_LENGTH:
        return f"课程编号超过 {Course.CODE_LENGTH} 个字符。"
    if not CODE.fullmatch(code) or code.isdigit():
        return "课程编号由字母、数字和 - _ . 组成，不能全是数字，例如 GX-2026-01。"
    return ""


def typed_code_problem(text: str) -> str:
    """The same for a code as typed: a space in it may stand for a missing character."""
    return "课程编号中不能有空格。" if len(text.split()) > 1 else course_code_problem(normalise_number(text))


def course_days_problems(year: int, first: date | None, last: date | None) -> dict[str, str]:
    """Return a sentence per wrong field for the first and last day of completion of a course."""
    problems = {}
    if first and first > (last or date(year, 12, 31)):
        until = f"最晚完成日 {last}" if last else f" {year} 年 12 月 31 日（最晚完成日留空时）"
        problems["first_day"] = f"最早完成日不能晚于{until}。"
    if first and first.year < year:
        problems["first_day"] = f"最早完成日不能早于 {year} 年 1 月 1 日。"
    if last and last.year < year:
        problems["last_day"] = f"最晚完成日不能早于 {year} 年 1 月 1 日。"
    return problems


def find_problems(course: Course, hours: Decimal | None, day: date | None) -> dict[str, str]:
    """Return a sentence per wrong field of a completion; a missing value is not checked."""
    problems = {}
    if hours is not None and (hours <= 0 or not is_half_hour_multiple(hours)):
        problems["hours"] = "学时必须大于 0，且是 0.5 的倍数。"
    elif hours is not None and hours > course.hours:
        problems["hours"] = f"学时 {format_number(hours)} 超过该科目的 {format_number(course.hours)} 学时。"
    if day and (problem := _day_problem(course, day)):
        problems["completed_on"] = problem
    return problems


def _day_problem(course: Course, day: date) -> str:
    if day > timezone.localdate():
        return f"完成日期 {day} 在今天之后。"
    first, last = course.completion_days
    if first <= day <= last:
        return ""
    if course.first_day or course.last_day:
        return f"完成日期 {day} 不在科目的可完成日期 {first} 至 {last} 之内。"
    return f"完成日期 {day} 不在科目的 {course.year} 年度内。"


def find_early_problems(year: int | None, hours: Decimal | None, day: date | None) -> dict[str, str]:
    """Return a sentence per wrong field of a completion, whatever its course will be."""
    problems = {}
    if hours is not None and not is_valid_course_hours(hours):
        problems["hours"] = f"学时必须大于 0，不超过 {MAX_COURSE_HOURS}，且是 0.5 的倍数。"
    if day and day > timezone.localdate():
        problems["completed_on"] = f"完成日期 {day} 在今天之后。"
    elif day and year is not None and day.year < year:
        problems["completed_on"] = f"完成日期 {day} 在科目的 {year} 年度之前。"
    return problems


def can_name_course(year: int, name: str, id_number: str) -> bool:
    """Whether a course of this year and name may be entered one day; a name with an ID number is not kept."""
    is_number = LONG_NUMBER.search(name) or contains_id_number(name, id_number)
    return FIRST_YEAR <= year <= LAST_YEAR and len(name) <= Course.NAME_LENGTH and not is_number


def can_be_course_code(code: str, id_number: str) -> bool:
    """Whether a course may get this code one day; a code with an ID number is not kept."""
    is_number = LONG_NUMBER.search(code) or contains_id_number(code, id_number)
    return not course_code_problem(code) and not is_number


def contains_id_number(text: str, id_number: str) -> bool:
    """Whether a text contains the person's ID number or somebody's national one; both are nowhere in clear."""
    text, id_number = _bare(text), _bare(id_number)
    if id_number and (text == id_number or (len(id_number) >= MIN_ID_LENGTH and id_number in text)):
        return True
    return identity.holds_national_number(text, timezone.localdate())


def _bare(text: str) -> str:
    """Return the letters and digits of a number, whatever stands between them."""
    return "".join(sign for sign in identity.normalise(text) if sign.isalnum())
