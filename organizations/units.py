"""Changes of units. Each one increments the revision, so that search indexes are rebuilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import ForeignObjectRel, ManyToOneRel, Model, QuerySet

from . import revision
from .models import Region, Unit

if TYPE_CHECKING:
    from accounts.models import User

UNAFFILIATED_NAME = "其他单位"


class UnitError(Exception):
    """A refused change of a unit; the message is a sentence for people."""


@transaction.atomic
def store(unit: Unit) -> Unit:
    """Insert or save one unit."""
    unit.save()
    revision.advance()
    return unit


@transaction.atomic
def add(unit: Unit, person: User) -> Unit:
    """Insert a unit that a person added; it is 待核实 until an administrator confirms it.

    Raise UnitError if the person has MAX_PENDING_UNITS, or if its credit code has just been added by somebody else.
    """
    if Unit.objects.filter(added_by=person, state=Unit.State.PENDING).count() >= settings.MAX_PENDING_UNITS:
        raise UnitError(f"您添加的单位中已有 {settings.MAX_PENDING_UNITS} 个待核实，请待管理员核实后再添加。")
    unit.state, unit.added_by = Unit.State.PENDING, person
    try:
        with transaction.atomic():
            return store(unit)
    except IntegrityError as error:
        raise UnitError("该统一社会信用代码刚刚被他人添加，请返回查询该单位。") from error


@transaction.atomic
def confirm(unit: Unit) -> None:
    """Set 待核实 to 正常. Pages call accounts.appointments.confirm_unit, which also appoints the first reviewer."""
    if not Unit.objects.filter(pk=unit.pk, state=Unit.State.PENDING).update(state=Unit.State.ACTIVE):
        raise UnitError(f"单位“{unit.name}”不是待核实状态，无需确认。")
    revision.advance()
    unit.refresh_from_db()


@transaction.atomic
def disable(unit: Unit) -> None:
    """Disable a unit for new submissions; registrations already submitted to it stay there."""
    if unit.is_unaffiliated:
        raise UnitError("“其他单位”不能停用。")
    if not Unit.objects.filter(pk=unit.pk).exclude(state=Unit.State.DISABLED).update(state=Unit.State.DISABLED):
        raise UnitError(f"单位“{unit.name}”已经停用。")
    revision.advance()
    unit.refresh_from_db()


@transaction.atomic
def restore(unit: Unit) -> None:
    """Set 停用 to 正常, for a unit that was disabled by mistake; a merged unit cannot be restored."""
    if not Unit.objects.filter(pk=unit.pk, state=Unit.State.DISABLED, merged_into=None).update(state=Unit.State.ACTIVE):
        raise UnitError(f"单位“{unit.name}”未停用或已被合并，不能恢复。")
    revision.advance()
    unit.refresh_from_db()


def count_references(unit: Unit) -> list[tuple[str, int]]:
    """Return what a merge would move, as (name of the model, number of rows), without empty ones."""
    counts = [
        (str(relation.related_model._meta.verbose_name), _referring(relation, unit).count())
        for relation in Unit._meta.related_objects
    ]
    return [(name, count) for name, count in counts if count]


def _relations() -> list[ManyToOneRel]:
    """Return all foreign keys to a unit, also hidden ones, which have no reverse accessor."""
    fields = Unit._meta.get_fields(include_hidden=True)
    return [field for field in fields if isinstance(field, ManyToOneRel) and field.one_to_many]


def _referring(relation: ForeignObjectRel, unit: Unit) -> QuerySet[Model]:
    return relation.related_model._base_manager.filter(**{relation.field.name: unit})


@transaction.atomic
def merge(unit: Unit, into: Unit) -> int:
    """Move all rows that refer to `unit` to `into` and disable it; return the number of moved rows.

    Recorded texts keep the old name. Raise UnitError for a unit and itself, or for a merged or disabled target.
    """
    if unit.pk == into.pk:
        raise UnitError("不能把单位合并到它自己。")
    # Locked in one order, so that of two administrators who merge crosswise only one succeeds.
    locked = {row.pk: row for row in Unit.objects.select_for_update().filter(pk__in=[unit.pk, into.pk]).order_by("pk")}
    unit, into = locked[unit.pk], locked[into.pk]
    if unit.is_unaffiliated or into.is_unaffiliated:
        raise UnitError("“其他单位”不能参与合并。")
    for row in (unit, into):
        if row.merged_into_id:
            raise UnitError(f"单位“{row.name}”已被合并，不能再次合并。")
    if into.state != Unit.State.ACTIVE:
        raise UnitError(f"只能合并到状态为“正常”的单位，“{into.name}”目前为“{into.get_state_display()}”。")
    moved = 0
    for relation in _relations():
        rows = _referring(relation, unit).update(**{relation.field.name: into})
        moved += 0 if relation.hidden else rows
    Unit.objects.filter(pk=unit.pk).update(merged_into=into, state=Unit.State.DISABLED)
    revision.advance()
    return moved


def unaffiliated(root: Region) -> Unit:
    """Return the one 其他单位, for people without an employer, and create it on first use."""
    unit = Unit.objects.filter(is_unaffiliated=True).first()
    return unit or store(Unit(name=UNAFFILIATED_NAME, is_unaffiliated=True, region=root, state=Unit.State.ACTIVE))
