"""Tallies of searches that ended without a place."""

from collections.abc import Iterable
from datetime import datetime

from bedboard.store.database import Transaction
from bedboard.store.tallies import Tally, count_tallies


async def count_nothing_found(
    tx: Transaction, slept: str, unit: str | None, excluded_by: Iterable[str], kinds: Iterable[str], at: datetime
) -> None:
    """Count a search without a place: where the person sleeps, why free places did not fit, and which kinds would.

    `slept`: where the person slept instead. `unit`: the police unit of the search; None: not said. `at`: the local time.
    Reasons and kinds are counted for the whole country: with the unit, those of one search in a quiet place would
    together describe a person.
    """
    tallies = [Tally("slept", unit or "", "", slept)]
    tallies += [Tally("excluded_by", "", "", reason) for reason in excluded_by]
    tallies += [Tally("kind_sought", "", kind, "") for kind in kinds]
    await count_tallies(tx, at, tallies)
