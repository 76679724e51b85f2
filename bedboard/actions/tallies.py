"""Counting what was not found."""

from collections.abc import Iterable
from datetime import datetime

from bedboard.store.database import Transaction
from bedboard.store.tallies import Mark, count_marks


async def count_nothing_found(
    tx: Transaction, slept: str, unit: str | None, excluded_by: Iterable[str], kinds: Iterable[str], now: datetime
) -> None:
    """One search that ended without a place: where the person slept, which reasons excluded free places, and of which kinds
    there are places that would have suited. `unit`: from where was sought; None: not said."""
    near = unit or ""
    marks = [Mark("slept", near, "", slept)]
    marks += [Mark("excluded_by", near, "", reason) for reason in excluded_by]
    marks += [Mark("kind_sought", near, kind, "") for kind in kinds]
    await count_marks(tx, now.replace(minute=0, second=0, microsecond=0), marks)
