"""The calls of the API about finding a place and holding it."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from bedboard.actions.disclosures import disclose_holds
from bedboard.actions.holds import Held, Holder, extend_hold, hold_place, release_hold
from bedboard.actions.idempotency import Reply
from bedboard.routes.api.shelters import add_present
from bedboard.routes.call import Call
from bedboard.routes.replies import api_headers, json_bytes
from bedboard.rules.access import SEEKERS
from bedboard.rules.refusals import Conflict, FieldError, Invalid, Unavailable
from bedboard.schemas.answers import HoldsObject
from bedboard.schemas.commands import PostHold, PostSearch
from bedboard.schemas.profile import profile_of
from bedboard.store.database import Transaction
from bedboard.views.objects import found_object, hold_object, own_hold_object, to_json


async def post_search(call: Call) -> Response:
    process = call.process
    command = await call.json(PostSearch)
    profile = profile_of(command, call.catalogue, call.now)
    if process.board.as_of is None:
        raise Unavailable("database_away")
    if profile.split:
        as_of = process.board.unread.right_until if process.board.live else process.board.as_of
        found = await process.searches.found(call.actor.key, call.actor.role, profile, command.limit)
        return json_bytes(to_json(found_object(found, as_of, command.limit)))
    async with call.turn:
        columns, limit, deciders = process.board.columns, command.limit, call.deciders
        catalogue = call.catalogue  # the one of the cards, which may be another since this call began
        as_of = (
            process.board.unread.right_until if process.board.live else process.board.as_of
        )  # after the wait for other searches

        def answer() -> bytes:
            return to_json(found_object(columns.found(profile, catalogue, limit, deciders), as_of, limit))

        key = ("answer", profile, limit, frozenset(deciders.items()), as_of.replace(microsecond=0))
        return json_bytes(columns.recent.keep(key, answer))


async def post_hold(call: Call) -> Response:
    """Answer 201; a conflict carries the shelter as it now is, for a caller who may see it."""
    actor, place_id, command = call.actor, call.path_params["place_id"], await call.json(PostHold)
    given_to = None
    if command.places and command.group is None:
        raise Invalid(FieldError("group", "missing"))
    place_ids, group = [place_id, *command.places], command.group or 0
    if actor.role not in SEEKERS or command.model_fields_set & {"organization", "role"}:
        given_to = Holder(command.organization or "", command.role or "")

    def reply(held: Held) -> Reply:
        answer = hold_object(held.claim_id, held.place_ids, held.shelter.id, held.expires_at, extended=False)
        return Reply(201, to_json(answer), held.shelter.version)

    try:
        done = await call.once(
            call.key,
            await call.body(),
            work=lambda tx: hold_place(tx, actor, place_ids, call.process.clock.new_id(), call.now, given_to, group),
            reply=reply,
            shown=call.shelter_shown,
        )
    except Conflict as refusal:
        await add_present(call, refusal)
        raise
    return json_bytes(done.reply.body, done.reply.status)


async def _change_hold(call: Call, work: Callable[[Transaction], Awaitable[Held]], reply: Callable[[Held], Reply]) -> Reply:
    return (await call.once(call.key, work=work, reply=reply, shown=call.shelter_shown)).reply


async def post_extend(call: Call) -> Response:
    claim_id = call.path_params["claim_id"]

    def reply(held: Held) -> Reply:
        answer = hold_object(held.claim_id, held.place_ids, held.shelter.id, held.expires_at, extended=True)
        return Reply(200, to_json(answer))

    done = await _change_hold(call, lambda tx: extend_hold(tx, call.actor, claim_id, call.now), reply)
    return json_bytes(done.body, done.status)


async def delete_hold(call: Call) -> Response:
    claim_id = call.path_params["claim_id"]
    await _change_hold(call, lambda tx: release_hold(tx, call.actor, claim_id, call.now), lambda _: Reply(204, b""))
    return Response(status_code=204, headers=api_headers())


async def show_holds(call: Call) -> Response:
    """Answer with the caller's live holds and their telephones; every telephone is a disclosure that is written down."""
    async with call.transaction() as tx:
        found = await disclose_holds(tx, call.actor, call.process.seal, call.now)
    answer: HoldsObject = {
        "holds": [own_hold_object(hold, number if isinstance(number, str) else None) for hold, number in found]
    }
    return json_bytes(to_json(answer))
