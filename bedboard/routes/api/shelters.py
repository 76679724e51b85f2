"""The calls of the API about the board, shelters and places."""

from collections.abc import Awaitable, Callable

from starlette.responses import Response

from bedboard.actions.counts import count_places
from bedboard.actions.epoch import note_epoch
from bedboard.actions.idempotency import Reply
from bedboard.actions.occupancy import Changed, Versions, change_place, confirm_named_kinds
from bedboard.routes.call import Call
from bedboard.routes.live import api_audience
from bedboard.routes.parse import if_match
from bedboard.routes.present import card_of, read_shelter
from bedboard.routes.replies import json_bytes
from bedboard.rules.access import OVERSEERS, check_own, sees_all
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict, NotFound, Unavailable, VersionMismatch
from bedboard.schemas.commands import PatchPlace, PostConfirm, PutOccupancy
from bedboard.store.board import ShelterRow, get_shelter
from bedboard.store.database import Transaction
from bedboard.store.shelters import get_shelter_id
from bedboard.views.objects import known_shelter_object, shelter_object, to_json
from bedboard.views.pieces import board_answer


async def show_board(call: Call) -> Response:
    """Answer with everything that the caller may see: a join of ready pieces, made and packed once for all."""
    board = call.process.board
    if board.catalogue is None or board.as_of is None:
        raise Unavailable("database_away")
    audience = api_audience(call.actor)
    if audience is not None:
        reply = json_bytes(board.answer(audience, packed=call.takes_gzip))
        reply.headers["Vary"] = "Accept-Encoding, Authorization"
        if call.takes_gzip:
            reply.headers["Content-Encoding"] = "gzip"
        return reply
    as_of = call.now if board.live else board.as_of
    if call.actor.role in OVERSEERS:
        cards = sorted(board.cards.values(), key=lambda card: card.name)
        return json_bytes(board_answer(as_of, board.epoch, (to_json(known_shelter_object(card)) for card in cards)))
    return json_bytes(board_answer(as_of, board.epoch, ()))


def _object(call: Call, row: ShelterRow) -> bytes:
    return to_json(shelter_object(card_of(call, row)))


async def show_shelter(call: Call) -> Response:
    """Answer straight from the database, so that its `ETag` is the one to send with `If-Match`."""
    shelter_id = call.path_params["shelter_id"]
    if call.actor.role not in OVERSEERS:
        if not sees_all(call.actor):
            check_own(call.actor, shelter_id)
        row = await read_shelter(call, shelter_id)
        return json_bytes(_object(call, row), version=row.version, epoch=call.epoch)
    await read_shelter(call, shelter_id)
    call.check_board_read()
    card = call.process.board.cards.get(shelter_id)
    if card is None:
        raise NotFound("no_such_shelter")
    return json_bytes(to_json(known_shelter_object(card)))


async def _change(call: Call, work: Callable[[Transaction, Versions], Awaitable[Changed]]) -> Response:
    """Do one change once, wait until this process shows it, and answer with the shelter as it then is.

    `work` also gets the versions of which the caller believes one to be the present. A conflict carries what is true now.
    """
    known = if_match(call.request)

    async def check_and_work(tx: Transaction) -> Changed:
        if known is None:
            return await work(tx, None)
        epoch = await note_epoch(tx)  # asked of the database: this process may not know yet that it came back older
        return await work(tx, {one.version for one in known if one.epoch == epoch})

    def reply(changed: Changed) -> Reply:
        return Reply(200, _object(call, changed.shelter), changed.shelter.version)

    asked = (",".join(call.request.headers.getlist("if-match")), await call.body())
    try:
        done = await call.once(call.key, *asked, work=check_and_work, reply=reply, shown=call.shelter_shown)
    except (Conflict, VersionMismatch) as refusal:
        await add_present(call, refusal)
        raise
    return json_bytes(done.reply.body, done.reply.status, done.reply.version, done.reply.epoch)


async def add_present(call: Call, refusal: Conflict | VersionMismatch) -> None:
    """Add the shelter as it now is to a refusal; nothing for a caller who may not see it."""
    named = call.path_params
    async with call.transaction() as tx:
        shelter_id = named.get("shelter_id") or await get_shelter_id(tx, named["place_id"])
        may_see = sees_all(call.actor) or shelter_id in call.actor.shelter_ids
        row = await get_shelter(tx, shelter_id) if shelter_id is not None and may_see else None
    if row is not None and call.process.board.catalogue is not None:
        refusal.detail["present"] = shelter_object(card_of(call, row))


async def patch_place(call: Call) -> Response:
    place_id, command = call.path_params["place_id"], await call.json(PatchPlace)
    change = PlaceChange(command.status, command.reason, command.expected_free_at, command.observed_at)
    limits = call.process.settings.limits
    return await _change(call, lambda tx, known: change_place(tx, call.actor, place_id, change, call.now, known, limits))


async def put_occupancy(call: Call) -> Response:
    shelter_id, command = call.path_params["shelter_id"], await call.json(PutOccupancy)
    counts = {kind: KindCount(numbers.empty, numbers.closed) for kind, numbers in command.kinds.items()}
    return await _change(
        call,
        lambda tx, known: count_places(tx, call.actor, shelter_id, counts, call.now, command.observed_at, known),
    )


async def post_confirm(call: Call) -> Response:
    shelter_id, command = call.path_params["shelter_id"], await call.json(PostConfirm)
    return await _change(
        call,
        lambda tx, known: confirm_named_kinds(tx, call.actor, shelter_id, command.kinds, call.now, command.observed_at, known),
    )
