"""Organizations, people and their shelters, as the administration lists, locks and changes them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, or_, text, update
from sqlmodel import col, select

from bedboard.rules.managing import is_taken
from bedboard.store.database import Transaction
from bedboard.store.tables.board import Organization, Shelter
from bedboard.store.tables.people import Appointment, Membership, Person, Session

ORGANIZATIONS = text("""
    select o.id, o.name, o.telephones, o.ended_at, o.merged_into_id,
        (select count(*) from person p where p.organization_id = o.id and p.ended_at is null) as people,
        (select count(*) from shelter s where s.organization_id = o.id and s.ended_at is null) as shelters
    from organization o order by o.ended_at is not null, o.name, o.id
""")
PEOPLE = text("""
    select p.id, p.name, p.role, p.organization_id, o.name as organization, p.ended_at,
        array(select m.shelter_id from membership m where m.person_id = p.id order by 1) as shelter_ids,
        array(select (a.organization_id, q.name, a.role) from appointment a join organization q on q.id = a.organization_id
              where a.person_id = p.id order by a.organization_id, a.role) as appointments
    from person p join organization o on o.id = p.organization_id
    where (cast(:person_id as text) = '' or p.id = :person_id)
      and (cast(:shelter_id as text) = ''
           or p.ended_at is null and exists (select from membership m where m.person_id = p.id and m.shelter_id = :shelter_id))
    order by p.ended_at is not null, o.name, p.name, p.id
""")
SHELTER_CHOICES = text("""
    select s.id, s.name, o.name, s.unit_code, s.organization_id from shelter s join organization o on o.id = s.organization_id
    where (:every or s.id = any(:ids)) and s.ended_at is null order by s.name, s.id
""")
_LIVES = col(Shelter.ended_at).is_(None)
LOCK_NAMES = text("select pg_advisory_xact_lock(7262318)")  # any number, as long as it is always the same
LOCK_ORGANIZATION_NAMES = text("select pg_advisory_xact_lock(7262319)")
END_SESSIONS = update(Session).where(col(Session.ended_at).is_(None)).returning(col(Session.token_hash))


class OrganizationRow(NamedTuple):
    """An organization, with how many people act for it and how many shelters it runs."""

    id: str
    name: str
    telephones: Mapping[str, str]
    ended_at: datetime | None
    merged_into_id: str | None
    people: int
    shelters: int


class ShelterChoice(NamedTuple):
    """A shelter, as far as lists and choices go."""

    id: str
    name: str
    organization: str
    unit: str
    organization_id: str


class FurtherRole(NamedTuple):
    organization_id: str
    organization: str
    role: str


class PersonRow(NamedTuple):
    """A person with the shelters for which they work, and the further roles."""

    id: str
    name: str
    role: str
    organization_id: str
    organization: str
    ended_at: datetime | None
    shelter_ids: Sequence[str]
    further: Sequence[FurtherRole]


async def list_organizations(tx: Transaction) -> list[OrganizationRow]:
    """Return all organizations, those that have ended last."""
    return [OrganizationRow(*row) for row in await (await tx.connection()).execute(ORGANIZATIONS)]


async def list_managed_people(tx: Transaction, *, person_id: str = "", shelter_id: str = "") -> list[PersonRow]:
    """Return this person, or the people who work for this shelter, or all of them; those who have left come last."""
    found = await (await tx.connection()).execute(PEOPLE, {"person_id": person_id, "shelter_id": shelter_id})
    return [PersonRow._make((*row[:-1], [FurtherRole(*one) for one in row[-1]])) for row in found]


async def get_locked_organization(tx: Transaction, organization_id: str) -> Organization | None:
    """Lock the organization until the end of the transaction and return it, read afresh; None when there is none."""
    wanted = select(Organization).where(Organization.id == organization_id).with_for_update(key_share=True)
    return (await tx.exec(wanted.execution_options(populate_existing=True))).one_or_none()


async def count_of_organization(tx: Transaction, organization_id: str) -> tuple[int, int]:
    """Count the people who act for the organization, also in a further role, and its shelters."""
    further = select(Appointment.person_id).where(Appointment.organization_id == organization_id)
    people = (
        select(func.count())
        .select_from(Person)
        .where(
            col(Person.ended_at).is_(None),
            or_(col(Person.organization_id) == organization_id, col(Person.id).in_(further)),
        )
    )
    shelters = select(func.count()).select_from(Shelter).where(Shelter.organization_id == organization_id, _LIVES)
    return (await tx.exec(people)).one(), (await tx.exec(shelters)).one()


SEEKING_ROLES = text("""
    select p.role from person p where p.organization_id = :organization_id and p.ended_at is null
    union select a.role from appointment a join person p on p.id = a.person_id
        where a.organization_id = :organization_id and p.ended_at is null
    union select c.role from client c
        where c.organization_id = :organization_id and c.ended_at is null and not c.demo
          and (c.expires_at is null or c.expires_at > :now)
""")


async def list_seeking_roles(tx: Transaction, organization_id: str, now: datetime) -> set[str]:
    """Return the roles in which a person, also in a further role, or a program acts for the organization."""
    wanted = {"organization_id": organization_id, "now": now}
    return set((await (await tx.connection()).execute(SEEKING_ROLES, wanted)).scalars())


async def list_shelters_run_by(tx: Transaction, organization_id: str) -> list[str]:
    """Return the ids of the organization's shelters, in the order in which they may be locked."""
    return list(
        await tx.exec(select(Shelter.id).where(Shelter.organization_id == organization_id, _LIVES).order_by(Shelter.id))
    )


async def get_locked_person(tx: Transaction, person_id: str) -> Person | None:
    """Lock the person until the end of the transaction and return them, read afresh; None when unknown.

    With them every administrator is locked, in the order of their ids, so that the last one cannot go by two changes at once.
    """
    wanted = (
        select(Person)
        .where(or_(col(Person.id) == person_id, (col(Person.role) == "admin") & col(Person.ended_at).is_(None)))
        .order_by(Person.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return next((person for person in await tx.exec(wanted) if person.id == person_id), None)


async def count_other_admins(tx: Transaction, person_id: str) -> int:
    """Count the administrators besides this person, also those who act in another role now."""
    further = select(Appointment.person_id).where(Appointment.role == "admin")
    others = (col(Person.id) != person_id, col(Person.ended_at).is_(None))
    is_admin = or_(col(Person.role) == "admin", col(Person.id).in_(further))
    return (await tx.exec(select(func.count()).select_from(Person).where(*others, is_admin))).one()


async def list_shelters_of(tx: Transaction, person_id: str) -> list[str]:
    """Return the shelters for which a person works, in the order of their ids."""
    return sorted(await tx.exec(select(Membership.shelter_id).where(Membership.person_id == person_id)))


async def replace_memberships(tx: Transaction, person_id: str, before: Collection[str], after: Collection[str]) -> None:
    """Let the person work for these shelters, and for no others."""
    gone = [shelter_id for shelter_id in before if shelter_id not in after]
    if gone:
        unwanted = (col(Membership.person_id) == person_id, col(Membership.shelter_id).in_(gone))
        await (await tx.connection()).execute(delete(Membership).where(*unwanted))
    new = [shelter_id for shelter_id in sorted(after) if shelter_id not in before]
    tx.add_all(Membership(person_id=person_id, shelter_id=shelter_id) for shelter_id in new)
    await tx.flush()


async def end_sessions_of(tx: Transaction, person_id: str, now: datetime) -> list[bytes]:
    """End all sessions of the person, and return their hashes."""
    ended = END_SESSIONS.where(col(Session.person_id) == person_id).values(ended_at=now)
    return list((await (await tx.connection()).execute(ended)).scalars())


async def get_appointment(tx: Transaction, person_id: str, organization_id: str, role: str) -> Appointment | None:
    return await tx.get(Appointment, (person_id, organization_id, role), populate_existing=True)


async def list_appointments(tx: Transaction, person_id: str) -> set[tuple[str, str]]:
    """Return the further roles of a person, as pairs of an organization's id and a role."""
    wanted = select(Appointment.organization_id, Appointment.role).where(Appointment.person_id == person_id)
    return set(await tx.exec(wanted))


async def list_shelter_choices(tx: Transaction, ids: Collection[str] | None = None) -> list[ShelterChoice]:
    """Return these shelters, or all of them for None, by name."""
    found = await (await tx.connection()).execute(SHELTER_CHOICES, {"every": ids is None, "ids": list(ids or ())})
    return [ShelterChoice(*row) for row in found]


async def list_run_by(tx: Transaction, ids: Collection[str], *, keep: bool = False) -> dict[str, str]:
    """Return the organizations that run these shelters, by shelter; unknown ones are left out.

    `keep`: nobody closes one of them until the transaction ends.
    """
    wanted = select(Shelter.id, Shelter.organization_id).where(col(Shelter.id).in_(ids), _LIVES).order_by(Shelter.id)
    known = await tx.exec(wanted.with_for_update(read=True, key_share=True) if keep else wanted)
    return dict(known.all())


async def is_name_taken(tx: Transaction, name: str, shelter_id: str) -> bool:
    """Return whether another shelter than this one has the name; nobody else may give one until the transaction ends."""
    await (await tx.connection()).execute(LOCK_NAMES)
    return is_taken(name, await tx.exec(select(Shelter.name).where(Shelter.id != shelter_id)))


async def is_organization_name_taken(tx: Transaction, name: str, organization_id: str) -> bool:
    """Return the same for an organization, also one that has ended, because it may begin again."""
    await (await tx.connection()).execute(LOCK_ORGANIZATION_NAMES)
    return is_taken(name, await tx.exec(select(Organization.name).where(Organization.id != organization_id)))
