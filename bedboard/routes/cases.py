"""The presses of people who look for a place and of the placement desk: each is one action, done once.

Nothing of a profile, a reason or the place where somebody sleeps is remembered with the key of a press, not even a fingerprint.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from starlette.responses import RedirectResponse, Response

from bedboard.actions.disclosures import disclose_asked, note_refused_telephone
from bedboard.routes.call import Call
from bedboard.routes.case_asking import keep_more, keep_new, ticked_of
from bedboard.routes.case_pages import address_fragment, case_fragment, keep_case
from bedboard.routes.case_reads import opener_of, read_address, seeker_of
from bedboard.routes.case_work import (
    Task,
    answer_work,
    arrival_time_work,
    arrival_work,
    asking_work,
    choice_work,
    decision_work,
    declining_work,
    do_once,
    hand_over_work,
    opening_work,
    outcome_work,
    release_work,
    resuming_work,
    take_over_work,
    taking_work,
    unsuited_shelters,
    withdrawal_work,
)
from bedboard.routes.profiles import seal_profile
from bedboard.routes.search import profile_fields
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, ProofNeeded, TooMany
from bedboard.schemas.case_forms import (
    AnswerForm,
    ArrivalForm,
    ArrivalTimeForm,
    CallForm,
    ChoiceForm,
    DecisionForm,
    EmptyForm,
    HandOverForm,
    OutcomeForm,
    PolicePlaceForm,
    WithdrawalForm,
)
from bedboard.schemas.fields import KeyForm, local_moment
from bedboard.schemas.parse import parse_form
from bedboard.schemas.profile import profile_of, read_profile
from bedboard.store.cases import get_case
from bedboard.views.candidates import best_kind


async def _press(call: Call, read: Callable[[], Awaitable[Task]]) -> Response:
    """Do what was pressed on the page of a case, and answer with the case. `read` makes a task of the form."""
    case_id = call.path_params["case_id"]
    try:
        await do_once(call, await read())
    except (Conflict, Invalid, NotAllowed, TooMany) as refusal:
        return await case_fragment(call, case_id, refusal) if call.wants_fragment else keep_case(call, refusal)
    if call.wants_fragment:
        return await case_fragment(call, case_id, None)
    return RedirectResponse(f"/requests/{case_id}", 303)


# --- asking


def _other_than(form: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    own = {name: value for name, value in form.items() if name not in fields and name != "place"}
    return {name: value for name, value in own.items() if not name.startswith("ask.")}


def _best_kinds(call: Call, ticked: Mapping[str, str], profile: Profile, wanted: str | None) -> dict[str, str]:
    """Return the kind for which each ticked shelter is asked: the one that the page showed, as long as it is to be had.

    Otherwise it is the kind of the best match at this moment. `wanted`: the place that somebody asked for; its kind stays.
    Refusal: Invalid `shelters`, where nothing suits the household any more.
    """
    cards, me = call.process.board.cards, seeker_of(call)
    known = [one for one, kind in ticked.items() if one in cards and kind in cards[one].kinds]
    if out := unsuited_shelters(call, known, profile, [wanted or ""]):
        raise Invalid(*(FieldError("shelters", "does_not_suit", {"shelter": cards[one].name}) for one in out))
    deciders = call.deciders
    kinds = dict(ticked)
    for shelter_id, shown in ticked.items():
        card = cards.get(shelter_id)
        if card is not None and not card.lot_of(wanted or ""):
            kinds[shelter_id] = best_kind(card, profile, call.catalogue, deciders, me, shown) or shown
    return kinds


async def post_case(call: Call) -> Response:
    """Ask the ticked shelters, each for its best place at this moment."""
    form = await call.fields()
    fields = profile_fields(form)
    try:
        press = parse_form(KeyForm, _other_than(form, fields))
        ticked = ticked_of(form)
        said = read_profile(fields)
        profile = profile_of(said, call.catalogue, call.now)
        if not profile.asked():
            raise Invalid(FieldError("adults", "say_for_whom"))
        sealed = seal_profile(call.process.seal, said)
        work = opening_work(call, sealed, profile, _best_kinds(call, ticked, profile, form.get("place")))
        case_id = await do_once(call, Task(press.key, work, tuple(sorted(ticked))))
    except (Conflict, Invalid, TooMany) as refusal:
        return keep_new(call, form, refusal)
    return RedirectResponse(f"/requests/{case_id}", 303)


async def post_shelters(call: Call) -> Response:
    """Ask more shelters for a case of one's own."""
    case_id = call.path_params["case_id"]
    form = await call.fields()
    try:
        press = parse_form(KeyForm, _other_than(form, {}))
        ticked = ticked_of(form)
        async with call.transaction() as tx:
            row = await get_case(tx, case_id)
        said = None if row is None else opener_of(call.process)(row.needs)
        kinds = ticked if said is None else _best_kinds(call, ticked, profile_of(said, call.catalogue, call.now), None)
        await do_once(call, Task(press.key, asking_work(call, kinds), tuple(sorted(ticked))))
    except (Conflict, Invalid, TooMany) as refusal:
        return keep_more(call, case_id, form, refusal)
    return RedirectResponse(f"/requests/{case_id}", 303)


# --- the requester


async def post_choice(call: Call) -> Response:
    async def read() -> Task:
        press = await call.form(ChoiceForm)
        work = choice_work(call, press.shelter, _arrival_of(call, press))
        return Task(press.key, work, (press.shelter, str(press.within or ""), press.arrives_at or ""))

    return await _press(call, read)


def _arrival_of(call: Call, press: ChoiceForm | PolicePlaceForm | ArrivalTimeForm) -> datetime | None:
    """Return the hour of arrival that a form says; None: it says none. Refusal: Invalid."""
    at = local_moment("arrives_at", press.arrives_at, call.catalogue.zone, call.now)
    if at is None and press.within is not None:
        return call.now + timedelta(minutes=press.within)
    return at


async def post_arrival_time(call: Call) -> Response:
    """Say another hour of arrival."""

    async def read() -> Task:
        press = await call.form(ArrivalTimeForm)
        work = arrival_time_work(call, _arrival_of(call, press))
        return Task(press.key, work, (str(press.within or ""), press.arrives_at or ""))

    return await _press(call, read)


async def post_resumption(call: Call) -> Response:
    """Give the chosen place up, and show at once the other shelters that may be asked."""
    case_id = call.path_params["case_id"]
    try:
        press = await call.form(KeyForm)
        await do_once(call, Task(press.key, resuming_work(call)))
    except (Conflict, Invalid, NotAllowed) as refusal:
        return keep_case(call, refusal)
    return RedirectResponse(f"/requests/{case_id}/more", 303)


async def post_withdrawal(call: Call) -> Response:
    async def read() -> Task:
        press = await call.form(WithdrawalForm)
        return Task(press.key, withdrawal_work(call, press.why))

    return await _press(call, read)


async def post_release(call: Call) -> Response:
    """Give back the holds that the case does not need any more."""

    async def read() -> Task:
        return Task((await call.form(KeyForm)).key, release_work(call))

    return await _press(call, read)


async def post_hand_over(call: Call) -> Response:
    async def read() -> Task:
        press = await call.form(HandOverForm)
        organization_id, _, role = (press.to or "").partition(" ")
        return Task(press.key, hand_over_work(call, organization_id or None, role or None), (press.to or "",))

    return await _press(call, read)


async def post_take_over(call: Call) -> Response:
    async def read() -> Task:
        return Task((await call.form(KeyForm)).key, take_over_work(call))

    return await _press(call, read)


async def post_decline(call: Call) -> Response:
    """Leave a case with its requester. The receivers see it no more, so the list comes next."""
    try:
        await do_once(call, Task((await call.form(KeyForm)).key, declining_work(call)))
    except (Conflict, Invalid, NotAllowed) as refusal:
        return keep_case(call, refusal)
    return RedirectResponse("/requests", 303)


async def post_outcome(call: Call) -> Response:
    async def read() -> Task:
        press = await call.form(OutcomeForm)
        return Task(press.key, outcome_work(call, press.slept))

    return await _press(call, read)


async def post_call(call: Call) -> Response:
    """Show the telephone of a shelter in its card; the disclosure is written down first, and once."""
    case_id = call.path_params["case_id"]
    press = await call.form(CallForm)
    try:
        async with call.transaction() as tx:
            await disclose_asked(tx, call.actor, case_id, press.shelter, call.now)
    except (TooMany, ProofNeeded) as refusal:
        async with call.transaction() as tx:
            await note_refused_telephone(tx, call.actor, press.shelter, call.now)
        if isinstance(refusal, ProofNeeded):
            raise
        return await case_fragment(call, case_id, refusal) if call.wants_fragment else keep_case(call, refusal)
    if call.wants_fragment:
        return await case_fragment(call, case_id, None)
    return RedirectResponse(f"/requests/{case_id}#ask-{press.shelter}", 303)


async def post_address(call: Call) -> Response:
    """Show the address of the chosen shelter; the disclosure is written down first.

    Without scripts the page of the case writes it down and shows the address, once for each press.
    """
    case_id = call.path_params["case_id"]
    try:
        await call.form(EmptyForm)
        if not call.wants_fragment:
            return keep_case(call, discloses=True)
        address = await read_address(call, case_id)
    except (Invalid, NotAllowed, TooMany) as refusal:
        return await case_fragment(call, case_id, refusal) if call.wants_fragment else keep_case(call, refusal)
    return await address_fragment(call, case_id, address)


async def post_place(call: Call) -> Response:
    """Take a place of a kind on which the police decide themselves: this one press decides."""

    async def read() -> Task:
        press = await call.form(PolicePlaceForm)
        work = taking_work(call, press.shelter, press.said, _arrival_of(call, press))
        return Task(press.key, work, (press.shelter, str(press.within or ""), press.arrives_at or "", *press.place_ids))

    return await _press(call, read)


# --- the desk


async def post_answer(call: Call) -> Response:
    async def read() -> Task:
        press = await call.form(AnswerForm)
        work = answer_work(call, press.shelter, press.said)
        return Task(press.key, work, (press.shelter, press.answer, *(press.said.place_ids or [""])))

    return await _press(call, read)


async def post_decision(call: Call) -> Response:
    async def read() -> Task:
        press = await call.form(DecisionForm)
        work = decision_work(call, press.decision, press.reason, press.stays_until)
        return Task(press.key, work, (press.decision,))

    return await _press(call, read)


async def post_arrival(call: Call) -> Response:
    async def read() -> Task:
        press = await call.form(ArrivalForm)
        work = arrival_work(call, press.shelter, arrived=press.arrival == "arrived")
        return Task(press.key, work, (press.shelter, press.arrival))

    return await _press(call, read)
