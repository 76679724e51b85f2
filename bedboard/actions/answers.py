"""Answers to a case by shelters, the desk and police; the decisions of the desk; and arrivals."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bedboard.actions.case_lock import (
    LockedCase,
    OpenNeeds,
    count_arrival,
    count_placed,
    erase_answers,
    keep_shut,
    let_go,
    lock_case,
    lock_shelters,
    look_further,
    move,
    save_case,
)
from bedboard.actions.confirming import confirm_by_change
from bedboard.actions.reservations import move_in, reserve_places
from bedboard.actions.roles import check_role
from bedboard.rules.access import Actor
from bedboard.rules.cases import DESK_REASONS, ShelterAnswer, check_answer, check_stay, next_state, offer_ends
from bedboard.rules.claims import is_all_live
from bedboard.rules.fit import DAY_MINUTES, make_terms
from bedboard.rules.freshness import USUAL_LIMITS, FreshnessLimits
from bedboard.rules.lapses import has_lapsed
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, NotFound
from bedboard.rules.rights import AnsweredBy, answers_as, is_left_to_police, may_decide, may_police_offer
from bedboard.rules.split import Room as Bedroom
from bedboard.rules.split import check_offer
from bedboard.store.cases import get_ask
from bedboard.store.database import Transaction, after_lock
from bedboard.store.shelters import Room, get_rooms, list_deciding, list_kind_limits
from bedboard.store.tables.cases import Ask


class Part(NamedTuple):
    """A case and one of its shelters, both locked. `rooms`: the places that are or may be promised there, by id."""

    case: LockedCase
    ask: Ask
    by: AnsweredBy
    rooms: Mapping[str, Room]


async def _lock_for_shelter(
    tx: Transaction, actor: Actor, case_id: str, shelter_id: str, place_ids: Sequence[str] = ()
) -> Part:
    """Lock a case with one of its shelters, and find out for which side the actor answers. `place_ids`: those of the answer.

    Refusal: NotFound, for strangers to the case or the shelter as well.
    """
    if await get_ask(tx, case_id, shelter_id) is None:
        raise NotFound("no_such_request")
    case = await lock_case(tx, case_id)
    await lock_shelters(tx, case, [shelter_id])  # before the rights are read: they may be lost while this waits
    by, ask = answers_as(actor, case.record.requester), case.asks[shelter_id]
    found = await get_rooms(tx, actor, shelter_id, [*place_ids, *ask.place_ids])
    is_still = found.works_there if by == "shelter" else found.has_role
    if by is None or not is_still:
        raise NotFound("no_such_request")
    return Part(case, ask, by, found.rooms)


async def answer_case(
    tx: Transaction,
    actor: Actor,
    case_id: str,
    shelter_id: str,
    said: ShelterAnswer,
    claim_id: str,
    now: datetime,
    needs: OpenNeeds = keep_shut,
) -> LockedCase:
    """Answer for a shelter: yes (the places are reserved for `OFFER_LASTS`), discuss or no.

    Until the choice, another answer may follow. The same answer once more changes nothing. Police may say yes to their own
    case or that of a colleague, with a place of a kind on which police decide, unless the shelter said no. `claim_id`: of a
    new reservation. `needs` opens the household, for which the places must be large enough; None: it cannot be read.
    Refusals: NotFound, NotAllowed, Invalid, Conflict `request_settled`, `request_answered`, `not_free`.
    """
    case, ask, by, rooms = await _lock_for_shelter(tx, actor, case_id, shelter_id, said.place_ids)
    now = after_lock(tx, now)
    check_answer(said)
    if ask.settled is not None:
        raise Conflict("request_settled")
    next_state(case.state, "answer")
    place_ids = said.place_ids
    for place_id in place_ids:
        if place_id not in rooms:
            raise Invalid(FieldError("place" if place_id == said.place_id else "places", "not_here"))
    if by == "police":
        if not all(map(may_police_offer, await list_deciding(tx, place_ids))) or not place_ids:
            raise NotAllowed("not_your_role")
        if not is_left_to_police(ask.answer):
            raise Conflict("request_answered")
    is_kept = is_all_live(case.claims_of(ask), len(ask.place_ids), now)
    present = ShelterAnswer(said.answer, ask.place_id, ask.reason, ask.criterion, tuple(ask.more_place_ids))
    if said.answer == ask.answer and astuple(said) == astuple(present) and (said.answer != "yes" or is_kept):
        return case
    shelter, household = case.shelters[shelter_id], needs(case.record.needs)
    if household is not None and place_ids:
        terms = make_terms({}, shelter.limits, (0, DAY_MINUTES), ())
        places = [rooms[place_id].place for place_id in place_ids]
        check_offer(household, [Bedroom(place.id, terms, place.beds, place.cots) for place in places])
    await let_go(tx, actor, case, [ask], now)
    if place_ids:
        until = offer_ends(now)
        chosen = {place_id: rooms[place_id] for place_id in place_ids}
        case.note(await reserve_places(tx, actor, case.record, shelter, chosen, claim_id, until, now, ask.hold_id))
    ask.place_id, ask.more_place_ids = said.place_id, list(said.more_place_ids)
    ask.claim_id = None if said.place_id is None else claim_id
    ask.answer, ask.reason, ask.criterion = said.answer, said.reason, said.criterion
    ask.answered_at, ask.answered_by = now, by
    tx.add(ask)
    move(case, "answer", now)
    return await save_case(tx, actor, case, said.answer, now, [shelter_id])


async def confirm_case(tx: Transaction, actor: Actor, case_id: str, now: datetime, zone: ZoneInfo) -> LockedCase:
    """Confirm the choice for the desk, or ratify a provisional one, even after the people have arrived.

    Refusals: NotFound, NotAllowed, Conflict `request_…`, `offer_over` when nothing is reserved any more, `not_free` when the
    shelter calls the place occupied or closed by now.
    """
    case = await _lock_for_desk(tx, actor, case_id)
    now = after_lock(tx, now)
    before = case.state
    move(case, "confirm", now)
    chosen = case.chosen
    if chosen is None or chosen.place_id is None:
        raise AssertionError(f"case {case_id} is {case.state} and nothing was chosen")
    if case.state == "arrived":
        await count_placed(tx, case, chosen, now, zone)
        erase_answers(tx, case)
    else:
        case.record.decided_at = now  # with the state, so that the row is possible at every moment
        await lock_shelters(tx, case, [chosen.shelter_id])
        found = await get_rooms(tx, actor, chosen.shelter_id, chosen.place_ids)
        if not found.has_role:
            raise NotAllowed("not_your_role")
        now = case.record.decided_at = after_lock(tx, now)
        if not is_all_live(case.claims_of(chosen), len(chosen.place_ids), now):
            raise Conflict("offer_over")
        states = {room.place.state for room in found.rooms.values()}
        if "closed" in states or (before == "chosen" and states != {"open"}):  # people on their way may be in already
            raise Conflict("not_free")
    return await save_case(tx, actor, case, "confirmed", now, [chosen.shelter_id])


async def refuse_case(tx: Transaction, actor: Actor, case_id: str, reason: str, now: datetime) -> LockedCase:
    """Refuse the choice for the desk, or end a provisional one; the requester may look further.

    Refusals: NotFound, NotAllowed, Invalid, Conflict `request_…`.
    """
    case = await _lock_for_desk(tx, actor, case_id)
    now = after_lock(tx, now)
    if reason not in DESK_REASONS:
        raise Invalid(FieldError("reason", "not_one_of", {"allowed": list(DESK_REASONS)}))
    chosen = case.chosen
    move(case, "refuse", now)
    return await look_further(tx, actor, case, chosen, "refused_by_desk", "refused", reason, now)


async def end_stay(
    tx: Transaction, actor: Actor, case_id: str, reason: str, stays_until: date | None, now: datetime, zone: ZoneInfo
) -> LockedCase:
    """End a stay for the desk that nobody has ratified; the household may stay until then, and the requester looks further.

    The places stay occupied: its shelter says when they have left.
    Refusals: NotFound, NotAllowed, Invalid, Conflict `request_…`.
    """
    case = await _lock_for_desk(tx, actor, case_id)
    now = after_lock(tx, now)
    if reason not in DESK_REASONS:
        raise Invalid(FieldError("reason", "not_one_of", {"allowed": list(DESK_REASONS)}))
    case.record.stays_until = check_stay(stays_until, now.astimezone(zone).date())
    chosen = case.chosen
    move(case, "end_stay", now)
    return await look_further(tx, actor, case, chosen, "stay_ended", "stay_ended", reason, now)


async def _lock_for_desk(tx: Transaction, actor: Actor, case_id: str) -> LockedCase:
    """Lock a case for the desk's decision. Refusals: NotAllowed, NotFound."""
    if not may_decide(actor):
        raise NotAllowed("not_your_role")
    case = await lock_case(tx, case_id)
    await check_role(tx, actor)
    return case


async def take_arrival(
    tx: Transaction,
    actor: Actor,
    case_id: str,
    shelter_id: str,
    now: datetime,
    zone: ZoneInfo,
    *,
    arrived: bool,
    limits: FreshnessLimits = USUAL_LIMITS,
) -> LockedCase:
    """Note that the people are at the shelter (the places are occupied) or did not come (they are free again).

    People may come after their placement has lapsed: time alone ended it, and no person.
    `limits`: how long the news of this deployment is fresh. Refusals: NotFound, NotAllowed, Conflict `request_…`, `not_free`.
    """
    case, ask, by, rooms = await _lock_for_shelter(tx, actor, case_id, shelter_id)
    now = after_lock(tx, now)
    if by == "police":
        raise NotAllowed("not_your_role")
    if arrived and _has_lapsed(case, ask):
        move(case, "arrive_after_all", now)
        case.record.over_at = now
        ask.settled, ask.settled_at = "chosen", now
        tx.add(ask)
        return await _take_in(tx, actor, Part(case, ask, by, rooms), now, zone, limits)
    chosen = case.chosen
    if chosen is not None and chosen is not ask:
        raise Conflict("request_settled")  # another shelter was chosen
    move(case, "arrive" if arrived else "miss", now)
    case.record.decided_at = case.record.decided_at or now  # at the door, before the desk had decided
    if not arrived:
        return await look_further(tx, actor, case, chosen, "missed", "missed", None, now)
    if chosen is None or chosen.place_id is None:
        raise AssertionError(f"case {case_id} was decided and nothing was chosen")
    return await _take_in(tx, actor, Part(case, chosen, by, rooms), now, zone, limits)


def _has_lapsed(case: LockedCase, ask: Ask) -> bool:
    """Return whether this shelter was the chosen one of a case that lapsed: the others were settled when it was chosen."""
    record = case.record
    is_chosen = ask.settled == "withdrawn" and ask.place_id is not None
    return is_chosen and has_lapsed(record.state, record.created_at, record.arrives_at, record.over_at)


async def _take_in(
    tx: Transaction, actor: Actor, part: Part, now: datetime, zone: ZoneInfo, limits: FreshnessLimits
) -> LockedCase:
    """Let people in at the chosen shelter. The caller has moved the case. Refusal: Conflict `not_free`."""
    case, chosen, by, rooms = part
    shelter, claims = case.shelters[chosen.shelter_id], case.claims_of(chosen)
    case.claims = {claim_id: claim for claim_id, claim in case.claims.items() if claim not in claims}
    confirmed: dict[str, Any] = {}
    if by == "shelter":  # as with every change of a place that a shelter reports
        confirmed = confirm_by_change(shelter, await list_kind_limits(tx, shelter.id), actor, now, limits)
    case.note(await move_in(tx, actor, shelter, rooms, claims, now, confirmed))
    await count_arrival(tx, case, now, zone)
    if case.state == "arrived":
        await count_placed(tx, case, chosen, now, zone)
        erase_answers(tx, case)
    return await save_case(tx, actor, case, "arrived", now, [shelter.id])
