"""The cases for which time alone has something to do; all without a lock: look at each again under its own."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import any_, or_
from sqlmodel import col, select

from bedboard.store.database import Transaction
from bedboard.store.tables.board import Place
from bedboard.store.tables.cases import Ask, CaseRecord


async def list_silent(tx: Transaction, asked_until: Sequence[datetime]) -> list[str]:
    """Return the cases with a shelter that is silent and whose next step of silence has come and was not told yet.

    `asked_until`: by step, the moment until which the shelter must have been asked. Read without a lock: check each case
    again under its lock.
    """
    due = or_(*((col(Ask.step) < step) & (col(Ask.asked_at) <= until) for step, until in enumerate(asked_until, start=1)))
    found = await tx.exec(
        select(Ask.case_id)
        .join(CaseRecord, col(CaseRecord.id) == col(Ask.case_id))
        .where(col(Ask.answer).is_(None), col(Ask.settled).is_(None), col(CaseRecord.over_at).is_(None), due)
        .distinct()
    )
    return sorted(found.all())


class LateRow(NamedTuple):
    """A case whose agreed hour has passed; `reminded_at` None: that was never told."""

    id: str
    arrives_at: datetime
    reminded_at: datetime | None


async def list_late(tx: Transaction, states: Collection[str], now: datetime) -> list[LateRow]:
    """Return the cases in these states whose agreed hour has passed. Without a lock, as in `list_silent`."""
    found = await tx.exec(
        select(CaseRecord.id, CaseRecord.arrives_at, CaseRecord.reminded_at)
        .where(col(CaseRecord.state).in_(states), col(CaseRecord.arrives_at) <= now)
        .order_by(CaseRecord.id)
    )
    return [LateRow(*row) for row in found]


async def list_waiting_for_desk(tx: Transaction, kinds: Collection[str]) -> list[str]:
    """Return the cases in which a place of one of these kinds was chosen for the desk. Without a lock, as in `list_silent`."""
    found = await tx.exec(
        select(CaseRecord.id)
        .join(Ask, col(Ask.case_id) == col(CaseRecord.id))
        .join(Place, or_(col(Place.id) == col(Ask.place_id), col(Place.id) == any_(col(Ask.more_place_ids))))
        .where(CaseRecord.state == "chosen", Ask.settled == "chosen", col(Place.kind_code).in_(kinds))
    )
    return sorted(set(found.all()))


async def list_begun_before(tx: Transaction, moment: datetime, forgotten: datetime) -> list[str]:
    """Return the cases that began by `moment` and are not over, and the withdrawn ones that began by `forgotten`.

    For a withdrawn case nobody has said yet where the person slept.
    """
    found = await tx.exec(
        select(CaseRecord.id).where(
            or_(
                col(CaseRecord.over_at).is_(None) & (col(CaseRecord.created_at) <= moment),
                (col(CaseRecord.state) == "withdrawn") & (col(CaseRecord.created_at) <= forgotten),
            )
        )
    )
    return sorted(found.all())
