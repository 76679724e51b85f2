"""Cases, for their requester: open one, ask more shelters, choose, withdraw, and say where the person sleeps."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bedboard.actions.case_lock import (
    LockedCase,
    OpenNeeds,
    count_answers,
    count_first_answer,
    erase_answers,
    keep_shut,
    lock_case_of_group,
    lock_shelters,
    look_further,
    move,
    save_case,
    settle,
)
from bedboard.actions.reservations import close_to_check, keep_chosen
from bedboard.actions.roles import check_role
from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.cases import (
    MOST_CASES_AN_HOUR,
    MOST_OPEN,
    RESERVED,
    WITHDRAW_REASONS,
    Event,
    check_arrival,
    check_shelters,
)
from bedboard.rules.claims import check_kept, is_all_live
from bedboard.rules.deciding import choice_of_all
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, TooMany
from bedboard.rules.rights import why_no_choice, why_offer_over
from bedboard.rules.tallies import SLEPT
from bedboard.store.alerts import note_led
from bedboard.store.cases import count_open_cases, get_begun_at
from bedboard.store.claims import count_kept, list_unused_holds, lock_organization
from bedboard.store.database import Transaction, after_lock
from bedboard.store.keys import save_key
from bedboard.store.seal import SealedNeeds
from bedboard.store.shelters import get_rooms, list_deciding, list_kinds
from bedboard.store.tables.cases import Ask, CaseRecord
from bedboard.store.tallies import Tally, count_tallies, list_free_kinds


async def open_case(
    tx: Transaction,
    actor: Actor,
    case_id: str,
    needs: SealedNeeds,
    unit_code: str | None,
    shelters: Mapping[str, str],
    now: datetime,
) -> LockedCase:
    """Open a case and ask these shelters, each with the kind of place for which it is asked.

    `needs`: the household and its needs, kept as long as a place is sought. `unit_code`: the police unit from which a
    place is sought; None: not said.
    Refusals: NotAllowed, Conflict `requests_of_person`, TooMany, Invalid `shelters`.
    """
    if actor.role not in SEEKERS:
        raise NotAllowed("not_your_role")
    if actor.organization_id is None or not await lock_organization(tx, actor.organization_id):
        raise NotAllowed("no_organization")
    await check_role(tx, actor)  # after the lock: the role may be lost while this waits
    now = after_lock(tx, now)
    if await count_open_cases(tx, actor) >= MOST_OPEN:
        raise Conflict("requests_of_person", most=MOST_OPEN)
    begun_at = await get_begun_at(tx, actor, MOST_CASES_AN_HOUR)
    if begun_at is not None and begun_at > now - timedelta(hours=1):
        raise TooMany("too_many", now, begun_at + timedelta(hours=1))
    check_shelters(shelters)
    await _check_known(tx, shelters)
    record = CaseRecord(
        id=case_id,
        version=0,  # saving makes it 1
        organization_id=actor.organization_id,
        role=actor.role,
        person_id=actor.id if actor.kind == "person" else None,
        client_id=actor.id if actor.kind == "client" else None,
        unit_code=unit_code,
        needs_sealed=needs.needs,
        created_at=now,
    )
    await save_key(tx, case_id, needs.key)
    case = LockedCase(record, {}, {})
    return await _ask(tx, actor, case, shelters, now)


async def ask_more(tx: Transaction, actor: Actor, case_id: str, shelters: Mapping[str, str], now: datetime) -> LockedCase:
    """Ask these shelters too. A shelter that is settled may be asked again.

    Refusals: NotFound, Conflict `request_…`, Invalid `shelters`.
    """
    case = await lock_case_of_group(tx, actor, case_id)
    now = after_lock(tx, now)
    move(case, "ask", now)
    present = [ask for ask in case.asks.values() if ask.settled is None]
    refused = [ask.shelter_id for ask in present if ask.answer == "no"]
    check_shelters(shelters, {ask.shelter_id for ask in present} - set(refused), refused)
    await _check_known(tx, shelters)
    return await _ask(tx, actor, case, shelters, now)


async def _check_known(tx: Transaction, shelters: Mapping[str, str]) -> None:
    present = await list_kinds(tx, list(shelters))
    known = {shelter for shelter, _ in present}
    wrong = [
        (shelter, "kind_not_here" if shelter in known else "unknown_shelter") for shelter, _ in set(shelters.items()) - present
    ]
    if wrong:
        raise Invalid(*(FieldError("shelters", code, {"shelter": shelter}) for shelter, code in sorted(wrong)))


async def _ask(tx: Transaction, actor: Actor, case: LockedCase, shelters: Mapping[str, str], now: datetime) -> LockedCase:
    holds = await list_unused_holds(tx, actor, case.record.id, now)
    free = await list_free_kinds(tx, shelters.keys(), now)
    for shelter_id, kind in shelters.items():
        ask = case.asks.get(shelter_id) or Ask(case_id=case.record.id, shelter_id=shelter_id, kind_code=kind, asked_at=now)
        ask.kind_code, ask.asked_at, ask.step = kind, now, 0
        ask.answer = ask.answered_at = ask.answered_by = ask.place_id = ask.claim_id = ask.reason = ask.criterion = None
        ask.more_place_ids = []
        ask.settled = ask.settled_at = None
        own = sorted((hold for hold in holds if hold.shelter_id == shelter_id), key=lambda hold: hold.kind != kind)
        ask.hold_id = own[0].id if own else None
        ask.was_free = bool(own) or (shelter_id, kind) in free
        case.asks[shelter_id] = ask
    await save_case(tx, actor, case, "asked", now, list(shelters))
    tx.add_all(case.asks[shelter_id] for shelter_id in shelters)  # after the row to which they point
    await tx.flush()
    if actor.kind == "person":
        await note_led(tx, actor.id, now, shelter_ids=shelters)
    return case


async def choose_offer(
    tx: Transaction,
    actor: Actor,
    case_id: str,
    shelter_id: str,
    now: datetime,
    zone: ZoneInfo,
    arrives_at: datetime | None = None,
    needs: OpenNeeds = keep_shut,
) -> LockedCase:
    """Choose the place that this shelter offers; the other shelters are let go at the same moment.

    The kind of place and the hour say whether the choice is a decision, waits for the desk, or is provisional. `arrives_at`:
    the hour of arrival; None: after `SOONEST_USUAL`. `needs`: opens the household, by which each no is counted.
    Refusals: NotFound, Invalid, Conflict `request_…`, `no_offer`, `offer_over`, `not_free`, TooMany.
    """
    await lock_organization(tx, actor.organization_id or "")
    case = await lock_case_of_group(tx, actor, case_id)
    ask = case.asks.get(shelter_id)
    place_ids = [] if ask is None else ask.place_ids
    is_settled = ask is not None and ask.settled is not None
    why = why_no_choice(case.state, is_offered=bool(place_ids), is_settled=is_settled)
    if ask is None or not place_ids or why is not None:
        raise Conflict(why or "no_offer")
    is_taken = ask.answered_by == "police"
    arrives_at = check_arrival(arrives_at, now, is_taken=is_taken)
    others = [other for other in case.asks.values() if other.settled is None and other is not ask]
    reserved = [other.shelter_id for other in [ask, *others] if case.claims_of(other)]
    await lock_shelters(tx, case, reserved)
    found = await get_rooms(tx, actor, shelter_id, place_ids)
    if not found.has_role:  # once more: it may be lost while this waits for so many locks
        raise NotAllowed("not_your_role")
    now = after_lock(tx, now)
    claims = case.claims_of(ask)
    is_kept = is_all_live(claims, len(place_ids), now)
    is_open = all(room.place.state == "open" for room in found.rooms.values())
    why = why_offer_over(is_kept=is_kept, is_open=is_open)
    if why is not None:
        raise Conflict(why)
    event = choice_of_all(actor.role, await list_deciding(tx, place_ids), now.astimezone(zone))
    if is_taken or event != "choose":
        await check_kept_of(tx, case, ask, now)
    move(case, event, now)
    case.record.arrives_at, case.record.reminded_at, case.record.refusal = arrives_at, None, None
    case.record.decided_at = None if case.state == "chosen" else now
    case.note(await keep_chosen(tx, actor, case.shelters[shelter_id], claims, arrives_at, now))
    ask.settled, ask.settled_at = "chosen", now
    tx.add(ask)
    await settle(tx, actor, case, others, "other_chosen", now)
    await count_answers(tx, case, [ask, *others], needs(case.record.needs), now, zone)
    await count_first_answer(tx, case, now, zone)
    what = {"choose": "chosen", "choose_for_desk": "chosen_for_desk"}.get(event, "chosen_provisionally")
    return await save_case(tx, actor, case, what, now, [shelter_id])


async def check_kept_of(tx: Transaction, case: LockedCase, ask: Ask, now: datetime) -> None:
    """Refuse one promise more without the yes of its shelter. The caller locks the organization. Refusal: TooMany."""
    record, hold_id = case.record, ask.hold_id
    kept = await count_kept(
        tx, record.organization_id, record.person_id, record.client_id, now, case_id=record.id, hold_id=hold_id
    )
    check_kept(*kept, now)


async def resume_case(tx: Transaction, actor: Actor, case_id: str, now: datetime) -> LockedCase:
    """Give the chosen place up and look further with the same needs. Nothing is counted: the search goes on.

    Refusals: NotFound, Conflict `request_…`.
    """
    case = await lock_case_of_group(tx, actor, case_id)
    now = after_lock(tx, now)
    chosen = case.chosen
    move(case, "resume", now)
    return await look_further(tx, actor, case, chosen, "resumed", "resumed", None, now)


async def withdraw_case(
    tx: Transaction,
    actor: Actor,
    case_id: str,
    why: str,
    now: datetime,
    zone: ZoneInfo,
    needs: OpenNeeds = keep_shut,
) -> LockedCase:
    """Withdraw the case, so that every place is free again. The reason is counted and not kept with the case.

    With no_place one question is left: where does this person sleep? With another reason the case is at its end, even if
    it was withdrawn with no_place before.
    Refusals: NotFound, Invalid, Conflict `request_…`.
    """
    case = await lock_case_of_group(tx, actor, case_id)
    now = after_lock(tx, now)
    if why not in WITHDRAW_REASONS:
        raise Invalid(FieldError("why", "not_one_of", {"allowed": list(WITHDRAW_REASONS)}))
    if why == "no_place":  # it is counted by where the person sleeps
        return await give_up(tx, actor, case, "withdrawn", now, zone, needs=needs)
    case = await give_up(tx, actor, case, "cancelled", now, zone, event="cancel", needs=needs)
    await count_tallies(tx, now.astimezone(zone), [Tally("withdrawn", "", "", why)])
    return case


async def give_up(
    tx: Transaction,
    actor: Actor,
    case: LockedCase,
    what: str,
    now: datetime,
    zone: ZoneInfo,
    event: Event = "withdraw",
    needs: OpenNeeds = keep_shut,
) -> LockedCase:
    """Give up a case. `what`: withdrawn or cancelled by the requester, or lapsed. Refusal: Conflict `request_…`.

    The places of a case that lapsed are closed: nobody has said whether people are in them.
    """
    chosen, household = case.chosen if case.state in RESERVED else None, needs(case.record.needs)
    move(case, event, now)  # the needs are erased with it
    left = [ask for ask in case.asks.values() if ask.settled is None or ask is chosen]
    await settle(tx, actor, case, left, "withdrawn", now)
    if event == "lapse" and chosen is not None and chosen.shelter_id in case.shelters:
        closed = await close_to_check(tx, actor, case.shelters[chosen.shelter_id], chosen.place_ids, now)
        if closed is not None:
            case.note(closed)
    await count_answers(tx, case, [ask for ask in left if ask is not chosen], household, now, zone)
    if chosen is None:
        await count_first_answer(tx, case, now, zone)
    erase_answers(tx, case)
    return await save_case(tx, actor, case, what, now, told=[ask.shelter_id for ask in left if ask.answer == "yes"])


async def tell_outcome(tx: Transaction, actor: Actor, case_id: str, slept: str, now: datetime, zone: ZoneInfo) -> LockedCase:
    """End a case without a place by saying where the person sleeps, which is counted and not kept with the case.

    Refusals: NotFound, Invalid, Conflict `request_…`.
    """
    case = await lock_case_of_group(tx, actor, case_id)
    now = after_lock(tx, now)
    if slept not in SLEPT:
        raise Invalid(FieldError("slept", "not_one_of", {"allowed": list(SLEPT)}))
    return await end_case(tx, actor, case, "tell_outcome", slept, now, zone)


async def end_case(
    tx: Transaction, actor: Actor, case: LockedCase, event: Event, slept: str, now: datetime, zone: ZoneInfo
) -> LockedCase:
    """End a case without a place, counted by where the person slept. Refusal: Conflict `request_…`."""
    unit = case.record.unit_code or ""
    move(case, event, now)
    await count_tallies(tx, now.astimezone(zone), [Tally("slept", unit, "", slept), Tally("request", "", "", "ended")])
    return await save_case(tx, actor, case, "ended", now)
