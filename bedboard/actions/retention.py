"""Forgetting: every row that is not a setting of the deployment or a count without anybody has a term, and is then deleted."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from bedboard.actions.accounts import forget_accounts
from bedboard.actions.enrolment import forget_codes
from bedboard.actions.idempotency import forget_answers
from bedboard.actions.manage.roster import forget_drafts
from bedboard.actions.outgoing import forget_outgoing
from bedboard.actions.passkeys import forget_challenges, forget_passkeys
from bedboard.actions.reminders import forget_reminders
from bedboard.actions.signin import forget_sessions
from bedboard.rules.past import TAKEN
from bedboard.rules.retention import KEYS_REWRITTEN, TALLIES_ADDED, TIDIED, Terms
from bedboard.store.database import Transaction
from bedboard.store.keys import list_keys, restore_keys, rewrite_keys
from bedboard.store.past import take_pictures
from bedboard.store.retention import (
    claim_slot,
    delete_batch,
    delete_cases,
    delete_clients,
    delete_holds,
    delete_oldest,
    delete_people,
)
from bedboard.store.tallies import add_waiting_tallies

Forget = Callable[[Transaction, datetime], Awaitable[int]]
"""Delete a batch of what is past its term now, and return how many rows that were; 0: nothing is left to delete."""


def forgetting(terms: Terms) -> Mapping[str, Forget]:
    """Return the ways to forget by name, in the order in which they have to be done: what points to a row goes before it."""
    return {
        "answers": forget_answers,
        "reminders": forget_reminders,
        "messages": forget_outgoing,
        "sessions": forget_sessions,
        "challenges": forget_challenges,
        "codes": forget_codes,
        "passkeys": forget_passkeys,
        "accounts": forget_accounts,
        "drafts": forget_drafts,
        "cases": lambda tx, now: delete_cases(tx, now - terms.case),
        "holds": lambda tx, now: delete_holds(tx, now - terms.case),
        "journal": lambda tx, now: delete_oldest(tx, "journal", now - terms.journal),
        "pictures": lambda tx, now: delete_batch(tx, "picture", "at < :before", now - terms.journal),
        "disclosures": lambda tx, now: delete_oldest(tx, "disclosure", now - terms.disclosure),
        "sign_ins": lambda tx, now: delete_oldest(tx, "sign_in", now - terms.disclosure),
        "people": lambda tx, now: delete_people(tx, now - terms.person),
        "clients": lambda tx, now: delete_clients(tx, now - terms.person),
    }


async def begin_to_forget(tx: Transaction, now: datetime) -> bool:
    """Claim the turn of forgetting; False: it is not its time yet, or another process does it."""
    return await claim_slot(tx, "tidy", TIDIED, now)


async def add_tallies(tx: Transaction, now: datetime) -> bool:
    """Add the counts that wait to the tallies; False: it is not their time yet, or another process does it.

    Refusal: Busy while somebody counts; try again later.
    """
    if not await claim_slot(tx, "tallies", TALLIES_ADDED, now):
        return False
    await add_waiting_tallies(tx)
    return True


async def keep_pictures(tx: Transaction, now: datetime) -> bool:
    """Keep pictures of the shelters that have changed much, from which the board as it stood is made; False as above."""
    if not await claim_slot(tx, "pictures", TAKEN, now):
        return False
    await take_pictures(tx, now)
    return True


async def destroy_keys(tx: Transaction, now: datetime) -> bool:
    """Remove what PostgreSQL has left of the keys of ended cases; False and Busy as in `add_tallies`."""
    if not await claim_slot(tx, "keys", KEYS_REWRITTEN, now):
        return False
    await rewrite_keys(tx)
    return True


async def keep_keys(tx: Transaction, known: Mapping[str, bytes]) -> dict[str, bytes]:
    """Put back the keys that this process knows and a crash of the database has lost; return all keys that there are now."""
    present = await list_keys(tx)
    lost = known.keys() - present.keys()
    restored = await restore_keys(tx, {household_id: known[household_id] for household_id in lost}) if lost else []
    return present | {household_id: known[household_id] for household_id in restored}
