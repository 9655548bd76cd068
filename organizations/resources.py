"""Import and export of units as Excel and CSV.

An import takes all lines or none; each error names line, column and value. A credit code with a wrong check character
is not an error: it is stored as it is, flagged for the administrator, and listed in the preview.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from import_export import fields, resources
from import_export.formats import base_formats
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import Result, RowResult
from tablib import Dataset

from config.web import texts

from . import credit_code, revision
from .models import Region, Unit
from .tree import is_within

NAME, CODE, REGION, STATE, CONTACT, PHONE = "单位名称", "统一社会信用代码", "区划代码", "状态", "联系人", "联系电话"
COLUMNS = (NAME, CODE, REGION, STATE, CONTACT, PHONE)
REQUIRED = (NAME, CODE, REGION)
STATES = {label: value for value, label in Unit.State.choices}
BATCH_SIZE = 1000
# A spreadsheet takes a text with such a beginning for a formula.
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


# A line of an import: its cells by column, to which the import adds what it needs later.
ImportRow = dict[str, Any]


class ChineseCSV(base_formats.CSV):
    """CSV as Chinese spreadsheet programs write it (UTF-8 or GB 18030) and read it (UTF-8 with BOM)."""

    def is_binary(self) -> bool:
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> Dataset:
        try:
            text = in_stream.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = in_stream.decode("gb18030")
        return super().create_dataset(text, **kwargs)

    def export_data(self, dataset: Dataset, **kwargs: Any) -> bytes:
        text: str = super().export_data(dataset, **kwargs)
        return text.encode("utf-8-sig")


class UnitsByCode(BaseInstanceLoader):
    """Loads the units of a file with one query per BATCH_SIZE lines."""

    def __init__(self, resource: UnitResource, dataset: Dataset) -> None:
        super().__init__(resource, dataset)
        codes = [code for code in map(_code, dataset.dict) if code]
        self.units: dict[str | None, Unit] = {}
        for start in range(0, len(codes), BATCH_SIZE):
            rows = Unit.objects.select_related("region").filter(credit_code__in=codes[start : start + BATCH_SIZE])
            self.units.update({unit.credit_code: unit for unit in rows})

    def get_instance(self, row: ImportRow) -> Unit | None:
        return self.units.get(_code(row))


class UnitResource(resources.ModelResource):
    """Columns 单位名称 to 联系电话; a line with an existing code updates its unit, others add one."""

    COLUMNS = COLUMNS
    name = fields.Field("name", NAME)
    credit_code = fields.Field("credit_code", CODE)
    region = fields.Field("region__code", REGION)
    state = fields.Field("state", STATE)
    contact_name = fields.Field("contact_name", CONTACT)
    contact_phone = fields.Field("contact_phone", PHONE)

    class Meta:
        model = Unit
        fields = ("name", "credit_code", "region", "state", "contact_name", "contact_phone")
        import_id_fields = ("credit_code",)
        instance_loader_class = UnitsByCode
        use_transactions = True
        use_bulk = True
        batch_size = BATCH_SIZE
        skip_diff = True
        report_skipped = True

    def __init__(self, scope: list[Region] | None = None, **kwargs: Any) -> None:
        """Limit the import to the subtrees of `scope`; None is no limit."""
        super().__init__(**kwargs)
        self.scope = scope

    # --- Import -------------------------------------------------------------------------------

    def before_import(self, dataset: Dataset, **kwargs: Any) -> None:
        headers = [str(header or "").strip() for header in dataset.headers or []]
        missing = [column for column in REQUIRED if column not in headers]
        if missing:
            del dataset[:]
            raise ValidationError(f"文件缺少列：{'、'.join(missing)}。第一行应为列名：{'、'.join(COLUMNS)}。")
        dataset.headers = headers
        while len(dataset) and not any(dataset[-1]):  # formatted but empty lines at the end of a spreadsheet
            del dataset[-1]
        self.regions = {region.code: region for region in Region.objects.all()}
        self.first_lines: dict[str, int] = {}

    def import_instance(self, instance: Unit, row: ImportRow, **kwargs: Any) -> None:
        line = kwargs["row_number"] + 1  # the first line holds the column names
        problems = list(self._problems(instance, row, line))
        if problems:
            raise ValidationError([f"第 {line} 行{problem}" for problem in problems])
        row["before"] = _cells(instance) if instance.pk else {}
        instance.name, instance.credit_code = cell_text(row, NAME), _code(row)
        instance.credit_code_flagged = bool(credit_code.problem(instance.credit_code))
        instance.region = self.regions[cell_text(row, REGION)]
        if cell_text(row, STATE) or not instance.pk:
            instance.state = STATES[cell_text(row, STATE) or Unit.State.ACTIVE.label]
        for attribute, column in (("contact_name", CONTACT), ("contact_phone", PHONE)):
            if column in row:
                setattr(instance, attribute, cell_text(row, column))

    def _problems(self, instance: Unit, row: ImportRow, line: int) -> Iterator[str]:
        """Yield each error of a line as a sentence that begins with the column."""
        for column in REQUIRED:
            if not cell_text(row, column):
                yield f"“{column}”列为空。"
        for column, longest in ((NAME, 120), (CONTACT, 50), (PHONE, 30)):
            if len(cell_text(row, column)) > longest:
                yield f"“{column}”列的值“{cell_text(row, column)[:20]}…”超过 {longest} 个字。"
        code, region_code, state = _code(row), cell_text(row, REGION), cell_text(row, STATE)
        if len(code) > credit_code.LENGTH:
            yield f"“{CODE}”列的值“{code}”超过 {credit_code.LENGTH} 位。"
        if code and self.first_lines.setdefault(code, line) != line:
            yield f"“{CODE}”列的值“{code}”与第 {self.first_lines[code]} 行重复。"
        if region_code and region_code not in self.regions:
            yield f"“{REGION}”列的值“{region_code}”不是已有的区划代码。"
        elif region_code and not self._may_write(self.regions[region_code]):
            yield f"“{REGION}”列的值“{region_code}”不在您管理的区域内。"
        if state and state not in STATES:
            yield f"“{STATE}”列的值“{state}”无效，应为{'、'.join(STATES)}之一。"
        if instance.pk and not self._may_write(instance.region):
            yield f"“{CODE}”列的值“{code}”属于“{instance.name}”（{instance.region}），不在您管理的区域内。"
        if instance.merged_into_id:
            yield f"“{CODE}”列的值“{code}”属于已被合并的单位“{instance.name}”，不能再更改。"

    def _may_write(self, region: Region) -> bool:
        return self.scope is None or any(is_within(region, area) for area in self.scope)

    def skip_row(self, instance: Unit, original: Unit, row: ImportRow, import_validation_errors: Any = None) -> bool:
        return not import_validation_errors and bool(instance.pk) and row["before"] == _cells(instance)

    def after_import_row(self, row: ImportRow, row_result: RowResult, **kwargs: Any) -> None:
        """Add each value of the line, and the one it replaces, for the preview."""
        before = row.pop("before")
        row_result.line = kwargs["row_number"] + 1
        row_result.flagged = credit_code.problem(_code(row))
        now = {column: cell_text(row, column) if column in row else before.get(column, "") for column in COLUMNS}
        now[CODE] = _code(row)
        now[STATE] = now[STATE] or before.get(STATE) or Unit.State.ACTIVE.label
        row_result.cells = [
            {"value": now[column], "was": before[column] if before and before[column] != now[column] else None}
            for column in COLUMNS
        ]

    def after_import(self, dataset: Dataset, result: Result, **kwargs: Any) -> None:
        if not kwargs["dry_run"]:
            revision.advance()

    # --- Export -------------------------------------------------------------------------------

    def filter_export(self, queryset: QuerySet[Unit], **kwargs: Any) -> QuerySet[Unit]:
        return queryset.select_related("region").order_by("region__tree_id", "region__lft", "name", "pk")

    def dehydrate_state(self, unit: Unit) -> str:
        return unit.get_state_display()

    def export_field(self, field: fields.Field, instance: Unit, **kwargs: Any) -> str:
        """Return the value; a text that begins like a formula gets an apostrophe, which an import removes again."""
        value = str(super().export_field(field, instance, **kwargs) or "")
        return f"'{value}" if value.startswith(FORMULA_PREFIXES) else value


def cell_text(row: Mapping[str, Any], column: str) -> str:
    """Return a cell as text; a spreadsheet gives a number for a text that looks like one."""
    value = row.get(column)
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = texts.normalise_line(str(value))
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_PREFIXES) else text


def _code(row: Mapping[str, Any]) -> str:
    return credit_code.normalise(cell_text(row, CODE))


def _cells(unit: Unit) -> dict[str, str]:
    """Return the columns of a unit as a file holds them."""
    return {
        NAME: unit.name,
        CODE: unit.credit_code or "",
        REGION: unit.region.code,
        STATE: unit.get_state_display(),
        CONTACT: unit.contact_name,
        PHONE: unit.contact_phone,
    }
