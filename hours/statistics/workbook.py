"""The tables of 统计 as Excel sheets, with the same figures and the same masked ID numbers as on the pages."""

from __future__ import annotations

from collections.abc import Iterable

from config.files.sheets import Cell, Sheet

from .figures import STATES, PlaceRow
from .people import PersonRow

FIGURE_COLUMNS = [
    ("有记录人数", 11),
    ("达标人数", 10),
    ("达标率（%）", 12),
    ("上年达标率（%）", 15),
    ("公需科目学时", 13),
    ("专业科目学时", 13),
    ("超出上限学时", 13),
    *((status.label, 10) for status in STATES),
    ("初审平均用时（小时）", 20),
    ("终审平均用时（小时）", 20),
    ("不予认定率（%）", 15),
]
PEOPLE_COLUMNS = [
    ("姓名", 14),
    ("证件号码", 14),
    ("公需科目学时", 13),
    ("专业科目学时", 13),
    ("总学时", 10),
    ("还差", 10),
    ("情况", 12),
]


def places(title: str, label: str, rows: Iterable[PlaceRow]) -> Sheet:
    """Return a sheet of regions or units; `label` is the name of the first column."""
    return Sheet(title, [(label, 36), *FIGURE_COLUMNS], (_place_cells(row) for row in rows))


def _place_cells(row: PlaceRow) -> list[Cell]:
    now = row.now
    return [
        row.place.name,
        *(now.row.people, now.row.reached, now.share, row.before.share),
        *(now.row.public, now.row.professional, now.row.over_cap),
        *(count for _, count in now.states),
        *(_hours(now.first_mean), _hours(now.final_mean), now.refusal_rate),
    ]


def _hours(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds / 3600, 1)


def people(title: str, rows: Iterable[PersonRow]) -> Sheet:
    """Return a sheet of people."""
    return Sheet(title, PEOPLE_COLUMNS, (_person_cells(row) for row in rows))


def _person_cells(row: PersonRow) -> list[Cell]:
    return [row.name, row.masked_id, row.public, row.professional, row.total, row.missing, row.standing]
