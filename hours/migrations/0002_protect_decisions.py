"""A decision row is never changed or deleted: the database itself refuses both.

SQLite drops a table's triggers when it rebuilds the table: a later migration that changes Decision ends with these
statements again (a test asks both databases). An emptied test database is the only exception, see tests/conftest.py;
PostgreSQL's TRUNCATE, which needs the owner's rights, does not ask row triggers.
"""

from django.db import migrations

REFUSAL = "a decision row is never changed or deleted"
TRIGGERS = {"decision_never_changed": "UPDATE", "decision_never_deleted": "DELETE"}

SQLITE = {
    name: f"CREATE TRIGGER {name} BEFORE {event} ON hours_decision BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    for name, event in TRIGGERS.items()
}
POSTGRESQL_FUNCTION = f"""
    CREATE FUNCTION decision_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
POSTGRESQL = [
    POSTGRESQL_FUNCTION,
    *(
        f"CREATE TRIGGER {name} BEFORE {event} ON hours_decision FOR EACH ROW EXECUTE FUNCTION decision_refuse()"
        for name, event in TRIGGERS.items()
    ),
]


def protect(apps, schema_editor):
    statements = {"sqlite": SQLITE.values(), "postgresql": POSTGRESQL}[schema_editor.connection.vendor]
    for statement in statements:
        schema_editor.execute(statement)


def release(apps, schema_editor):
    on_table = " ON hours_decision" if schema_editor.connection.vendor == "postgresql" else ""
    for name in TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER {name}{on_table}")
    if on_table:
        schema_editor.execute("DROP FUNCTION decision_refuse()")


class Migration(migrations.Migration):
    dependencies = [("hours", "0001_initial")]

    operations = [migrations.RunPython(protect, release)]
