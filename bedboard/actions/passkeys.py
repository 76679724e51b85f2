"""Passkeys: the challenge that is used once, the proof of a person, and passkeys that come and go."""

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from bedboard.actions.ceremony import NewPasskey, Party, check_used, credential_in
from bedboard.actions.roles import check_role
from bedboard.actions.sign_in_lines import Method, note_sign_in
from bedboard.clock import Clock
from bedboard.rules.access import Actor
from bedboard.rules.devices import CHALLENGE_LASTS, MOST_PASSKEYS, Label, Purpose, is_living, may_enrol
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound, SignInNeeded
from bedboard.store.access import get_proven_at, list_shelters_of
from bedboard.store.accounts import get_account_of
from bedboard.store.alerts import lock_person
from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.passkeys import (
    delete_challenges,
    delete_passkeys,
    end_sessions_of,
    has_credential,
    list_passkeys,
    lock_own_passkey,
    lock_passkey,
    save_challenge,
    take_challenge,
)
from bedboard.store.people import get_person
from bedboard.store.tables.passkeys import Passkey
from bedboard.store.tables.people import Person

PASSKEYS_KEPT = timedelta(days=30)


def hash_challenge(challenge: bytes) -> bytes:
    return hashlib.sha256(challenge).digest()


async def give_challenge(tx: Transaction, purpose: Purpose, bound_hash: bytes, clock: Clock) -> bytes:
    """Return a new challenge that counts once, within `CHALLENGE_LASTS`, for this purpose and the secret of this hash."""
    challenge, now = clock.new_token().encode(), clock.now()
    await delete_challenges(tx, now - CHALLENGE_LASTS)
    await save_challenge(tx, hash_challenge(challenge), purpose, bound_hash, now)
    return challenge


async def use_challenge(tx: Transaction, challenge: bytes, purpose: Purpose, bound_hash: bytes, now: datetime) -> bool:
    """Use the challenge up, and return whether it counts. In a transaction of its own, so that it is used up in any case."""
    taken = await take_challenge(tx, hash_challenge(challenge))
    return (
        taken is not None
        and taken.purpose == purpose
        and hmac.compare_digest(taken.bound_hash, bound_hash)
        and is_living(taken.created_at, CHALLENGE_LASTS, now)
    )


class Proven(NamedTuple):
    """A person who has just proven who they are, and the passkey that proved it."""

    person: Person
    passkey: Passkey


async def prove(tx: Transaction, party: Party, answer: str, challenge: bytes, now: datetime) -> Proven:
    """Return the person whose passkey has signed the challenge. Refusal: NotAllowed `passkey_refused`.

    The roles of this person come from our own table alone. The caller has used the challenge up.
    """
    passkey = await lock_passkey(tx, credential_in(answer))
    person = None if passkey is None else await get_person(tx, passkey.person_id)
    if passkey is None or person is None or person.ended_at is not None:
        raise NotAllowed("passkey_refused")
    passkey.sign_count = check_used(party, answer, challenge, person.id, passkey.public_key, passkey.sign_count)
    passkey.used_at = now
    tx.add(passkey)
    await tx.flush()
    return Proven(person, passkey)


async def add_passkey(
    tx: Transaction,
    actor: Actor,
    made: NewPasskey,
    label: Label,
    clock: Clock,
    *,
    method: Method,
    session_hash: bytes | None = None,
) -> Passkey:
    """Add a passkey for the actor, and tell every other page of theirs.

    `session_hash`: the session whose page adds it, which is told nothing, and must not have ended meanwhile. The caller has
    locked the person. Refusals: SignInNeeded; Conflict `passkey_known` and `passkeys_of_person`.
    """
    if session_hash is not None and await get_proven_at(tx, session_hash) is None:
        raise SignInNeeded("sign_in_needed")
    if await has_credential(tx, made.credential_id):
        raise Conflict("passkey_known")
    if len(await list_passkeys(tx, actor.id)) >= MOST_PASSKEYS:
        raise Conflict("passkeys_of_person", most=MOST_PASSKEYS)
    passkey = Passkey(
        id=clock.new_id(),
        person_id=actor.id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        label=label,
        added_at=clock.now(),
    )
    tx.add(passkey)
    await tx.flush()
    await note_sign_in(tx, actor, "passkey_added", clock.now(), method=method, device=label)
    await ring(tx, "devices", f"{actor.id} {session_hash.hex() if session_hash else '-'}")
    return passkey


async def name_passkey(tx: Transaction, actor: Actor, passkey_id: str, label: Label) -> None:
    """Give a passkey of the actor's own another label. Refusals: NotAllowed, NotFound."""
    passkey = await lock_own_passkey(tx, passkey_id, actor.id)
    await check_role(tx, actor)
    if passkey is None:
        raise NotFound("no_such_device")
    passkey.label = label
    tx.add(passkey)
    await tx.flush()


async def check_may_help(tx: Transaction, actor: Actor, person_id: str) -> Person:
    """Return the person if the actor may make a code for them or end their passkeys; also for oneself.

    The role and the shelters of the actor are asked once more: the session may remember what was true before. Refusals:
    NotFound, NotAllowed.
    """
    await check_role(tx, actor)
    person = await get_person(tx, person_id)
    if person is None or person.ended_at is not None:
        raise NotFound("no_such_person")
    if actor.kind == "person" and actor.id == person_id:
        return person
    now = replace(actor, shelter_ids=await list_shelters_of(tx, actor.id))
    if not may_enrol(now, person.role, await list_shelters_of(tx, person_id)):
        raise NotFound("no_such_person")
    return person


async def end_passkey(
    tx: Transaction, actor: Actor, person_id: str, passkey_id: str, now: datetime, *, also_last: bool = False
) -> None:
    """End a passkey with all sessions that were made or proven with it, at once and on every process.

    With its person locked: no session adds a passkey while this ends that session. Refusals: NotAllowed; NotFound; Conflict
    `last_passkey` for one's own last one, unless `also_last`.
    """
    await lock_person(tx, person_id)
    passkey = await lock_own_passkey(tx, passkey_id, person_id)
    await check_may_help(tx, actor, person_id)
    if passkey is None:
        raise NotFound("no_such_device")
    if actor.id == person_id and not also_last and await _is_last(tx, person_id):
        raise Conflict("last_passkey")
    for token_hash in await end_sessions_of(tx, passkey.id, now):
        await ring(tx, "session", token_hash.hex())
    passkey.ended_at = now
    tx.add(passkey)
    await tx.flush()
    await note_sign_in(tx, actor, "passkey_ended", now, person_id=person_id, method="passkey", device=passkey.label)


async def _is_last(tx: Transaction, person_id: str) -> bool:
    """Return whether a person with one passkey fewer can no longer sign in."""
    return len(await list_passkeys(tx, person_id)) == 1 and await get_account_of(tx, person_id) is None


async def forget_challenges(tx: Transaction, now: datetime) -> int:
    """Delete a batch of the challenges that are past their time; return how many."""
    return await delete_challenges(tx, now - CHALLENGE_LASTS)


async def forget_passkeys(tx: Transaction, now: datetime) -> int:
    """Delete a batch of the passkeys that ended longer than `PASSKEYS_KEPT` ago; return how many."""
    return await delete_passkeys(tx, now - PASSKEYS_KEPT)
