"""The API's calls about cases: ask shelters, answer, choose, decide, arrive, and where the person sleeps instead.

Nothing about a person is in a stored answer or in a fingerprint, not even hashed: there are so few profiles and reasons that
all could be tried. The answer stores the id of the case only; a repeated call gets that case as it now is.
"""

from collections.abc import Sequence

from starlette.responses import Response

from bedboard.actions.case_lock import LockedCase
from bedboard.actions.epoch import note_epoch
from bedboard.actions.idempotency import Reply
from bedboard.routes.api.case_reads import Shown, read_present
from bedboard.routes.call import Call
from bedboard.routes.case_reads import CaseWork, opener_of, read_address, seeker_of, show_done, telling
from bedboard.routes.case_work import (
    answer_work,
    arrival_time_work,
    arrival_work,
    asking_work,
    choice_work,
    chosen_or_first,
    decision_work,
    declining_work,
    hand_over_work,
    opening_work,
    outcome_work,
    release_work,
    resuming_work,
    take_over_work,
    unsuited_shelters,
    withdrawal_work,
)
from bedboard.routes.parse import Known, if_match
from bedboard.routes.profiles import seal_profile
from bedboard.routes.replies import api_headers, json_bytes
from bedboard.rules.access import SEEKERS, Actor
from bedboard.rules.cases import ShelterAnswer, check_shelters
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Conflict, FieldError, Invalid, NotFound, Refusal, VersionMismatch
from bedboard.rules.rights import is_of_same_group
from bedboard.schemas import cases as shapes
from bedboard.schemas.profile import SearchProfile, profile_of
from bedboard.store.cases import get_case
from bedboard.store.database import Transaction
from bedboard.views.candidates import best_kind
from bedboard.views.case_objects import status_of_all
from bedboard.views.objects import to_json


async def _change(
    call: Call, work: CaseWork, *asked: str, shelter_id: str | None = None, status: int = 200
) -> tuple[Shown, bool]:
    """Do the work once, wait until this process shows it, and return the case as it then is, and whether this was a repetition.

    `asked`: the parts that a repetition must share with the first call; nothing that is to be erased. `shelter_id`: as in
    `read_present`. A conflict carries the case as it now is; with an `If-Match` that names another version it is that.
    """
    known = if_match(call.request)

    async def work_and_read(tx: Transaction) -> tuple[LockedCase, Shown]:
        case = await telling(call, work)(tx)
        if known is not None and Known(await note_epoch(tx), case.found_version) not in known:
            raise VersionMismatch("version_mismatch")
        return case, await read_present(tx, call, case.record.id, shelter_id)

    def reply(done: tuple[LockedCase, Shown]) -> Reply:
        return Reply(status, done[0].record.id.encode())

    asked = (*asked, *call.request.headers.getlist("if-match"))
    try:
        done = await call.once(call.key, *asked, work=work_and_read, reply=reply, shown=lambda done: show_done(call, done[0]))
    except (Conflict, VersionMismatch) as refusal:
        present = await _add_present(call, refusal, shelter_id)
        if known is not None and present is not None and present not in known:
            raise VersionMismatch("version_mismatch", **refusal.detail) from refusal
        raise
    if done.result is not None:
        shown = done.result[1]
        for ask in shown["shelters"]:  # the case was read before the board showed the change
            card = call.process.board.cards.get(ask["shelter"])
            places = {place.id: place.status for place in card.places} if card is not None else {}
            ask["place_status"] = status_of_all(places[place_id] for place_id in ask["places"] if place_id in places)
        return shown, False
    async with call.transaction() as tx:
        return await read_present(tx, call, done.reply.body.decode(), shelter_id), True


async def _add_present(call: Call, refusal: Refusal, shelter_id: str | None) -> Known | None:
    """Add the present case to a refusal, and return its version; None: there is no case, or the caller may not see it."""
    case_id = call.path_params.get("case_id")
    if case_id is None:
        return None
    async with call.transaction() as tx:
        try:
            refusal.detail["present"] = shown = await read_present(tx, call, case_id, shelter_id)
        except NotFound:
            return None
        return Known(await note_epoch(tx), shown["version"])


async def _answer_change(call: Call, work: CaseWork, *asked: str, shelter_id: str | None = None) -> Response:
    shown, _ = await _change(call, work, *asked, shelter_id=shelter_id)
    return json_bytes(to_json(shown), version=shown["version"], epoch=call.epoch)


def _kinds(call: Call, shelter_ids: Sequence[str], profile: Profile | None, places: Sequence[str] = ()) -> dict[str, str]:
    """Return the kind of place for which each shelter is asked: that of its best match, or its first.

    `places`: those that are asked for by name. Refusal: Invalid.
    """
    cards = call.process.board.cards
    wrong = [
        FieldError(f"shelters.{n}", "kind_not_here" if shelter_id in cards else "unknown_shelter")
        for n, shelter_id in enumerate(shelter_ids)
        if shelter_id not in cards or not cards[shelter_id].kinds
    ]
    if wrong:
        raise Invalid(*wrong)
    strange = [n for n, place_id in enumerate(places) if not any(cards[one].lot_of(place_id) for one in shelter_ids)]
    if strange:
        raise Invalid(*(FieldError(f"places.{n}", "not_asked") for n in strange))
    if profile is not None and (out := unsuited_shelters(call, shelter_ids, profile, places)):
        raise Invalid(*(FieldError(f"shelters.{shelter_ids.index(one)}", "does_not_suit") for one in out))
    me, deciders = seeker_of(call), call.deciders
    return {
        shelter_id: (best_kind(cards[shelter_id], profile, call.catalogue, deciders, me) if profile is not None else None)
        or next(iter(cards[shelter_id].kinds))
        for shelter_id in shelter_ids
    }


async def post_case(call: Call) -> Response:
    """Open a case. A repeated key with another profile is refused, as long as the first profile is kept."""
    command = await call.json(shapes.PostCase)
    said = SearchProfile.model_validate(command.model_dump(exclude={"shelters", "places"}))
    profile = profile_of(said, call.catalogue, call.now)
    check_shelters(command.shelters)
    kinds = _kinds(call, command.shelters, profile, command.places)
    if not profile.asked():
        raise Invalid(FieldError("adults", "say_for_whom"))
    work = opening_work(call, seal_profile(call.process.seal, said), profile, kinds)
    shown, is_repeated = await _change(call, work, *command.shelters, status=201)
    if is_repeated and shown["needs"] is not None and shown["needs"] != said:
        raise Invalid(FieldError("Idempotency-Key", "key_reused"))
    response = json_bytes(to_json(shown), 201, shown["version"], call.epoch)
    response.headers["Location"] = f"{call.path}/{shown['id']}"
    return response


async def post_shelters(call: Call) -> Response:
    command = await call.json(shapes.PostShelters)

    async def work(tx: Transaction) -> LockedCase:
        row = await get_case(tx, call.path_params["case_id"])
        if row is None or not is_of_same_group(call.actor, row.requester):
            raise NotFound("no_such_request")
        check_shelters(command.shelters)
        said = opener_of(call.process)(row.needs)
        profile = None if said is None else profile_of(said, call.catalogue, call.now)
        return await asking_work(call, _kinds(call, command.shelters, profile, command.places))(tx)

    return await _answer_change(call, work, *command.shelters)


def _own_shelter(actor: Actor, shelter_id: str | None) -> str:
    """Return the named shelter, or the only one for which the actor works. Refusal: Invalid `shelter`."""
    if shelter_id is not None:
        return shelter_id
    if len(actor.shelter_ids) != 1:
        raise Invalid(FieldError("shelter", "missing"))
    return min(actor.shelter_ids)


async def post_answer(call: Call) -> Response:
    command = await call.json(shapes.PostAnswer)
    shelter_id = _own_shelter(call.actor, command.shelter)
    said = ShelterAnswer(command.answer, command.place, command.reason, command.criterion, tuple(command.places))
    work = answer_work(call, shelter_id, said)
    return await _answer_change(call, work, shelter_id, command.answer, *(said.place_ids or [""]), shelter_id=shelter_id)


async def post_choice(call: Call) -> Response:
    command = await call.json(shapes.PostChoice)
    at = command.arrives_at
    work = choice_work(call, command.shelter, at)
    return await _answer_change(call, work, command.shelter, "" if at is None else at.isoformat())


async def post_decision(call: Call) -> Response:
    command = await call.json(shapes.PostDecision)
    work = decision_work(call, command.decision, command.reason, command.stays_until)
    return await _answer_change(call, work, command.decision)


async def post_arrival(call: Call) -> Response:
    """Say whether they came. The desk need not name the shelter: it is the chosen one."""
    command = await call.json(shapes.PostArrival)
    shelter_id = command.shelter if call.actor.role in SEEKERS else _own_shelter(call.actor, command.shelter)
    work = arrival_work(call, shelter_id, arrived=command.arrived)
    return await _answer_change(call, work, shelter_id or "", str(command.arrived), shelter_id=shelter_id)


async def post_arrival_time(call: Call) -> Response:
    at = (await call.json(shapes.PostArrivalTime)).arrives_at
    return await _answer_change(call, arrival_time_work(call, at), at.isoformat())


async def post_resumption(call: Call) -> Response:
    return await _answer_change(call, resuming_work(call))


async def post_withdrawal(call: Call) -> Response:
    return await _answer_change(call, withdrawal_work(call, (await call.json(shapes.PostWithdrawal)).why))


async def post_release(call: Call) -> Response:
    return await _answer_change(call, release_work(call))


async def post_hand_over(call: Call) -> Response:
    command = await call.json(shapes.PostHandOver)
    work = hand_over_work(call, command.organization, command.role)
    return await _answer_change(call, work, command.organization or "", command.role or "")


async def post_take_over(call: Call) -> Response:
    return await _answer_change(call, take_over_work(call))


async def post_decline(call: Call) -> Response:
    """Leave a case with its requester; the caller sees it no more, so there is nothing to answer with."""
    work = telling(call, declining_work(call))
    await call.once(call.key, work=work, reply=lambda _: Reply(204, b""), shown=lambda case: show_done(call, case))
    return Response(status_code=204, headers=api_headers())


async def post_outcome(call: Call) -> Response:
    return await _answer_change(call, outcome_work(call, (await call.json(shapes.PostOutcome)).slept))


async def post_address(call: Call) -> Response:
    """Answer with the address. It takes no key: nothing of it is stored, and each call is a disclosure of its own."""
    case_id = call.path_params["case_id"]
    address = await read_address(call, case_id)
    async with call.transaction() as tx:
        shelter_id = await chosen_or_first(tx, case_id)
    answer: shapes.AddressObject = {"shelter": shelter_id, "address": address}
    return json_bytes(to_json(answer))
