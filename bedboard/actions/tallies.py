"""Counting what was not found."""

from collections.abc import Iterable
from datetime import datetime

from bedboard.store.database import Transaction
from bedboard.store.tallies import Mark, count_marks


async def count_nothing_found(
    tx: Transaction, slept: str, unit: str | None, excluded_by: Iterable[str], kinds: Iterable[str], at: datetime
) -> None:
    """One search that ended without a place: where the person slept, which reasons excluded free places, and of which kinds
    there are places that would have suited. `unit`: from where was sought; None: not said. `at`: the local time.

    Reasons and kinds are counted for the whole country: with the unit, those of one search in a quiet place would say
    together for whom it was.
    """
    marks = [Mark("slept", unit or "", "", slept)]
    marks += [Mark("excluded_by", "", "", reason) for reason in excluded_by]
    marks += [Mark("kind_sought", "", kind, "") for kind in kinds]
    await count_marks(tx, at, marks)
