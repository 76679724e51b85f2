"""Counters per hour, without anybody in them."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from bedboard.store.database import Transaction


class Mark(NamedTuple):
    """One more of something; `unit` and `kind` "" where not said."""

    what: str
    unit: str
    kind: str
    code: str


COUNT = text("""
    insert into tally (hour, what, unit_code, kind_code, code, count) values (:hour, :what, :unit, :kind, :code, 1)
    on conflict (hour, what, unit_code, kind_code, code) do update set count = tally.count + 1
""")


async def count_marks(tx: Transaction, hour: datetime, marks: Iterable[Mark]) -> None:
    """One more of each; in one order everywhere, so that two who count never wait for each other in a circle."""
    rows = [{"hour": hour} | mark._asdict() for mark in sorted(marks)]
    if rows:
        await (await tx.connection()).execute(COUNT, rows)
