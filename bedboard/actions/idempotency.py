"""Idempotency: a call that is repeated, because its answer was lost, is answered again and not done again."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from bedboard.rules.access import Actor
from bedboard.rules.refusals import Conflict, FieldError, Invalid
from bedboard.store.crowds import WAIT_SECONDS, Crowded
from bedboard.store.database import Database, Transaction
from bedboard.store.idempotency import KeptReply, delete_answers, get_reply, keep_reply, take_key
from bedboard.store.tables.people import StoredReply

REPLIES_KEPT = timedelta(hours=24)
LONGEST_KEY = 255

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Key:
    """The caller's idempotency key and a fingerprint of everything else that it asked."""

    key: str
    fingerprint: bytes


class Reply(NamedTuple):
    """A reply: the status, the body as it goes over the wire, and the shelter's version, of this epoch of the database."""

    status: int
    body: bytes
    version: int | None = None
    epoch: int | None = None


def make_key(key: str | None, *asked: str | bytes) -> Key | None:
    """Make the key of a call; None without one. Refusal: Invalid when it is too long or not plain printable text."""
    if key is None:
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()) or key != key.strip():
        raise Invalid(FieldError("Idempotency-Key", "not_a_key"))
    digest = hashlib.sha256()
    for part in asked:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return Key(key, digest.digest())


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """A reply, and the result of the work; `result` None: this was a repetition, and nothing has been done."""

    reply: Reply
    result: Result | None


async def apply_once(
    database: Database,
    actor: Actor,
    key: Key | None,
    now: datetime,
    work: Callable[[Transaction], Awaitable[Result]],
    reply: Callable[[Result], Reply],
    until: float | None = None,
    epoch: int | None = None,
) -> Done[Result]:
    """Do `work` and save its reply, in one transaction.

    `until`: as for a transaction, here for all tries together. `epoch`: the present one, as far as the caller knows.

    A refusal rolls everything back and is not remembered: nothing has happened, so the same call may be tried again with
    the same key.
    While too many others wait for the same shelter, it waits without a connection, and then does everything again.
    Refusals: Conflict `key_in_use` while the same key is at work, Invalid `key_reused` for another call, Busy.
    """
    patient_until: float | None = None
    shelter_id: str | None = None
    try:
        while True:
            try:
                return await _apply(database, actor, key, now, work, reply, until, epoch)
            except Crowded as crowd:
                shelter_id = crowd.shelter_id
                patient_until = patient_until or asyncio.get_running_loop().time() + WAIT_SECONDS
                await database.crowds.room(shelter_id, patient_until if until is None else min(patient_until, until))
    finally:
        if shelter_id is not None:
            database.crowds.wake(shelter_id)  # the next one, whatever became of this one


async def _apply(
    database: Database,
    actor: Actor,
    key: Key | None,
    now: datetime,
    work: Callable[[Transaction], Awaitable[Result]],
    reply: Callable[[Result], Reply],
    until: float | None,
    epoch: int | None,
) -> Done[Result]:
    async with database.transaction(until) as tx:
        if key is not None:
            earlier = await _take(tx, actor, key, now)
            if earlier is not None:
                return Done(earlier, None)
        result = await work(tx)
        answer = reply(result)._replace(epoch=epoch)
        if key is not None:
            kept = StoredReply(
                actor_id=actor.key,
                key_hash=hash_key(actor.key, key.key),
                fingerprint=key.fingerprint,
                status=answer.status,
                body=answer.body,
                version=answer.version,
                created_at=now,
                epoch=epoch,
            )
            if not await keep_reply(tx, kept, now - REPLIES_KEPT):
                raise Conflict("key_in_use")
    return Done(answer, result)


async def read_reply(tx: Transaction, actor: Actor, key: str, now: datetime) -> KeptReply | None:
    """Return the reply that is kept under a key of the actor, without taking the key; None: there is none."""
    return await get_reply(tx, actor.key, hash_key(actor.key, key), now - REPLIES_KEPT)


def hash_key(actor_key: str, key: str) -> bytes:
    """Return the hash that is kept of an actor's key: the key itself is text from outside, and could be anything."""
    return hashlib.sha256(f"{actor_key}\n{key}".encode()).digest()


async def _take(tx: Transaction, actor: Actor, key: Key, now: datetime) -> Reply | None:
    """Lock the key until the end of the transaction, without waiting; return the reply that is kept under it, if any.

    Refusals: Conflict `key_in_use`, Invalid `key_reused`.
    """
    key_hash = hash_key(actor.key, key.key)
    lock = int.from_bytes(key_hash[:8], "big", signed=True)
    taken = await take_key(tx, lock, actor.key, key_hash, now - REPLIES_KEPT)
    if not taken.is_taken:
        raise Conflict("key_in_use")
    if taken.status is None or taken.body is None:
        return None
    if taken.fingerprint != key.fingerprint:
        raise Invalid(FieldError("Idempotency-Key", "key_reused"))
    return Reply(taken.status, taken.body, taken.version, taken.epoch)


async def forget_answers(tx: Transaction, now: datetime) -> int:
    """Delete a batch of the replies that are older than `REPLIES_KEPT`; return how many."""
    return await delete_answers(tx, now - REPLIES_KEPT)
