"""OpenCases, what each shelter says to one, and the time line of a case."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, insert, or_, text
from sqlmodel import col, select

from bedboard.rules.access import Actor
from bedboard.rules.cases import ENDS
from bedboard.store.database import Transaction
from bedboard.store.tables.board import ClaimRecord
from bedboard.store.tables.cases import Ask, CaseEvent, CaseRecord
from bedboard.store.tables.people import Person

ENDED = tuple(sorted(ENDS))


async def lock_case_record(tx: Transaction, case_id: str) -> CaseRecord | None:
    """The request with its row locked until the end of the transaction, read afresh; None when there is none.

    After the lock of an organization, before that of any shelter.
    """
    locking = select(CaseRecord).where(CaseRecord.id == case_id).with_for_update(key_share=True)
    found = await tx.exec(locking.execution_options(populate_existing=True))
    return found.one_or_none()


async def get_case(tx: Transaction, case_id: str) -> CaseRecord | None:
    found = await tx.exec(select(CaseRecord).where(CaseRecord.id == case_id).execution_options(populate_existing=True))
    return found.one_or_none()


async def list_asks(tx: Transaction, case_id: str) -> Sequence[Ask]:
    """Every shelter's part, read afresh, the first that was asked first."""
    return (await list_asks_of_all(tx, [case_id])).get(case_id, [])


async def list_asks_of_all(tx: Transaction, case_ids: Collection[str]) -> dict[str, list[Ask]]:
    """By request; a request without any is left out."""
    found = await tx.exec(
        select(Ask)
        .where(col(Ask.case_id).in_(case_ids))
        .order_by(col(Ask.asked_at), col(Ask.shelter_id))
        .execution_options(populate_existing=True)
    )
    asks: dict[str, list[Ask]] = {}
    for ask in found:
        asks.setdefault(ask.case_id, []).append(ask)
    return asks


async def get_ask(tx: Transaction, case_id: str, shelter_id: str) -> Ask | None:
    """Read afresh; who wants to change it holds the request's lock."""
    found = await tx.exec(
        select(Ask).where(Ask.case_id == case_id, Ask.shelter_id == shelter_id).execution_options(populate_existing=True)
    )
    return found.one_or_none()


async def list_claims_of(tx: Transaction, case_id: str) -> dict[str, ClaimRecord]:
    """The reservations for a request that nobody has ended, by id, read afresh. The caller holds the request's lock: nobody
    else makes one, or ends one within its hour. Past its hour, whoever takes the place ends it, under the shelter's lock."""
    found = await tx.exec(
        select(ClaimRecord)
        .where(ClaimRecord.case_id == case_id, col(ClaimRecord.ended_at).is_(None))
        .execution_options(populate_existing=True)
    )
    return {claim.id: claim for claim in found}


async def list_claims_of_all(tx: Transaction, case_ids: Collection[str]) -> dict[str, ClaimRecord]:
    """As `list_claims_of`, of all these requests, without a lock: as they are at this moment."""
    found = await tx.exec(
        select(ClaimRecord).where(col(ClaimRecord.case_id).in_(case_ids), col(ClaimRecord.ended_at).is_(None))
    )
    return {claim.id: claim for claim in found}


async def list_cases_of(tx: Transaction, organization_id: str, role: str, since: datetime) -> Sequence[CaseRecord]:
    """Those of one organization in one role that somebody still has to see to, and those that ended after `since`; the newest
    first."""
    found = await tx.exec(
        select(CaseRecord)
        .where(
            CaseRecord.organization_id == organization_id,
            CaseRecord.role == role,
            or_(col(CaseRecord.state).not_in(ENDED), col(CaseRecord.over_at) > since),
        )
        .order_by(col(CaseRecord.created_at).desc(), col(CaseRecord.id))
    )
    return found.all()


async def list_open_cases(tx: Transaction) -> Sequence[CaseRecord]:
    """Everybody's that still look for a place or wait for a decision, the oldest first: for the desk."""
    found = await tx.exec(
        select(CaseRecord).where(col(CaseRecord.over_at).is_(None)).order_by(col(CaseRecord.created_at), col(CaseRecord.id))
    )
    return found.all()


async def list_over_cases(tx: Transaction, since: datetime) -> Sequence[CaseRecord]:
    """Everybody's that were over after `since`, the newest first: for the desk, to which a shelter telephones about one."""
    found = await tx.exec(
        select(CaseRecord).where(col(CaseRecord.over_at) > since).order_by(col(CaseRecord.over_at).desc(), col(CaseRecord.id))
    )
    return found.all()


class AskedRow(NamedTuple):
    """A request as one shelter is asked it."""

    request: CaseRecord
    ask: Ask


async def list_asked(tx: Transaction, shelter_id: str, since: datetime) -> list[AskedRow]:
    """What a shelter was asked and is not over, and what was settled or over after `since`; the newest first."""
    found = await tx.exec(
        select(CaseRecord, Ask)
        .join(Ask, col(Ask.case_id) == col(CaseRecord.id))
        .where(
            Ask.shelter_id == shelter_id,
            or_(
                col(Ask.settled).is_(None),
                (col(Ask.settled) == "chosen") & (col(CaseRecord.over_at).is_(None) | (col(CaseRecord.over_at) > since)),
                col(Ask.settled_at) > since,
            ),
        )
        .order_by(col(Ask.asked_at).desc(), col(CaseRecord.id))
        .execution_options(populate_existing=True)
    )
    return [AskedRow(request, ask) for request, ask in found]


async def list_unanswered(tx: Transaction, shelter_ids: Collection[str]) -> dict[str, list[str]]:
    """By shelter the ids of the requests to which it has still to say something, the first that was asked first; a shelter
    without any is left out."""
    found = await tx.exec(
        select(Ask.shelter_id, Ask.case_id)
        .where(col(Ask.shelter_id).in_(shelter_ids), col(Ask.answer).is_(None), col(Ask.settled).is_(None))
        .order_by(col(Ask.asked_at), col(Ask.case_id))
    )
    waiting: dict[str, list[str]] = {}
    for shelter_id, case_id in found:
        waiting.setdefault(shelter_id, []).append(case_id)
    return waiting


async def count_open_cases(tx: Transaction, actor: Actor) -> int:
    """The actor's own that still look for a place; the caller holds the lock of the actor's organization."""
    own = CaseRecord.person_id == actor.id if actor.kind == "person" else CaseRecord.client_id == actor.id
    return (await tx.exec(select(func.count()).select_from(CaseRecord).where(own, col(CaseRecord.over_at).is_(None)))).one()


async def get_begun_at(tx: Transaction, actor: Actor, number: int) -> datetime | None:
    """When the actor began so many requests ago (1: the last one); None when there are fewer. The caller holds the lock of the
    actor's organization."""
    own = CaseRecord.person_id == actor.id if actor.kind == "person" else CaseRecord.client_id == actor.id
    begun = select(CaseRecord.created_at).where(own).order_by(col(CaseRecord.created_at).desc()).offset(number - 1).limit(1)
    return (await tx.exec(begun)).first()


async def write_case_event(
    tx: Transaction, actor: Actor, case_id: str, what: str, now: datetime, shelter_ids: Sequence[str | None] = (None,)
) -> None:
    """One line of the time line for each of these shelters; None: it is about no single one."""
    common = {"at": now, "case_id": case_id, "what": what, "actor_kind": actor.kind, "actor_id": actor.id}
    rows = [common | {"role": actor.role, "shelter_id": shelter_id} for shelter_id in shelter_ids]
    await (await tx.connection()).execute(insert(CaseEvent), rows)


async def list_case_events(tx: Transaction, case_id: str) -> Sequence[CaseEvent]:
    """In the order in which they happened."""
    found = await tx.exec(select(CaseEvent).where(CaseEvent.case_id == case_id).order_by(col(CaseEvent.id)))
    return found.all()


HAS_ASKED = text("""
    select r.id from case_record r join ask a on a.case_id = r.id
    where r.organization_id = :organization_id and r.role = :role and r.over_at is null and a.shelter_id = :shelter_id
      and (a.settled is null or a.settled = 'chosen')
    order by r.created_at limit 1
""")


async def get_case_id_to(tx: Transaction, actor: Actor, shelter_id: str) -> str | None:
    """A request of the actor's organization and role to which this shelter belongs at this moment; None when there is none."""
    chosen = {"organization_id": actor.organization_id, "role": actor.role, "shelter_id": shelter_id}
    case_id: str | None = (await (await tx.connection()).execute(HAS_ASKED, chosen)).scalar_one_or_none()
    return case_id


class PartiesRow(NamedTuple):
    """Whom a request concerns, as a process keeps it in memory; nothing of what is asked."""

    id: str
    state: str
    organization_id: str
    role: str
    shelter_ids: frozenset[str]
    version: int


PARTIES = text("""
    select r.id, r.state, r.version, r.organization_id, r.role, array_agg(a.shelter_id) as shelter_ids
    from case_record r join ask a on a.case_id = r.id
    where :every and r.state not in ('arrived', 'ended') or r.id = any(:ids)
    group by r.id
""")


async def list_parties(tx: Transaction, ids: Collection[str] | None = None) -> list[PartiesRow]:
    """Of these requests (unknown ones are left out), or for None of all with which somebody has still something to do."""
    rows = await (await tx.connection()).execute(PARTIES, {"every": ids is None, "ids": list(ids or ())})
    return [
        PartiesRow(row.id, row.state, row.organization_id, row.role, frozenset(row.shelter_ids), row.version) for row in rows
    ]


async def list_silent(tx: Transaction, asked_until: Sequence[datetime]) -> list[str]:
    """OpenCases of which a shelter that was asked by the n-th of these moments is silent, and whose n-th step nobody has been
    told. Without a lock: to be looked at again under that of each request."""
    due = or_(*((col(Ask.step) < step) & (col(Ask.asked_at) <= until) for step, until in enumerate(asked_until, start=1)))
    found = await tx.exec(
        select(Ask.case_id)
        .join(CaseRecord, col(CaseRecord.id) == col(Ask.case_id))
        .where(col(Ask.answer).is_(None), col(Ask.settled).is_(None), col(CaseRecord.over_at).is_(None), due)
        .distinct()
    )
    return sorted(found.all())


async def list_late(tx: Transaction, states: Collection[str], now: datetime) -> list[str]:
    """OpenCases in these states whose agreed hour has passed without anybody being told. Without a lock, as `list_silent`."""
    found = await tx.exec(
        select(CaseRecord.id).where(
            col(CaseRecord.state).in_(states), col(CaseRecord.arrives_at) <= now, col(CaseRecord.reminded_at).is_(None)
        )
    )
    return sorted(found.all())


async def list_begun_before(tx: Transaction, moment: datetime, forgotten: datetime) -> list[str]:
    """Those that are not over and began at this moment or before it, and those that were given up, began at the other one or
    before it, and of which nobody has said where the person slept."""
    found = await tx.exec(
        select(CaseRecord.id).where(
            or_(
                col(CaseRecord.over_at).is_(None) & (col(CaseRecord.created_at) <= moment),
                (col(CaseRecord.state) == "withdrawn") & (col(CaseRecord.created_at) <= forgotten),
            )
        )
    )
    return sorted(found.all())


async def get_asker(tx: Transaction, case_id: str) -> str | None:
    """Id of the person who asked; None when that was a program, or somebody who has left."""
    found = await tx.exec(
        select(Person.id)
        .join(CaseRecord, col(CaseRecord.person_id) == col(Person.id))
        .where(CaseRecord.id == case_id, col(Person.ended_at).is_(None))
    )
    return found.one_or_none()
