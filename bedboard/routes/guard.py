"""The guard before every route: it identifies the caller, and asks the row of the route whether they may call it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from bedboard.actions.signin import hash_token
from bedboard.live.hub import INTERNAL_ERROR
from bedboard.process import Process, process_of
from bedboard.routes.call import Call, begin_call, last_moment
from bedboard.routes.parse import address_of, network_of
from bedboard.routes.replies import lead_to_proof, on_bug, on_refusal, problem_at_door
from bedboard.routes.row import Row, SocketRow
from bedboard.routes.strict import check_taken
from bedboard.rules.access import Actor, check_access, check_own, check_scope
from bedboard.rules.clients import is_token
from bedboard.rules.devices import is_fresh
from bedboard.rules.refusals import (
    Busy,
    Conflict,
    NotFound,
    ProofNeeded,
    Refusal,
    SignInNeeded,
    TooMany,
    Unavailable,
)
from bedboard.store.access import get_proven_at
from bedboard.store.shelters import get_shelter_id

log = structlog.get_logger()

HOLDING = frozenset({"hold_place", "staff_hold", "staff_holds", "api_place_holds"})


@asynccontextmanager
async def _answered(until: float | None) -> AsyncIterator[None]:
    """Refuse when the block has no answer of the database by this moment. Refusal: Unavailable."""
    try:
        async with asyncio.timeout_at(until):
            yield
    except TimeoutError:
        raise Unavailable("database_away") from None


AT_THE_DOOR_SECONDS = 5.0
"""How long a new socket waits for the database. A page gives it up after ten, with what is asked before and after."""


async def _find_client(connection: HTTPConnection, row: Row | SocketRow, until: float | None) -> Actor | None:
    """Return the client behind a bearer token; None when there is no token or it does not count.

    Refusals: TooMany, Unavailable.
    """
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    is_lasting = isinstance(row, SocketRow)
    process, token = process_of(connection), token.strip()
    if not is_token(token, demo=process.settings.demo):
        return None
    address = address_of(connection) or "unknown"
    process.admission.check_token(hash_token(token), address, is_known=process.identity.has_met(token))
    async with _answered(until):
        return await process.identity.client(token, is_lasting=is_lasting)


async def _find_person(connection: HTTPConnection, row: Row | SocketRow, until: float | None) -> Actor | None:
    """Return the person behind a cookie; None without a session that counts. Refusal: Unavailable."""
    identity = process_of(connection).identity
    token = connection.cookies.get(identity.cookie, "")
    is_script = connection.headers.get("hx-request") == "true"
    in_use = isinstance(row, Row) and row.is_touch and not (row.method == "GET" and is_script)
    try:
        async with _answered(until):
            return await identity.person(token, in_use=in_use, is_lasting=isinstance(row, SocketRow))
    except Unavailable:
        known = identity.last_known(token) if isinstance(row, Row) and row.without_database else None
        if known is None:
            raise
        return known


async def identify(connection: HTTPConnection, row: Row | SocketRow, until: float | None = None) -> Actor | None:
    """Return the person or client that calls; None for nobody. `until`: the last moment to ask the database.

    Refusals: TooMany of a token, and Unavailable, but not of a public route.
    """
    if isinstance(row, Row) and not row.identifies:
        return None
    try:
        actor = await (_find_client if row.is_api else _find_person)(connection, row, until)
    except Unavailable:
        if not row.who.public:
            raise
        return None
    if actor is None:
        return None
    structlog.contextvars.bind_contextvars(actor=actor.id)
    cookie = connection.cookies.get(process_of(connection).identity.cookie, "")
    session_hash = hash_token(cookie) if actor.kind == "person" else None
    return replace(actor, network=network_of(connection), session_hash=session_hash)


async def check_row(
    process: Process,
    path_params: Mapping[str, Any],
    row: Row | SocketRow,
    actor: Actor | None,
    until: float | None = None,
) -> None:
    """Refuse the actor that the row does not let in. `until`: the last moment to ask the database.

    Refusals: SignInNeeded, Locked, NotAllowed, NotFound, Unavailable.
    """
    check_access(row.who, actor)
    check_scope(row.scope, actor)
    if actor is None or row.who.own is None or actor.role in row.who.of_all:
        return
    if row.who.own == "shelter":
        check_own(actor, path_params["shelter_id"])
    elif not await _is_own_place(process, actor, path_params["place_id"], until):
        raise NotFound("no_such_place")


async def _is_own_place(process: Process, actor: Actor, place_id: str, until: float | None) -> bool:
    """Return whether the place belongs to a shelter of the actor's.

    A place never moves, so the board in memory may say yes. Only the database says no: the place may be new.
    """
    own = [card for shelter_id in actor.shelter_ids if (card := process.board.cards.get(shelter_id)) is not None]
    if any(place.id == place_id for card in own for place in card.places):
        return True
    async with process.pools.callers.reading(until) as tx:
        return await get_shelter_id(tx, place_id) in actor.shelter_ids


async def check_fresh(call: Call, row: Row) -> None:
    """Refuse a person without a fresh proof, where the row wants one. Refusal: ProofNeeded.

    The database is asked each time: what this process remembers of a session proves nothing.
    """
    actor = call.known_actor
    if actor is None or actor.kind != "person" or actor.role not in row.fresh_for:
        return
    async with call.process.pools.callers.reading(call.until) as tx:
        proven_at = await get_proven_at(tx, call.session_hash)
    if not is_fresh(proven_at, call.now):
        raise ProofNeeded("step_up_needed")


class GuardedRoute(Route):
    """Starlette's route for a row, which it knows."""

    def __init__(self, row: Row, endpoint: Callable[[Request], Awaitable[Response]]) -> None:
        super().__init__(row.path, endpoint, name=row.name, methods=[row.method])
        self.row = row


async def may_open(process: Process, routes: Iterable[BaseRoute], path: str, actor: Actor) -> bool:
    """Return whether this is the path of a page of ours that the actor may open."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    for route in routes:
        match, found = route.matches(scope)
        if match is Match.FULL and isinstance(route, GuardedRoute):
            try:
                await check_row(process, found["path_params"], route.row, actor)
            except Refusal:
                return False
            return route.row.is_page
    return False


def guard_route(row: Row) -> Route:
    """Return Starlette's route for this row; a refusal becomes an answer, and so does a bug."""

    async def guarded(request: Request) -> Response:
        with structlog.contextvars.bound_contextvars(request_id=request.state.request_id, route=row.name):
            try:
                try:
                    until = last_moment(request)
                    process_of(request).figures.count("calls_total")
                    call = begin_call(request, await identify(request, row, until), until)
                    async with call.process.admission.lane(call.known_actor.key if call.known_actor else None):
                        return await _answer(call, row)
                except Refusal as refusal:
                    _count_refusal(request, row, refusal)
                    return on_refusal(request, refusal)
            except HTTPException:
                raise
            except Exception as bug:
                process_of(request).figures.count("bugs_total")
                return on_bug(request, bug)

    return GuardedRoute(row, guarded)


def _count_refusal(request: Request, row: Row, refusal: Refusal) -> None:
    if isinstance(refusal, (TooMany, Busy, Unavailable)):
        process_of(request).figures.count("calls_refused_total")
    elif row.name in HOLDING and isinstance(refusal, Conflict):
        process_of(request).figures.count("holds_refused_total")


async def _answer(call: Call, row: Row) -> Response:
    """Answer a call that has its turn. Refusals: those of the guard and of the route."""
    await check_row(call.process, call.path_params, row, call.known_actor, call.until)
    try:
        await check_fresh(call, row)
        await check_taken(call, row)
        response = await row.endpoint(call)
    except ProofNeeded as refusal:
        return await lead_to_proof(call, refusal)
    if call.known_actor is not None and not row.is_api:
        response.headers["Bedboard-Epoch"] = str(call.epoch)  # of the stamps in it: web/static/js/place.js
    return response


async def _identify_socket(websocket: WebSocket, row: SocketRow) -> Actor | None:
    """Return the person or client of a new socket, which may wait here for a database that is away.

    A page that is refused waits before it comes again, and so would be fresh long after the database. Refusals: as `identify`.
    """
    try:
        return await identify(websocket, row)
    except Unavailable:
        await process_of(websocket).board.first_read(AT_THE_DOOR_SECONDS)
        return await identify(websocket, row)


def guard_socket(row: SocketRow) -> WebSocketRoute:
    """Return Starlette's route for this row; a refusal becomes the code with which the socket closes."""

    async def guarded(websocket: WebSocket) -> None:
        with structlog.contextvars.bound_contextvars(route=row.name):
            try:
                await _seat(websocket, row)
            except WebSocketDisconnect:
                return  # it left before it had a seat
            except OSError:
                raise  # in the same way, which uvicorn knows
            except Exception as bug:
                process_of(websocket).figures.count("bugs_total")
                log.error("bug", exc_info=bug)
                if websocket.application_state is WebSocketState.CONNECTING:
                    await _decline(websocket, INTERNAL_ERROR)

    return WebSocketRoute(row.path, guarded, name=row.name)


CLOSE_CODES: tuple[tuple[tuple[type[Refusal], ...], int], ...] = (
    ((SignInNeeded,), 4401),
    ((Unavailable,), 1013),
    ((TooMany,), 1013),
    ((Refusal,), 4403),
)
"""The code with which a socket of a page closes after each refusal."""


async def _seat(websocket: WebSocket, row: SocketRow) -> None:
    """Give the caller its seat, or refuse it: a program by the status of the handshake, a page by the code of the close."""
    try:
        actor = await _identify_socket(websocket, row)
        await check_row(process_of(websocket), websocket.path_params, row, actor)
        if actor is None:
            raise SignInNeeded("sign_in_needed")
        await row.endpoint(websocket, actor)
    except Refusal as refusal:
        if websocket.application_state is not WebSocketState.CONNECTING:
            raise  # somebody who has a seat hears no refusals
        if row.is_api:
            await websocket.send_denial_response(problem_at_door(websocket, refusal))
        else:
            await _decline(websocket, next(code for kinds, code in CLOSE_CODES if isinstance(refusal, kinds)))


def guard(row: Row | SocketRow) -> BaseRoute:
    """Return Starlette's route for this row, with the guard before it."""
    return guard_route(row) if isinstance(row, Row) else guard_socket(row)


async def _decline(websocket: WebSocket, code: int) -> None:
    """Accept the socket and close it at once: a browser only hears the code of a socket that was open."""
    await websocket.accept()
    await websocket.close(code)
