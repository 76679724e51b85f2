"""Cases, each shelter's part in one, and its time line."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, or_, text
from sqlmodel import col, select

from bedboard.rules.access import Actor
from bedboard.rules.cases import ENDS
from bedboard.store.database import Transaction
from bedboard.store.tables.board import ClaimRecord, Organization
from bedboard.store.tables.cases import Ask, CaseEvent, CaseRecord
from bedboard.store.tables.people import Person

ENDED = tuple(sorted(ENDS))


async def lock_case_record(tx: Transaction, case_id: str) -> CaseRecord | None:
    """Lock the case until the end of the transaction and return it, read afresh; None when there is none.

    After the lock of an organization, before that of any shelter.
    """
    locking = select(CaseRecord).where(CaseRecord.id == case_id).with_for_update(key_share=True)
    found = await tx.exec(locking.execution_options(populate_existing=True))
    return found.one_or_none()


async def get_case(tx: Transaction, case_id: str) -> CaseRecord | None:
    found = await tx.exec(select(CaseRecord).where(CaseRecord.id == case_id).execution_options(populate_existing=True))
    return found.one_or_none()


async def list_asks(tx: Transaction, case_id: str) -> Sequence[Ask]:
    """Return every shelter's part in a case, read afresh, in the order of asking."""
    return (await list_asks_of_all(tx, [case_id])).get(case_id, [])


async def list_asks_of_all(tx: Transaction, case_ids: Collection[str]) -> dict[str, list[Ask]]:
    """Return the parts of these cases by case, read afresh; a case without any is left out."""
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
    """Return one shelter's part, read afresh. To change it, the caller holds the lock of the case."""
    found = await tx.exec(
        select(Ask).where(Ask.case_id == case_id, Ask.shelter_id == shelter_id).execution_options(populate_existing=True)
    )
    return found.one_or_none()


async def list_claims_of(tx: Transaction, case_id: str) -> dict[str, ClaimRecord]:
    """Return the reservations for a case that nobody has ended, by id, read afresh.

    The caller holds the lock of the case: nobody else makes one, or ends one within its hour. Past its hour, the next taker
    of the place ends it, under the shelter's lock.
    """
    found = await tx.exec(
        select(ClaimRecord)
        .where(ClaimRecord.case_id == case_id, col(ClaimRecord.ended_at).is_(None))
        .execution_options(populate_existing=True)
    )
    return {claim.id: claim for claim in found}


async def list_claims_of_all(tx: Transaction, case_ids: Collection[str]) -> dict[str, ClaimRecord]:
    """Return the claims as `list_claims_of` does, for all these cases and without a lock."""
    found = await tx.exec(
        select(ClaimRecord).where(col(ClaimRecord.case_id).in_(case_ids), col(ClaimRecord.ended_at).is_(None))
    )
    return {claim.id: claim for claim in found}


async def list_cases_of(tx: Transaction, organization_id: str, role: str, since: datetime) -> Sequence[CaseRecord]:
    """Return the cases of one organization in one role that are not at their end, or ended after `since`; the newest first.

    Those that are offered to them are among these.
    """
    own = (CaseRecord.organization_id == organization_id) & (CaseRecord.role == role)
    offered = (CaseRecord.handed_organization_id == organization_id) & (CaseRecord.handed_role == role)
    found = await tx.exec(
        select(CaseRecord)
        .where(own | offered, or_(col(CaseRecord.state).not_in(ENDED), col(CaseRecord.over_at) > since))
        .order_by(col(CaseRecord.created_at).desc(), col(CaseRecord.id))
    )
    return found.all()


async def list_open_cases(tx: Transaction) -> Sequence[CaseRecord]:
    """Return every case that is not over, the oldest first, for the desk."""
    found = await tx.exec(
        select(CaseRecord).where(col(CaseRecord.over_at).is_(None)).order_by(col(CaseRecord.created_at), col(CaseRecord.id))
    )
    return found.all()


async def list_left_cases(tx: Transaction, organization_id: str, role: str, since: datetime) -> Sequence[CaseRecord]:
    """Return the cases that this organization and role handed over, that others have now, and that were not over at `since`."""
    is_open = or_(col(CaseRecord.over_at).is_(None), col(CaseRecord.over_at) > since)
    others = or_(col(CaseRecord.organization_id) != organization_id, col(CaseRecord.role) != role)
    handed = (
        select(CaseEvent.id)
        .where(CaseEvent.case_id == CaseRecord.id, CaseEvent.what == "handed_over", CaseEvent.role == role)
        .join(Organization, col(Organization.id) == col(CaseEvent.organization_id))
        .where(func.coalesce(col(Organization.merged_into_id), col(Organization.id)) == organization_id)
        .exists()
    )
    found = await tx.exec(
        select(CaseRecord).where(is_open, others, handed).order_by(col(CaseRecord.created_at).desc(), col(CaseRecord.id))
    )
    return found.all()


async def list_over_cases(tx: Transaction, since: datetime) -> Sequence[CaseRecord]:
    """Return every case that was over after `since`, the newest first: a shelter may telephone the desk about one."""
    found = await tx.exec(
        select(CaseRecord).where(col(CaseRecord.over_at) > since).order_by(col(CaseRecord.over_at).desc(), col(CaseRecord.id))
    )
    return found.all()


class AskedRow(NamedTuple):
    """A case, and the part of one shelter in it."""

    record: CaseRecord
    ask: Ask


async def list_asked(tx: Transaction, shelter_id: str, since: datetime) -> list[AskedRow]:
    """Return the cases of a shelter that still concern it, or were settled or over after `since`; the newest first."""
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
    return [AskedRow(record, ask) for record, ask in found]


async def list_arrivals_changed(tx: Transaction, shelter_id: str, case_ids: Collection[str]) -> dict[str, datetime]:
    """Return by case when another hour of arrival at this shelter was last said; a case without such a change is left out."""
    changed = (CaseEvent.what == "arrival_changed", CaseEvent.shelter_id == shelter_id, col(CaseEvent.case_id).in_(case_ids))
    found = await tx.exec(select(CaseEvent.case_id, func.max(col(CaseEvent.at))).where(*changed).group_by(CaseEvent.case_id))
    return dict(found.all())


async def list_unanswered(tx: Transaction, shelter_ids: Collection[str]) -> dict[str, list[str]]:
    """Return the ids of the cases that each shelter has still to answer, in the order of asking.

    A shelter without any is left out.
    """
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
    """Return how many cases of the actor are not over. The caller holds the lock of the actor's organization."""
    own = CaseRecord.person_id == actor.id if actor.kind == "person" else CaseRecord.client_id == actor.id
    return (await tx.exec(select(func.count()).select_from(CaseRecord).where(own, col(CaseRecord.over_at).is_(None)))).one()


async def get_begun_at(tx: Transaction, actor: Actor, number: int) -> datetime | None:
    """Return when the actor began their newest case (`number` 1), the one before it (2), and so on; None without so many.

    The caller holds the lock of the actor's organization.
    """
    own = CaseRecord.person_id == actor.id if actor.kind == "person" else CaseRecord.client_id == actor.id
    begun = select(CaseRecord.created_at).where(own).order_by(col(CaseRecord.created_at).desc()).offset(number - 1).limit(1)
    return (await tx.exec(begun)).first()


HAS_ASKED = text("""
    select r.id from case_record r join ask a on a.case_id = r.id
    where r.organization_id = :organization_id and r.role = :role and r.over_at is null and a.shelter_id = :shelter_id
      and (a.settled is null or a.settled = 'chosen')
    order by r.created_at limit 1
""")


async def get_case_id_to(tx: Transaction, actor: Actor, shelter_id: str) -> str | None:
    """Return a case of the actor's organization and role that concerns this shelter now; None when there is none."""
    chosen = {"organization_id": actor.organization_id, "role": actor.role, "shelter_id": shelter_id}
    case_id: str | None = (await (await tx.connection()).execute(HAS_ASKED, chosen)).scalar_one_or_none()
    return case_id


class PartiesRow(NamedTuple):
    """The organization and the shelters that a case concerns, as a process keeps them in memory; nothing of its needs.

    `former`: the groups that handed it over, as "organization role", as long as they may be on the road with the household,
    also for nothing.
    """

    id: str
    state: str
    organization_id: str
    role: str
    shelter_ids: frozenset[str]
    version: int
    handed_organization_id: str | None = None
    handed_role: str | None = None
    former: frozenset[str] = frozenset()


PARTIES = text("""
    select r.id, r.state, r.version, r.organization_id, r.role, r.handed_organization_id, r.handed_role,
        array_agg(a.shelter_id) as shelter_ids,
        array(
            select coalesce(o.merged_into_id, o.id) || ' ' || e.role
            from case_event e join organization o on o.id = e.organization_id
            where e.case_id = r.id and e.what = 'handed_over' and (
                r.state in ('chosen', 'provisional', 'confirmed') or r.state in ('asking', 'withdrawn') and exists (
                    select from case_event off
                    where off.case_id = r.id and off.id > e.id and off.what in ('refused', 'missed', 'resumed', 'withdrawn')
                )
            )
        ) as former
    from case_record r join ask a on a.case_id = r.id
    where :every and r.state not in ('arrived', 'ended', 'cancelled') or r.id = any(:ids)
    group by r.id
""")


async def list_parties(tx: Transaction, ids: Collection[str] | None = None) -> list[PartiesRow]:
    """Return the parties of these cases (unknown ones are left out), or for None of all that are not at their end."""
    rows = await (await tx.connection()).execute(PARTIES, {"every": ids is None, "ids": list(ids or ())})
    return [
        PartiesRow(
            row.id,
            row.state,
            row.organization_id,
            row.role,
            frozenset(row.shelter_ids),
            row.version,
            row.handed_organization_id,
            row.handed_role,
            frozenset(row.former),
        )
        for row in rows
    ]


async def get_requester(tx: Transaction, case_id: str) -> str | None:
    """Return the id of the requester; None when that is a program, or a person who has left."""
    found = await tx.exec(
        select(Person.id)
        .join(CaseRecord, col(CaseRecord.person_id) == col(Person.id))
        .where(CaseRecord.id == case_id, col(Person.ended_at).is_(None))
    )
    return found.one_or_none()
