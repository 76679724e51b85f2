"""Closing a shelter for good: an administrator may, once nobody is in it and nothing is promised or asked there.

Its people are asked nothing more, so this is also the end when no manager is left. Its past stays.
"""

from datetime import datetime

from bedboard.actions.claims import expire_claim, to_rule
from bedboard.actions.manage.common import check_admin, check_seen, write_about
from bedboard.actions.manage.people import end_sessions
from bedboard.actions.manage.places import facts_of
from bedboard.actions.manage.shelters import lock_managed, shelter_facts
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import SHELTER, Actor
from bedboard.rules.claims import is_live
from bedboard.rules.employing import can_seek
from bedboard.rules.refusals import Conflict
from bedboard.store.bell import ring
from bedboard.store.claims import get_open_claim
from bedboard.store.database import Transaction, after_lock
from bedboard.store.managing import list_organizations, list_shelters_of, replace_memberships
from bedboard.store.merging import list_people_for, list_roles_of, lock_clients_for, lock_people_for
from bedboard.store.shelters import has_open_asks, keep_apart, list_places, save_ended
from bedboard.store.tables.board import Place
from bedboard.store.tables.people import Person


async def close_shelter(tx: Transaction, actor: Actor, shelter_id: str, now: datetime, seen: str | None = None) -> str:
    """Close a shelter for good with its places, take it away from its people and end its tokens; return its id.

    `seen`: the stamp of its facts as the page showed them. An administrator sees nothing of what is free, so the refusal says
    no more than that something is still going on. Refusals: NotAllowed, NotFound, Conflict `facts_changed`, `shelter_in_use`.
    """
    people = await lock_people_for(tx, shelter_id)
    shelter = await lock_managed(tx, actor, shelter_id)
    await keep_apart(tx, shelter_id)  # whatever was asked or given there before is seen from here on, and nothing more can be
    await check_admin(tx, actor)
    now = after_lock(tx, now)
    facts = shelter_facts(shelter.name, shelter.organization_id, shelter.unit_code, shelter.confirm_times)
    check_seen(seen, facts)
    if {one.id for one in people} != await list_people_for(tx, shelter_id):
        raise Conflict("facts_changed")  # somebody began or left there while this waited
    if await has_open_asks(tx, shelter_id):
        raise Conflict("shelter_in_use")
    rows = [await _end_place(tx, actor, place, now) for place in await list_places(tx, shelter_id)]
    await save_shelter(tx, shelter, [*rows, journal_row(actor, "end_shelter", None, facts, None, now)])
    for person in people:
        await _leave(tx, actor, person, shelter_id, now)
    for client in await lock_clients_for(tx, shelter_id):
        if client.ended_at is None:
            client.ended_at = now
            tx.add(client)
            await tx.flush()
            await write_about(tx, actor, "end_token", f"client {client.id}", None, {"ended_at": now.isoformat()}, now)
            for token_hash in filter(None, (client.token_hash, client.previous_hash)):
                await ring(tx, "session", token_hash.hex())
    await save_ended(tx, shelter_id, now)
    await ring(tx, "catalogue", "all")  # every process reads which shelters there are
    return shelter_id


async def _end_place(tx: Transaction, actor: Actor, place: Place, now: datetime) -> dict[str, object]:
    """End a place, and return its line for the journal. Refusal: Conflict `shelter_in_use`."""
    claim = await get_open_claim(tx, place.id)
    if place.state == "occupied" or (claim is not None and is_live(to_rule(claim), now)):
        raise Conflict("shelter_in_use")
    if claim is not None:
        expire_claim(tx, claim)  # it is past its hour
    place.ended_at = now
    tx.add(place)
    return journal_row(actor, "end_place", place.id, facts_of(place), None, now)


async def _leave(tx: Transaction, actor: Actor, person: Person, shelter_id: str, now: datetime) -> None:
    """Take the shelter away from a person. Roles for shelters go with the last one, and access with the last role."""
    shelters = await list_shelters_of(tx, person.id)
    left = [one for one in shelters if one != shelter_id]
    await replace_memberships(tx, person.id, shelters, left)
    before, after = {"shelters": shelters}, {"shelters": left}
    await write_about(tx, actor, "change_person", f"person {person.id}", before, after, now)
    others = list(await list_roles_of(tx, [person.id]))
    for further in others if not left else ():
        if further.role in SHELTER:
            await tx.delete(further)
            role = {"organization": further.organization_id, "role": further.role}
            await write_about(tx, actor, "end_role", f"person {person.id}", role, None, now)
    if person.role in SHELTER:
        await end_sessions(tx, person.id, now)
    if person.role in SHELTER and not left and person.ended_at is None:
        await _end_work(tx, actor, person, now)
    await tx.flush()


async def _end_work(tx: Transaction, actor: Actor, person: Person, now: datetime) -> None:
    """Let a person without a shelter act in another role that can be had, or end their access when they have none."""
    living = {one.id: one.telephones for one in await list_organizations(tx) if one.ended_at is None}
    further = [one for one in await list_roles_of(tx, [person.id]) if one.role not in SHELTER]
    can_be_had = (one for one in further if one.organization_id in living and can_seek(one.role, living[one.organization_id]))
    other = next(can_be_had, None)
    if other is None:
        person.ended_at = now
        tx.add(person)
        await write_about(tx, actor, "end_person", f"person {person.id}", {"ended": False}, {"ended": True}, now)
        return
    before = {"organization": person.organization_id, "role": person.role}
    after = {"organization": other.organization_id, "role": other.role}
    await tx.delete(other)
    await tx.flush()
    person.organization_id, person.role = after["organization"], after["role"]
    tx.add(person)
    await write_about(tx, actor, "change_person", f"person {person.id}", before, after, now)
