"""What those who look for a place and the placement desk do with a request: each press is one action, done once.

Of a profile, a reason or where somebody sleeps nothing is remembered with the key of a press, not even a fingerprint.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bedboard.actions.answers import answer_case, confirm_case, refuse_case, take_arrival
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.cases import ask_more, choose_offer, open_case, tell_outcome, withdraw_case
from bedboard.actions.disclosures import disclose_address
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.process import actor_of, catalogue_of, process_of
from bedboard.routes.case_pages import address_fragment, case_fragment, case_page, more_page, new_page
from bedboard.routes.case_reads import opener_of, show_done
from bedboard.routes.parse import ID, IdConvertor, KeyText, local_moment, parse_form, read_form
from bedboard.routes.profiles import read_profile, seal_profile
from bedboard.routes.replies import wants_fragment
from bedboard.routes.search import find, profile_fields
from bedboard.rules.cases import AnswerCode, ShelterAnswer
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotAllowed, TooMany
from bedboard.store.cases import get_case
from bedboard.store.database import Transaction
from bedboard.views.candidates import best_matches

Work = Callable[[Transaction, datetime], Awaitable[LockedCase]]

IdText = Annotated[str, Field(pattern=f"^{IdConvertor.regex}$")]
CodeText = Annotated[str, Field(max_length=64)]


class Press(BaseModel):
    model_config = ConfigDict(extra="forbid")
    key: KeyText


class Task(NamedTuple):
    """What a press asks: its key, what to do, and what else the key stands for, besides the address."""

    key: str
    work: Work
    asked: tuple[str, ...] = ()


async def _once(request: Request, task: Task) -> str:
    """Does it once and waits until this process shows it; gives the id of the case."""
    process, now = process_of(request), process_of(request).clock.now()
    done = await apply_once(
        process.database,
        actor_of(request),
        make_key(task.key, request.url.path, *task.asked),
        now,
        lambda tx: task.work(tx, now),
        lambda case: Reply(200, case.request.id.encode()),
    )
    if done.result is not None:
        await show_done(request, done.result)
    return done.reply.body.decode()


async def _press(request: Request, read: Callable[[Mapping[str, str]], Task]) -> Response:
    """Something is pressed on the page of a case. `read` makes a task of the form; refusal: Invalid."""
    case_id = request.path_params["case_id"]
    form = await read_form(request)
    try:
        await _once(request, read(form))
    except (Conflict, Invalid, NotAllowed, TooMany) as refusal:
        return await (case_fragment if wants_fragment(request) else case_page)(request, case_id, refusal)
    if wants_fragment(request):
        return await case_fragment(request, case_id, None)
    return RedirectResponse(f"/requests/{case_id}", 303)


# --- asking


def _ticked(form: Mapping[str, str]) -> dict[str, str]:
    """Which shelters are asked, each with the kind of place that the page showed. Refusal: Invalid."""
    ticked = {name.removeprefix("ask."): kind for name, kind in form.items() if name.startswith("ask.")}
    if not all(ID.match(id) and ID.match(kind) for id, kind in ticked.items()):
        raise Invalid(FieldError("shelters", "unknown_shelter"))
    return ticked


def _other_than(form: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in form.items() if name not in fields and not name.startswith("ask.")}


async def post_case(request: Request) -> Response:
    """Asks the shelters that were ticked, each for the best place there at this moment."""
    process, actor = process_of(request), actor_of(request)
    form = await read_form(request)
    fields = profile_fields(form)
    ticked: dict[str, str] = {}
    try:
        press = parse_form(Press, _other_than(form, fields))
        ticked = _ticked(form)
        said = read_profile(fields)
        profile, finder = await find(request, said)
        if not profile.asked():
            raise Invalid(FieldError("adults", "say_for_whom"))
        best = best_matches(finder)
        shelters = {id: best[id].lot.kind if id in best else kind for id, kind in ticked.items()}
        sealed, reference = seal_profile(process.seal, said), process.clock.new_reference()
        work: Work = lambda tx, now: open_case(tx, actor, reference, sealed, said.near, shelters, now)  # noqa: E731
        case_id = await _once(request, Task(press.key, work, tuple(sorted(ticked))))
    except (Conflict, Invalid, TooMany) as refusal:
        return await new_page(request, fields, refusal, ticked)
    return RedirectResponse(f"/requests/{case_id}", 303)


async def post_shelters(request: Request) -> Response:
    """Asks others as well for a case of one's own."""
    process, actor, case_id = process_of(request), actor_of(request), request.path_params["case_id"]
    form = await read_form(request)
    ticked: dict[str, str] = {}
    try:
        press = parse_form(Press, _other_than(form, {}))
        ticked = _ticked(form)
        async with process.database.transaction() as tx:
            row = await get_case(tx, case_id)
        said = None if row is None else opener_of(process)(row.needs_sealed)
        best = {} if said is None else best_matches((await find(request, said))[1])
        shelters = {id: best[id].lot.kind if id in best else kind for id, kind in ticked.items()}
        work: Work = lambda tx, now: ask_more(tx, actor, case_id, shelters, now)  # noqa: E731
        await _once(request, Task(press.key, work, tuple(sorted(ticked))))
    except (Conflict, Invalid, TooMany) as refusal:
        return await more_page(request, case_id, refusal, ticked)
    return RedirectResponse(f"/requests/{case_id}", 303)


# --- who asked


class Choose(Press):
    """`within`: in how many minutes they are there; `arrives_at`: when, local, which goes before it."""

    shelter: IdText
    within: Literal["60", "120", "240"] = "120"
    arrives_at: Annotated[str, Field(max_length=40)] | None = None


async def post_choice(request: Request) -> Response:
    actor, case_id, zone = actor_of(request), request.path_params["case_id"], catalogue_of(request).zone

    def read(form: Mapping[str, str]) -> Task:
        press = parse_form(Choose, form)
        said = local_moment("arrives_at", press.arrives_at, zone)

        async def work(tx: Transaction, now: datetime) -> LockedCase:
            at = said or now + timedelta(minutes=int(press.within))
            return await choose_offer(tx, actor, case_id, press.shelter, now, zone, at)

        return Task(press.key, work, (press.shelter, press.within, press.arrives_at or ""))

    return await _press(request, read)


async def post_withdrawal(request: Request) -> Response:
    actor, case_id, zone = actor_of(request), request.path_params["case_id"], catalogue_of(request).zone

    def read(form: Mapping[str, str]) -> Task:
        return Task(parse_form(Press, form).key, lambda tx, now: withdraw_case(tx, actor, case_id, now, zone))

    return await _press(request, read)


class Outcome(Press):
    slept: CodeText


async def post_outcome(request: Request) -> Response:
    actor, case_id, zone = actor_of(request), request.path_params["case_id"], catalogue_of(request).zone

    def read(form: Mapping[str, str]) -> Task:
        press = parse_form(Outcome, form)
        return Task(press.key, lambda tx, now: tell_outcome(tx, actor, case_id, press.slept, now, zone))

    return await _press(request, read)


class EmptyForm(BaseModel):
    """Again is another look, so it needs no key."""

    model_config = ConfigDict(extra="forbid")


async def post_address(request: Request) -> Response:
    """Where the shelter is that was chosen; the look is written down first."""
    process, actor, case_id = process_of(request), actor_of(request), request.path_params["case_id"]
    try:
        parse_form(EmptyForm, await read_form(request))
        async with process.database.transaction() as tx:
            address = await disclose_address(tx, actor, case_id, process.seal, process.clock.now())
    except (Invalid, NotAllowed) as refusal:
        return await (case_fragment if wants_fragment(request) else case_page)(request, case_id, refusal)
    if wants_fragment(request):
        return await address_fragment(request, case_id, address)
    return await case_page(request, case_id, address=address)


class Place(Press):
    shelter: IdText
    place: IdText


async def post_place(request: Request) -> Response:
    """The police take a place of a kind on which they decide themselves."""
    process, actor, case_id = process_of(request), actor_of(request), request.path_params["case_id"]

    def read(form: Mapping[str, str]) -> Task:
        press, claim_id = parse_form(Place, form), process.clock.new_id()
        said = ShelterAnswer("yes", press.place)
        return Task(
            press.key,
            lambda tx, now: answer_case(tx, actor, case_id, press.shelter, said, claim_id, now),
            (press.shelter, press.place),
        )

    return await _press(request, read)


# --- the desk


class Answer(Press):
    """What a shelter says over the telephone."""

    shelter: IdText
    answer: AnswerCode
    place: IdText | None = None
    reason: CodeText | None = None
    criterion: CodeText | None = None


async def post_answer(request: Request) -> Response:
    process, actor, case_id = process_of(request), actor_of(request), request.path_params["case_id"]

    def read(form: Mapping[str, str]) -> Task:
        press, claim_id = parse_form(Answer, form), process.clock.new_id()
        said = ShelterAnswer(press.answer, press.place, press.reason, press.criterion)
        return Task(
            press.key,
            lambda tx, now: answer_case(tx, actor, case_id, press.shelter, said, claim_id, now),
            (press.shelter, press.answer, press.place or ""),
        )

    return await _press(request, read)


class Decide(Press):
    decision: Literal["confirm", "refuse"]
    reason: CodeText | None = None


async def post_decision(request: Request) -> Response:
    actor, case_id, zone = actor_of(request), request.path_params["case_id"], catalogue_of(request).zone

    def read(form: Mapping[str, str]) -> Task:
        press = parse_form(Decide, form)
        if press.decision == "confirm" and press.reason is not None:
            raise Invalid(FieldError("reason", "only_with_no"))
        if press.decision == "refuse" and press.reason is None:
            raise Invalid(FieldError("reason", "needed_to_refuse"))

        async def work(tx: Transaction, now: datetime) -> LockedCase:
            if press.decision == "confirm":
                return await confirm_case(tx, actor, case_id, now, zone)
            return await refuse_case(tx, actor, case_id, press.reason or "", now)

        return Task(press.key, work, (press.decision,))

    return await _press(request, read)


class Arrival(Press):
    shelter: IdText
    arrival: Literal["arrived", "missed"]


async def post_arrival(request: Request) -> Response:
    actor, case_id, zone = actor_of(request), request.path_params["case_id"], catalogue_of(request).zone

    def read(form: Mapping[str, str]) -> Task:
        press = parse_form(Arrival, form)

        async def work(tx: Transaction, now: datetime) -> LockedCase:
            return await take_arrival(tx, actor, case_id, press.shelter, now, zone, arrived=press.arrival == "arrived")

        return Task(press.key, work, (press.shelter, press.arrival))

    return await _press(request, read)
