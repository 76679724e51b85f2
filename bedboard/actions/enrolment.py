"""Enrolment: a code that one person makes for another, and the first passkey or account that it brings, once."""

import hmac
from datetime import datetime, timedelta
from typing import NamedTuple

from bedboard.actions.accounts import add_account
from bedboard.actions.ceremony import NewPasskey
from bedboard.actions.passkeys import add_passkey, check_may_help
from bedboard.actions.sign_in_lines import Method, actor_of, note_sign_in
from bedboard.actions.signin import sign_in
from bedboard.clock import Clock
from bedboard.rules.access import Actor
from bedboard.rules.devices import (
    CODE_LASTS,
    CODE_WORDS,
    MOST_TRIES,
    MOST_WRONG_CODES,
    WRONG_WITHIN,
    Label,
    finding_part,
    is_living,
    read_code,
)
from bedboard.rules.refusals import NotAllowed, NotFound, Refusal, TooMany
from bedboard.rules.sessions import kind_at_sign_in
from bedboard.store.alerts import lock_person
from bedboard.store.database import Transaction
from bedboard.store.enrol_codes import delete_codes, end_codes, get_person_of_code, lock_code
from bedboard.store.people import get_person
from bedboard.store.seal import Seal
from bedboard.store.sign_ins import count_wrong_codes
from bedboard.store.tables.passkeys import EnrolCode
from bedboard.store.tables.people import Person

CODES_KEPT = timedelta(days=1)


class MadeCode(NamedTuple):
    """A code as it is shown, this once, to be told to its person."""

    code: str
    person: Person
    until: datetime


async def make_code(tx: Transaction, actor: Actor, person_id: str, seal: Seal, clock: Clock) -> MadeCode:
    """Make a code for somebody whom the actor may help, or for oneself; it replaces an earlier one.

    A command, which is "system", may make one for anybody. Refusals: NotFound, NotAllowed.
    """
    if not await lock_person(tx, person_id):
        raise NotFound("no_such_person")
    if actor.kind == "system":
        person = await get_person(tx, person_id)
    else:
        person = await check_may_help(tx, actor, person_id)
    if person is None or person.ended_at is not None:
        raise NotFound("no_such_person")
    now = clock.now()
    await end_codes(tx, person_id, now)
    code = clock.new_words(CODE_WORDS)
    tx.add(
        EnrolCode(finding_hash=seal.digest(finding_part(code)), code_hash=seal.digest(code), person_id=person_id, made_at=now)
    )
    await tx.flush()
    method: Method = "command" if actor.kind == "system" else "code"
    await note_sign_in(tx, actor, "code_made", now, person_id=person_id, method=method)
    return MadeCode(code, person, now + CODE_LASTS)


def _counts(row: EnrolCode | None, now: datetime) -> bool:
    return row is not None and row.ended_at is None and is_living(row.made_at, CODE_LASTS, now)


async def try_code(tx: Transaction, typed: str, seal: Seal, network: str | None, now: datetime) -> EnrolCode | Refusal:
    """Return the code if it counts, locked; otherwise the refusal, and count the try. The caller commits in both cases.

    The end of a code may be guessed `MOST_TRIES` times. Wrong beginnings are limited by class of network, and so that nobody
    with a right code is kept out: its beginning is always looked at.
    """
    code = read_code(typed)
    row = await lock_code(tx, seal.digest(finding_part(code)))
    if row is None or not _counts(row, now):
        if await count_wrong_codes(tx, network, now - WRONG_WITHIN) >= MOST_WRONG_CODES:
            return TooMany("too_many", now, now + WRONG_WITHIN)
        person_id = None
    elif hmac.compare_digest(row.code_hash, seal.digest(code)):
        return row
    else:
        person_id = row.person_id
        row.wrong_count += 1
        if row.wrong_count >= MOST_TRIES:
            row.ended_at = now
        tx.add(row)
        await tx.flush()
    await note_sign_in(tx, None, "code_tried", now, network=network, person_id=person_id, method="code", result="wrong_code")
    return NotAllowed("wrong_code")


async def use_code(tx: Transaction, typed: str, seal: Seal, now: datetime) -> Person:
    """Use the code up, and return its person, whom this locks. Refusal: NotAllowed `wrong_code`."""
    code = read_code(typed)
    finding_hash = seal.digest(finding_part(code))
    person_id = await get_person_of_code(tx, finding_hash)
    if person_id is None or not await lock_person(tx, person_id):  # the person before the code, as when it was made
        raise NotAllowed("wrong_code")
    row, person = await lock_code(tx, finding_hash), await get_person(tx, person_id)
    if row is None or not _counts(row, now) or not hmac.compare_digest(row.code_hash, seal.digest(code)):
        raise NotAllowed("wrong_code")
    if person is None or person.ended_at is not None:
        raise NotAllowed("wrong_code")
    row.ended_at = now
    tx.add(row)
    return person


async def enrol(
    tx: Transaction, typed: str, made: NewPasskey, label: Label, seal: Seal, clock: Clock, network: str | None
) -> tuple[Person, str]:
    """Use the code up, add the passkey, and begin a session with it; return the person and the token for the cookie.

    Refusals: NotAllowed `wrong_code`; those of `add_passkey`.
    """
    person = await use_code(tx, typed, seal, clock.now())
    actor = actor_of(person, kind_at_sign_in(person.role), network)
    passkey = await add_passkey(tx, actor, made, label, clock, method="code")
    return person, await sign_in(tx, person, clock, network, method="passkey", passkey=passkey)


async def enrol_account(
    tx: Transaction, typed: str, subject_hash: bytes, seal: Seal, clock: Clock, network: str | None
) -> tuple[Person, str]:
    """Use the code up, connect the account that has just signed in, and begin a session; return as `enrol`.

    Refusals: NotAllowed `wrong_code`; those of `add_account`.
    """
    person = await use_code(tx, typed, seal, clock.now())
    actor = actor_of(person, kind_at_sign_in(person.role), network)
    account = await add_account(tx, actor, subject_hash, clock, method="code")
    return person, await sign_in(tx, person, clock, network, method="oidc", account=account)


async def forget_codes(tx: Transaction, now: datetime) -> int:
    """Delete a batch of the codes that are older than `CODES_KEPT`; return how many."""
    return await delete_codes(tx, now - CODES_KEPT)
