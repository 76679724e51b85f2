"""The work of each press on a case. It is done once, and is the same for a page and for the API.

Work is a function of a transaction; the case is the one in the path of the call. It refuses what its action refuses.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from bedboard.actions import answers, cases
from bedboard.actions.case_arrival import change_arrival
from bedboard.actions.case_hand_over import decline_case, hand_over_case, take_over_case
from bedboard.actions.case_holds import release_case_holds
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.holds import Holder
from bedboard.actions.idempotency import Reply
from bedboard.actions.taking import take_place
from bedboard.actions.tallies import note_sought
from bedboard.routes.call import Call
from bedboard.routes.case_reads import CaseWork, needs_opener, opener_of, show_done, telling
from bedboard.rules.asking import unsuited
from bedboard.rules.cases import ShelterAnswer, usual_arrival
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import FieldError, Invalid, NotFound
from bedboard.schemas.cases import Decision
from bedboard.store.cases import get_case, list_asks
from bedboard.store.database import Transaction
from bedboard.store.seal import SealedNeeds
from bedboard.views.candidates import fits_of


class Task(NamedTuple):
    """A press: its key, its work, and what a repetition must have in common with it besides the path.

    Nothing in `asked` is about a person: a fingerprint of it is kept for a day.
    """

    key: str
    work: CaseWork
    asked: tuple[str, ...] = ()


async def do_once(call: Call, task: Task) -> str:
    """Do a task once, wait until this process shows it, and return the id of the case."""

    done = await call.once(
        task.key,
        *task.asked,
        work=telling(call, task.work),
        reply=lambda case: Reply(200, case.record.id.encode()),
        shown=lambda case: show_done(call, case),
    )
    return done.reply.body.decode()


def _case_id(call: Call) -> str:
    return call.path_params["case_id"]


def opening_work(call: Call, sealed: SealedNeeds, profile: Profile, kinds: Mapping[str, str]) -> CaseWork:
    """Return the work of asking shelters for a new case, each for a kind of place, and of counting that.

    `sealed`: the profile; `kinds`: by shelter.
    """
    case_id = call.process.clock.new_reference()

    async def work(tx: Transaction) -> LockedCase:
        case = await cases.open_case(tx, call.actor, case_id, sealed, profile.near, kinds, call.now)
        note_sought(call.process.sought, profile, call.now.astimezone(call.catalogue.zone))
        return case

    return work


def unsuited_shelters(call: Call, shelter_ids: Iterable[str], profile: Profile, wanted: Sequence[str] = ()) -> list[str]:
    """Return the shelters, by id, that may not be asked for this household. `wanted`: the ids of places asked for by name."""
    cards, catalogue, deciders = call.process.board.cards, call.catalogue, call.deciders
    asked = [cards[shelter_id] for shelter_id in shelter_ids if shelter_id in cards]
    named = {card.id for card in asked for place_id in wanted if card.lot_of(place_id)}
    return unsuited({card.id: fits_of(card, profile, catalogue, deciders) for card in asked}, named)


def asking_work(call: Call, kinds: Mapping[str, str]) -> CaseWork:
    """Return the work of asking more shelters, each for a kind of place."""
    return lambda tx: cases.ask_more(tx, call.actor, _case_id(call), kinds, call.now)


def answer_work(call: Call, shelter_id: str, said: ShelterAnswer) -> CaseWork:
    """Return the work of answering as the shelter, for it, or as the police."""
    claim_id = call.process.clock.new_id()
    needs = needs_opener(call)
    return lambda tx: answers.answer_case(tx, call.actor, _case_id(call), shelter_id, said, claim_id, call.now, needs)


def choice_work(call: Call, shelter_id: str, arrives_at: datetime | None) -> CaseWork:
    """Return the work of taking a shelter's offer.

    `arrives_at` None: the usual time from now, by what the household said and how far the shelter is from them.
    """

    async def work(tx: Transaction) -> LockedCase:
        at, needs = arrives_at or await _usual_arrival(call, tx, shelter_id), needs_opener(call)
        return await cases.choose_offer(tx, call.actor, _case_id(call), shelter_id, call.now, call.catalogue.zone, at, needs)

    return work


async def _usual_arrival(call: Call, tx: Transaction, shelter_id: str) -> datetime:
    row = await get_case(tx, _case_id(call))
    said, card = None if row is None else opener_of(call.process)(row.needs), call.process.board.cards.get(shelter_id)
    near = None if said is None or card is None else said.near
    minutes = None if near is None or card is None else call.catalogue.minutes_between(near, card.unit)
    return usual_arrival(call.now, at_once=said is not None and said.arrives_after == "now", minutes=minutes)


def taking_work(call: Call, shelter_id: str, said: ShelterAnswer, arrives_at: datetime | None) -> CaseWork:
    """Return the work of taking a place as the police. `arrives_at`: as in `choice_work`."""
    claim_id, zone = call.process.clock.new_id(), call.catalogue.zone
    needs = needs_opener(call)

    async def work(tx: Transaction) -> LockedCase:
        at = arrives_at or await _usual_arrival(call, tx, shelter_id)
        return await take_place(tx, call.actor, _case_id(call), shelter_id, said, claim_id, call.now, zone, at, needs)

    return work


def decision_work(call: Call, decision: Decision, reason: str | None, stays_until: date | None) -> CaseWork:
    """Return the work of the desk's decision.

    Refusal: Invalid when a `reason` is missing or does not belong, or `stays_until` does not.
    """
    zone = call.catalogue.zone
    if stays_until is not None and decision != "end_stay":
        raise Invalid(FieldError("stays_until", "only_with_end_stay"))
    if decision == "confirm":
        if reason is not None:
            raise Invalid(FieldError("reason", "only_with_no"))
        return lambda tx: answers.confirm_case(tx, call.actor, _case_id(call), call.now, zone)
    if reason is None:
        raise Invalid(FieldError("reason", "needed_to_refuse"))
    if decision == "end_stay":
        return lambda tx: answers.end_stay(tx, call.actor, _case_id(call), reason, stays_until, call.now, zone)
    return lambda tx: answers.refuse_case(tx, call.actor, _case_id(call), reason, call.now)


def arrival_time_work(call: Call, arrives_at: datetime | None) -> CaseWork:
    """Return the work of saying another hour of arrival. None is refused: there is no usual one after the choice."""
    return lambda tx: change_arrival(tx, call.actor, _case_id(call), arrives_at, call.now)


def arrival_work(call: Call, shelter_id: str | None, *, arrived: bool) -> CaseWork:
    """Return the work of saying whether they came. `shelter_id` None: to the chosen shelter."""
    zone, limits = call.catalogue.zone, call.process.settings.limits

    async def work(tx: Transaction) -> LockedCase:
        to = shelter_id or await chosen_or_first(tx, _case_id(call))
        return await answers.take_arrival(tx, call.actor, _case_id(call), to, call.now, zone, arrived=arrived, limits=limits)

    return work


async def chosen_or_first(tx: Transaction, case_id: str) -> str:
    """Return the chosen shelter, or the first that was asked, so that the table of states says what is wrong.

    Of a case that has lapsed, it is the one that had a place for it to the end. Refusal: NotFound.
    """
    asks = await list_asks(tx, case_id)
    if not asks:
        raise NotFound("no_such_request")
    left = [ask for ask in asks if ask.settled == "withdrawn" and ask.place_id is not None]
    return next((ask for ask in asks if ask.settled == "chosen"), (left or asks)[0]).shelter_id


def resuming_work(call: Call) -> CaseWork:
    """Return the work of looking further after a choice, as the requester."""
    return lambda tx: cases.resume_case(tx, call.actor, _case_id(call), call.now)


def withdrawal_work(call: Call, why: str) -> CaseWork:
    """Return the work of giving the search up, as the requester."""
    zone, needs = call.catalogue.zone, needs_opener(call)
    return lambda tx: cases.withdraw_case(tx, call.actor, _case_id(call), why, call.now, zone, needs)


def release_work(call: Call) -> CaseWork:
    """Return the work of giving back the holds that the case uses, as the requester."""
    return lambda tx: release_case_holds(tx, call.actor, _case_id(call), call.now)


def hand_over_work(call: Call, organization_id: str | None, role: str | None) -> CaseWork:
    """Return the work of offering the case to others, or of keeping it. Refusal: Invalid when only one of both is given."""
    if (organization_id is None) != (role is None):
        raise Invalid(FieldError("organization" if organization_id is None else "role", "missing"))
    to = None if organization_id is None or role is None else Holder(organization_id, role)
    return lambda tx: hand_over_case(tx, call.actor, _case_id(call), to, call.now)


def take_over_work(call: Call) -> CaseWork:
    """Return the work of taking over a case that is offered to the actor's organization and role."""
    return lambda tx: take_over_case(tx, call.actor, _case_id(call), call.now)


def declining_work(call: Call) -> CaseWork:
    """Return the work of not taking over a case that is offered to the actor's organization and role."""
    return lambda tx: decline_case(tx, call.actor, _case_id(call), call.now)


def outcome_work(call: Call, slept: str) -> CaseWork:
    """Return the work of saying where the person sleeps, after the search was given up."""
    zone = call.catalogue.zone
    return lambda tx: cases.tell_outcome(tx, call.actor, _case_id(call), slept, call.now, zone)
