"""The cases for which time alone has something to do; all without a lock: look at each again under its own."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import any_, func, or_
from sqlmodel import col, select

from bedboard.rules.lapses import BEGUN_AGAIN
from bedboard.store.database import Transaction
from bedboard.store.tables.board import Place
from bedboard.store.tables.cases import Ask, CaseEvent, CaseRecord


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


async def list_left_alone(tx: Transaction, moment: datetime, forgotten: datetime) -> list[str]:
    """Return the cases of which nothing has begun, begun again or been agreed for after `moment`, and that are not over.

    Besides, return the withdrawn ones that began by `forgotten` and were withdrawn by `moment`: nobody has said yet where
    the person slept. Without a lock, as in `list_silent`.
    """
    again = (
        select(CaseEvent.id)
        .where(CaseEvent.case_id == CaseRecord.id, col(CaseEvent.at) > moment, col(CaseEvent.what).in_(BEGUN_AGAIN))
        .exists()
    )
    begun = func.greatest(col(CaseRecord.created_at), col(CaseRecord.arrives_at))  # without an arrival: the former
    found = await tx.exec(
        select(CaseRecord.id).where(
            or_(
                col(CaseRecord.over_at).is_(None) & (begun <= moment) & ~again,
                (col(CaseRecord.state) == "withdrawn")
                & (col(CaseRecord.created_at) <= forgotten)
                & (col(CaseRecord.over_at) <= moment),
            )
        )
    )
    return sorted(found.all())


async def get_begun_again_at(tx: Transaction, case_id: str) -> datetime | None:
    """Return when one of the events `BEGUN_AGAIN` happened last to a case; None: none did."""
    last = select(func.max(col(CaseEvent.at))).where(CaseEvent.case_id == case_id, col(CaseEvent.what).in_(BEGUN_AGAIN))
    return (await tx.exec(last)).one()
