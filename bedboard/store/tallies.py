"""Counters per month and hour of the day, without anybody in them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from bedboard.store.database import Transaction


class Tally(NamedTuple):
    """One event to count; `unit` and `kind` are "" where they were not said."""

    what: str
    unit: str
    kind: str
    code: str


COUNT = text("""
    insert into tally_waiting (month, hour, what, unit_code, kind_code, code)
    values (:month, :hour, :what, :unit, :kind, :code)
""")


async def count_tallies(tx: Transaction, at: datetime, tallies: Iterable[Tally]) -> None:
    """Count each of these in the month and hour of `at`, a local moment."""
    await count_tallies_at(tx, [(at, mark) for mark in tallies])


async def count_tallies_at(tx: Transaction, tallies: Iterable[tuple[datetime, Tally]]) -> None:
    """Count each of these in the month and hour of its own local moment: it waits to be added with those of other cases."""
    rows = [{"month": at.date().replace(day=1), "hour": at.hour} | mark._asdict() for at, mark in tallies]
    if rows:
        await (await tx.connection()).execute(COUNT, rows)


async def add_waiting_tallies(tx: Transaction) -> None:
    """Add all counts that wait to the tallies, and remove the file in which they waited. A function of the owner does it.

    Refusal: Busy while another transaction counts; try again later.
    """
    await (await tx.connection()).execute(text("select add_waiting_tallies()"))
