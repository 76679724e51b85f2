"""Reservations: a place that is kept for one request. Made with an offer, longer with the choice, ended by whatever comes.

The caller holds the request's lock and the shelter's, in this order.
"""

from datetime import datetime
from typing import Any

from bedboard.actions.occupancy import occupancy_of, put_occupancy, words_of
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import Actor
from bedboard.rules.places import PlaceChange, change_occupancy
from bedboard.rules.refusals import Conflict, NotFound
from bedboard.store.board import ShelterRow
from bedboard.store.claims import get_open_claim
from bedboard.store.database import Transaction
from bedboard.store.shelters import get_place, get_shelter_id
from bedboard.store.tables import CaseRecord, ClaimRecord, Shelter


def is_askers(claim: ClaimRecord, request: CaseRecord) -> bool:
    """Whether a hold is that of who asks, or was made by a shelter for a caller of theirs, so that it may become their
    reservation. A colleague's is kept for somebody else."""
    if claim.person_id is None and claim.client_id is None:
        return (claim.organization_id, claim.role) == (request.organization_id, request.role)
    return (claim.person_id, claim.client_id) == (request.person_id, request.client_id)


async def reserve_place(
    tx: Transaction,
    actor: Actor,
    request: CaseRecord,
    shelter: Shelter,
    place_id: str,
    claim_id: str,
    until: datetime,
    now: datetime,
) -> ShelterRow:
    """The place is kept for the request until then. A hold of the asker on it is used up by that.

    Refusals: NotFound, Conflict `not_free` when it is occupied, closed, or kept for somebody else.
    """
    if await get_shelter_id(tx, place_id) != shelter.id:
        raise NotFound("no_such_place")
    place = await get_place(tx, place_id)
    present = await get_open_claim(tx, place_id)
    if place.state != "open":
        raise Conflict("not_free")
    if present is not None:
        is_over = present.expires_at <= now
        if not is_over and (present.type != "hold" or not is_askers(present, request)):
            raise Conflict("not_free")
        present.ended_at, present.ending = (present.expires_at, "expired") if is_over else (now, "used")
        tx.add(present)
        await tx.flush()
    claim = ClaimRecord(
        id=claim_id,
        place_id=place_id,
        type="reservation",
        organization_id=request.organization_id,
        role=request.role,
        person_id=request.person_id,
        client_id=request.client_id,
        case_id=request.id,
        created_at=now,
        expires_at=until,
    )
    tx.add(claim)
    return await _save(tx, actor, shelter, claim, "reserve", None, now)


async def keep_until(
    tx: Transaction, actor: Actor, shelter: Shelter, claim: ClaimRecord, until: datetime, now: datetime
) -> ShelterRow:
    """The place that was chosen is reserved until then."""
    before = _words(claim)
    claim.expires_at = until
    tx.add(claim)
    return await _save(tx, actor, shelter, claim, "reserve", before, now)


async def end_reservation(tx: Transaction, actor: Actor, shelter: Shelter, claim: ClaimRecord, now: datetime) -> ShelterRow:
    """The place is free again at once, unless the shelter says otherwise of it."""
    before = _words(claim)
    claim.ended_at, claim.ending = (now, "withdrawn") if claim.expires_at > now else (claim.expires_at, "expired")
    tx.add(claim)
    return await _save(tx, actor, shelter, claim, "unreserve", before, now)


async def move_in(
    tx: Transaction, actor: Actor, shelter: Shelter, place_id: str, claim: ClaimRecord | None, now: datetime
) -> ShelterRow:
    """They are there: the place is occupied, and its reservation (None: it ran out, nobody has ended it) is used.

    Refusal: Conflict `not_free` when the place is kept for somebody else meanwhile.
    """
    place = await get_place(tx, place_id)
    present = await get_open_claim(tx, place_id)
    if present is not None and (claim is None or present.id != claim.id):
        if present.expires_at > now:
            raise Conflict("not_free")
        present.ended_at, present.ending = present.expires_at, "expired"
        tx.add(present)
    before = occupancy_of(place)
    after = before if before.state == "occupied" else change_occupancy(before, PlaceChange("occupied"), now)
    put_occupancy(place, after)
    tx.add(place)
    words = words_of(before)
    if claim is not None:
        claim.ended_at, claim.ending = now, "used"
        tx.add(claim)
        words |= {"claim": claim.id}
    row = journal_row(actor, "arrive", place_id, words, words_of(after), now)
    present_shelter, _ = await save_shelter(tx, shelter, [row])
    return present_shelter


def _words(claim: ClaimRecord) -> dict[str, Any]:
    """A reservation as the journal keeps it."""
    return {
        "claim": claim.id,
        "request": claim.case_id,
        "organization": claim.organization_id,
        "role": claim.role,
        "expires_at": claim.expires_at.isoformat(),
        "ending": claim.ending,
    }


async def _save(
    tx: Transaction,
    actor: Actor,
    shelter: Shelter,
    claim: ClaimRecord,
    action: str,
    before: dict[str, Any] | None,
    now: datetime,
) -> ShelterRow:
    """Raises the version, writes the journal and rings. Says nothing about the board being right, so confirms nothing."""
    row = journal_row(actor, action, claim.place_id, before, _words(claim), now)
    present, _ = await save_shelter(tx, shelter, [row])
    return present
