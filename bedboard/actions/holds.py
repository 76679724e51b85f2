"""Holds: keep a free place for some minutes while people call. Shelter staff can keep one for an organization that calls.

Beginning a hold locks the organization of the holder, then the shelter. The first lock keeps the limits, the second gives a
place to one holder only. Extending or releasing a hold locks the shelter.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from bedboard.actions.claims import change_claims, end_claim, get_status, make_claims
from bedboard.actions.roles import check_role
from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.claims import HOLD, MOST_HOLDS_AN_HOUR, check_hold_limits, check_kept, check_together, is_live
from bedboard.rules.places import PlaceStatus
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, NotFound, TooMany
from bedboard.rules.rights import is_self, may_end_hold
from bedboard.store.alerts import note_led
from bedboard.store.board import ShelterRow
from bedboard.store.claims import (
    count_holds,
    count_kept,
    get_claim_shelter_id,
    get_hold_begun_at,
    get_promise,
    lock_organization,
)
from bedboard.store.database import Transaction, after_lock
from bedboard.store.people import may_act
from bedboard.store.shelters import Room, Rooms, get_rooms, get_shelter_id, lock_shelter
from bedboard.store.tables.board import ClaimRecord, Shelter


@dataclass(frozen=True, slots=True)
class Holder:
    """The organization and the role that get a place. The staff of a shelter know no more of somebody who telephones."""

    organization_id: str
    role: str


@dataclass(frozen=True, slots=True)
class Held:
    """A hold as it now is, and its shelter after the change."""

    claim_id: str
    place_ids: Sequence[str]
    expires_at: datetime
    shelter: ShelterRow


async def hold_place(
    tx: Transaction,
    actor: Actor,
    place_ids: Sequence[str],
    claim_id: str,
    now: datetime,
    given_to: Holder | None = None,
    group: int = 0,
) -> Held:
    """Keep the first free one of these places for `HOLD`, or all of them for a group of that many people.

    `given_to` None: for the actor; otherwise for somebody who telephoned its staff. `place_ids`: places of one shelter that
    are alike for the holder, so that nobody hears "taken" while one of them is free. `claim_id` is the new hold's. `group` 0:
    one place is enough; otherwise the hold has all of the places, or there is none.
    Refusals: NotFound, NotAllowed, Invalid, Conflict `not_free`, `held_already` (by this very actor),
    `holds_of_person`, `holds_of_organization`, TooMany.
    """
    shelter_id = await get_shelter_id(tx, place_ids[0])
    if shelter_id is None:
        raise NotFound("no_such_place")
    await _check_right_now(tx, actor, shelter_id)
    holder = _check_holder(actor, given_to)
    if group:
        check_together(place_ids, group)
    if not await lock_organization(tx, holder.organization_id):
        raise Invalid(FieldError("organization", "unknown_caller"))
    now = after_lock(tx, now)
    person_id = actor.id if given_to is None and actor.kind == "person" else None
    client_id = actor.id if given_to is None and actor.kind == "client" else None
    counts = await count_holds(tx, holder.organization_id, person_id, client_id, now)
    kept = await count_kept(tx, holder.organization_id, person_id, client_id, now)
    begun_at = await get_hold_begun_at(tx, actor, MOST_HOLDS_AN_HOUR, now - timedelta(hours=1)) if given_to is None else None
    shelter = await lock_shelter(tx, shelter_id)
    if shelter is None:
        raise NotFound("no_such_place")
    found = await get_rooms(tx, actor, shelter_id, place_ids)
    _check_right(actor, found)  # once more: the right may be lost while this waits for the locks
    now = after_lock(tx, now)
    rooms = {place_id: room for place_id, room in found.rooms.items() if room.place.ended_at is None}
    taken = (_all_free if group else _first_free)(actor, rooms, place_ids, now)
    if given_to is None:
        check_hold_limits(counts.by_one, counts.by_organization)
        check_kept(*kept, now)
        if begun_at is not None and begun_at > now - timedelta(hours=1):
            raise TooMany("too_many", now, begun_at + timedelta(hours=1))
    claim = ClaimRecord(
        id=claim_id,
        place_id=next(iter(taken)),
        type="hold",
        organization_id=holder.organization_id,
        role=holder.role,
        person_id=person_id,
        client_id=client_id,
        created_at=now,
        expires_at=now + HOLD,
    )
    present = await make_claims(tx, actor, shelter, claim, taken, "hold", now)
    if person_id is not None:
        await note_led(tx, person_id, now, list(taken))
    return Held(claim_id, list(taken), now + HOLD, present)


def _held(claims: Sequence[ClaimRecord], shelter: ShelterRow) -> Held:
    first, place_ids = claims[0], [claim.place_id for claim in claims]
    return Held(first.promise_id, place_ids, cast(datetime, first.expires_at), shelter)  # a hold always has an hour


def _first_free(
    actor: Actor, rooms: Mapping[str, Room], place_ids: Sequence[str], now: datetime
) -> Mapping[str, ClaimRecord | None]:
    """Return the first free one of these places, with its claim that is past its hour, if any.

    Refusals: NotFound, Conflict `not_free`, or `held_already` when the actor has one of them.
    """
    code = ""
    for place, claim in [rooms[place_id] for place_id in place_ids if place_id in rooms]:
        status = get_status(place, claim, now)
        if status == "free":
            return {place.id: claim}
        code = "held_already" if code == "held_already" else _why_not(actor, claim, status)
    raise Conflict(code) if code else NotFound("no_such_place")


def _all_free(
    actor: Actor, rooms: Mapping[str, Room], place_ids: Sequence[str], now: datetime
) -> Mapping[str, ClaimRecord | None]:
    """Return all these places, each with its claim that is past its hour, if any.

    Refusals: Invalid `places` for one that is not of this shelter, Conflict as in `_first_free`.
    """
    if not rooms.keys() >= set(place_ids):
        raise Invalid(FieldError("places", "not_here"))
    taken: dict[str, ClaimRecord | None] = {}
    for place_id in place_ids:
        place, claim = rooms[place_id]
        taken[place_id] = claim
        status = get_status(place, claim, now)
        if status != "free":
            raise Conflict(_why_not(actor, claim, status))
    return taken


def _why_not(actor: Actor, claim: ClaimRecord | None, status: PlaceStatus) -> str:
    return "held_already" if status == "held" and claim is not None and is_self(actor, claim.holder) else "not_free"


def _check_holder(actor: Actor, given_to: Holder | None) -> Holder:
    """Return the holder of a new hold: the actor or, for a shelter's staff, `given_to`. Refusals: NotAllowed, Invalid."""
    if actor.role in SEEKERS:
        if given_to is not None:
            raise Invalid(FieldError("organization", "unknown_field"))
        if actor.organization_id is None:
            raise NotAllowed("no_organization")
        return Holder(actor.organization_id, actor.role)
    if given_to is None:
        raise Invalid(FieldError("organization", "missing"))
    if given_to.role not in SEEKERS:
        raise Invalid(FieldError("role", "not_one_of", {"allowed": sorted(SEEKERS)}))
    return given_to


def _check_right(actor: Actor, found: Rooms) -> None:
    """Refuse an actor that neither looks for places nor works for the shelter. Refusals: NotFound, NotAllowed."""
    if actor.role in SEEKERS and not found.has_role:
        raise NotAllowed("not_your_role")
    if actor.role not in SEEKERS and not found.works_there:
        raise NotFound("no_such_place")


async def _check_right_now(tx: Transaction, actor: Actor, shelter_id: str) -> None:
    """Refuse the same before the locks, so that a stranger waits for none. Refusals: NotFound, NotAllowed."""
    if actor.role in SEEKERS:
        await check_role(tx, actor)
    elif not await may_act(tx, actor, shelter_id):
        raise NotFound("no_such_place")


async def _lock_hold(
    tx: Transaction, actor: Actor, claim_id: str, now: datetime
) -> tuple[Shelter, Sequence[ClaimRecord], datetime]:
    """Return the claims of a live hold with its shelter, locked, and the moment after the lock.

    Refusals: NotFound (also for strangers to it), Conflict `hold_over`, or `hold_released` when somebody gave it back.
    """
    shelter_id = await get_claim_shelter_id(tx, claim_id)
    shelter = await lock_shelter(tx, shelter_id) if shelter_id is not None else None
    now = after_lock(tx, now)
    if shelter is None:
        raise NotFound("no_such_hold")
    promise = await get_promise(tx, actor, shelter.id, claim_id)
    claim = next((one for one in promise.claims if one.id == claim_id), None)
    if claim is None or claim.type != "hold":
        raise NotFound("no_such_hold")
    if not (may_end_hold(actor, claim.holder) and promise.has_role) and not promise.works_there:
        raise NotFound("no_such_hold")
    claims = [one for one in promise.claims if one.ended_at is None and is_live(one, now)]
    if not claims:
        raise Conflict("hold_released" if any(one.ending == "released" for one in promise.claims) else "hold_over")
    return shelter, claims, now


async def extend_hold(tx: Transaction, actor: Actor, claim_id: str, now: datetime) -> Held:
    """Extend the hold by `HOLD`, once. Refusals: NotFound, Conflict `hold_…`, `extended_already`."""
    shelter, claims, now = await _lock_hold(tx, actor, claim_id, now)
    if any(claim.extended_at is not None for claim in claims):
        raise Conflict("extended_already")

    def extend(claim: ClaimRecord) -> None:
        claim.expires_at, claim.extended_at = cast(datetime, claim.expires_at) + HOLD, now

    return _held(claims, await change_claims(tx, actor, shelter, claims, "extend", extend, now))


async def release_hold(tx: Transaction, actor: Actor, claim_id: str, now: datetime) -> Held:
    """Release the hold, so that all its places are free at once. Refusals: NotFound, Conflict `hold_…`."""
    shelter, claims, now = await _lock_hold(tx, actor, claim_id, now)

    def release(claim: ClaimRecord) -> None:
        end_claim(tx, claim, "released", now)

    return _held(claims, await change_claims(tx, actor, shelter, claims, "release", release, now))
