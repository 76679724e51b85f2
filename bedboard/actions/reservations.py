"""Reservations: a place is kept for one case. An offer ends at its hour, a placement by a person.

The caller holds the lock of the case and that of the shelter, in this order.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bedboard.actions.claims import change_claims, end_claim, expire_claim, get_status, make_claims
from bedboard.actions.occupancy import apply_occupancy, occupancy_of, words_of
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import Actor
from bedboard.rules.claims import is_live
from bedboard.rules.places import PlaceChange, change_occupancy
from bedboard.rules.refusals import Conflict
from bedboard.rules.rights import can_be_offered
from bedboard.store.board import ShelterRow
from bedboard.store.database import Transaction
from bedboard.store.shelters import Room, get_place
from bedboard.store.tables.board import ClaimRecord, Shelter
from bedboard.store.tables.cases import CaseRecord


async def reserve_places(
    tx: Transaction,
    actor: Actor,
    record: CaseRecord,
    shelter: Shelter,
    rooms: Mapping[str, Room],
    claim_id: str,
    until: datetime,
    now: datetime,
    hold_id: str | None = None,
) -> ShelterRow:
    """Reserve all these places for the case until then; a hold of the requester on one, or the hold of the case, is used up.

    `rooms`: they are of this shelter, and a claim may have ended since they were read.
    Refusal: Conflict `not_free` when one is occupied, closed, or kept for somebody else: then none is reserved.
    """
    taken: dict[str, ClaimRecord | None] = {}
    for place_id, (place, claimed) in rooms.items():
        present = taken[place_id] = None if claimed is None or claimed.ended_at is not None else claimed
        holder = None if present is None else present.holder
        is_used = present is not None and present.promise_id == hold_id
        if not can_be_offered(get_status(place, present, now), holder, record.requester, is_used=is_used):
            raise Conflict("not_free")
    claim = ClaimRecord(
        id=claim_id,
        place_id=next(iter(rooms)),
        type="reservation",
        organization_id=record.organization_id,
        role=record.role,
        person_id=record.person_id,
        client_id=record.client_id,
        case_id=record.id,
        created_at=now,
        expires_at=until,
    )
    return await make_claims(tx, actor, shelter, claim, taken, "reserve", now)


async def keep_chosen(
    tx: Transaction, actor: Actor, shelter: Shelter, claims: Sequence[ClaimRecord], expected_at: datetime, now: datetime
) -> ShelterRow:
    """Make a placement of an offer that was chosen: from now on only a person ends it. `expected_at`: the agreed arrival."""

    def keep(claim: ClaimRecord) -> None:
        claim.expires_at, claim.expected_at = None, expected_at

    return await change_claims(tx, actor, shelter, claims, "reserve", keep, now)


async def end_reservation(
    tx: Transaction, actor: Actor, shelter: Shelter, claims: Sequence[ClaimRecord], now: datetime
) -> ShelterRow:
    """End the reservation, so that its places are free at once, but those that the shelter calls occupied or closed."""

    def end(claim: ClaimRecord) -> None:
        if is_live(claim, now):
            end_claim(tx, claim, "withdrawn", now)
        else:
            expire_claim(tx, claim)

    return await change_claims(tx, actor, shelter, claims, "unreserve", end, now)


async def close_to_check(
    tx: Transaction, actor: Actor, shelter: Shelter, place_ids: Sequence[str], now: datetime
) -> ShelterRow | None:
    """Close places of which nobody has said whether people came: they are not free before somebody has looked.

    None when the shelter itself calls them occupied or closed.
    """
    rows = []
    for place_id in place_ids:
        place = await get_place(tx, place_id)
        before = occupancy_of(place)
        if before.state == "open":
            closed = change_occupancy(before, PlaceChange("closed", "to_check"), now)
            after = closed._replace(observed_at=before.observed_at)  # nobody has seen it: an earlier look still counts
            apply_occupancy(place, after)
            tx.add(place)
            rows.append(journal_row(actor, "place", place_id, words_of(before), words_of(after), now))
    return (await save_shelter(tx, shelter, rows))[0] if rows else None


async def move_in(
    tx: Transaction,
    actor: Actor,
    shelter: Shelter,
    rooms: Mapping[str, Room],
    claims: Sequence[ClaimRecord],
    now: datetime,
    confirmed: dict[str, Any],
) -> ShelterRow:
    """Make the places occupied and their reservations used, because the people are there.

    `claims`: those that have not ended before. `confirmed`: the words of `confirm_by_change`. Refusal: Conflict `not_free` when
    a place is now kept for somebody else.
    """
    reserved = {claim.place_id: claim for claim in claims}
    rows: list[dict[str, Any]] = []
    for place_id, (place, present) in rooms.items():
        claim = reserved.get(place_id)
        if present is not None and (claim is None or present.id != claim.id):
            if is_live(present, now):
                raise Conflict("not_free")
            expire_claim(tx, present)
        before = occupancy_of(place)
        after = before if before.state == "occupied" else change_occupancy(before, PlaceChange("occupied"), now)
        apply_occupancy(place, after)
        tx.add(place)
        words = words_of(before) | (confirmed if not rows else {})
        if claim is not None:
            end_claim(tx, claim, "used", now)
            words |= {"claim": claim.id}
        rows.append(journal_row(actor, "arrive", place_id, words, words_of(after), now))
    return (await save_shelter(tx, shelter, rows))[0]
