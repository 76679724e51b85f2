"""The calls of the API about requests: ask shelters, answer, choose, decide, arrive, and where the person sleeps instead.

What says something about the person is in no answer that is remembered and in no fingerprint, not even hashed: there are so few
profiles and reasons that all of them could be tried. What is remembered is which request it was, and a repeated call is told
how that one now stands.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from bedboard.actions.answers import answer_case, confirm_case, refuse_case, take_arrival
from bedboard.actions.case_lock import LockedCase
from bedboard.actions.cases import ask_more, choose_offer, open_case, tell_outcome, withdraw_case
from bedboard.actions.disclosures import disclose_address
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.process import actor_of, catalogue_of, process_of
from bedboard.routes.api.case_commands import (
    PostAnswer,
    PostArrival,
    PostCase,
    PostChoice,
    PostDecision,
    PostOutcome,
    PostShelters,
)
from bedboard.routes.case_reads import opener_of, read_case, read_cases, show_done
from bedboard.routes.parse import parse_json, read_body
from bedboard.routes.profiles import SearchProfile, profile_of, seal_profile
from bedboard.routes.replies import json_bytes
from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.cases import ShelterAnswer, check_shelters
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound, Refusal
from bedboard.rules.rights import is_of_same_group
from bedboard.store.cases import (
    AskedRow,
    get_ask,
    get_case,
    list_asked,
    list_asks,
    list_cases_of,
    list_claims_of_all,
    list_open_cases,
)
from bedboard.store.database import Transaction
from bedboard.store.tables import ClaimRecord
from bedboard.views.case_objects import asked_object, case_object
from bedboard.views.cases import case_view, requester_of
from bedboard.views.found import Finder
from bedboard.views.objects import to_json

OVER_SHOWN = timedelta(hours=24)  # how long what is over stays in the list

Work = Callable[[Transaction, datetime], Awaitable[LockedCase]]


# --- reading


async def show_requests(request: Request) -> Response:
    """Without telephones: those come with a single request."""
    process, actor = process_of(request), actor_of(request)
    catalogue_of(request)  # before anything has been read every shelter would be missing
    since = process.clock.now() - OVER_SHOWN
    async with process.database.transaction() as tx:
        if actor.role in SEEKERS:
            own = await list_cases_of(tx, actor.organization_id or "", actor.role, since)
            every = {row.id: row for row in (*(await list_open_cases(tx) if actor.role == "desk" else ()), *own)}
            found = [case_object(case) for case in await read_cases(tx, request, list(every.values()))]
        else:
            asked = [row for id in sorted(actor.shelter_ids) for row in await list_asked(tx, id, since)]
            claims = await list_claims_of_all(tx, [row.request.id for row in asked])
            every_asked = [_asked(request, row, claims) for row in asked]
            found = [shown for shown in every_asked if shown is not None]
    return json_bytes(to_json({"requests": found}))


async def show_request(request: Request) -> Response:
    async with process_of(request).database.transaction() as tx:
        shown = await _present(tx, request, request.path_params["case_id"])
    return json_bytes(to_json(shown), version=shown["version"])


async def _present(tx: Transaction, request: Request, case_id: str, shelter_id: str | None = None) -> dict[str, Any]:
    """The request as the caller may see it; who works for several shelters may say for which. A telephone that comes along is a
    look, written down in this transaction. Refusal: NotFound, also for strangers to it."""
    actor = actor_of(request)
    catalogue_of(request)
    if actor.role in SEEKERS:
        return case_object(await read_case(tx, request, case_id))
    row = await get_case(tx, case_id)
    for one in sorted(actor.shelter_ids) if shelter_id is None else {shelter_id} & actor.shelter_ids:
        ask = await get_ask(tx, case_id, one)
        if row is not None and ask is not None:
            shown = _asked(request, AskedRow(row, ask), await list_claims_of_all(tx, [case_id]))
            if shown is not None:
                return shown
    raise NotFound("no_such_request")


def _asked(request: Request, asked: AskedRow, claims: Mapping[str, ClaimRecord]) -> dict[str, Any] | None:
    """As the shelter sees it that was asked; None: it is not on the board any more."""
    process, actor = process_of(request), actor_of(request)
    row, ask = asked
    case = case_view(row, [ask], claims, process.board.cards, opener_of(process), actor, process.clock.now())
    return asked_object(case, asked.ask.shelter_id)


# --- changing


async def _change(
    request: Request, work: Work, *asked: str, shelter_id: str | None = None, status: int = 200
) -> tuple[dict[str, Any], bool]:
    """Does it once, waits until this process shows it, and gives the request as it then is, and whether this was a repetition.

    `asked`: what else a repetition must have in common with the first; nothing of what is to be erased.
    A conflict carries the request as it now is.
    """
    process, actor, now = process_of(request), actor_of(request), process_of(request).clock.now()
    key = make_key(request.headers.get("idempotency-key"), request.method, request.url.path, *asked)

    async def work_and_read(tx: Transaction) -> tuple[LockedCase, dict[str, Any]]:
        case = await work(tx, now)
        return case, await _present(tx, request, case.request.id, shelter_id)

    def reply(done: tuple[LockedCase, dict[str, Any]]) -> Reply:
        return Reply(status, done[0].request.id.encode())

    try:
        done = await apply_once(process.database, actor, key, now, work_and_read, reply)
    except Conflict as refusal:
        await _add_present(request, refusal, shelter_id)
        raise
    if done.result is not None:
        case, shown = done.result
        await show_done(request, case)
        for ask in shown["shelters"]:  # it was read before this process had heard of the change
            card = process.board.cards.get(ask["shelter"])
            places = {place.id: place.status for place in card.places} if card is not None else {}
            ask["place_status"] = places.get(ask["place"])
        return shown, False
    async with process.database.transaction() as tx:
        return await _present(tx, request, done.reply.body.decode(), shelter_id), True


async def _add_present(request: Request, refusal: Refusal, shelter_id: str | None) -> None:
    """Nothing for those who may not see it, and where it was still to be made."""
    case_id = request.path_params.get("case_id")
    if case_id is None:
        return
    async with process_of(request).database.transaction() as tx:
        try:
            refusal.detail["present"] = await _present(tx, request, case_id, shelter_id)
        except NotFound:
            return


async def _changed(request: Request, work: Work, *asked: str, shelter_id: str | None = None) -> Response:
    shown, _ = await _change(request, work, *asked, shelter_id=shelter_id)
    return json_bytes(to_json(shown), version=shown["version"])


def _kinds(request: Request, shelter_ids: Sequence[str], profile: Profile | None) -> dict[str, str]:
    """For which kind of place each shelter is asked: that of its best match now, or its first. Refusal: Invalid `shelters`."""
    cards, catalogue = process_of(request).board.cards, catalogue_of(request)
    unknown = [n for n, id in enumerate(shelter_ids) if id not in cards or not cards[id].kinds]
    if unknown:
        raise Invalid(*(FieldError(f"shelters.{n}", "unknown_shelter") for n in unknown))
    kinds = {}
    for card in (cards[id] for id in shelter_ids):
        kinds[card.id] = next(iter(card.kinds))
        if profile is not None:
            finder = Finder(profile, catalogue)
            finder.take([card])
            kinds[card.id] = next((match.lot.kind for match in finder.found(1).matches), kinds[card.id])
    return kinds


async def post_request(request: Request) -> Response:
    """201; with the same key, another profile is refused as long as the first is there to be compared with."""
    process, actor, catalogue = process_of(request), actor_of(request), catalogue_of(request)
    command = parse_json(PostCase, await read_body(request))
    said = SearchProfile.model_validate(command.model_dump(exclude={"shelters"}))
    profile = profile_of(said, catalogue, process.clock.now())
    check_shelters(command.shelters)
    kinds = _kinds(request, command.shelters, profile)
    if not profile.asked():
        raise Invalid(FieldError("adults", "say_for_whom"))

    async def work(tx: Transaction, now: datetime) -> LockedCase:
        sealed = seal_profile(process.seal, said)
        return await open_case(tx, actor, process.clock.new_reference(), sealed, said.near, kinds, now)

    shown, again = await _change(request, work, *command.shelters, status=201)
    if again and shown["needs"] is not None and shown["needs"] != said.model_dump(exclude_defaults=True):
        raise Invalid(FieldError("Idempotency-Key", "key_reused"))
    response = json_bytes(to_json(shown), 201, shown["version"])
    response.headers["Location"] = f"{request.url.path}/{shown['id']}"
    return response


async def post_shelters(request: Request) -> Response:
    process, actor, case_id = process_of(request), actor_of(request), request.path_params["case_id"]
    command, catalogue = parse_json(PostShelters, await read_body(request)), catalogue_of(request)

    async def work(tx: Transaction, now: datetime) -> LockedCase:
        row = await get_case(tx, case_id)
        if row is None or not is_of_same_group(actor, requester_of(row)):
            raise NotFound("no_such_request")
        check_shelters(command.shelters)
        sought = opener_of(process)(row.needs_sealed)
        profile = None if sought is None else profile_of(sought, catalogue, now)
        kinds = _kinds(request, command.shelters, profile)
        return await ask_more(tx, actor, case_id, kinds, now)

    return await _changed(request, work, *command.shelters)


def _own_shelter(actor: Actor, shelter_id: str | None) -> str:
    """The shelter that is named, or the only one for which the actor works. Refusal: Invalid `shelter`."""
    if shelter_id is not None:
        return shelter_id
    if len(actor.shelter_ids) != 1:
        raise Invalid(FieldError("shelter", "missing"))
    return min(actor.shelter_ids)


async def post_answer(request: Request) -> Response:
    process, actor, case_id = process_of(request), actor_of(request), request.path_params["case_id"]
    command = parse_json(PostAnswer, await read_body(request))
    shelter_id = _own_shelter(actor, command.shelter)
    said = ShelterAnswer(command.answer, command.place, command.reason, command.criterion)
    return await _changed(
        request,
        lambda tx, now: answer_case(tx, actor, case_id, shelter_id, said, process.clock.new_id(), now),
        shelter_id,
        command.answer,
        command.place or "",
        shelter_id=shelter_id,
    )


async def post_choice(request: Request) -> Response:
    actor, case_id, zone = actor_of(request), request.path_params["case_id"], catalogue_of(request).zone
    command = parse_json(PostChoice, await read_body(request))
    arrives_at = command.arrives_at
    return await _changed(
        request,
        lambda tx, now: choose_offer(tx, actor, case_id, command.shelter, now, zone, arrives_at),
        command.shelter,
        "" if arrives_at is None else arrives_at.isoformat(),
    )


async def post_decision(request: Request) -> Response:
    actor, case_id, zone = actor_of(request), request.path_params["case_id"], catalogue_of(request).zone
    command = parse_json(PostDecision, await read_body(request))
    reason = command.reason
    if command.decision == "confirm":
        if reason is not None:
            raise Invalid(FieldError("reason", "only_with_no"))
        return await _changed(request, lambda tx, now: confirm_case(tx, actor, case_id, now, zone), "confirm")
    if reason is None:
        raise Invalid(FieldError("reason", "needed_to_refuse"))
    return await _changed(request, lambda tx, now: refuse_case(tx, actor, case_id, reason, now), "refuse")


async def post_arrival(request: Request) -> Response:
    """The desk need not name the shelter: it is the one that was chosen."""
    actor, case_id, zone = actor_of(request), request.path_params["case_id"], catalogue_of(request).zone
    command = parse_json(PostArrival, await read_body(request))
    shelter_id = command.shelter if actor.role in SEEKERS else _own_shelter(actor, command.shelter)

    async def work(tx: Transaction, now: datetime) -> LockedCase:
        to = shelter_id or await _chosen_or_first(tx, case_id)
        return await take_arrival(tx, actor, case_id, to, now, zone, arrived=command.arrived)

    return await _changed(request, work, shelter_id or "", str(command.arrived), shelter_id=shelter_id)


async def _chosen_or_first(tx: Transaction, case_id: str) -> str:
    """The shelter that was chosen; when none was, any that was asked, so that the table of states says what is wrong.

    Refusal: NotFound.
    """
    asks = await list_asks(tx, case_id)
    if not asks:
        raise NotFound("no_such_request")
    return next((ask for ask in asks if ask.settled == "chosen"), asks[0]).shelter_id


async def post_withdrawal(request: Request) -> Response:
    actor, case_id, zone = actor_of(request), request.path_params["case_id"], catalogue_of(request).zone
    return await _changed(request, lambda tx, now: withdraw_case(tx, actor, case_id, now, zone))


async def post_outcome(request: Request) -> Response:
    actor, case_id, zone = actor_of(request), request.path_params["case_id"], catalogue_of(request).zone
    slept = parse_json(PostOutcome, await read_body(request)).slept
    return await _changed(request, lambda tx, now: tell_outcome(tx, actor, case_id, slept, now, zone))


async def post_address(request: Request) -> Response:
    """Takes no key: nothing of it is remembered, and each time is a look of its own."""
    process, actor, case_id = process_of(request), actor_of(request), request.path_params["case_id"]
    async with process.database.transaction() as tx:
        address = await disclose_address(tx, actor, case_id, process.seal, process.clock.now())
        shelter_id = await _chosen_or_first(tx, case_id)
    return json_bytes(to_json({"shelter": shelter_id, "address": address}))
