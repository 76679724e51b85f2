"""Counting what was not found."""

from collections.abc import Iterable
from datetime import datetime

from bedboard.store.database import Transaction
from bedboard.store.tallies import Tally, count_tallies


async def count_nothing_found(
    tx: Transaction, slept: str, unit: str | None, excluded_by: Iterable[str], kinds: Iterable[str], at: datetime
) -> None:
    """One search that ended without a place: where the person slept, which reasons excluded free places, and of which kinds
    there are places that would have suited. `unit`: from where was sought; None: not said. `at`: the local time.

    Reasons and kinds are counted for the whole country: with the unit, those of one search in a quiet place would say
    together for whom it was.
    """
    tallies = [Tally("slept", unit or "", "", slept)]
    tallies += [Tally("excluded_by", "", "", reason) for reason in excluded_by]
    tallies += [Tally("kind_sought", "", kind, "") for kind in kinds]
    await count_tallies(tx, at, tallies)
