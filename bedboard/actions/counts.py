"""Numbers per kind, from a shelter or a system that knows no single places: they are spread over the places of the kind."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bedboard.actions.claims import to_rule
from bedboard.actions.confirming import confirm_kinds
from bedboard.actions.occupancy import (
    Changed,
    Versions,
    apply_occupancy,
    lock_own_shelter,
    occupancy_of,
    save_change,
    tell_case,
    words_of,
)
from bedboard.actions.saving import journal_row
from bedboard.rules.access import Actor
from bedboard.rules.claims import is_live
from bedboard.rules.places import (
    CLOSED_REASONS,
    Counted,
    KindCount,
    Occupancy,
    PlaceState,
    check_observed_at,
    is_there,
    spread_counts,
)
from bedboard.rules.refusals import Conflict, FieldError, Invalid
from bedboard.store.database import Transaction, after_lock
from bedboard.store.shelters import list_claims, list_places, see_places
from bedboard.store.tables.board import ClaimRecord, Place

Claims = Mapping[str, ClaimRecord]  # the live ones of a shelter, by place


async def count_places(
    tx: Transaction,
    actor: Actor,
    shelter_id: str,
    counts: Mapping[str, KindCount],
    now: datetime,
    observed_at: datetime | None = None,
    versions: Versions = None,
) -> Changed:
    """Set the number of empty places per kind, from a shelter that knows no single places, and confirm these kinds.

    Other kinds stay as they are, and as old as they are. A live claim stays, and takes one of the empty places. With more
    claims than empty places some claims have none: their cases and holders are told. Places of a kind are interchangeable;
    those with criteria of their own are the last to be open.
    Refusals: NotFound, VersionMismatch, Invalid, Conflict `overtaken`.
    """
    shelter = await lock_own_shelter(tx, actor, shelter_id, versions)
    now = after_lock(tx, now)
    seen_at = check_observed_at(observed_at, now)
    by_kind: dict[str, list[Place]] = defaultdict(list)
    claims = {claim.place_id: claim for claim in await list_claims(tx, shelter_id) if is_live(to_rule(claim), now)}
    for place in await list_places(tx, shelter_id):
        if is_there(place, claims.get(place.id), now):
            by_kind[place.kind_code].append(place)
    unknown = [kind for kind in counts if kind not in by_kind]
    if unknown:
        raise Invalid(*(FieldError(f"kinds.{kind}", "kind_not_here") for kind in unknown))
    known_at = max(place.observed_at for kind in counts for place in by_kind[kind])
    if observed_at is None:
        seen_at = max(seen_at, known_at)
    if known_at > seen_at:
        raise Conflict("overtaken", known_at=known_at)

    spread = _spread(counts, by_kind, claims)
    rows: list[dict[str, Any]] = []
    for kind in counts:
        for place, before, after in _changes(by_kind[kind], spread, seen_at, now):
            rows.append(journal_row(actor, "count", place.id, words_of(before), words_of(after), now, seen_at))
            apply_occupancy(place, after)
            tx.add(place)
            await tell_case(tx, claims.get(place.id))
    await see_places(tx, shelter_id, seen_at, list(counts))
    rows = rows or [journal_row(actor, "count", None, None, {}, now, seen_at)]
    rows[0]["after"] |= {"kinds": sorted(counts)}
    confirm_kinds(shelter, actor, seen_at, counts)
    changed = await save_change(tx, shelter, rows)
    return Changed(changed.shelter)


def _spread(counts: Mapping[str, KindCount], by_kind: Mapping[str, Sequence[Place]], claims: Claims) -> dict[str, PlaceState]:
    """Return the new state of each place that has to change for these numbers.

    Refusal: Invalid with every number that cannot be right.
    """
    spread: dict[str, PlaceState] = {}
    wrong: list[FieldError] = []
    for kind, count in counts.items():
        places = sorted(by_kind[kind], key=lambda place: (_is_hold(claims, place), place.criteria is not None))
        try:
            every = [Counted(place.id, occupancy_of(place).state, place.id in claims) for place in places]
            spread |= spread_counts(kind, every, count)
        except Invalid as refusal:
            wrong.extend(refusal.fields)
    if wrong:
        raise Invalid(*wrong)
    return spread


def _is_hold(claims: Claims, place: Place) -> bool:
    """Return whether the place is held, and not reserved: a hold is the first to lose its place."""
    return place.id in claims and claims[place.id].type == "hold"


def _changes(
    places: Iterable[Place], spread: Mapping[str, PlaceState], seen_at: datetime, now: datetime
) -> list[tuple[Place, Occupancy, Occupancy]]:
    """Return each place of a kind that changes, with its occupancy before and after.

    A number does not say which place is closed: one that opens hands the reason and the end of its closure to one that closes.
    """
    moving = [(place, occupancy_of(place)) for place in places if place.id in spread]
    closures = deque(before for _, before in moving if before.state == "closed")
    changes = []
    for place, before in moving:
        after = Occupancy(spread[place.id], seen_at, seen_at)
        if after.state == "closed":
            given = closures.popleft() if closures else None
            after = after._replace(
                expected_free_at=given.expected_free_at if given else now + CLOSED_REASONS["other"],
                closed_reason=given.closed_reason if given else "other",
            )
        changes.append((place, before, after))
    return changes
