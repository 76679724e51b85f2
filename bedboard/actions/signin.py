"""Signing in and out. Today people can sign in to a demo only. Every way to sign in ends in `begin_session`."""

import hashlib
from datetime import datetime, timedelta

from bedboard.clock import Clock
from bedboard.rules.refusals import NotAllowed, NotFound
from bedboard.store.bell import ring
from bedboard.store.board import Catalogue
from bedboard.store.database import Transaction
from bedboard.store.people import delete_sessions, end_session, get_person
from bedboard.store.tables.people import Person, Session

SESSIONS_KEPT = timedelta(days=30)


def hash_token(token: str) -> bytes:
    """Return the hash that is kept of a token: 256 random bits cannot be guessed, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()


async def begin_session(tx: Transaction, person: Person, clock: Clock) -> str:
    """Begin a session for a person whose identity is sure, and return the token for the cookie."""
    token, now = clock.new_token(), clock.now()
    tx.add(Session(token_hash=hash_token(token), person_id=person.id, created_at=now, used_at=now))
    return token


async def sign_in_demo(tx: Transaction, person_id: str, catalogue: Catalogue | None, *, demo: bool, clock: Clock) -> str:
    """Sign in as a person of the demo: NotAllowed unless process and database are a demo, NotFound for all but its people."""
    if not demo or catalogue is None or not catalogue.demo:
        raise NotAllowed("not_a_demo")
    person = await get_person(tx, person_id)
    if person is None or not person.demo or person.ended_at is not None:
        raise NotFound("no_such_person")
    return await begin_session(tx, person, clock)


async def sign_out(tx: Transaction, token_hash: bytes, now: datetime) -> None:
    """End the session on every process: its sockets close when the bell is heard."""
    person_id = await end_session(tx, token_hash, now)
    if person_id is not None:
        await ring(tx, "session", token_hash.hex())


async def forget_sessions(tx: Transaction, now: datetime) -> int:
    """Delete a batch of the sessions that ended, or were last used, longer than `SESSIONS_KEPT` ago; return how many."""
    return await delete_sessions(tx, now - SESSIONS_KEPT)
