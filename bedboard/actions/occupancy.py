"""Occupancy, as a shelter reports it: one place, a number per kind, "still correct", and the undoing of the last tap."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bedboard.actions.claims import end_claim
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import Actor
from bedboard.rules.claims import Ending, is_live
from bedboard.rules.places import (
    CLOSED_REASONS,
    Counted,
    KindCount,
    Occupancy,
    PlaceChange,
    PlaceState,
    change_occupancy,
    check_observed_at,
    spread_counts,
)
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound, VersionMismatch
from bedboard.store.bell import ring
from bedboard.store.board import ShelterRow
from bedboard.store.claims import get_claim, get_open_claim
from bedboard.store.database import Transaction
from bedboard.store.journal import get_journal, get_last_journal_id, occupancy_words
from bedboard.store.people import may_act
from bedboard.store.shelters import get_place, get_shelter_id, list_claims, list_places, lock_shelter, see_places
from bedboard.store.tables.board import Place, Shelter

UNDO_GRACE = timedelta(seconds=5)  # time for the tap to arrive over a bad connection


@dataclass(frozen=True, slots=True)
class Changed:
    """The shelter as it is after the change, and its row in the journal if there is just one (of a tap: to undo it)."""

    shelter: ShelterRow
    journal_id: int | None = None


async def _lock_own(tx: Transaction, actor: Actor, shelter_id: str, version: int | None) -> Shelter:
    """Lock the shelter and check, under the lock, that the actor works there and knows its present version.

    Refusals: NotFound, VersionMismatch.
    """
    shelter = await lock_shelter(tx, shelter_id)
    if shelter is None or not (actor.kind == "system" or await may_act(tx, actor, shelter_id)):
        raise NotFound("no_such_shelter")
    if version is not None and version != shelter.version:
        raise VersionMismatch("version_mismatch", present=shelter.version)
    return shelter


def occupancy_of(place: Place) -> Occupancy:
    """Return a place's occupancy as it is stored."""
    state: PlaceState = place.state  # type: ignore[assignment]  # a CHECK holds it to the three
    return Occupancy(state, place.since, place.observed_at, place.expected_free_at, place.closed_reason)


def apply_occupancy(place: Place, occupancy: Occupancy) -> None:
    """Put the occupancy into the place's row. The caller holds the lock of the shelter, and adds the place."""
    place.state = occupancy.state
    place.since = occupancy.since
    place.observed_at = occupancy.observed_at
    place.expected_free_at = occupancy.expected_free_at
    place.closed_reason = occupancy.closed_reason


def words_of(occupancy: Occupancy) -> dict[str, Any]:
    """Return an occupancy as the journal keeps it."""
    return occupancy_words(occupancy.state, occupancy.expected_free_at, occupancy.closed_reason, occupancy.since)


async def _save(tx: Transaction, shelter: Shelter, rows: Sequence[dict[str, Any]], confirmed_at: datetime) -> Changed:
    """Save the shelter as confirmed at this moment, with these rows in the journal. The caller holds the shelter's lock."""
    shelter.confirmed_at = max(shelter.confirmed_at or confirmed_at, confirmed_at)
    row, ids = await save_shelter(tx, shelter, rows)
    return Changed(row, ids[0] if len(ids) == 1 else None)


async def change_place(
    tx: Transaction, actor: Actor, place_id: str, change: PlaceChange, now: datetime, version: int | None = None
) -> Changed:
    """Make one place free, occupied or closed, which also confirms the whole shelter.

    `version`: the shelter's version as the caller knows it; None is not checked.
    Refusals: NotFound, VersionMismatch, Invalid, Conflict `overtaken`.
    """
    shelter_id = await get_shelter_id(tx, place_id)
    if shelter_id is None:
        raise NotFound("no_such_place")
    try:
        shelter = await _lock_own(tx, actor, shelter_id, version)
    except NotFound:
        raise NotFound("no_such_place") from None
    place = await get_place(tx, place_id)
    before = occupancy_of(place)
    after = change_occupancy(before, change, now)
    apply_occupancy(place, after)
    tx.add(place)
    words = words_of(before)
    if after.state != before.state:
        await _tell_case(tx, place_id)
    if after.state != "open":
        words |= await _end_hold(tx, place_id, "used" if after.state == "occupied" else "withdrawn", now)
    row = journal_row(actor, "place", place_id, words, words_of(after), now, after.observed_at)
    return await _save(tx, shelter, [row], after.observed_at)


async def _tell_case(tx: Transaction, place_id: str) -> None:
    """Ring for the case for which this place is reserved. The reservation stays: people decide what the news means."""
    claim = await get_open_claim(tx, place_id)
    if claim is not None and claim.case_id is not None:
        await ring(tx, "case", claim.case_id)


async def _end_hold(tx: Transaction, place_id: str, ending: Ending, now: datetime) -> dict[str, str]:
    """End the hold of a place that is not open any more; return the words with which the journal can undo that."""
    claim = await get_open_claim(tx, place_id)
    if claim is None or claim.type != "hold" or not is_live(claim, now):
        return {}
    end_claim(tx, claim, ending, now)
    return {"claim": claim.id}


async def _restore_hold(tx: Transaction, claim_id: str, now: datetime) -> None:
    """Make a hold live again after the tap that ended it was undone. A hold past its hour stays ended.

    The caller knows that the place has no newer claim. If the holder has taken another place meanwhile, it may have one hold
    more than the limit: that is better than losing this place by a wrong tap.
    """
    claim = await get_claim(tx, claim_id)
    if claim is not None and is_live(claim, now):
        claim.ended_at = claim.ending = None
        tx.add(claim)


async def confirm_shelter(
    tx: Transaction,
    actor: Actor,
    shelter_id: str,
    now: datetime,
    observed_at: datetime | None = None,
    version: int | None = None,
) -> Changed:
    """Confirm all that is known of the shelter ("still correct"). Refusals: NotFound, VersionMismatch, Invalid."""
    shelter = await _lock_own(tx, actor, shelter_id, version)
    seen_at = check_observed_at(observed_at, now)
    await see_places(tx, shelter_id, seen_at)
    return await _save(tx, shelter, [journal_row(actor, "confirm", None, None, None, now, seen_at)], seen_at)


async def count_places(
    tx: Transaction,
    actor: Actor,
    shelter_id: str,
    counts: Mapping[str, KindCount],
    now: datetime,
    observed_at: datetime | None = None,
    version: int | None = None,
) -> Changed:
    """Set the number of free places per kind, for a shelter that knows only numbers; other kinds stay as they are.

    Places of a kind are interchangeable; those with criteria of their own are the last to change.
    Refusals: NotFound, VersionMismatch, Invalid, Conflict `overtaken`.
    """
    shelter = await _lock_own(tx, actor, shelter_id, version)
    seen_at = check_observed_at(observed_at, now)
    places = await list_places(tx, shelter_id)
    claimed = {claim.place_id for claim in await list_claims(tx, shelter_id) if is_live(claim, now)}
    by_kind: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=lambda place: place.criteria is not None):
        by_kind[place.kind_code].append(place)
    unknown = [kind for kind in counts if kind not in by_kind]
    if unknown:
        raise Invalid(*(FieldError(f"kinds.{kind}", "kind_not_here") for kind in unknown))
    known_at = max(place.observed_at for kind in counts for place in by_kind[kind])
    if observed_at is None:
        seen_at = max(seen_at, known_at)
    if known_at > seen_at:
        raise Conflict("overtaken", known_at=known_at)

    spread = _spread(counts, by_kind, claimed)
    rows = []
    for kind in counts:
        for place in by_kind[kind]:
            state = spread.get(place.id)
            if state is not None:
                before = occupancy_of(place)
                closed = state == "closed"
                after = Occupancy(
                    state=state,
                    since=seen_at,
                    observed_at=seen_at,
                    expected_free_at=now + CLOSED_REASONS["other"] if closed else None,
                    closed_reason="other" if closed else None,
                )
                rows.append(journal_row(actor, "count", place.id, words_of(before), words_of(after), now, seen_at))
                apply_occupancy(place, after)
                tx.add(place)
    await tx.flush()
    await see_places(tx, shelter_id, seen_at, list(counts))
    changed = await _save(tx, shelter, rows or [journal_row(actor, "count", None, None, None, now, seen_at)], seen_at)
    return Changed(changed.shelter)


def _spread(
    counts: Mapping[str, KindCount], by_kind: Mapping[str, Sequence[Place]], claimed: Collection[str]
) -> dict[str, PlaceState]:
    """Return the new state of each place that has to change for these numbers; `claimed`: ids of places with a live claim.

    Refusal: Invalid with every number that cannot be right.
    """
    spread: dict[str, PlaceState] = {}
    wrong: list[FieldError] = []
    for kind, count in counts.items():
        try:
            every = [Counted(place.id, occupancy_of(place).state, place.id in claimed) for place in by_kind[kind]]
            spread |= spread_counts(kind, every, count)
        except Invalid as refusal:
            wrong.extend(refusal.fields)
    if wrong:
        raise Invalid(*wrong)
    return spread


async def undo_change(
    tx: Transaction, actor: Actor, shelter_id: str, journal_id: int, now: datetime, within: timedelta
) -> Changed:
    """Undo the actor's own last tap on a place, while `within` has not passed and nothing has happened to the place since.

    The confirmation stays: somebody looked at the place. Refusals: NotFound, Conflict `too_late_to_undo`.
    """
    shelter = await _lock_own(tx, actor, shelter_id, None)
    tap = await get_journal(tx, journal_id)
    if tap is None or tap.shelter_id != shelter_id or tap.place_id is None or tap.before is None:
        raise NotFound("no_such_change")
    place = await get_place(tx, tap.place_id)
    is_own = (tap.actor_kind, tap.actor_id, tap.action) == (actor.kind, actor.id, "place")
    is_last = await get_last_journal_id(tx, tap.place_id) == tap.id and place.observed_at <= tap.observed_at
    if not (is_own and is_last) or now > tap.received_at + within + UNDO_GRACE:
        raise Conflict("too_late_to_undo")
    before = occupancy_of(place)
    expected = tap.before["expected_free_at"]
    after = Occupancy(
        state=tap.before["state"],
        since=datetime.fromisoformat(tap.before["since"]),
        observed_at=max(now, before.observed_at),
        expected_free_at=datetime.fromisoformat(expected) if expected else None,
        closed_reason=tap.before["closed_reason"],
    )
    apply_occupancy(place, after)
    tx.add(place)
    if after.state != before.state:
        await _tell_case(tx, place.id)
    if "claim" in tap.before:
        await _restore_hold(tx, tap.before["claim"], now)
    changed = await _save(tx, shelter, [journal_row(actor, "undo", place.id, words_of(before), words_of(after), now)], now)
    return Changed(changed.shelter)
