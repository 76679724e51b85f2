"""Reservations: a place is kept for one case. An offer ends at its hour, a placement by a person.

The caller holds the lock of the case and that of the shelter, in this order.
"""

from datetime import datetime

from bedboard.actions.claims import claim_words, end_claim, expire_claim, get_status, make_claim, save_claim
from bedboard.actions.occupancy import apply_occupancy, occupancy_of, words_of
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import Actor
from bedboard.rules.claims import is_live
from bedboard.rules.places import PlaceChange, change_occupancy
from bedboard.rules.refusals import Conflict, NotFound
from bedboard.rules.rights import can_be_offered
from bedboard.store.board import ShelterRow
from bedboard.store.claims import get_open_claim
from bedboard.store.database import Transaction
from bedboard.store.shelters import get_place, get_shelter_id
from bedboard.store.tables.board import ClaimRecord, Shelter
from bedboard.store.tables.cases import CaseRecord


async def reserve_place(
    tx: Transaction,
    actor: Actor,
    record: CaseRecord,
    shelter: Shelter,
    place_id: str,
    claim_id: str,
    until: datetime,
    now: datetime,
    hold_id: str | None = None,
) -> ShelterRow:
    """Reserve the place for the case until then; a hold of the requester on it, or the hold of the case, is used up.

    Refusals: NotFound, Conflict `not_free` when it is occupied, closed, or kept for somebody else.
    """
    if await get_shelter_id(tx, place_id) != shelter.id:
        raise NotFound("no_such_place")
    place = await get_place(tx, place_id)
    present = await get_open_claim(tx, place_id)
    holder = None if present is None else present.holder
    is_used = present is not None and present.id == hold_id
    if not can_be_offered(get_status(place, present, now), holder, record.requester, is_used=is_used):
        raise Conflict("not_free")
    claim = ClaimRecord(
        id=claim_id,
        place_id=place_id,
        type="reservation",
        organization_id=record.organization_id,
        role=record.role,
        person_id=record.person_id,
        client_id=record.client_id,
        case_id=record.id,
        created_at=now,
        expires_at=until,
    )
    return await make_claim(tx, actor, shelter, claim, present, "reserve", now)


async def keep_chosen(
    tx: Transaction, actor: Actor, shelter: Shelter, claim: ClaimRecord, expected_at: datetime, now: datetime
) -> ShelterRow:
    """Make a placement of an offer that was chosen: from now on only a person ends it. `expected_at`: the agreed arrival."""
    before = claim_words(claim)
    claim.expires_at, claim.expected_at = None, expected_at
    return await save_claim(tx, actor, shelter, claim, "reserve", before, now)


async def end_reservation(tx: Transaction, actor: Actor, shelter: Shelter, claim: ClaimRecord, now: datetime) -> ShelterRow:
    """End the reservation, so that the place is free at once, unless the shelter calls it occupied or closed."""
    before = claim_words(claim)
    if is_live(claim, now):
        end_claim(tx, claim, "withdrawn", now)
    else:
        expire_claim(tx, claim)
    return await save_claim(tx, actor, shelter, claim, "unreserve", before, now)


async def close_to_check(tx: Transaction, actor: Actor, shelter: Shelter, place_id: str, now: datetime) -> ShelterRow | None:
    """Close a place of which nobody has said whether people came: it is not free before somebody has looked.

    None when the shelter itself calls it occupied or closed.
    """
    place = await get_place(tx, place_id)
    before = occupancy_of(place)
    if before.state != "open":
        return None
    after = change_occupancy(before, PlaceChange("closed", "to_check"), now)
    apply_occupancy(place, after)
    tx.add(place)
    row = journal_row(actor, "place", place_id, words_of(before), words_of(after), now)
    present, _ = await save_shelter(tx, shelter, [row])
    return present


async def move_in(
    tx: Transaction, actor: Actor, shelter: Shelter, place_id: str, claim: ClaimRecord | None, now: datetime
) -> ShelterRow:
    """Make the place occupied and its reservation used, because the people are there.

    `claim` None: the reservation has ended before. Refusal: Conflict `not_free` when the place is now kept for somebody else.
    """
    place = await get_place(tx, place_id)
    present = await get_open_claim(tx, place_id)
    if present is not None and (claim is None or present.id != claim.id):
        if is_live(present, now):
            raise Conflict("not_free")
        expire_claim(tx, present)
    before = occupancy_of(place)
    after = before if before.state == "occupied" else change_occupancy(before, PlaceChange("occupied"), now)
    apply_occupancy(place, after)
    tx.add(place)
    words = words_of(before)
    if claim is not None:
        end_claim(tx, claim, "used", now)
        words |= {"claim": claim.id}
    row = journal_row(actor, "arrive", place_id, words, words_of(after), now)
    present_shelter, _ = await save_shelter(tx, shelter, [row])
    return present_shelter
