"""manage.py rewrite_id_numbers: encrypt and digest every ID number anew after FIELD_KEYS or DIGEST_KEY changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.models import User, identity_digest
from config.commands import progress_bar
from config.constants import REWRITE_BATCH_SIZE


class Command(BaseCommand):
    help = "Encrypt every ID number with the first key of FIELD_KEYS and compute its digest anew."

    def handle(self, *args: Any, **options: Any) -> None:
        last, total = 0, User.objects.count()
        with progress_bar("证件号码", total) as bar:
            while people := self._rewrite(last):
                last = people[-1].pk
                bar.update(len(people))

    @transaction.atomic
    def _rewrite(self, after: int) -> list[User]:
        """Rewrite and return the next batch by primary key; the lock keeps concurrent changes from being lost."""
        people = list(User.objects.select_for_update().filter(pk__gt=after).order_by("pk")[:REWRITE_BATCH_SIZE])
        for person in people:
            person.id_digest = identity_digest(person.id_number)
        User.objects.bulk_update(people, ["id_number", "id_digest"])
        return people
