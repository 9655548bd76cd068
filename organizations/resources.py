"""Units to and from Excel and CSV.

An import takes all lines or none. What is wrong is said with line, column and value; a credit code that fails its check
is no error: it is kept as it stands, flagged for the administrator, and listed in the preview.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from import_export import fields, resources
from import_export.formats import base_formats
from import_export.instance_loaders import BaseInstanceLoader

from config.web import texts

from . import credit_code, revision
from .models import Region, Unit
from .tree import is_within

NAME, CODE, REGION, STATE, CONTACT, PHONE = "单位名称", "统一社会信用代码", "区划代码", "状态", "联系人", "联系电话"
COLUMNS = (NAME, CODE, REGION, STATE, CONTACT, PHONE)
NEEDED = (NAME, CODE, REGION)
STATES = {label: value for value, label in Unit.State.choices}
AT_ONCE = 1000
# What a spreadsheet would take for a formula.
FORMULA_PREFIXES = ("=", "+", "-", "@", "\t", "\r")


class ChineseCSV(base_formats.CSV):
    """CSV as Chinese spreadsheet programs write it (UTF-8 or GB 18030) and read it (UTF-8 with a mark)."""

    def is_binary(self) -> bool:
        return True

    def get_read_mode(self) -> str:
        return "rb"

    def create_dataset(self, in_stream, **kwargs):
        try:
            text = in_stream.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = in_stream.decode("gb18030")
        return super().create_dataset(text, **kwargs)

    def export_data(self, dataset, **kwargs) -> bytes:
        return super().export_data(dataset, **kwargs).encode("utf-8-sig")


class UnitsByCode(BaseInstanceLoader):
    """All units that the file names, in a query for each thousand lines instead of one for each."""

    def __init__(self, resource, dataset=None) -> None:
        super().__init__(resource, dataset)
        codes = [code for code in map(_code, dataset.dict) if code]
        self.units = {}
        for start in range(0, len(codes), AT_ONCE):
            rows = Unit.objects.select_related("region").filter(credit_code__in=codes[start : start + AT_ONCE])
            self.units.update({unit.credit_code: unit for unit in rows})

    def get_instance(self, row) -> Unit | None:
        return self.units.get(_code(row))


class UnitResource(resources.ModelResource):
    """Columns 单位名称 to 联系电话; a unit whose code exists is updated, others are new."""

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
        batch_size = AT_ONCE
        skip_diff = True
        report_skipped = True

    def __init__(self, scope: list[Region] | None = None, **kwargs) -> None:
        """`scope`: the regions whose subtrees this administrator may write; None for all."""
        super().__init__(**kwargs)
        self.scope = scope

    # --- Import -------------------------------------------------------------------------------

    def before_import(self, dataset, **kwargs) -> None:
        headers = [str(header or "").strip() for header in dataset.headers or []]
        missing = [column for column in NEEDED if column not in headers]
        if missing:
            del dataset[:]
            raise ValidationError(f"文件缺少列：{'、'.join(missing)}。第一行应为列名：{'、'.join(COLUMNS)}。")
        dataset.headers = headers
        while len(dataset) and not any(dataset[-1]):  # a spreadsheet's formatted but empty last lines
            del dataset[-1]
        self.regions = {region.code: region for region in Region.objects.all()}
        self.first_lines: dict[str, int] = {}

    def import_instance(self, instance: Unit, row, **kwargs) -> None:
        line = kwargs["row_number"] + 1  # the first line holds the column names
        problems = list(self._problems(instance, row, line))
        if problems:
            raise ValidationError([f"第 {line} 行{problem}" for problem in problems])
        row["before"] = _shown(instance) if instance.pk else {}
        instance.name, instance.credit_code = cell_text(row, NAME), _code(row)
        instance.credit_code_flagged = bool(credit_code.problem(instance.credit_code))
        instance.region = self.regions[cell_text(row, REGION)]
        if cell_text(row, STATE) or not instance.pk:
            instance.state = STATES[cell_text(row, STATE) or Unit.State.ACTIVE.label]
        for attribute, column in (("contact_name", CONTACT), ("contact_phone", PHONE)):
            if column in row:
                setattr(instance, attribute, cell_text(row, column))

    def _problems(self, instance: Unit, row, line: int) -> Iterator[str]:
        """Each thing that is wrong with a line, from the column's name on."""
        for column in NEEDED:
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

    def skip_row(self, instance: Unit, original, row, import_validation_errors=None) -> bool:
        return not import_validation_errors and bool(instance.pk) and row["before"] == _shown(instance)

    def after_import_row(self, row, row_result, **kwargs) -> None:
        """What the preview shows of a line: each value, and what it replaces."""
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

    def after_import(self, dataset, result, **kwargs) -> None:
        if not kwargs["dry_run"]:
            revision.advance()

    # --- Export -------------------------------------------------------------------------------

    def filter_export(self, queryset, **kwargs):
        return queryset.select_related("region").order_by("region__tree_id", "region__lft", "name", "pk")

    def dehydrate_state(self, unit: Unit) -> str:
        return unit.get_state_display()

    def export_field(self, field, instance, **kwargs) -> str:
        """A text that begins like a formula gets an apostrophe, which an import takes off again."""
        value = str(super().export_field(field, instance, **kwargs) or "")
        return f"'{value}" if value.startswith(FORMULA_PREFIXES) else value


def cell_text(row, column: str) -> str:
    """A cell as text: a spreadsheet gives numbers for what looks like one."""
    value = row.get(column)
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = texts.normalise_line(str(value))
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_PREFIXES) else text


def _code(row) -> str:
    return credit_code.normalise(cell_text(row, CODE))


def _shown(unit: Unit) -> dict[str, str]:
    return {
        NAME: unit.name,
        CODE: unit.credit_code or "",
        REGION: unit.region.code,
        STATE: unit.get_state_display(),
        CONTACT: unit.contact_name,
        PHONE: unit.contact_phone,
    }
