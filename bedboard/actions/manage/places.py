"""Places: add them, for good or for some nights, change their size, and close them for good.

People who are in a place, or were promised it, are never harmed: the refusal says what to do first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bedboard.actions.claims import expire_claim, get_status, to_rule
from bedboard.actions.manage.common import check_seen, differences
from bedboard.actions.manage.shelters import lock_managed, unchanged
from bedboard.actions.occupancy import Changed
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import Actor
from bedboard.rules.claims import is_live
from bedboard.rules.managing import (
    Capacity,
    Nights,
    check_capacity,
    check_label,
    check_nights,
    check_unused,
    is_taken,
    numbered,
)
from bedboard.rules.places import PlaceStatus, is_there
from bedboard.rules.refusals import FieldError, Invalid, NotFound
from bedboard.store.claims import get_open_claim
from bedboard.store.database import Transaction, after_lock
from bedboard.store.setup import add_places
from bedboard.store.shelters import has_kind, list_places
from bedboard.store.tables.board import Place

FRESH_REASON = "to_check"  # a place on paper is not free before the shelter's people have looked


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """A place as its page shows it. `nights` None: it is there for good."""

    label: str
    kind: str
    beds: int
    cots: int
    nights: Nights | None = None

    @property
    def capacity(self) -> Capacity:
        return Capacity(self.kind, self.beds, self.cots)


def place_facts(label: str, kind: str, beds: int, cots: int, begins: datetime | None, ends: datetime | None) -> dict[str, Any]:
    moments = [None if moment is None else moment.isoformat() for moment in (begins, ends)]
    return {"label": label, "kind": kind, "beds": beds, "cots": cots, "exists": moments}


def facts_of(place: Place) -> dict[str, Any]:
    return place_facts(place.label, place.kind_code, place.beds, place.cots, place.exists_from, place.exists_until)


async def open_places(
    tx: Transaction,
    actor: Actor,
    shelter_id: str,
    new: PlaceFacts,
    place_ids: Sequence[str],
    now: datetime,
    zone: ZoneInfo,
) -> Changed:
    """Add places that are alike, one for each id; several get numbers behind their label.

    They are closed until the shelter's people have looked; nobody knows yet when that is.
    Refusals: NotAllowed, NotFound, Invalid `label`, `kind`, `last`, `first`.
    """
    exists = check_nights(new.nights, zone, now)
    check_label(new.label)
    shelter = await lock_managed(tx, actor, shelter_id)
    now = after_lock(tx, now)
    present = await _end_past(tx, await list_places(tx, shelter_id), now)
    if not await has_kind(tx, new.kind):
        raise Invalid(FieldError("kind", "unknown_kind"))
    taken = {place.label for place in present}
    labels = numbered(new.label, len(place_ids), taken)
    if any(is_taken(label, taken) for label in labels):
        raise Invalid(FieldError("label", "label_taken"))
    first = max((place.position for place in present), default=0) + 1
    begins, ends = exists or (None, None)
    rows = [
        {
            "id": place_id,
            "shelter_id": shelter_id,
            "kind_code": new.kind,
            "position": first + number,
            "label": label,
            "beds": new.beds,
            "cots": new.cots,
            "since": now,
            "observed_at": now,
            "exists_from": begins,
            "exists_until": ends,
            "state": "closed",
            "closed_reason": FRESH_REASON,
        }
        for number, (place_id, label) in enumerate(zip(place_ids, labels, strict=True))
    ]
    await tx.flush()
    await add_places(tx, rows)
    words = [place_facts(label, new.kind, new.beds, new.cots, begins, ends) for label in labels]
    lines = [journal_row(actor, "add_place", one, None, after, now) for one, after in zip(place_ids, words, strict=True)]
    saved, ids = await save_shelter(tx, shelter, lines)
    return Changed(saved, ids[0] if len(ids) == 1 else None)


async def _end_past(tx: Transaction, places: Sequence[Place], now: datetime) -> list[Place]:
    """End the temporary places that are not there any more, so that their labels are free; return the others."""
    left = []
    for place in places:
        if place.exists_until is not None and place.exists_until <= now:
            claim = await get_open_claim(tx, place.id)
            if not is_there(place, claim, now):
                place.ended_at = place.exists_until
                tx.add(place)
                continue
        left.append(place)
    return left


async def change_place_facts(
    tx: Transaction,
    actor: Actor,
    shelter_id: str,
    place_id: str,
    new: PlaceFacts,
    now: datetime,
    zone: ZoneInfo,
    seen: str | None = None,
) -> Changed:
    """Change label, kind, size or nights of a place. `seen`: the stamp of the facts as the page showed them.

    Refusals: NotAllowed, NotFound, Invalid, Conflict `facts_changed`, and those of `check_capacity`.
    """
    shelter = await lock_managed(tx, actor, shelter_id)
    now = after_lock(tx, now)
    place, status, others = await _find(tx, shelter_id, place_id, now)
    before = facts_of(place)
    check_seen(seen, before)
    nights = None if new.nights == _nights_of(place, zone) else new.nights
    begins, ends = (
        (place.exists_from, place.exists_until) if nights is None else check_nights(nights, zone, now) or (None, None)
    )
    if new.nights is None:
        begins = ends = None
    after = place_facts(new.label, new.kind, new.beds, new.cots, begins, ends)
    was, becomes = differences(before, after)
    if not becomes:
        return await unchanged(tx, shelter_id)
    if "label" in becomes:
        check_label(new.label)
    if is_taken(new.label, [other.label for other in others]):
        raise Invalid(FieldError("label", "label_taken"))
    if not await has_kind(tx, new.kind):
        raise Invalid(FieldError("kind", "unknown_kind"))
    check_capacity(Capacity(place.kind_code, place.beds, place.cots), new.capacity, status)
    if "exists" in becomes and begins is not None and now < begins:
        check_unused(status)  # it would be gone from now until then
    place.label, place.kind_code, place.beds, place.cots = new.label, new.kind, new.beds, new.cots
    place.exists_from, place.exists_until = begins, ends
    tx.add(place)
    saved, [journal_id] = await save_shelter(tx, shelter, [journal_row(actor, "change_place", place_id, was, becomes, now)])
    return Changed(saved, journal_id)


def _nights_of(place: Place, zone: ZoneInfo) -> Nights | None:
    if place.exists_from is None or place.exists_until is None:
        return None
    return Nights(place.exists_from.astimezone(zone).date(), place.exists_until.astimezone(zone).date())


async def close_for_good(
    tx: Transaction, actor: Actor, shelter_id: str, place_id: str, now: datetime, seen: str | None = None
) -> Changed:
    """Close a place for good, once nobody is in it and nobody was promised it. It leaves every board, and its past stays.

    Refusals: NotAllowed, NotFound, Conflict `facts_changed`, and those of `check_unused`.
    """
    shelter = await lock_managed(tx, actor, shelter_id)
    now = after_lock(tx, now)
    place, status, _ = await _find(tx, shelter_id, place_id, now)
    check_seen(seen, facts_of(place))
    check_unused(status)
    claim = await get_open_claim(tx, place_id)
    if claim is not None:
        expire_claim(tx, claim)  # it is past its hour
    place.ended_at = now
    tx.add(place)
    rows = [journal_row(actor, "end_place", place_id, facts_of(place), None, now)]
    saved, [journal_id] = await save_shelter(tx, shelter, rows)
    return Changed(saved, journal_id)


async def _find(tx: Transaction, shelter_id: str, place_id: str, now: datetime) -> tuple[Place, PlaceStatus, list[Place]]:
    """Return a place of this shelter, its status as far as people on it depend on it, and the other places.

    The caller holds the lock. Refusal: NotFound.
    """
    places = {place.id: place for place in await list_places(tx, shelter_id)}
    if place_id not in places:
        raise NotFound("no_such_place")
    place = places.pop(place_id)
    claim = await get_open_claim(tx, place_id)
    status = get_status(place, claim, now)
    if status == "closed" and claim is not None and is_live(to_rule(claim), now):
        status = "held" if claim.type == "hold" else "reserved"
    elif place.state == "occupied":
        status = "occupied"
    return place, status, list(places.values())
