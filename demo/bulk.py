"""Insert many rows at once: COPY on PostgreSQL, `executemany` elsewhere.

Rows carry their primary keys and are not read back, which is five times as fast as `bulk_create`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.db.models import BooleanField, CharField, Field, ForeignKey, IntegerField, Max, Model

# Fields whose Python value both databases accept unchanged.
UNCONVERTED_FIELDS = (IntegerField, BooleanField, CharField, ForeignKey)


def assign_keys(rows: Sequence[Model]) -> None:
    """Number new rows of one model."""
    for key, row in enumerate(rows, next_key(type(rows[0])) if rows else 1):
        row.pk = key


def next_key(model: type[Model]) -> int:
    """Return a key above all keys in use."""
    return (model._base_manager.aggregate(last=Max("pk"))["last"] or 0) + 1


def insert(rows: Sequence[Model]) -> None:
    """Insert rows of one model."""
    if not rows:
        return
    table = connection.ops.quote_name(rows[0]._meta.db_table)
    fields = rows[0]._meta.local_concrete_fields
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    columns = [_column(field, rows) for field in fields]
    values = zip(*columns, strict=True)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
        else:
            placeholders = ", ".join(["%s"] * len(fields))
            # The names come from the model.
            statement = f"INSERT INTO {table} ({names}) VALUES ({placeholders})"  # noqa: S608
            cursor.executemany(statement, list(values))


def _column(field: Field, rows: Sequence[Model]) -> list:
    """Return the values of one column as the database takes them."""
    if type(field).pre_save is Field.pre_save:
        values = [getattr(row, field.attname) for row in rows]
    else:
        values = [field.pre_save(row, add=True) for row in rows]
    if isinstance(field, UNCONVERTED_FIELDS):
        return values
    convert = _memoised(lambda value: field.get_db_prep_save(value, connection))
    return [convert(value) for value in values]


def _memoised(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the function with a cache: many values of a column repeat."""
    known: dict[Any, Any] = {}

    def memoised(value: Any) -> Any:
        if value not in known:
            known[value] = convert(value)
        return known[value]

    return memoised


def reset_sequences(*models: type[Model]) -> None:
    """Let the database assign keys above those assigned here."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)


def analyze() -> None:
    """Update PostgreSQL's statistics, as its autovacuum does later: until then its query plans are guesses."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
