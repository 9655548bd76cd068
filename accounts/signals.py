"""Signals to the apps above. `people_added` is the only one: docs/decisions.md tells why."""

from django.dispatch import Signal

# Sent with `people` in the transaction that adds them or changes their ID numbers.
people_added = Signal()
