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

# Every row of these months is written again, shuffled, so that all have one transaction: none shows with which others it
# last changed.
ADD = text("""
    with before as (
        delete from tally where month in (select month from tally_waiting)
        returning month, hour, what, unit_code, kind_code, code, count
    )
    insert into tally (month, hour, what, unit_code, kind_code, code, count)
    select month, hour, what, unit_code, kind_code, code, sum(count) from (
        select month, hour, what, unit_code, kind_code, code, count from before
        union all select month, hour, what, unit_code, kind_code, code, 1 from tally_waiting
    ) every
    group by month, hour, what, unit_code, kind_code, code order by random()
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
    """Add all counts that wait to the tallies, and remove the file in which they waited.

    Refusal: Busy while another transaction counts; try again later.
    """
    connection = await tx.connection()
    await connection.execute(text("lock table tally_waiting in access exclusive mode nowait"))
    await connection.execute(ADD)
    await connection.execute(text("truncate tally_waiting"))
