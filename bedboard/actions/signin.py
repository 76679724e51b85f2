"""Signing in and out, unlocking, and proving again who one is. Every way to sign in ends in `begin_session`."""

import hashlib
from datetime import datetime, timedelta

from bedboard.actions.sign_in_lines import Method, actor_of, note_sign_in
from bedboard.clock import Clock
from bedboard.rules.refusals import NotAllowed, NotFound, SignInNeeded
from bedboard.rules.sessions import MOST_SESSIONS, SessionKind, SessionLimits, kind_at_sign_in, session_state
from bedboard.store.bell import ring
from bedboard.store.board import Catalogue
from bedboard.store.database import Transaction
from bedboard.store.people import delete_sessions, end_oldest_sessions, end_session, get_person, lock_session
from bedboard.store.tables.passkeys import Account, Passkey
from bedboard.store.tables.people import Person, Session

SESSIONS_KEPT = timedelta(days=30)


def hash_token(token: str) -> bytes:
    """Return the hash that is kept of a token: 256 random bits cannot be guessed, so one round of SHA-256 is enough."""
    return hashlib.sha256(token.encode()).digest()


async def begin_session(
    tx: Transaction, person: Person, clock: Clock, *, passkey_id: str | None = None, account_id: str | None = None
) -> str:
    """Begin a session for a person whose identity has just been proven, and return the token for the cookie.

    `passkey_id`, `account_id`: what proved it; both None: nothing did, as in a demo. The kind of session follows from the role.
    """
    kind = kind_at_sign_in(person.role)
    return await _add_session(tx, person, kind, clock, passkey_id, account_id, proven_at=clock.now(), proven_by=passkey_id)


async def _add_session(
    tx: Transaction,
    person: Person,
    kind: SessionKind,
    clock: Clock,
    passkey_id: str | None,
    account_id: str | None,
    *,
    proven_at: datetime | None = None,
    proven_by: str | None = None,
) -> str:
    """Add a session. Of too many, the one that was used longest ago ends on every process."""
    token, now = clock.new_token(), clock.now()
    for token_hash in await end_oldest_sessions(tx, person.id, MOST_SESSIONS - 1, now):
        await ring(tx, "session", token_hash.hex())
    session = Session(token_hash=hash_token(token), person_id=person.id, kind=kind, created_at=now, used_at=now)
    session.passkey_id, session.account_id = passkey_id, account_id
    session.proven_at, session.proven_by = proven_at, proven_by
    tx.add(session)
    await tx.flush()
    return token


async def go_on(tx: Transaction, person: Person, session: Session, clock: Clock) -> str:
    """Begin a session in the person's present role instead of this one, and return its token.

    It goes with the same passkey or account. The last proof goes along with its moment; nothing more is proven.
    """
    kind, devices = kind_at_sign_in(person.role), (session.passkey_id, session.account_id)
    return await _add_session(tx, person, kind, clock, *devices, proven_at=session.proven_at, proven_by=session.proven_by)


async def exchange_session(tx: Transaction, token_hash: bytes, kind: SessionKind, clock: Clock) -> str:
    """End the session, begin one of another kind on the same device, and return its token. Refusal: SignInNeeded.

    So a wall screen never has the rights of the person who opened it. It goes with the same passkey or account, and
    proves nothing.
    """
    session, now = await lock_session(tx, token_hash), clock.now()
    person = None if session is None else await get_person(tx, session.person_id)
    if session is None or person is None or person.ended_at is not None:
        raise SignInNeeded("sign_in_needed")
    await sign_out(tx, token_hash, now)
    return await _add_session(tx, person, kind, clock, session.passkey_id, session.account_id)


async def unlock_session(
    tx: Transaction,
    token_hash: bytes,
    person_id: str,
    limits: SessionLimits,
    now: datetime,
    *,
    passkey_id: str | None = None,
    account_id: str | None = None,
) -> None:
    """Unlock the session for the person whose identity has just been proven; one that is not locked is used now.

    `passkey_id`, `account_id`: what proved it; both None: a tap in a demo. Refusals: SignInNeeded when the session has ended,
    NotAllowed for another person.
    """
    session = await lock_session(tx, token_hash)
    if session is None or session_state(session.kind, session.created_at, session.used_at, limits, now) == "over":
        raise SignInNeeded("sign_in_needed")
    if session.person_id != person_id:
        raise NotAllowed("not_your_session")
    session.used_at = session.proven_at = now
    session.proven_by = passkey_id
    session.account_id = account_id or session.account_id
    tx.add(session)
    await tx.flush()


async def sign_in_demo(
    tx: Transaction,
    person_id: str,
    catalogue: Catalogue | None,
    *,
    demo: bool,
    clock: Clock,
    network: str | None = None,
) -> str:
    """Sign in as a person of the demo: NotAllowed unless process and database are a demo, NotFound for all but its people."""
    if not demo or catalogue is None or not catalogue.demo:
        raise NotAllowed("not_a_demo")
    person = await get_person(tx, person_id)
    if person is None or not person.demo or person.ended_at is not None:
        raise NotFound("no_such_person")
    return await sign_in(tx, person, clock, network, method="tap")


async def sign_in(
    tx: Transaction,
    person: Person,
    clock: Clock,
    network: str | None,
    *,
    method: Method,
    passkey: Passkey | None = None,
    account: Account | None = None,
) -> str:
    """Begin a session and write that down; return the token for the cookie."""
    passkey_id, device = (None, None) if passkey is None else (passkey.id, passkey.label)
    token = await begin_session(tx, person, clock, passkey_id=passkey_id, account_id=None if account is None else account.id)
    actor = actor_of(person, kind_at_sign_in(person.role), network)
    await note_sign_in(tx, actor, "sign_in", clock.now(), method=method, device=device)
    return token


async def sign_out(tx: Transaction, token_hash: bytes, now: datetime) -> str | None:
    """End the session on every process, and return its person; None when it had ended. Its sockets close with the bell."""
    person_id = await end_session(tx, token_hash, now)
    if person_id is not None:
        await ring(tx, "session", token_hash.hex())
    return person_id


async def leave_session(tx: Transaction, token_hash: bytes, network: str | None, now: datetime) -> None:
    """End the session of a person that signs out, and write that down; do nothing for one that has ended."""
    person_id = await sign_out(tx, token_hash, now)
    person = None if person_id is None else await get_person(tx, person_id)
    if person is not None:
        await note_sign_in(tx, actor_of(person, kind_at_sign_in(person.role), network), "sign_out", now)


async def forget_sessions(tx: Transaction, now: datetime) -> int:
    """Delete a batch of the sessions that ended, or were last used, longer than `SESSIONS_KEPT` ago; return how many."""
    return await delete_sessions(tx, now - SESSIONS_KEPT)
