"""A shelter that goes to another organization takes its people and the tokens of its systems along."""

from collections.abc import Sequence
from datetime import datetime

from bedboard.actions.manage.common import write_about
from bedboard.actions.manage.people import end_sessions
from bedboard.rules.access import SHELTER, Actor
from bedboard.rules.refusals import FieldError, Invalid
from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.managing import list_run_by, list_shelters_of
from bedboard.store.merging import list_roles_of, lock_clients_for, lock_people_for
from bedboard.store.tables.people import Appointment, Person


async def move_people(tx: Transaction, actor: Actor, shelter_id: str, from_id: str, into_id: str, now: datetime) -> None:
    """Move the people of a shelter to the organization that runs it from now on; their sessions end.

    The caller has locked both organizations, and not yet the shelter. Refusal: Invalid `organization` when some of them work
    for another shelter of the first organization too.
    """
    people = await lock_people_for(tx, shelter_id)
    leaving = [one for one in people if not await _stays(tx, one, shelter_id, from_id)]
    if any(one not in leaving and one.ended_at is None for one in people):
        raise Invalid(FieldError("organization", "people_elsewhere"))
    words = {"organization": from_id}, {"organization": into_id}
    for person in leaving:
        if (person.organization_id, person.role in SHELTER) == (from_id, True):
            await end_sessions(tx, person.id, now)
            person.organization_id = into_id
            tx.add(person)
            await tx.flush()
            await write_about(tx, actor, "change_person", f"person {person.id}", *words, now)
    for further in await list_roles_of(tx, [one.id for one in leaving]):
        if further.organization_id == from_id and further.role in SHELTER:
            await _move_role(tx, actor, further, leaving, into_id, now)


async def _stays(tx: Transaction, person: Person, shelter_id: str, from_id: str) -> bool:
    run_by = await list_run_by(tx, await list_shelters_of(tx, person.id))
    return any(one != shelter_id and organization == from_id for one, organization in run_by.items())


async def _move_role(
    tx: Transaction, actor: Actor, further: Appointment, people: Sequence[Person], into_id: str, now: datetime
) -> None:
    acts_as = {one.id: (one.organization_id, one.role) for one in people}
    before = {"organization": further.organization_id, "role": further.role}
    person_id, role = further.person_id, further.role
    await tx.delete(further)
    await tx.flush()
    if acts_as[person_id] != (into_id, role):
        await tx.merge(Appointment(person_id=person_id, organization_id=into_id, role=role))
        await tx.flush()
    await write_about(tx, actor, "move_role", f"person {person_id}", before, before | {"organization": into_id}, now)


async def move_tokens(tx: Transaction, actor: Actor, shelter_id: str, from_id: str, into_id: str, now: datetime) -> None:
    """Let the systems of a shelter act for the organization that runs it from now on. The caller holds the shelter."""
    words = {"organization": from_id}, {"organization": into_id}
    for client in await lock_clients_for(tx, shelter_id):
        client.organization_id = into_id
        tx.add(client)
        await tx.flush()
        if client.ended_at is None:
            await write_about(tx, actor, "change_token", f"client {client.id}", *words, now)
            for token_hash in filter(None, (client.token_hash, client.previous_hash)):
                await ring(tx, "session", token_hash.hex())  # so that every process reads it again
