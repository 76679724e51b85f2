"""Holds: keeping a free place for some minutes while people call, for oneself or (shelter staff) for a caller.

Locks in this order, everywhere: the organization that holds, then the shelter. The first makes the limits true, the second
gives a place to one only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bedboard.actions.saving import journal_row, save_shelter
from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.claims import HOLD, MOST_HOLDS_AN_HOUR, Claim, check_room, is_live
from bedboard.rules.places import PlaceState, status_of
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, NotFound, TooMany
from bedboard.store.board import ShelterRow
from bedboard.store.claims import (
    count_begun,
    count_holds,
    get_claim,
    get_claim_shelter_id,
    get_open_claim,
    lock_organization,
)
from bedboard.store.database import Transaction
from bedboard.store.people import may_act, still_has_role
from bedboard.store.shelters import get_shelter_id, list_places, lock_shelter
from bedboard.store.tables import ClaimRecord, Place, Shelter


@dataclass(frozen=True, slots=True)
class Holder:
    """For whom a shelter's staff keep a place: the caller's organization and role."""

    organization_id: str
    role: str


@dataclass(frozen=True, slots=True)
class Held:
    """A hold as it now is, and its shelter after the change."""

    claim_id: str
    place_id: str
    expires_at: datetime
    shelter: ShelterRow


async def hold_place(
    tx: Transaction, actor: Actor, place_ids: Sequence[str], claim_id: str, now: datetime, caller: Holder | None = None
) -> Held:
    """Keeps the first of these places that is free, for 30 minutes: for the actor, or, when its own staff do it, for `caller`.

    `place_ids`: alike for the one who asks, and of one shelter, so that nobody hears "taken" while one of them is free.
    `claim_id` is the new hold's.
    Refusals: NotFound, NotAllowed, Invalid (`caller`), Conflict `not_free`, `held_already` (by this very actor),
    `holds_of_person`, `holds_of_organization`, TooMany.
    """
    shelter_id = await get_shelter_id(tx, place_ids[0])
    if shelter_id is None:
        raise NotFound("no_such_place")
    holder = await _holder(tx, actor, shelter_id, caller)
    if not await lock_organization(tx, holder.organization_id):
        raise Invalid(FieldError("organization", "unknown_caller"))
    person_id = actor.id if caller is None and actor.kind == "person" else None
    client_id = actor.id if caller is None and actor.kind == "client" else None
    counts = await count_holds(tx, holder.organization_id, person_id, client_id, now)
    shelter = await lock_shelter(tx, shelter_id)
    if shelter is None:
        raise NotFound("no_such_place")
    place, present = await _first_free(tx, actor, shelter_id, place_ids, now)
    if caller is None:
        check_room(counts.by_one, counts.by_organization)
        if await count_begun(tx, actor, now - timedelta(hours=1)) >= MOST_HOLDS_AN_HOUR:
            raise TooMany("too_many", retry_after_seconds=600)
    if present is not None:  # past its hour, and nothing has tidied it away
        present.ended_at, present.ending = present.expires_at, "expired"
        tx.add(present)
        await tx.flush()
    claim = ClaimRecord(
        id=claim_id,
        place_id=place.id,
        type="hold",
        organization_id=holder.organization_id,
        role=holder.role,
        person_id=person_id,
        client_id=client_id,
        created_at=now,
        expires_at=now + HOLD,
    )
    tx.add(claim)
    return await _save(tx, actor, shelter, claim, "hold", None, now)


async def _first_free(
    tx: Transaction, actor: Actor, shelter_id: str, place_ids: Sequence[str], now: datetime
) -> tuple[Place, ClaimRecord | None]:
    """The first of these places that is free, with a claim of it that is past its hour. The caller holds the shelter's lock.

    Refusals: NotFound, Conflict `not_free`, or `held_already` when the actor has one of them.
    """
    places = {place.id: place for place in await list_places(tx, shelter_id)}
    code = ""
    for place in [places[id] for id in place_ids if id in places]:
        claim = await get_open_claim(tx, place.id)
        state: PlaceState = place.state  # type: ignore[assignment]  # a CHECK holds it to the three
        status = status_of(state, _rule(claim), now)
        if status == "free":
            return place, claim
        is_own = status == "held" and claim is not None and is_holder(claim, actor)
        code = "held_already" if is_own or code == "held_already" else "not_free"
    raise Conflict(code) if code else NotFound("no_such_place")


async def _holder(tx: Transaction, actor: Actor, shelter_id: str, caller: Holder | None) -> Holder:
    """For whom the place is kept. Refusals: NotFound, NotAllowed, Invalid."""
    if actor.role in SEEKERS:
        if caller is not None:
            raise Invalid(FieldError("organization", "unknown_field"))
        if not await still_has_role(tx, actor):
            raise NotAllowed("not_your_role")
        if actor.organization_id is None:
            raise NotAllowed("no_organization")
        return Holder(actor.organization_id, actor.role)
    if not await may_act(tx, actor, shelter_id):
        raise NotFound("no_such_place")
    if caller is None:
        raise Invalid(FieldError("organization", "missing"))
    if caller.role not in SEEKERS:
        raise Invalid(FieldError("role", "not_one_of", {"allowed": sorted(SEEKERS)}))
    return caller


def is_holder(claim: ClaimRecord, actor: Actor) -> bool:
    """Whose hold it is: the actor's own."""
    return (claim.person_id if actor.kind == "person" else claim.client_id) == actor.id


def may_end(claim: ClaimRecord, actor: Actor) -> bool:
    """Its holder, and a colleague of the same organization and role: one person alone has no stand-in."""
    return is_holder(claim, actor) or (claim.organization_id, claim.role) == (actor.organization_id, actor.role)


def _rule(claim: ClaimRecord | None) -> Claim | None:
    if claim is None:
        return None
    return Claim("reservation" if claim.type == "reservation" else "hold", claim.expires_at, claim.role, claim.organization_id)


async def _lock_hold(tx: Transaction, actor: Actor, claim_id: str, now: datetime) -> tuple[Shelter, ClaimRecord]:
    """The live hold with its shelter locked. Refusals: NotFound (also for strangers to it), Conflict `hold_over`."""
    shelter_id = await get_claim_shelter_id(tx, claim_id)
    shelter = await lock_shelter(tx, shelter_id) if shelter_id is not None else None
    claim = await get_claim(tx, claim_id) if shelter is not None else None
    if shelter is None or claim is None or claim.type != "hold":
        raise NotFound("no_such_hold")
    allowed = await still_has_role(tx, actor) and may_end(claim, actor) if actor.role in SEEKERS else False
    if not allowed and not await may_act(tx, actor, shelter.id):
        raise NotFound("no_such_hold")
    if claim.ended_at is not None or not is_live(_rule(claim), now):
        raise Conflict("hold_over")
    return shelter, claim


async def extend_hold(tx: Transaction, actor: Actor, claim_id: str, now: datetime) -> Held:
    """30 minutes longer, once. Refusals: NotFound, Conflict `hold_over`, `extended_already`."""
    shelter, claim = await _lock_hold(tx, actor, claim_id, now)
    if claim.extended_at is not None:
        raise Conflict("extended_already")
    before = _words(claim)
    claim.expires_at += HOLD
    claim.extended_at = now
    tx.add(claim)
    return await _save(tx, actor, shelter, claim, "extend", before, now)


async def release_hold(tx: Transaction, actor: Actor, claim_id: str, now: datetime) -> Held:
    """The place is free again at once. Refusals: NotFound, Conflict `hold_over`."""
    shelter, claim = await _lock_hold(tx, actor, claim_id, now)
    before = _words(claim)
    claim.ended_at, claim.ending = now, "released"
    tx.add(claim)
    return await _save(tx, actor, shelter, claim, "release", before, now)


def _words(claim: ClaimRecord) -> dict[str, Any]:
    """A hold as the journal keeps it."""
    return {
        "claim": claim.id,
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
) -> Held:
    """Raises the version, writes the journal and rings. A hold says nothing about the board being right, so confirms nothing.

    The caller holds the shelter's lock.
    """
    row = journal_row(actor, action, claim.place_id, before, _words(claim), now)
    present, _ = await save_shelter(tx, shelter, [row])
    return Held(claim.id, claim.place_id, claim.expires_at, present)
