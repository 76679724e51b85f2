"""Merging: everything of one organization goes to another one, and the first is closed. Holds and cases go on there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from bedboard.actions.case_lock import lock_case, save_case
from bedboard.actions.claims import claim_words
from bedboard.actions.manage.common import check_admin, stamp_of, write_about
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.employing import check_living
from bedboard.rules.managing import split_roles
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound
from bedboard.store.bell import ring
from bedboard.store.clients import ClientRow, list_clients
from bedboard.store.database import Transaction
from bedboard.store.managing import (
    PersonRow,
    ShelterChoice,
    end_sessions_of,
    get_locked_organization,
    list_managed_people,
    list_shelter_choices,
)
from bedboard.store.merging import (
    list_cases_moving,
    list_claims_moving,
    list_roles_of,
    list_shelters_moving,
    lock_clients_of,
    lock_people_of,
    save_merged,
)
from bedboard.store.shelters import lock_shelter
from bedboard.store.tables.board import Organization
from bedboard.store.tables.people import Appointment, Person


class DroppedRole(NamedTuple):
    """A role that a person would have twice, and has once afterwards."""

    person_id: str
    person: str
    role: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The things that a merge moves, besides holds and cases. `people`: those who act for the organization now, or did.

    `roles`: further roles that move, as a person and a role. `gained`: numbers to be called back under, by role, that the other
    organization has not; `lost`: the roles for which it has another one, which stays.
    """

    shelters: Sequence[ShelterChoice] = ()
    people: Sequence[PersonRow] = ()
    roles: Sequence[tuple[str, str]] = ()
    dropped: Sequence[DroppedRole] = ()
    tokens: Sequence[ClientRow] = ()
    gained: Mapping[str, str] = field(default_factory=dict)
    lost: Sequence[str] = ()

    @property
    def stamp(self) -> str:
        """Return the stamp of what the page names; holds and cases come and go meanwhile."""
        people = sorted(f"{one.id} {one.role}" for one in self.people)
        facts = {"shelters": sorted(one.id for one in self.shelters), "people": people, "gained": dict(self.gained)}
        tokens, dropped = sorted(one.id for one in self.tokens), sorted(map(list, self.dropped))
        return stamp_of(facts | {"roles": sorted(map(list, self.roles)), "dropped": dropped, "tokens": tokens})


async def plan_merge(
    tx: Transaction, from_id: str, into_id: str, numbers: Mapping[str, str], other_numbers: Mapping[str, str], now: datetime
) -> Plan:
    """Return what merging the first organization into the second would move. `numbers`: of both, by role."""
    every = await list_managed_people(tx)
    roles, dropped = list[tuple[str, str]](), list[DroppedRole]()
    for one in every:
        further = {(other.organization_id, other.role) for other in one.further}
        moved, gone = split_roles((one.organization_id, one.role), further, from_id, into_id)
        roles += [(one.name, role) for _, role in sorted(moved)]
        dropped += [DroppedRole(one.id, one.name, role) for _, role in sorted(gone)]
    return Plan(
        [one for one in await list_shelter_choices(tx) if one.organization_id == from_id],
        [one for one in every if one.organization_id == from_id],
        roles,
        dropped,
        [one for one in await list_clients(tx) if one.organization_id == from_id and one.terms.counts(now)],
        {role: number for role, number in numbers.items() if role not in other_numbers},
        [role for role, number in numbers.items() if other_numbers.get(role, number) != number],
    )


async def merge_organizations(
    tx: Transaction, actor: Actor, from_id: str, into_id: str, now: datetime, seen: str | None = None
) -> str:
    """Move everything of one organization to another one and close the first; return the id of the second.

    `seen`: the stamp of the plan as the page showed it. Limits are not asked: nothing that goes on is refused. Refusals:
    NotAllowed, NotFound, Invalid `into`, Conflict `facts_changed`, `own_role`, `organization_merged`, `organization_ended`.
    """
    one, other = await _lock(tx, actor, from_id, into_id)
    plan = await plan_merge(tx, from_id, into_id, one.telephones, other.telephones, now)
    if seen is not None and seen != plan.stamp:
        raise Conflict("facts_changed")
    people = await lock_people_of(tx, from_id)
    _check_gains_nothing(actor, await list_managed_people(tx, person_id=actor.id), {from_id, into_id})
    await _move_people(tx, actor, people, from_id, into_id, now)
    await _move_cases(tx, actor, from_id, into_id, now)
    await _move_shelters(tx, actor, from_id, into_id, now)
    await _move_tokens(tx, actor, from_id, into_id, now)
    await check_admin(tx, actor)  # once more: it may be lost while this waits for so many locks
    if plan.gained:
        before = {"telephones": other.telephones}
        other.telephones = other.telephones | dict(plan.gained)
        tx.add(other)
        after = {"telephones": other.telephones}
        await write_about(tx, actor, "change_organization", f"organization {into_id}", before, after, now)
    one.ended_at = now
    tx.add(one)
    await tx.flush()
    await save_merged(tx, from_id, into_id)
    names = {"organization": from_id}, {"organization": into_id}
    await write_about(tx, actor, "merge_organization", f"organization {from_id}", *names, now)
    await ring(tx, "catalogue", "all")
    return into_id


async def _lock(tx: Transaction, actor: Actor, from_id: str, into_id: str) -> tuple[Organization, Organization]:
    """Lock both, in the order of their ids: a merge the other way round waits, and then finds its first one closed."""
    rows = {one: await get_locked_organization(tx, one) for one in sorted({from_id, into_id})}
    await check_admin(tx, actor)
    one, other = rows[from_id], rows[into_id]
    if one is None:
        raise NotFound("no_such_organization")
    check_living(one.ended_at, one.merged_into_id)
    if other is None or other.ended_at is not None or from_id == into_id:
        raise Invalid(FieldError("into", "unknown_organization"))
    return one, other


def _check_gains_nothing(actor: Actor, found: Sequence[PersonRow], merged: Collection[str]) -> None:
    """Refuse an administrator that would look for places for more people than before. Refusal: Conflict `own_role`."""
    for one in found if actor.kind == "person" else ():
        roles = {(one.organization_id, one.role), *((other.organization_id, other.role) for other in one.further)}
        if any(organization in merged and role in SEEKERS for organization, role in roles):
            raise Conflict("own_role")


async def _move_people(
    tx: Transaction, actor: Actor, people: Sequence[Person], from_id: str, into_id: str, now: datetime
) -> None:
    """Move everybody and their further roles. Sessions end of those who act for the organization now: another one counts."""
    further: dict[str, list[Appointment]] = {}
    for appointment in await list_roles_of(tx, [one.id for one in people]):
        further.setdefault(appointment.person_id, []).append(appointment)
    words: tuple[dict[str, Any], dict[str, Any]] = ({"organization": from_id}, {"organization": into_id})
    for person in people:
        own = {(one.organization_id, one.role): one for one in further.get(person.id, [])}
        moved, dropped = split_roles((person.organization_id, person.role), own.keys(), from_id, into_id)
        for pair in sorted(moved | dropped):
            await tx.delete(own[pair])
        await tx.flush()
        tx.add_all(Appointment(person_id=person.id, organization_id=into_id, role=role) for _, role in sorted(moved))
        if person.organization_id == from_id:
            for token_hash in await end_sessions_of(tx, person.id, now):
                await ring(tx, "session", token_hash.hex())
            person.organization_id = into_id
            tx.add(person)
            await tx.flush()
            await write_about(tx, actor, "change_person", f"person {person.id}", *words, now)
        await tx.flush()
        for _, role in sorted(moved):
            before, after = ({**one, "role": role} for one in words)
            await write_about(tx, actor, "move_role", f"person {person.id}", before, after, now)
        for organization_id, role in sorted(dropped):
            gone = {"organization": organization_id, "role": role}
            await write_about(tx, actor, "end_role", f"person {person.id}", gone, None, now)


async def _move_cases(tx: Transaction, actor: Actor, from_id: str, into_id: str, now: datetime) -> None:
    """Move the cases that are not at their end, and the offers to take one over."""
    for case_id in await list_cases_moving(tx, from_id):
        case = await lock_case(tx, case_id)
        record = case.record
        if record.organization_id == from_id:
            record.organization_id = into_id
        if record.handed_organization_id == from_id:
            record.handed_organization_id = into_id
        if (record.handed_organization_id, record.handed_role) == (record.organization_id, record.role):
            record.handed_organization_id = record.handed_role = record.handed_at = None  # it is theirs already
        await save_case(tx, actor, case, "merged", now)


async def _move_shelters(tx: Transaction, actor: Actor, from_id: str, into_id: str, now: datetime) -> None:
    """Move the shelters of the organization, and its holds and reservations in every shelter."""
    for shelter_id in await list_shelters_moving(tx, from_id, now):
        shelter, rows = await lock_shelter(tx, shelter_id), []
        if shelter is None:
            raise AssertionError(f"shelter {shelter_id} was there and is gone")
        if shelter.organization_id == from_id:
            shelter.organization_id = into_id
            words = {"organization": from_id}, {"organization": into_id}
            rows.append(journal_row(actor, "change_shelter", None, *words, now))
        for claim in await list_claims_moving(tx, from_id, shelter_id, now):
            before = claim_words(claim)
            claim.organization_id = into_id
            tx.add(claim)
            if claim.ended_at is None:
                rows.append(journal_row(actor, "move_claim", claim.place_id, before, claim_words(claim), now))
        if rows:
            await save_shelter(tx, shelter, rows)


async def _move_tokens(tx: Transaction, actor: Actor, from_id: str, into_id: str, now: datetime) -> None:
    """Move the programs. Their tokens go on to count: a system of a shelter must not fall silent in the night."""
    for client in await lock_clients_of(tx, from_id):
        client.organization_id = into_id
        tx.add(client)
        await tx.flush()
        if client.ended_at is None:
            words = {"organization": from_id}, {"organization": into_id}
            await write_about(tx, actor, "change_token", f"client {client.id}", *words, now)
            for token_hash in filter(None, (client.token_hash, client.previous_hash)):
                await ring(tx, "session", token_hash.hex())  # so that every process reads it again
