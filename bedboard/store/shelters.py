"""Shelters and places, as people change them: one row, one lock."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ARRAY, Text, and_, any_, bindparam, func, or_, text, update
from sqlmodel import col, select

from bedboard.rules.access import Actor
from bedboard.rules.cases import ENDS, RESERVED
from bedboard.rules.deciding import DaysOff, Deciding
from bedboard.rules.freshness import FreshnessLimits
from bedboard.rules.lapses import has_lapsed
from bedboard.store.database import Transaction, crowds_of
from bedboard.store.people import acts_for, as_asked, has_role_of
from bedboard.store.tables.board import ClaimRecord, Kind, Place, Shelter, Unit
from bedboard.store.tables.cases import Ask, CaseRecord

# Statements of every change are put together once: that costs more time than what PostgreSQL does with them.
SHELTER = (
    select(Shelter)
    .where(col(Shelter.id) == bindparam("shelter_id"), col(Shelter.ended_at).is_(None))
    .execution_options(populate_existing=True)
)
LOCK_SHELTER, LOCK_FREE_SHELTER = (SHELTER.with_for_update(key_share=True, skip_locked=skip) for skip in (False, True))
LOCK_FREE_SHELTER_OF = (
    select(Shelter)
    .where(
        col(Shelter.id) == select(Place.shelter_id).where(col(Place.id) == bindparam("place_id")).scalar_subquery(),
        col(Shelter.ended_at).is_(None),
    )
    .with_for_update(key_share=True, skip_locked=True)
    .execution_options(populate_existing=True)
)
KINDS_HERE = col(Kind.code).in_(
    select(Place.kind_code)
    .where(col(Place.shelter_id) == bindparam("shelter_id"), col(Place.ended_at).is_(None))
    .correlate(None)
)
KIND_LIMITS = select(Kind.code, Kind.fresh_minutes, Kind.ageing_minutes).where(KINDS_HERE)
KINDS = select(func.jsonb_object_agg(Kind.code, func.jsonb_build_array(Kind.fresh_minutes, Kind.ageing_minutes)))
TAPPED = (
    select(Place, ClaimRecord, acts_for(bindparam("shelter_id")), KINDS.where(KINDS_HERE).scalar_subquery())
    .outerjoin(ClaimRecord, and_(col(ClaimRecord.place_id) == Place.id, col(ClaimRecord.ended_at).is_(None)))
    .where(col(Place.id) == bindparam("place_id"))
    .execution_options(populate_existing=True)
)
ROOMS = (
    select(Place, ClaimRecord, acts_for(bindparam("shelter_id")), has_role_of())
    .select_from(Shelter)
    .outerjoin(
        Place,
        and_(
            col(Place.shelter_id) == Shelter.id,
            col(Place.id) == any_(bindparam("place_ids", type_=ARRAY(Text))),
        ),
    )
    .outerjoin(ClaimRecord, and_(col(ClaimRecord.place_id) == Place.id, col(ClaimRecord.ended_at).is_(None)))
    .where(col(Shelter.id) == bindparam("shelter_id"))
    .execution_options(populate_existing=True)
)
SHELTER_OF = select(Place.shelter_id).where(col(Place.id) == bindparam("place_id"))
PLACE = select(Place).where(col(Place.id) == bindparam("place_id")).execution_options(populate_existing=True)


async def lock_shelter(tx: Transaction, shelter_id: str) -> Shelter | None:
    """Lock the shelter until the end of the transaction and return it, read afresh; None when there is none, or it is closed.

    A transaction that only adds a row with a reference to the shelter (an ask, a reminder) does not wait for this lock. So it
    can never wait in a circle with transactions that lock several shelters. Refusal: Crowded, when others wait for it already.
    """
    free = (await tx.exec(LOCK_FREE_SHELTER, params={"shelter_id": shelter_id})).one_or_none()
    return free if free is not None else await _wait_for_shelter(tx, shelter_id)


async def lock_shelter_of(tx: Transaction, place_id: str) -> Shelter | None:
    """Lock the shelter of a place, as `lock_shelter` does; a place never moves to another. None for an unknown place."""
    free = (await tx.exec(LOCK_FREE_SHELTER_OF, params={"place_id": place_id})).one_or_none()
    if free is not None:
        return free
    shelter_id = await get_shelter_id(tx, place_id)
    return None if shelter_id is None else await _wait_for_shelter(tx, shelter_id)


async def _wait_for_shelter(tx: Transaction, shelter_id: str) -> Shelter | None:
    """Lock a shelter that somebody else has locked, or that is not there."""
    with crowds_of(tx).waiting(shelter_id):
        return (await tx.exec(LOCK_SHELTER, params={"shelter_id": shelter_id})).one_or_none()


class Room(NamedTuple):
    """A place, perhaps closed for good. `claim`: the one that nobody has ended, even past its hour."""

    place: Place
    claim: ClaimRecord | None


class Rooms(NamedTuple):
    """Places of one shelter by id, without those that it does not have, and the rights of an actor at this moment.

    `works_there`: for the shelter, in the same role; `has_role`: the role itself.
    """

    rooms: Mapping[str, Room]
    works_there: bool
    has_role: bool


async def get_rooms(tx: Transaction, actor: Actor, shelter_id: str, place_ids: Sequence[str]) -> Rooms:
    """Return these places, read afresh and in this order, and the actor's rights. The caller holds the shelter's lock."""
    given = {"shelter_id": shelter_id, "place_ids": list(place_ids)} | as_asked(actor)
    found = (await tx.exec(ROOMS, params=given)).all()
    by_id = {place.id: Room(place, claim) for place, claim, *_ in found if place is not None}
    rooms = {place_id: by_id[place_id] for place_id in place_ids if place_id in by_id}
    _, _, works_there, has_role = found[0]
    return Rooms(rooms, works_there, has_role)


class Tapped(NamedTuple):
    """All that a change of one place needs to know. `claim`: the one that nobody has ended, even past its hour. `may_act`:
    the actor works for the shelter at this moment. `kinds`: as `list_kind_limits` gives them."""

    place: Place
    claim: ClaimRecord | None
    may_act: bool
    kinds: Mapping[str, FreshnessLimits | None]


async def get_tapped(tx: Transaction, actor: Actor, shelter_id: str, place_id: str) -> Tapped:
    """Return a place of this shelter, read afresh, with what belongs to it. The caller holds the shelter's lock."""
    found = await tx.exec(TAPPED, params={"shelter_id": shelter_id, "place_id": place_id} | as_asked(actor))
    place, claim, may_act, kinds = found.one()
    return Tapped(place, claim, may_act, {code: limits_of(*limits) for code, limits in kinds.items()})


def limits_of(fresh_minutes: int | None, ageing_minutes: int | None) -> FreshnessLimits | None:
    """Return the limits of a kind, from its columns; None: it has none of its own."""
    if fresh_minutes is None or ageing_minutes is None:
        return None
    return FreshnessLimits(timedelta(minutes=fresh_minutes), timedelta(minutes=ageing_minutes))


async def list_kind_limits(tx: Transaction, shelter_id: str) -> dict[str, FreshnessLimits | None]:
    """Return the limits of each kind of which the shelter has places; None: it has none of its own."""
    found = await (await tx.connection()).execute(KIND_LIMITS, {"shelter_id": shelter_id})
    return {code: limits_of(fresh, ageing) for code, fresh, ageing in found}


def confirmed_kinds(stored: Mapping[str, str]) -> dict[str, datetime]:
    """Return the moments at which single kinds of a shelter were confirmed, from their column."""
    return {kind: datetime.fromisoformat(at) for kind, at in stored.items()}


MAY_EXPECT = (
    select(CaseRecord.state, CaseRecord.created_at, CaseRecord.arrives_at, CaseRecord.over_at)
    .join(Ask, col(Ask.case_id) == col(CaseRecord.id))
    .where(
        col(Ask.shelter_id) == bindparam("shelter_id"),
        or_(
            and_(col(Ask.settled).is_(None), col(CaseRecord.state).not_in(ENDS)),
            and_(col(Ask.settled) == "chosen", col(CaseRecord.state).in_(RESERVED)),
            and_(col(Ask.settled) == "withdrawn", col(CaseRecord.state) == "withdrawn", col(Ask.place_id).is_not(None)),
        ),
    )
)


async def has_open_asks(tx: Transaction, shelter_id: str) -> bool:
    """Return whether a case still expects something of the shelter: an answer, or the arrival of people who chose it.

    People whose placement lapsed may still come.
    """
    found = await (await tx.connection()).execute(MAY_EXPECT, {"shelter_id": shelter_id})
    return any(state != "withdrawn" or has_lapsed(state, *moments) for state, *moments in found)


async def keep_apart(tx: Transaction, shelter_id: str) -> None:
    """Wait for those who add an ask or a person to the shelter, and keep others from it until the transaction ends.

    The caller holds the shelter's lock, which alone lets them pass.
    """
    await (await tx.connection()).execute(select(Shelter.id).where(Shelter.id == shelter_id).with_for_update())


async def save_ended(tx: Transaction, shelter_id: str, now: datetime) -> None:
    """Close the shelter for good, after all else about it: nobody finds it from then on."""
    ended = update(Shelter).where(col(Shelter.id) == shelter_id).values(ended_at=now)
    await (await tx.connection()).execute(ended.execution_options(synchronize_session=False))


async def get_shelter_id(tx: Transaction, place_id: str) -> str | None:
    """Return the shelter of a place, which never changes; None for an unknown place."""
    return (await tx.exec(SHELTER_OF, params={"place_id": place_id})).one_or_none()


async def list_units(tx: Transaction, shelter_ids: Sequence[str]) -> dict[str, str]:
    """Return the code of each shelter's police unit; unknown shelters are left out."""
    wanted = select(Shelter.id, Shelter.unit_code).where(col(Shelter.id).in_(shelter_ids))
    return {shelter_id: unit for shelter_id, unit in await (await tx.connection()).execute(wanted)}


KINDS_OF = (col(Place.shelter_id) == col(Shelter.id), col(Place.ended_at).is_(None))
KINDS_KEPT = (
    select(Shelter.id, select(func.array_agg(Place.kind_code)).where(*KINDS_OF).correlate(Shelter).scalar_subquery())
    .where(col(Shelter.id) == any_(bindparam("shelter_ids", type_=ARRAY(Text))), col(Shelter.ended_at).is_(None))
    .order_by(col(Shelter.id))
    .with_for_update(read=True, key_share=True)
)


async def list_kinds(tx: Transaction, shelter_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Return the kinds of place of each shelter, as pairs of a shelter's id and a kind's code.

    Nobody closes one of these shelters until the transaction ends; one that is closed is left out.
    """
    found = await (await tx.connection()).execute(KINDS_KEPT, {"shelter_ids": list(shelter_ids)})
    return {(shelter_id, kind) for shelter_id, kinds in found for kind in kinds or ()}


async def has_unit(tx: Transaction, code: str) -> bool:
    """Return whether there is such a police unit; nobody closes it until the transaction ends."""
    living = select(Unit.code).where(Unit.code == code, col(Unit.ended_at).is_(None))
    return (await tx.exec(living.with_for_update(read=True))).first() is not None


async def has_kind(tx: Transaction, code: str) -> bool:
    """Return whether there is such a kind of place; nobody closes it until the transaction ends."""
    living = select(Kind.code).where(Kind.code == code, col(Kind.ended_at).is_(None))
    return (await tx.exec(living.with_for_update(read=True))).first() is not None


async def list_kinds_of(tx: Transaction, place_ids: Sequence[str]) -> set[str]:
    """Return the codes of the kinds of these places; unknown places are left out."""
    wanted = select(Place.kind_code).where(col(Place.id).in_(place_ids)).distinct()
    return set((await (await tx.connection()).execute(wanted)).scalars())


DECIDING = text("""
    select k.decides, k.desk_hours, k.outside_hours, d.country, array(select day from holiday) as own
    from unnest(cast(:place_ids as text[])) with ordinality as asked(id, number)
        join place p on p.id = asked.id join kind k on k.code = p.kind_code cross join deployment d
    order by asked.number
""")


async def list_deciding(tx: Transaction, place_ids: Sequence[str]) -> list[Deciding]:
    """Return how each of these places is decided on; unknown ones are left out."""
    found = await (await tx.connection()).execute(DECIDING, {"place_ids": list(place_ids)})
    return [Deciding(row.decides, row.desk_hours, row.outside_hours, DaysOff(row.country, frozenset(row.own))) for row in found]


async def get_place(tx: Transaction, place_id: str) -> Place:
    """Return the place, read afresh. The caller holds its shelter's lock and knows that it exists."""
    return (await tx.exec(PLACE, params={"place_id": place_id})).one()


async def list_places(tx: Transaction, shelter_id: str) -> Sequence[Place]:
    """Return the places in the shelter's own order, read afresh, but for those that are closed for good.

    The caller holds the shelter's lock.
    """
    found = await tx.exec(
        select(Place)
        .where(Place.shelter_id == shelter_id, col(Place.ended_at).is_(None))
        .order_by(col(Place.position), col(Place.id))
        .execution_options(populate_existing=True)
    )
    return found.all()


async def list_claims(tx: Transaction, shelter_id: str) -> Sequence[ClaimRecord]:
    """Return the claims of a shelter's places that nobody has ended. The caller holds the shelter's lock."""
    found = await tx.exec(
        select(ClaimRecord)
        .join(Place, col(Place.id) == col(ClaimRecord.place_id))
        .where(Place.shelter_id == shelter_id, col(ClaimRecord.ended_at).is_(None))
    )
    return found.all()


async def see_places(tx: Transaction, shelter_id: str, seen_at: datetime, kinds: Sequence[str] | None = None) -> None:
    """Note that all places (of these kinds; None: of all) were seen at `seen_at`, so that nothing older may change them.

    The caller holds the shelter's lock. Places that it changes have `seen_at` themselves.
    """
    statement = (
        update(Place).where(col(Place.shelter_id) == shelter_id, col(Place.observed_at) < seen_at).values(observed_at=seen_at)
    )
    if kinds is not None:
        statement = statement.where(col(Place.kind_code).in_(kinds))
    await (await tx.connection()).execute(statement)
