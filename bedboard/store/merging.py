"""The things of an organization that goes up in another one, with the locks for moving them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, or_, text, update
from sqlmodel import col, select

from bedboard.rules.cases import ENDS
from bedboard.store.database import Transaction
from bedboard.store.tables.board import ClaimRecord, Organization, Place, Shelter
from bedboard.store.tables.cases import CaseRecord
from bedboard.store.tables.people import Appointment, Client, Membership, Person

HOLDS = text("""
    select count(distinct coalesce(first_id, id)) from claim
    where organization_id = any(:ids) and type = 'hold' and ended_at is null and expires_at > :now
      and (person_id is not null or client_id is not null)
""")


class Counts(NamedTuple):
    """Numbers that change by the minute. `together`: the live holds of both organizations, as their limit counts them."""

    holds: int
    together: int
    cases: int


async def count_moving(tx: Transaction, from_id: str, into_id: str, now: datetime) -> Counts:
    """Count what people of the first organization have under way."""
    connection = await tx.connection()
    own, both = [
        (await connection.execute(HOLDS, {"ids": ids, "now": now})).scalar_one() for ids in ([from_id], [from_id, into_id])
    ]
    cases = select(func.count()).select_from(CaseRecord)
    moving = (CaseRecord.organization_id == from_id, col(CaseRecord.state).not_in(ENDS))
    return Counts(own, both, (await tx.exec(cases.where(*moving))).one())


async def lock_people_of(tx: Transaction, organization_id: str) -> Sequence[Person]:
    """Lock everybody of the organization, those in a further role too, in the order of their ids; return them read afresh."""
    further = select(Appointment.person_id).where(Appointment.organization_id == organization_id)
    wanted = select(Person).where(or_(col(Person.organization_id) == organization_id, col(Person.id).in_(further)))
    locked = wanted.order_by(col(Person.id)).with_for_update(key_share=True)
    return (await tx.exec(locked.execution_options(populate_existing=True))).all()


async def lock_people_for(tx: Transaction, shelter_id: str) -> Sequence[Person]:
    """Lock everybody who works for the shelter, those who have left too, in the order of their ids; read afresh."""
    works = select(Membership.person_id).where(Membership.shelter_id == shelter_id)
    locked = select(Person).where(col(Person.id).in_(works)).order_by(col(Person.id)).with_for_update(key_share=True)
    return (await tx.exec(locked.execution_options(populate_existing=True))).all()


async def list_people_for(tx: Transaction, shelter_id: str) -> set[str]:
    """Return the ids of everybody who works for the shelter, those who have left too."""
    return set(await tx.exec(select(Membership.person_id).where(Membership.shelter_id == shelter_id)))


async def list_roles_of(tx: Transaction, person_ids: Sequence[str]) -> Sequence[Appointment]:
    """Return the further roles of these people, also with other organizations."""
    wanted = select(Appointment).where(col(Appointment.person_id).in_(person_ids))
    ordered = wanted.order_by(col(Appointment.person_id), col(Appointment.organization_id), col(Appointment.role))
    return (await tx.exec(ordered.execution_options(populate_existing=True))).all()


async def list_cases_moving(tx: Transaction, organization_id: str) -> list[str]:
    """Return the ids of the cases that the organization has or is offered and that are not at their end, in their order."""
    own = or_(col(CaseRecord.organization_id) == organization_id, col(CaseRecord.handed_organization_id) == organization_id)
    wanted = select(CaseRecord.id).where(own, col(CaseRecord.state).not_in(ENDS)).order_by(col(CaseRecord.id))
    return list(await tx.exec(wanted))


async def list_shelters_moving(tx: Transaction, organization_id: str, now: datetime) -> list[str]:
    """Return the ids of the shelters that the organization runs, or where it has a claim, in the order of their ids."""
    claimed = select(Place.shelter_id).join(ClaimRecord, col(ClaimRecord.place_id) == col(Place.id))
    own = claimed.where(ClaimRecord.organization_id == organization_id, _may_count(now))
    wanted = select(Shelter.id).where(or_(col(Shelter.organization_id) == organization_id, col(Shelter.id).in_(own)))
    wanted = wanted.where(col(Shelter.ended_at).is_(None))
    return list(await tx.exec(wanted.order_by(col(Shelter.id))))


async def list_claims_moving(tx: Transaction, organization_id: str, shelter_id: str, now: datetime) -> Sequence[ClaimRecord]:
    """Return the claims of the organization in this shelter, read afresh. The caller holds the lock of the shelter."""
    wanted = select(ClaimRecord).join(Place, col(ClaimRecord.place_id) == col(Place.id))
    own = wanted.where(ClaimRecord.organization_id == organization_id, Place.shelter_id == shelter_id, _may_count(now))
    return (await tx.exec(own.order_by(col(ClaimRecord.id)).execution_options(populate_existing=True))).all()


def _may_count(now: datetime) -> ColumnElement[bool]:
    """Return the condition of a claim that counts, or that taking a tap back may bring back."""
    return or_(col(ClaimRecord.ended_at).is_(None), col(ClaimRecord.expires_at) > now)


async def lock_clients_of(tx: Transaction, organization_id: str) -> Sequence[Client]:
    """Lock the programs of the organization in the order of their ids, and return them read afresh."""
    wanted = select(Client).where(Client.organization_id == organization_id).order_by(col(Client.id))
    return (await tx.exec(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))).all()


async def lock_clients_for(tx: Transaction, shelter_id: str) -> Sequence[Client]:
    """Lock the programs of the shelter likewise."""
    wanted = select(Client).where(Client.shelter_id == shelter_id).order_by(col(Client.id))
    return (await tx.exec(wanted.with_for_update(key_share=True).execution_options(populate_existing=True))).all()


async def save_merged(tx: Transaction, from_id: str, into_id: str) -> None:
    """Note that an organization went up in another one, with all that went up in it before."""
    went_up = or_(col(Organization.id) == from_id, col(Organization.merged_into_id) == from_id)
    await (await tx.connection()).execute(update(Organization).where(went_up).values(merged_into_id=into_id))
