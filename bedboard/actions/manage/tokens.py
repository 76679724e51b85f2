"""Tokens of programs: a manager makes, rotates and ends those of its own shelters, and an administrator and a command all.

A token is shown to its maker once. Only its hash is kept, and neither the journal nor a stored reply has more than the id.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bedboard.actions.manage.common import check_seen, differences, write_about
from bedboard.actions.manage.organizations import lock_living_organization
from bedboard.actions.roles import check_role
from bedboard.actions.setup import add_client
from bedboard.actions.signin import hash_token
from bedboard.rules.access import Actor
from bedboard.rules.clients import MOST_TOKENS, SCOPES, ClientRole, Terms, check_token, rotated
from bedboard.rules.employing import check_seeks
from bedboard.rules.managing import check_manages_token, is_taken
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound
from bedboard.store.bell import ring
from bedboard.store.clients import count_clients, list_client_names, lock_client
from bedboard.store.database import Transaction
from bedboard.store.people import list_shelter_people, may_act
from bedboard.store.shelters import lock_shelter
from bedboard.store.tables.people import Client


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A token to be made. `days`: for how many it counts. `shelter_id`: of a machine, which acts for its organization."""

    name: str
    role: ClientRole
    scopes: Collection[str]
    days: int
    shelter_id: str | None = None
    organization_id: str | None = None


def token_facts(
    expires_at: datetime | None, ended_at: datetime | None, rotated_at: datetime | None, scopes: Collection[str]
) -> dict[str, Any]:
    """Return what a page shows of a token and a press may replace."""
    moments = {"expires_at": expires_at, "ended_at": ended_at, "rotated_at": rotated_at}
    said = {name: None if moment is None else moment.isoformat() for name, moment in moments.items()}
    return said | {"scopes": _ordered(scopes)}


def _ordered(scopes: Collection[str]) -> list[str]:
    return [one for one in SCOPES if one in scopes]


async def _check_right(tx: Transaction, actor: Actor, shelter_id: str | None) -> None:
    """Refuse an actor that may not manage tokens of this shelter, or for None those of an organization.

    A command, which is "system", may. Refusals: NotAllowed, NotFound.
    """
    if actor.kind == "system":
        return
    check_manages_token(actor, shelter_id)
    await check_role(tx, actor)
    if actor.role == "manager" and not await may_act(tx, actor, shelter_id or ""):
        raise NotFound("no_such_shelter")


async def make_token(tx: Transaction, actor: Actor, client_id: str, token: str, new: TokenFacts, now: datetime) -> str:
    """Add a program with this token, and return its id.

    Refusals: NotAllowed, NotFound, Invalid `shelter`, `organization`, `scopes`, `program`, Conflict `tokens_full`.
    """
    check_token(new.role, new.scopes, has_shelter=new.shelter_id is not None, has_organization=new.organization_id is not None)
    organization_id = new.organization_id
    if new.shelter_id is not None:
        shelter = await lock_shelter(tx, new.shelter_id)
        if shelter is None:
            raise Invalid(FieldError("shelter", "unknown_location"))
        organization_id = shelter.organization_id
    elif organization_id is not None:
        organization = await lock_living_organization(tx, organization_id)
        check_seeks(new.role, organization.telephones)
    await _check_right(tx, actor, new.shelter_id)
    if await count_clients(tx, new.shelter_id, organization_id, now) >= MOST_TOKENS:
        raise Conflict("tokens_full", most=MOST_TOKENS)
    if is_taken(new.name, await list_client_names(tx, new.shelter_id, organization_id, now)):
        raise Invalid(FieldError("program", "program_taken"))
    expires_at = now + timedelta(days=new.days)
    await add_client(
        tx,
        client_id=client_id,
        name=new.name,
        role=new.role,
        token=token,
        now=now,
        organization_id=organization_id,
        shelter_id=new.shelter_id,
        scopes=_ordered(new.scopes),
        expires_at=expires_at,
    )
    after = {"name": new.name, "role": new.role, "organization": organization_id, "shelter": new.shelter_id}
    after |= token_facts(expires_at, None, None, new.scopes)
    await write_about(tx, actor, "add_token", f"client {client_id}", None, after, now)
    return client_id


async def rotate_token(
    tx: Transaction, actor: Actor, client_id: str, token: str, now: datetime, seen: str | None = None
) -> str:
    """Give the program this new token; the one before counts for `OVERLAP` more. Return the program's id.

    `seen`: the stamp of the facts as the page showed them.
    Refusals: NotAllowed, NotFound, Conflict `facts_changed`, `token_ended`, `rotated_lately`.
    """
    client = await _lock(tx, actor, client_id, seen)
    before = _facts_of(client)
    terms = Terms(client.expires_at, client.ended_at, client.previous_until)
    after = rotated(terms, client.rotated_at or client.created_at, now)
    gone = {client.previous_hash} if after.previous_until is not None else {client.previous_hash, client.token_hash}
    client.previous_hash = client.token_hash if after.previous_until is not None else None
    client.previous_until = after.previous_until
    client.token_hash, client.expires_at, client.rotated_at = hash_token(token), after.expires_at, now
    tx.add(client)
    await tx.flush()
    await write_about(tx, actor, "rotate_token", f"client {client_id}", *differences(before, _facts_of(client)), now)
    await _ring(tx, gone)
    return client_id


async def end_token(tx: Transaction, actor: Actor, client_id: str, now: datetime, seen: str | None = None) -> str:
    """End the token of a program for good, also the one before; its sockets close. Return the program's id.

    Refusals: NotAllowed, NotFound, Conflict `facts_changed`, `token_ended`.
    """
    client = await _lock(tx, actor, client_id, seen)
    if client.ended_at is not None:
        raise Conflict("token_ended")
    before, client.ended_at = _facts_of(client), now
    tx.add(client)
    await tx.flush()
    await write_about(tx, actor, "end_token", f"client {client_id}", *differences(before, _facts_of(client)), now)
    await _ring(tx, {client.token_hash, client.previous_hash})
    return client_id


def _facts_of(client: Client) -> dict[str, Any]:
    return token_facts(client.expires_at, client.ended_at, client.rotated_at, client.scopes)


async def _lock(tx: Transaction, actor: Actor, client_id: str, seen: str | None) -> Client:
    """Lock a program that the actor manages. To a manager only those of its own shelters exist.

    Refusals: NotAllowed, NotFound, Conflict `facts_changed`.
    """
    client = await lock_client(tx, client_id)
    if client is None or (actor.role == "manager" and client.shelter_id not in actor.shelter_ids):
        raise NotFound("no_such_token")
    await _check_right(tx, actor, client.shelter_id)
    check_seen(seen, _facts_of(client), of="token")
    return client


async def _ring(tx: Transaction, hashes: Collection[bytes | None]) -> None:
    """Tell every process that these tokens do not count any more, so that it forgets them and closes their sockets."""
    for token_hash in hashes:
        if token_hash is not None:
            await ring(tx, "session", token_hash.hex())


async def list_managers_told(tx: Transaction, shelter_id: str) -> Sequence[str]:
    """Return the ids of the managers who are told that their shelter has a new token."""
    return await list_shelter_people(tx, shelter_id, ("manager",))
