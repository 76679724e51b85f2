"""People and their roles: an administrator adds, changes and ends them, a manager the staff of its own shelters.

A change of role, organization or shelters ends the sessions of the person on every process, and so their sockets.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bedboard.actions.manage.common import check_admin, check_seen, differences, stamp_of, write_about
from bedboard.actions.manage.organizations import lock_living_organization
from bedboard.actions.roles import check_role
from bedboard.actions.setup import add_person
from bedboard.rules.access import Actor
from bedboard.rules.employing import check_roles
from bedboard.rules.managing import Group, check_manages, is_taken
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound
from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.managing import (
    count_other_admins,
    end_sessions_of,
    get_appointment,
    get_locked_organization,
    get_locked_person,
    list_appointments,
    list_managed_people,
    list_run_by,
    list_shelters_of,
    replace_memberships,
)
from bedboard.store.people import may_act
from bedboard.store.tables.board import Organization
from bedboard.store.tables.people import Appointment, Person


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person as their page shows them. `shelter_ids`: the shelters for which they work."""

    name: str
    organization_id: str
    role: str
    shelter_ids: frozenset[str] = frozenset()


def person_facts(name: str, organization_id: str, role: str, shelter_ids: Collection[str], *, ended: bool) -> dict[str, Any]:
    return {
        "name": name,
        "organization": organization_id,
        "role": role,
        "shelters": sorted(shelter_ids),
        "ended": ended,
    }


def stamp_of_person(name: str, organization_id: str, role: str, shelter_ids: Collection[str], *, ended: bool) -> str:
    return stamp_of(person_facts(name, organization_id, role, shelter_ids, ended=ended))


async def _check_right(tx: Transaction, actor: Actor, shelter_ids: Collection[str], role: str) -> None:
    """Refuse an actor that may not manage such a person, as the database knows it now. Refusals: NotAllowed, NotFound."""
    check_manages(actor, shelter_ids, role)
    await check_role(tx, actor)
    if actor.role == "manager":
        for shelter_id in shelter_ids:
            if not await may_act(tx, actor, shelter_id):
                raise NotFound("no_such_shelter")


async def _check_new(tx: Transaction, organization: Organization, new: PersonFacts, further: Collection[Group] = ()) -> None:
    """Refuse what cannot be had at this organization. `further`: the other roles of the person. Refusal: Invalid."""
    run_by = await list_run_by(tx, new.shelter_ids, keep=True)
    if len(run_by) < len(new.shelter_ids):
        raise Invalid(FieldError("shelters", "unknown_location"))
    check_roles((organization.id, new.role), further, run_by, organization.telephones)


async def appoint_person(
    tx: Transaction,
    actor: Actor,
    person_id: str,
    new: PersonFacts,
    now: datetime,
    *,
    demo: bool = False,
    is_another: bool = False,
) -> str:
    """Add a person, and return their id. `demo`: this is a demo, so anybody may sign in as them.

    `is_another`: the author knows that somebody has this name already.
    Refusals: NotAllowed, NotFound, Invalid `organization`, `shelters`, Conflict `same_name`.
    """
    organization = await lock_living_organization(tx, new.organization_id)
    await _check_right(tx, actor, new.shelter_ids, new.role)
    await _check_new(tx, organization, new)
    if not is_another:
        await _check_name(tx, actor, new.name)
    person = Person(id=person_id, organization_id=new.organization_id, name=new.name, role=new.role, demo=demo)
    await add_person(tx, person, sorted(new.shelter_ids))
    after = person_facts(new.name, new.organization_id, new.role, new.shelter_ids, ended=False)
    await write_about(tx, actor, "add_person", f"person {person_id}", None, after, now)
    return person_id


async def _check_name(tx: Transaction, actor: Actor, name: str) -> None:
    """Refuse the name of somebody that the actor may know of. Refusal: Conflict `same_name` with role and organization."""
    same_named = [one for one in await list_managed_people(tx) if is_taken(name, [one.name])]
    if actor.role != "admin":
        same_named = [one for one in same_named if one.ended_at is None and actor.shelter_ids & {*one.shelter_ids}]
    same = next(iter(same_named), None)
    if same is not None:
        ended = same.ended_at is not None
        raise Conflict("same_name", name=same.name, role=same.role, organization=same.organization, ended=ended)


async def change_person(
    tx: Transaction, actor: Actor, person_id: str, new: PersonFacts, now: datetime, seen: str | None = None
) -> str:
    """Change a person. A manager changes the name, and which of its own shelters they work for; the other shelters stay.

    `seen`: the stamp of the facts as the page showed them.
    Refusals: NotAllowed, NotFound, Invalid, Conflict `facts_changed`, `last_admin`, `own_role`.
    """
    organization = await lock_living_organization(tx, new.organization_id)
    person, before = await _lock(tx, actor, person_id, seen)
    await _check_right(tx, actor, new.shelter_ids, new.role)
    present = frozenset(before["shelters"])
    kept = present - actor.shelter_ids if actor.role == "manager" else frozenset[str]()
    new = PersonFacts(new.name, new.organization_id, new.role, new.shelter_ids | kept)
    if actor.role == "manager":
        new = PersonFacts(new.name, person.organization_id, person.role, new.shelter_ids)
    is_same = (person.organization_id, person.role) == (new.organization_id, new.role)
    only_leaves = is_same and new.shelter_ids <= present and (new.shelter_ids or not present)
    if not only_leaves:
        await _check_new(tx, organization, new, await list_appointments(tx, person_id))
    if person.role == "admin" != new.role:
        await _check_not_last(tx, person_id)
    if not is_same:
        _check_other(actor, person_id)
    await _check_role(tx, person_id, new.organization_id, new.role)
    after = person_facts(new.name, new.organization_id, new.role, new.shelter_ids, ended=before["ended"])
    changed = differences(before, after)
    if not changed[1]:
        return person_id
    if changed[1].keys() & {"organization", "role", "shelters"}:
        await end_sessions(tx, person_id, now)
    person.name, person.organization_id, person.role = new.name, new.organization_id, new.role
    tx.add(person)
    await replace_memberships(tx, person_id, present, new.shelter_ids)
    await write_about(tx, actor, "change_person", f"person {person_id}", *changed, now)
    await ring(tx, "catalogue", "all")
    return person_id


async def end_person(tx: Transaction, actor: Actor, person_id: str, now: datetime, seen: str | None = None) -> str:
    """End the access of a person, or give it back to one that had left. Their shelters stay noted.

    A manager takes its own shelters away from staff; without any other shelter their access ends.
    Refusals: NotAllowed, NotFound, Conflict `facts_changed`, `last_admin`, and Invalid for a return to a role that
    cannot be had any more.
    """
    known = await list_managed_people(tx, person_id=person_id) if actor.role == "admin" else []
    organization = await get_locked_organization(tx, known[0].organization_id) if known else None
    person, before = await _lock(tx, actor, person_id, seen)
    shelters = frozenset(before["shelters"])
    left = shelters - actor.shelter_ids if actor.role == "manager" else shelters
    await _check_right(tx, actor, () if actor.role == "admin" else shelters - left, person.role)
    if person.ended_at is not None:
        await _check_return(tx, person, organization, shelters)
    if actor.role == "manager" and left:
        await replace_memberships(tx, person_id, shelters, left)
        action, after = "change_person", before | {"shelters": sorted(left)}
    else:
        if person.ended_at is None and person.role == "admin":
            await _check_not_last(tx, person_id)
        person.ended_at = now if person.ended_at is None else None
        tx.add(person)
        ended = person.ended_at is not None
        action, after = "end_person" if ended else "begin_person", before | {"ended": ended}
    await end_sessions(tx, person_id, now)
    await tx.flush()
    await write_about(tx, actor, action, f"person {person_id}", *differences(before, after), now)
    await ring(tx, "catalogue", "all")
    return person_id


async def _check_return(tx: Transaction, person: Person, organization: Organization | None, shelters: frozenset[str]) -> None:
    """Refuse to give somebody that had left a role which cannot be had any more. Refusals: Invalid, Conflict."""
    if organization is None or organization.id != person.organization_id:
        raise Conflict("facts_changed")  # they went to another organization while this waited
    if organization.ended_at is not None:
        raise Invalid(FieldError("organization", "unknown_organization"))
    facts = PersonFacts(person.name, person.organization_id, person.role, shelters)
    await _check_new(tx, organization, facts, await list_appointments(tx, person.id))


async def add_appointment(tx: Transaction, actor: Actor, person_id: str, organization_id: str, role: str, now: datetime) -> str:
    """Give a person a further role. Refusals: NotAllowed, NotFound, Invalid `organization`, `role`, Conflict `own_role`."""
    organization = await lock_living_organization(tx, organization_id)
    person, facts = await _lock(tx, actor, person_id, None)
    await check_admin(tx, actor)
    _check_other(actor, person_id)
    if (person.organization_id, person.role) == (organization_id, role):
        raise Invalid(FieldError("role", "has_role_already"))
    if "staff" in (person.role, role):
        raise Invalid(FieldError("role", "staff_has_one_role"))
    await _check_role(tx, person_id, organization_id, role)
    further = {(person.organization_id, person.role), *await list_appointments(tx, person_id)}
    run_by = await list_run_by(tx, facts["shelters"])
    check_roles((organization_id, role), further, run_by, organization.telephones, of_shelters="role")
    tx.add(Appointment(person_id=person_id, organization_id=organization_id, role=role))
    await tx.flush()
    after = {"organization": organization_id, "role": role}
    await write_about(tx, actor, "add_role", f"person {person_id}", None, after, now)
    return person_id


async def end_appointment(tx: Transaction, actor: Actor, person_id: str, organization_id: str, role: str, now: datetime) -> str:
    """Take a further role away; the one in which the person acts now is changed by `change_person`.

    Refusals: NotAllowed, NotFound.
    """
    await _lock(tx, actor, person_id, None)
    await check_admin(tx, actor)
    further = await get_appointment(tx, person_id, organization_id, role)
    if further is None:
        raise NotFound("no_such_role")
    await tx.delete(further)
    await tx.flush()
    await write_about(tx, actor, "end_role", f"person {person_id}", {"organization": organization_id, "role": role}, None, now)
    return person_id


async def take_role(tx: Transaction, actor: Actor, organization_id: str, role: str, now: datetime) -> Person:
    """Let the actor act in a further role from now on, and keep the present one as a further role.

    All sessions of the person end; the caller begins a new one. Refusal: NotFound `no_such_role`.
    """
    person = await get_locked_person(tx, actor.id)
    further = await get_appointment(tx, actor.id, organization_id, role)
    if person is None or person.ended_at is not None or further is None or actor.kind != "person":
        raise NotFound("no_such_role")
    before = {"organization": person.organization_id, "role": person.role}
    await tx.delete(further)
    tx.add(Appointment(person_id=person.id, organization_id=person.organization_id, role=person.role))
    await end_sessions(tx, person.id, now)
    person.organization_id, person.role = organization_id, role
    tx.add(person)
    await tx.flush()
    after = {"organization": organization_id, "role": role}
    await write_about(tx, actor, "take_role", f"person {person.id}", before, after, now)
    await ring(tx, "catalogue", "all")
    return person


async def _lock(tx: Transaction, actor: Actor, person_id: str, seen: str | None) -> tuple[Person, dict[str, Any]]:
    """Lock a person, and return them with their facts. To a manager only the staff of its own shelters exist.

    Refusals: NotFound, Conflict `facts_changed`.
    """
    person = await get_locked_person(tx, person_id)
    shelters = [] if person is None else await list_shelters_of(tx, person_id)
    is_own = actor.role == "admin" or (person is not None and person.role == "staff" and actor.shelter_ids & set(shelters))
    if person is None or not is_own:
        raise NotFound("no_such_person")
    ended = person.ended_at is not None
    if ended and actor.role != "admin":
        raise NotFound("no_such_person")
    facts = person_facts(person.name, person.organization_id, person.role, shelters, ended=ended)
    check_seen(seen, facts)
    return person, facts


async def _check_role(tx: Transaction, person_id: str, organization_id: str, role: str) -> None:
    """Refuse a role that is one of the further ones. Staff have none: their device stays open. Refusal: Invalid `role`."""
    further = await list_appointments(tx, person_id)
    if (organization_id, role) in further:
        raise Invalid(FieldError("role", "has_role_already"))
    if further and role == "staff":
        raise Invalid(FieldError("role", "staff_has_one_role"))


def _check_other(actor: Actor, person_id: str) -> None:
    """Refuse to give oneself a role: two people are needed for that. Refusal: Conflict `own_role`."""
    if actor.kind == "person" and actor.id == person_id:
        raise Conflict("own_role")


async def _check_not_last(tx: Transaction, person_id: str) -> None:
    if not await count_other_admins(tx, person_id):
        raise Conflict("last_admin")


async def end_sessions(tx: Transaction, person_id: str, now: datetime) -> None:
    """End the sessions of a person, and tell every process, which closes their sockets."""
    for token_hash in await end_sessions_of(tx, person_id, now):
        await ring(tx, "session", token_hash.hex())
