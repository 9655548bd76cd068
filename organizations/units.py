"""CHANGE: units. Every write goes through here, so that the search index hears of it."""

from __future__ import annotations

from django.db import transaction

from . import revision
from .models import Region, Unit

UNAFFILIATED_NAME = "其他单位"


class UnitError(Exception):
    """A change of a unit that is not possible; the text is a sentence for people."""


@transaction.atomic
def store(unit: Unit) -> Unit:
    """Insert or save one unit."""
    unit.save()
    revision.advance()
    return unit


@transaction.atomic
def confirm(unit: Unit) -> None:
    """待核实 -> 正常. The way for people is accounts.appointments.confirm_unit, which also appoints its first reviewer."""
    if not Unit.objects.filter(pk=unit.pk, state=Unit.State.PENDING).update(state=Unit.State.ACTIVE):
        raise UnitError(f"单位“{unit.name}”不是待核实状态，无需确认。")
    revision.advance()
    unit.refresh_from_db()


@transaction.atomic
def disable(unit: Unit) -> None:
    """Nobody can submit to it any more; entries already sent to it stay with it."""
    if unit.is_unaffiliated:
        raise UnitError("“其他单位”不能停用。")
    if not Unit.objects.filter(pk=unit.pk).exclude(state=Unit.State.DISABLED).update(state=Unit.State.DISABLED):
        raise UnitError(f"单位“{unit.name}”已经停用。")
    revision.advance()
    unit.refresh_from_db()


@transaction.atomic
def merge(unit: Unit, into: Unit) -> int:
    """Give everything that belongs to `unit` to `into` and disable it; return the number of rows that moved.

    Texts that recorded the unit's name stay as they were. UnitError for a unit and itself, or one that is gone.
    """
    if unit.pk == into.pk:
        raise UnitError("不能把单位合并到它自己。")
    # Locked in one order, so that two administrators who merge crosswise cannot both win.
    locked = {row.pk: row for row in Unit.objects.select_for_update().filter(pk__in=[unit.pk, into.pk]).order_by("pk")}
    unit, into = locked[unit.pk], locked[into.pk]
    if unit.is_unaffiliated or into.is_unaffiliated:
        raise UnitError("“其他单位”不能参与合并。")
    for row in (unit, into):
        if row.merged_into_id:
            raise UnitError(f"单位“{row.name}”已被合并，不能再次合并。")
    if into.state != Unit.State.ACTIVE:
        raise UnitError(f"只能合并到状态为“正常”的单位，“{into.name}”目前为“{into.get_state_display()}”。")
    moved = sum(
        relation.related_model._base_manager.filter(**{relation.field.name: unit}).update(**{relation.field.name: into})
        for relation in Unit._meta.related_objects
    )
    Unit.objects.filter(pk=unit.pk).update(merged_into=into, state=Unit.State.DISABLED)
    revision.advance()
    return moved


def unaffiliated(root: Region) -> Unit:
    """The one 其他单位, for people without an employer; made on first use."""
    unit = Unit.objects.filter(is_unaffiliated=True).first()
    return unit or store(Unit(name=UNAFFILIATED_NAME, is_unaffiliated=True, region=root, state=Unit.State.ACTIVE))
