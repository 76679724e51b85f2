"""The calls of the API about the board, shelters and places."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.actions.occupancy import Changed, change_place, confirm_shelter, count_places
from bedboard.process import Process, actor_of, process_of
from bedboard.routes.live import api_audience
from bedboard.routes.parse import if_match, read_body
from bedboard.routes.replies import json_bytes
from bedboard.rules.access import OVERSEERS, check_own, sees_all
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict, NotFound, Unavailable, VersionMismatch
from bedboard.schemas.commands import PatchPlace, PostConfirm, PutOccupancy
from bedboard.schemas.parse import parse_json
from bedboard.store.board import ShelterRow, get_shelter
from bedboard.store.database import Transaction
from bedboard.store.shelters import get_shelter_id
from bedboard.views.cards import make_card
from bedboard.views.objects import known_shelter_object, shelter_object, to_json
from bedboard.views.pieces import board_answer


async def show_board(request: Request) -> Response:
    """Everything the caller may see: a join of ready pieces."""
    process, actor = process_of(request), actor_of(request)
    board = process.board
    if board.catalogue is None or board.as_of is None:
        raise Unavailable("database_away")
    as_of = process.clock.now() if board.live else board.as_of
    audience = api_audience(actor)
    if audience is not None:
        return json_bytes(board_answer(as_of, (piece.fragment for _, piece in board.pieces(audience))))
    if actor.role in OVERSEERS:
        cards = sorted(board.cards.values(), key=lambda card: card.name)
        return json_bytes(board_answer(as_of, (to_json(known_shelter_object(card)) for card in cards)))
    return json_bytes(board_answer(as_of, ()))


def _object(process: Process, row: ShelterRow) -> bytes:
    catalogue = process.board.catalogue
    if catalogue is None:
        raise Unavailable("database_away")
    return to_json(shelter_object(make_card(row, catalogue, process.settings.limits, process.clock.now())))


async def show_shelter(request: Request) -> Response:
    """Straight from the database, so that its version is the one to send with `If-Match`."""
    process, actor, shelter_id = process_of(request), actor_of(request), request.path_params["shelter_id"]
    known_only = actor.role in OVERSEERS
    if not known_only and not sees_all(actor):
        check_own(actor, shelter_id)
    async with process.database.transaction() as tx:
        row = await get_shelter(tx, shelter_id)
    if row is None:
        raise NotFound("no_such_shelter")
    if known_only:
        if process.board.catalogue is None:
            raise Unavailable("database_away")
        card = process.board.cards.get(shelter_id)
        if card is None:
            raise NotFound("no_such_shelter")
        return json_bytes(to_json(known_shelter_object(card)))
    return json_bytes(_object(process, row), version=row.version)


async def _change(
    request: Request, body: bytes, work: Callable[[Transaction, datetime, int | None], Awaitable[Changed]]
) -> Response:
    """Does one change once, waits until this process shows it, and answers with the shelter as it then is.

    A conflict carries what is true now.
    """
    process, actor = process_of(request), actor_of(request)
    now, version = process.clock.now(), if_match(request)
    key = make_key(
        request.headers.get("idempotency-key"), request.method, request.url.path, request.headers.get("if-match", ""), body
    )

    def reply(changed: Changed) -> Reply:
        return Reply(200, _object(process, changed.shelter), changed.shelter.version)

    try:
        done = await apply_once(process.database, actor, key, now, lambda tx: work(tx, now, version), reply)
    except (Conflict, VersionMismatch) as refusal:
        await add_present(request, refusal)
        raise
    if done.result is not None:
        await process.board.reached(done.result.shelter.id, done.result.shelter.version)
    return json_bytes(done.reply.body, done.reply.status, done.reply.version)


async def add_present(request: Request, refusal: Conflict | VersionMismatch) -> None:
    """The shelter as it now is, for the answer to a refusal; nothing for those who may not see it."""
    process, named = process_of(request), request.path_params
    async with process.database.transaction() as tx:
        shelter_id = named.get("shelter_id") or await get_shelter_id(tx, named["place_id"])
        may_see = sees_all(actor_of(request)) or shelter_id in actor_of(request).shelter_ids
        row = await get_shelter(tx, shelter_id) if shelter_id is not None and may_see else None
    if row is not None and process.board.catalogue is not None:
        card = make_card(row, process.board.catalogue, process.settings.limits, process.clock.now())
        refusal.detail["present"] = shelter_object(card)


async def patch_place(request: Request) -> Response:
    actor, place_id, body = actor_of(request), request.path_params["place_id"], await read_body(request)
    command = parse_json(PatchPlace, body)
    change = PlaceChange(command.status, command.reason, command.expected_free_at, command.observed_at)
    return await _change(request, body, lambda tx, now, version: change_place(tx, actor, place_id, change, now, version))


async def put_occupancy(request: Request) -> Response:
    actor, shelter_id, body = actor_of(request), request.path_params["shelter_id"], await read_body(request)
    command = parse_json(PutOccupancy, body)
    counts = {kind: KindCount(numbers.free, numbers.closed) for kind, numbers in command.kinds.items()}
    return await _change(
        request,
        body,
        lambda tx, now, version: count_places(tx, actor, shelter_id, counts, now, command.observed_at, version),
    )


async def post_confirm(request: Request) -> Response:
    actor, shelter_id, body = actor_of(request), request.path_params["shelter_id"], await read_body(request)
    command = parse_json(PostConfirm, body or b"{}")
    return await _change(
        request,
        body,
        lambda tx, now, version: confirm_shelter(tx, actor, shelter_id, now, command.observed_at, version),
    )
