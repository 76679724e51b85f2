"""Claims: begin one, end one and describe it in the journal, in the same way for holds and reservations.

The caller holds the lock of the place's shelter.
"""

from datetime import datetime
from typing import Any, cast

from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import Actor
from bedboard.rules.claims import Claim, ClaimType, Ending, is_live
from bedboard.rules.places import PlaceState, PlaceStatus, status_of
from bedboard.store.board import ShelterRow
from bedboard.store.database import Transaction
from bedboard.store.tables.board import ClaimRecord, Place, Shelter


def to_rule(claim: ClaimRecord) -> Claim:
    """Return a stored claim in the form that the rules use."""
    return Claim(cast(ClaimType, claim.type), claim.expires_at, claim.role, claim.organization_id, claim.id)


def get_status(place: Place, claim: ClaimRecord | None, now: datetime) -> PlaceStatus:
    """Return the status of a stored place; `claim` is its claim that nobody has ended, None where there is none."""
    return status_of(cast(PlaceState, place.state), None if claim is None else to_rule(claim), now)


async def make_claim(
    tx: Transaction,
    actor: Actor,
    shelter: Shelter,
    claim: ClaimRecord,
    present: ClaimRecord | None,
    action: str,
    now: datetime,
) -> ShelterRow:
    """Add a claim to a place and return its shelter as it is then.

    `present`: the claim on that place that nobody has ended. This ends it: as used, or as expired when it is past its hour.
    The caller has checked that the new claim may take its place.
    """
    if present is not None:
        if is_live(present, now):
            end_claim(tx, present, "used", now)
        else:
            expire_claim(tx, present)
        await tx.flush()  # first: a place may have only one claim that nobody has ended
    return await save_claim(tx, actor, shelter, claim, action, None, now)


def end_claim(tx: Transaction, claim: ClaimRecord, ending: Ending, now: datetime) -> None:
    """End the claim at this moment."""
    claim.ended_at, claim.ending = now, ending
    tx.add(claim)


def expire_claim(tx: Transaction, claim: ClaimRecord) -> None:
    """End a hold or an offer at its own hour, which has passed."""
    claim.ended_at, claim.ending = claim.expires_at, "expired"
    tx.add(claim)


def claim_words(claim: ClaimRecord) -> dict[str, Any]:
    """Return a claim as the journal keeps it. A case keeps its old name there, so that old rows stay readable."""
    return {
        "claim": claim.id,
        "request": claim.case_id,
        "organization": claim.organization_id,
        "role": claim.role,
        "expires_at": None if claim.expires_at is None else claim.expires_at.isoformat(),
        "expected_at": None if claim.expected_at is None else claim.expected_at.isoformat(),
        "ending": claim.ending,
    }


async def save_claim(
    tx: Transaction,
    actor: Actor,
    shelter: Shelter,
    claim: ClaimRecord,
    action: str,
    before: dict[str, Any] | None,
    now: datetime,
) -> ShelterRow:
    """Save the claim with the shelter's next version, a row in the journal and a bell; return the shelter.

    This does not confirm the shelter: a claim does not say that its board is right.
    """
    tx.add(claim)
    saved, _ = await save_shelter(tx, shelter, [journal_row(actor, action, claim.place_id, before, claim_words(claim), now)])
    return saved
