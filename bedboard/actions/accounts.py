"""Accounts at the provider of OpenID Connect: they prove an identity as passkeys do, and come and go like them.

A provider never makes a person: its person connects an account, with a code or after a fresh proof.
"""

from datetime import datetime

from bedboard.actions.passkeys import PASSKEYS_KEPT, check_may_help
from bedboard.actions.sign_in_lines import Method, note_sign_in
from bedboard.clock import Clock
from bedboard.rules.access import Actor
from bedboard.rules.refusals import Conflict, NotAllowed, NotFound, SignInNeeded
from bedboard.store.access import get_proven_at
from bedboard.store.accounts import delete_accounts, end_sessions_of, get_account_of, lock_account, save_new_account
from bedboard.store.alerts import lock_person
from bedboard.store.bell import ring
from bedboard.store.database import Transaction
from bedboard.store.passkeys import list_passkeys
from bedboard.store.people import get_person
from bedboard.store.tables.passkeys import Account
from bedboard.store.tables.people import Person


async def find_account(tx: Transaction, subject_hash: bytes, now: datetime) -> tuple[Person, Account] | None:
    """Return the person of the account that has just signed in at the provider, and note its use; None: nobody has it.

    Refusal: NotAllowed `account_refused` for a person that has left.
    """
    account = await lock_account(tx, subject_hash)
    if account is None:
        return None
    person = await get_person(tx, account.person_id)
    if person is None or person.ended_at is not None:
        raise NotAllowed("account_refused")
    account.used_at = now
    tx.add(account)
    await tx.flush()
    return person, account


async def add_account(
    tx: Transaction,
    actor: Actor,
    subject_hash: bytes,
    clock: Clock,
    *,
    method: Method,
    session_hash: bytes | None = None,
) -> Account:
    """Connect the account to the actor, and tell every other page of theirs; `session_hash` as in `add_passkey`.

    The caller has locked the person. Refusals: SignInNeeded; Conflict `account_of_other` and `account_there`.
    """
    if session_hash is not None and await get_proven_at(tx, session_hash) is None:
        raise SignInNeeded("sign_in_needed")
    if await lock_account(tx, subject_hash) is not None:
        raise Conflict("account_of_other")
    if await get_account_of(tx, actor.id) is not None:
        raise Conflict("account_there")
    account = Account(id=clock.new_id(), person_id=actor.id, subject_hash=subject_hash, added_at=clock.now())
    if not await save_new_account(tx, account):
        raise Conflict("account_of_other")
    await note_sign_in(tx, actor, "account_added", clock.now(), method=method)
    await ring(tx, "devices", f"{actor.id} {session_hash.hex() if session_hash else '-'}")
    return account


async def end_account(tx: Transaction, actor: Actor, person_id: str, now: datetime, *, also_last: bool = False) -> None:
    """End the account of a person with all sessions that were made or proven with it, at once and on every process.

    Refusals: NotAllowed; NotFound; Conflict `last_account` for one's own where there is no passkey, unless `also_last`.
    """
    await lock_person(tx, person_id)
    await check_may_help(tx, actor, person_id)
    account = await get_account_of(tx, person_id)
    if account is None:
        raise NotFound("no_such_device")
    if actor.id == person_id and not also_last and not await list_passkeys(tx, person_id):
        raise Conflict("last_account")
    for token_hash in await end_sessions_of(tx, account.id, now):
        await ring(tx, "session", token_hash.hex())
    account.ended_at = now
    tx.add(account)
    await tx.flush()
    await note_sign_in(tx, actor, "account_ended", now, person_id=person_id, method="oidc")


async def forget_accounts(tx: Transaction, now: datetime) -> int:
    """Delete a batch of the accounts that ended as long ago as passkeys are kept; return how many."""
    return await delete_accounts(tx, now - PASSKEYS_KEPT)
