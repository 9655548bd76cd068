"""manage.py rewrite_id_numbers: encrypt and digest every ID number anew after FIELD_KEYS or DIGEST_KEY changed."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import transaction
from django.db.models import Model

from accounts.crypto import DerivedField, EncryptedTextField
from config.commands import progress_bar
from config.constants import REWRITE_BATCH_SIZE

COLUMN = "id_number"


class Command(BaseCommand):
    help = "Encrypt every ID number with the first key of FIELD_KEYS and compute its digest anew."

    def handle(self, *args: Any, **options: Any) -> None:
        for model in models_with_numbers():
            last, total = 0, model._default_manager.count()
            with progress_bar(f"{model._meta.verbose_name}的证件号码", total) as bar:
                while rows := self._rewrite(model, last):
                    last = rows[-1].pk
                    bar.update(len(rows))

    @transaction.atomic
    def _rewrite(self, model: type[Model], after: int) -> list[Model]:
        """Rewrite and return the next batch by primary key; the lock keeps concurrent changes from being lost."""
        rows = list(model._default_manager.select_for_update().filter(pk__gt=after).order_by("pk")[:REWRITE_BATCH_SIZE])
        derived = [field for field in model._meta.fields if isinstance(field, DerivedField)]
        for row in rows:
            for field in derived:
                field.pre_save(row, add=False)
        model._default_manager.bulk_update(rows, [COLUMN, *(field.name for field in derived)])
        return rows


def models_with_numbers() -> list[type[Model]]:
    """Return the models with an encrypted ID number, of every app."""
    return [
        model
        for model in apps.get_models()
        if any(isinstance(field, EncryptedTextField) and field.name == COLUMN for field in model._meta.fields)
    ]
