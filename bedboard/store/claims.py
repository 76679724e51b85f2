"""Claims, as people make and end them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import bindparam, func, or_, text
from sqlmodel import col, select

from bedboard.rules.access import Actor
from bedboard.store.database import Transaction
from bedboard.store.people import acts_for, as_asked, has_role_of
from bedboard.store.tables.board import ClaimRecord, Organization, Place
from bedboard.store.tables.cases import Ask


async def lock_organization(tx: Transaction, organization_id: str) -> bool:
    """Lock the organization against other holds of it, until the end of the transaction; False when there is none, or no more.

    Always before a shelter and never after it: otherwise two transactions could wait for each other.
    """
    living = select(Organization.id).where(Organization.id == organization_id, col(Organization.ended_at).is_(None))
    found = await tx.exec(living.with_for_update(key_share=True))
    return found.one_or_none() is not None


async def get_claim(tx: Transaction, claim_id: str) -> ClaimRecord | None:
    found = await tx.exec(select(ClaimRecord).where(ClaimRecord.id == claim_id).execution_options(populate_existing=True))
    return found.one_or_none()


OPEN_CLAIM = (
    select(ClaimRecord)
    .where(col(ClaimRecord.place_id) == bindparam("place_id"), col(ClaimRecord.ended_at).is_(None))
    .execution_options(populate_existing=True)
)


async def get_open_claim(tx: Transaction, place_id: str) -> ClaimRecord | None:
    """Return the place's claim that nobody has ended, even past its hour. The caller holds the shelter's lock."""
    return (await tx.exec(OPEN_CLAIM, params={"place_id": place_id})).one_or_none()


LIVE_HOLDS = text("""
    select count(distinct coalesce(first_id, id)) filter (where person_id = :person_id or client_id = :client_id) as by_one,
        count(distinct coalesce(first_id, id)) as by_organization
    from claim
    where organization_id = :organization_id and type = 'hold' and ended_at is null and expires_at > :now
      and (person_id is not null or client_id is not null)
""")


class LiveHolds(NamedTuple):
    by_one: int
    by_organization: int


async def count_holds(
    tx: Transaction, organization_id: str, person_id: str | None, client_id: str | None, now: datetime
) -> LiveHolds:
    """Count the live holds of a person or client, and of the organization. The caller holds the organization's lock.

    Holds that a shelter made for a caller are left out: the organization cannot end them, and they would shut others out.
    """
    chosen = {"organization_id": organization_id, "person_id": person_id, "client_id": client_id, "now": now}
    return LiveHolds(*(await (await tx.connection()).execute(LIVE_HOLDS, chosen)).one())


KEPT = text("""
    select count(distinct coalesce(c.first_id, c.id)) filter (where c.person_id = :person_id or c.client_id = :client_id)
            as by_one,
        count(distinct coalesce(c.first_id, c.id)) as by_organization,
        min(coalesce(c.expires_at, c.expected_at)) as first_ends_at
    from claim c
        left join case_record r on r.id = c.case_id
        left join ask a on a.case_id = c.case_id and a.claim_id = coalesce(c.first_id, c.id)
    where c.organization_id = :organization_id and c.ended_at is null and (c.expires_at is null or c.expires_at > :now)
        and (c.person_id is not null or c.client_id is not null)
        and (c.case_id is null or c.case_id is distinct from :case_id) and coalesce(c.first_id, c.id) is distinct from :hold_id
        and (c.type = 'hold' or a.answered_by = 'police' or r.state in ('chosen', 'provisional'))
""")


class Kept(NamedTuple):
    """The promises that no shelter has agreed to for good. `first_ends_at`: the end or agreed arrival of the first."""

    by_one: int
    by_organization: int
    first_ends_at: datetime | None


async def count_kept(
    tx: Transaction,
    organization_id: str,
    person_id: str | None,
    client_id: str | None,
    now: datetime,
    *,
    case_id: str | None = None,
    hold_id: str | None = None,
) -> Kept:
    """Count the live holds, the places that police took, and the choices that the desk has still to decide about.

    Left out: the promises of this case, and this hold. The caller holds the lock of the organization.
    """
    whose = {"organization_id": organization_id, "person_id": person_id, "client_id": client_id}
    chosen = {**whose, "now": now, "case_id": case_id, "hold_id": hold_id}
    return Kept(*(await (await tx.connection()).execute(KEPT, chosen)).one())


BEGUN = text("""
    select created_at from claim
    where type = 'hold' and first_id is null and created_at > :since
      and (:kind = 'person' and person_id = :id or :kind = 'client' and client_id = :id)
    order by created_at desc offset :number - 1 limit 1
""")


async def get_hold_begun_at(tx: Transaction, actor: Actor, number: int, since: datetime) -> datetime | None:
    """Return when the actor began their newest hold since then (`number` 1), the one before it (2), and so on, ended or not.

    None without so many. The caller holds the lock of the actor's organization.
    """
    chosen = {"kind": actor.kind, "id": actor.id, "since": since, "number": number}
    begun_at: datetime | None = (await (await tx.connection()).execute(BEGUN, chosen)).scalar_one_or_none()
    return begun_at


HOLDS_OF = text("""
    select h.id, h.place_ids, h.shelter_id, h.expires_at, h.extended,
        (select a.case_id from ask a join case_record r on r.id = a.case_id
         where a.hold_id = h.id and a.settled is null and r.over_at is null order by a.case_id limit 1) as case_id,
        (select count(*) from claim o where (o.id = h.id or o.first_id = h.id) and o.ended_at is not null) as lost_count
    from (
        select coalesce(c.first_id, c.id) as id, array_agg(c.place_id order by c.id) as place_ids, p.shelter_id,
            min(c.expires_at) as expires_at, bool_or(c.extended_at is not null) as extended
        from claim c join place p on p.id = c.place_id
        where c.type = 'hold' and c.ended_at is null and c.expires_at > :now
          and (:kind = 'person' and c.person_id = :id or :kind = 'client' and c.client_id = :id)
        group by coalesce(c.first_id, c.id), p.shelter_id
    ) h
    order by h.expires_at, h.id
""")


class HoldRow(NamedTuple):
    """A live hold of one or more places, for its holder. `case_id`: the open case that uses it; None: there is none.

    `lost_count`: the number of its places that the shelter has occupied or closed since; they are not among `place_ids`.
    """

    id: str
    place_ids: Sequence[str]
    shelter_id: str
    expires_at: datetime
    extended: bool
    case_id: str | None = None
    lost_count: int = 0


async def list_holds(tx: Transaction, actor: Actor, now: datetime) -> Sequence[HoldRow]:
    """Return the actor's own live holds, the first to end first."""
    found = await (await tx.connection()).execute(HOLDS_OF, {"kind": actor.kind, "id": actor.id, "now": now})
    return [HoldRow(*row) for row in found]


UNUSED_HOLDS = text("""
    select coalesce(c.first_id, c.id), p.shelter_id, p.kind_code from claim c join place p on p.id = c.place_id
    where c.type = 'hold' and c.ended_at is null and c.expires_at > :now
      and (:kind = 'person' and c.person_id = :id or :kind = 'client' and c.client_id = :id)
      and not exists (select from ask a join case_record r on r.id = a.case_id
                      where a.hold_id = coalesce(c.first_id, c.id) and a.case_id <> :case_id
                        and a.settled is null and r.over_at is null)
    order by c.expires_at, c.id
""")


class UnusedHold(NamedTuple):
    """A place of a live hold that no other case uses, with its kind."""

    id: str
    shelter_id: str
    kind: str


async def list_unused_holds(tx: Transaction, actor: Actor, case_id: str, now: datetime) -> list[UnusedHold]:
    """Return the places of the actor's own live holds that no other open case uses, the first to end first."""
    chosen = {"kind": actor.kind, "id": actor.id, "case_id": case_id, "now": now}
    return [UnusedHold(*row) for row in await (await tx.connection()).execute(UNUSED_HOLDS, chosen)]


async def list_holds_of_cases(tx: Transaction, case_ids: Collection[str], now: datetime) -> dict[str, ClaimRecord]:
    """Return the claims of the live holds that these cases use, by id, read afresh and without a lock."""
    used = select(Ask.hold_id).where(col(Ask.case_id).in_(case_ids), col(Ask.hold_id).is_not(None))
    found = await tx.exec(
        select(ClaimRecord)
        .where(
            func.coalesce(col(ClaimRecord.first_id), col(ClaimRecord.id)).in_(used),
            ClaimRecord.type == "hold",
            col(ClaimRecord.ended_at).is_(None),
            col(ClaimRecord.expires_at) > now,
        )
        .execution_options(populate_existing=True)
    )
    return {claim.id: claim for claim in found}


async def list_promise(tx: Transaction, promise_id: str) -> Sequence[ClaimRecord]:
    """Return the claims of one hold or reservation that nobody has ended, the first one first, read afresh."""
    found = await tx.exec(
        select(ClaimRecord)
        .where(
            or_(col(ClaimRecord.id) == promise_id, col(ClaimRecord.first_id) == promise_id), col(ClaimRecord.ended_at).is_(None)
        )
        .order_by(col(ClaimRecord.first_id).is_not(None), col(ClaimRecord.id))
        .execution_options(populate_existing=True)
    )
    return found.all()


class Promise(NamedTuple):
    """A whole hold or reservation, and the rights of an actor at this moment. `claims`: ended or not, the first one first.

    `works_there`: for the shelter, in the same role; `has_role`: the role itself.
    """

    claims: Sequence[ClaimRecord]
    works_there: bool
    has_role: bool


FIRST = select(func.coalesce(ClaimRecord.first_id, ClaimRecord.id)).where(col(ClaimRecord.id) == bindparam("claim_id"))
PROMISE = (
    select(ClaimRecord, acts_for(bindparam("shelter_id")), has_role_of())
    .where(or_(col(ClaimRecord.id) == FIRST.scalar_subquery(), col(ClaimRecord.first_id) == FIRST.scalar_subquery()))
    .order_by(col(ClaimRecord.first_id).is_not(None), col(ClaimRecord.id))
    .execution_options(populate_existing=True)
)


async def get_promise(tx: Transaction, actor: Actor, shelter_id: str, claim_id: str) -> Promise:
    """Return the whole promise to which this claim on a place of the shelter belongs, read afresh; empty for an unknown claim.

    The caller holds the shelter's lock.
    """
    given = {"shelter_id": shelter_id, "claim_id": claim_id} | as_asked(actor)
    found = (await tx.exec(PROMISE, params=given)).all()
    if not found:
        return Promise((), works_there=False, has_role=False)
    return Promise([claim for claim, *_ in found], *found[0][1:])


async def list_others(tx: Transaction, claim: ClaimRecord) -> Sequence[ClaimRecord]:
    """Return the other claims of the same hold or reservation, ended or not, read afresh."""
    first = claim.promise_id
    found = await tx.exec(
        select(ClaimRecord)
        .where(or_(col(ClaimRecord.id) == first, col(ClaimRecord.first_id) == first), ClaimRecord.id != claim.id)
        .execution_options(populate_existing=True)
    )
    return found.all()


async def get_claim_shelter_id(tx: Transaction, claim_id: str) -> str | None:
    """Return the shelter of the claimed place; None for an unknown claim."""
    found = await tx.exec(
        select(Place.shelter_id).join(ClaimRecord, col(ClaimRecord.place_id) == col(Place.id)).where(ClaimRecord.id == claim_id)
    )
    return found.one_or_none()
