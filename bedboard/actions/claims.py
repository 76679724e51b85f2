"""Claims: begin one, end one and describe it in the journal, in the same way for holds and reservations.

The caller holds the lock of the place's shelter.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, cast

from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import Actor
from bedboard.rules.claims import Claim, ClaimType, Ending, is_live
from bedboard.rules.places import PlaceState, PlaceStatus, is_there, status_of
from bedboard.store.board import ShelterRow
from bedboard.store.claims import list_promise
from bedboard.store.database import Transaction
from bedboard.store.tables.board import ClaimRecord, Place, Shelter


def to_rule(claim: ClaimRecord) -> Claim:
    """Return a stored claim in the form that the rules use."""
    return Claim(cast(ClaimType, claim.type), claim.expires_at, claim.role, claim.organization_id, claim.promise_id)


def get_status(place: Place, claim: ClaimRecord | None, now: datetime) -> PlaceStatus:
    """Return the status of a stored place; `claim` is its claim that nobody has ended, None where there is none.

    A place that is not there now is closed to everybody.
    """
    if place.ended_at is not None or not is_there(place, claim, now):
        return "closed"
    return status_of(cast(PlaceState, place.state), None if claim is None else to_rule(claim), now)


async def make_claims(
    tx: Transaction,
    actor: Actor,
    shelter: Shelter,
    promise: ClaimRecord,
    taken: Mapping[str, ClaimRecord | None],
    action: str,
    now: datetime,
) -> ShelterRow:
    """Add a claim to each of these places, all for one promise, and return their shelter as it is then.

    `promise`: the claim of the first place, by which the promise is known. `taken`: by place the claim there that nobody has
    ended. This ends it: as used, with all that it keeps, or as expired when it is past its hour. The caller has checked that
    the new claims may take the places.
    """
    changes: list[Change] = []
    for present in taken.values():
        if present is None or present.ended_at is not None:
            continue
        if not is_live(present, now):
            expire_claim(tx, present)
            continue
        for one in await list_promise(tx, present.promise_id):
            before = claim_words(one)
            end_claim(tx, one, "used", now)
            changes += [] if one.place_id in taken else [Change("release", one, before)]
    shared = promise.model_dump(exclude={"id", "place_id", "first_id"})
    for number, place_id in enumerate(taken, 1):
        is_first = place_id == promise.place_id
        more = {"id": f"{promise.id}.{number:02}", "place_id": place_id, "first_id": promise.id}
        changes.append(Change(action, promise if is_first else ClaimRecord(**shared | more)))
    return await save_claims(tx, actor, shelter, changes, now)


def end_claim(tx: Transaction, claim: ClaimRecord, ending: Ending, now: datetime) -> None:
    """End the claim at this moment."""
    claim.ended_at, claim.ending = now, ending
    tx.add(claim)


def expire_claim(tx: Transaction, claim: ClaimRecord) -> None:
    """End a hold or an offer at its own hour, which has passed."""
    claim.ended_at, claim.ending = claim.expires_at, "expired"
    tx.add(claim)


def claim_words(claim: ClaimRecord) -> dict[str, Any]:
    """Return a claim as the journal keeps it: without its case, whose reference may not outlive it."""
    return {
        "claim": claim.id,
        "organization": claim.organization_id,
        "role": claim.role,
        "expires_at": None if claim.expires_at is None else claim.expires_at.isoformat(),
        "expected_at": None if claim.expected_at is None else claim.expected_at.isoformat(),
        "ending": claim.ending,
    }


class Change(NamedTuple):
    """A claim that was made or changed; `before`: its words before that, None for a new one."""

    action: str
    claim: ClaimRecord
    before: dict[str, Any] | None = None


async def save_claims(tx: Transaction, actor: Actor, shelter: Shelter, changes: Sequence[Change], now: datetime) -> ShelterRow:
    """Save these claims with the shelter's next version, a row in the journal for each place and a bell; return the shelter.

    This does not confirm the shelter: a claim does not say that its board is right.
    """
    tx.add_all(one.claim for one in changes)
    rows = [journal_row(actor, one.action, one.claim.place_id, one.before, claim_words(one.claim), now) for one in changes]
    saved, _ = await save_shelter(tx, shelter, rows)
    return saved


async def change_claims(
    tx: Transaction,
    actor: Actor,
    shelter: Shelter,
    claims: Sequence[ClaimRecord],
    action: str,
    change: Callable[[ClaimRecord], None],
    now: datetime,
) -> ShelterRow:
    """Make the same change to all claims of one promise, and save them; return the shelter."""
    changes = []
    for claim in claims:
        before = claim_words(claim)
        change(claim)
        changes.append(Change(action, claim, before))
    return await save_claims(tx, actor, shelter, changes, now)
