"""Occupancy, as a shelter reports it: one place, "still correct", and the undoing of the last tap."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bedboard.actions.claims import claim_words, end_claim
from bedboard.actions.confirming import (
    CONFIRMED,
    HELD,
    UNDOES,
    check_newest,
    confirm_all,
    confirm_by_change,
    confirm_kinds,
    confirmation_words,
    take_back_confirmation,
)
from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import Actor
from bedboard.rules.claims import Ending, is_live
from bedboard.rules.freshness import USUAL_LIMITS, FreshnessLimits
from bedboard.rules.places import CLOCK_SKEW, Occupancy, PlaceChange, PlaceState, change_occupancy, check_observed_at, is_there
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound, VersionMismatch
from bedboard.store.bell import ring
from bedboard.store.board import ShelterRow
from bedboard.store.claims import get_claim, get_open_claim, list_others
from bedboard.store.database import Transaction, after_lock
from bedboard.store.journal import get_journal, get_last_journal_id, list_journal_since, occupancy_words
from bedboard.store.people import may_act
from bedboard.store.shelters import (
    get_place,
    get_tapped,
    list_kind_limits,
    lock_shelter,
    lock_shelter_of,
    see_places,
)
from bedboard.store.tables.board import ClaimRecord, Place, Shelter

Versions = Collection[int] | None
"""The versions of a shelter of which its caller believes one to be the present; None is not checked."""

UNDO_GRACE = timedelta(seconds=5)  # time for the tap to arrive over a bad connection


@dataclass(frozen=True, slots=True)
class Changed:
    """The shelter as it is after the change, and its row in the journal if there is just one (of a tap: to undo it)."""

    shelter: ShelterRow
    journal_id: int | None = None


async def lock_own_shelter(tx: Transaction, actor: Actor, shelter_id: str, versions: Versions) -> Shelter:
    """Lock the shelter and check, under the lock, that the actor works there and knows its present version.

    Refusals: NotFound, VersionMismatch.
    """
    shelter = await lock_shelter(tx, shelter_id)
    if shelter is None:
        raise NotFound("no_such_shelter")
    is_allowed = actor.kind == "system" or await may_act(tx, actor, shelter_id)
    _check_own(shelter, versions, "no_such_shelter", is_allowed=is_allowed)
    return shelter


def _check_own(shelter: Shelter, versions: Versions, code: str, *, is_allowed: bool) -> None:
    """Refuse a stranger with this code, and an actor that knows an older version. Refusals: NotFound, VersionMismatch."""
    if not is_allowed:
        raise NotFound(code)
    if versions is not None and shelter.version not in versions:
        raise VersionMismatch("version_mismatch", present=shelter.version)


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


async def save_change(tx: Transaction, shelter: Shelter, rows: Sequence[dict[str, Any]]) -> Changed:
    """Save the shelter with these rows in the journal. The caller holds its lock, and has said what is confirmed."""
    row, ids = await save_shelter(tx, shelter, rows)
    return Changed(row, ids[0] if len(ids) == 1 else None)


async def change_place(
    tx: Transaction,
    actor: Actor,
    place_id: str,
    change: PlaceChange,
    now: datetime,
    versions: Versions = None,
    limits: FreshnessLimits = USUAL_LIMITS,
) -> Changed:
    """Make one place free, occupied or closed. A person's tap also confirms the whole shelter, unless its news is stale.

    `limits`: those of the deployment.
    Refusals: NotFound, VersionMismatch, Invalid, Conflict `overtaken`.
    """
    shelter = await lock_shelter_of(tx, place_id)
    if shelter is None:
        raise NotFound("no_such_place")
    place, claim, is_allowed, kinds = await get_tapped(tx, actor, shelter.id, place_id)
    now = after_lock(tx, now)
    is_here = place.ended_at is None and is_there(place, claim, now)
    _check_own(shelter, versions, "no_such_place", is_allowed=is_here and (is_allowed or actor.kind == "system"))
    before = occupancy_of(place)
    after = change_occupancy(before, change, now)
    apply_occupancy(place, after)
    tx.add(place)
    words = words_of(before)
    if after.state != before.state:
        await tell_case(tx, claim)
    if after.state != "open":
        words |= _end_hold(tx, claim, "used" if after.state == "occupied" else "withdrawn", now)
    words |= confirm_by_change(shelter, kinds, actor, after.observed_at, limits)
    row = journal_row(actor, "place", place_id, words, words_of(after), now, after.observed_at)
    return await save_change(tx, shelter, [row])


async def tell_case(tx: Transaction, claim: ClaimRecord | None) -> None:
    """Ring for the case for which a place with this claim is reserved.

    The reservation stays: people decide what the news means.
    """
    if claim is not None and claim.case_id is not None:
        await ring(tx, "case", claim.case_id)


def _end_hold(tx: Transaction, claim: ClaimRecord | None, ending: Ending, now: datetime) -> dict[str, str]:
    """End the hold of a place that is not open any more; return the words with which the journal can undo that."""
    if claim is None or claim.type != "hold" or not is_live(claim, now):
        return {}
    end_claim(tx, claim, ending, now)
    return {"claim": claim.id}


async def _restore_hold(tx: Transaction, claim_id: str, now: datetime) -> dict[str, Any]:
    """Make a hold live again after the tap that ended it was undone, with the end that its other places have.

    A hold past its hour stays ended, and so does one that its holder has released or used meanwhile: nobody waits for a part
    of it. The caller knows that the place has no newer claim. If the holder has taken another place meanwhile, it may have one
    hold more than the limit: that is better than losing this place by a wrong tap. Return the words of the hold for the
    journal; none for one that stays ended.
    """
    claim = await get_claim(tx, claim_id)
    if claim is None:
        return {}
    for other in await list_others(tx, claim):
        if other.ending == "released" or (other.ending == "used" and await get_open_claim(tx, other.place_id)):
            return {}
        if other.ended_at is None:
            claim.expires_at, claim.extended_at = other.expires_at, other.extended_at
    if not is_live(claim, now):
        return {}
    claim.ended_at = claim.ending = None
    tx.add(claim)
    return {HELD: claim_words(claim)}


async def confirm_shelter(
    tx: Transaction,
    actor: Actor,
    shelter_id: str,
    now: datetime,
    observed_at: datetime | None = None,
    versions: Versions = None,
) -> Changed:
    """Confirm all that is known of the shelter ("still correct"). Refusals: NotFound, VersionMismatch, Invalid."""
    shelter = await lock_own_shelter(tx, actor, shelter_id, versions)
    now = after_lock(tx, now)
    seen_at = check_observed_at(observed_at, now)
    await see_places(tx, shelter_id, seen_at)
    confirm_all(shelter, actor, seen_at)
    return await save_change(tx, shelter, [journal_row(actor, "confirm", None, None, None, now, seen_at)])


async def confirm_named_kinds(
    tx: Transaction,
    actor: Actor,
    shelter_id: str,
    kinds: Sequence[str],
    now: datetime,
    observed_at: datetime,
    versions: Versions = None,
) -> Changed:
    """Confirm these kinds of the shelter as of `observed_at`, for a system that looks at no others.

    Refusals: NotFound, VersionMismatch, Invalid, Conflict `overtaken`.
    """
    shelter = await lock_own_shelter(tx, actor, shelter_id, versions)
    now = after_lock(tx, now)
    seen_at = check_observed_at(observed_at, now)
    known = await list_kind_limits(tx, shelter_id)
    unknown = [n for n, kind in enumerate(kinds) if kind not in known]
    if unknown:
        raise Invalid(*(FieldError(f"kinds.{n}", "kind_not_here") for n in unknown))
    check_newest(shelter, seen_at, now, kinds)
    await see_places(tx, shelter_id, seen_at, kinds)
    confirm_kinds(shelter, actor, seen_at, kinds)
    return await save_change(tx, shelter, [journal_row(actor, "confirm", None, None, {"kinds": sorted(kinds)}, now, seen_at)])


async def undo_change(
    tx: Transaction,
    actor: Actor,
    shelter_id: str,
    journal_id: int,
    now: datetime,
    within: timedelta,
) -> Changed:
    """Undo the actor's own last tap on a place, while `within` has not passed and nothing has happened to the place since.

    The tap's confirmation of the whole shelter is taken back too: the shelter is as old as without it. Later confirmations
    by others stay. Refusals: NotFound, Conflict `too_late_to_undo`.
    """
    pressed_at = now  # in time is in time, however long this waits
    shelter = await lock_own_shelter(tx, actor, shelter_id, None)
    now = after_lock(tx, now)
    tap = await get_journal(tx, journal_id)
    if tap is None or tap.shelter_id != shelter_id or tap.place_id is None or tap.before is None:
        raise NotFound("no_such_change")
    place = await get_place(tx, tap.place_id)
    is_own = (tap.actor_kind, tap.actor_id, tap.action) == (actor.kind, actor.id, "place")
    is_last = await get_last_journal_id(tx, tap.place_id) == tap.id and place.observed_at <= tap.observed_at
    if not (is_own and is_last) or pressed_at > tap.received_at + within + UNDO_GRACE:
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
        await tell_case(tx, await get_open_claim(tx, place.id))
    words = words_of(after)
    if "claim" in tap.before:
        words |= await _restore_hold(tx, tap.before["claim"], now)
    if CONFIRMED in tap.before:
        # A tap before this one, on another phone, may have been undone after this one: then this one builds on nothing of it.
        since = tap.received_at - within - UNDO_GRACE - CLOCK_SKEW
        take_back_confirmation(shelter, journal_id, await list_journal_since(tx, shelter_id, since))
        words |= {CONFIRMED: confirmation_words(shelter)}
    was = words_of(before) | {UNDOES: journal_id}
    changed = await save_change(tx, shelter, [journal_row(actor, "undo", place.id, was, words, now)])
    return Changed(changed.shelter)
