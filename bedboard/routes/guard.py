"""The guard before every route: asks who it is, and the one table of access whether that may be.

A route that is not in the table raises at start.
"""

from collections.abc import Awaitable, Callable

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from bedboard.process import process_of
from bedboard.routes.replies import on_bug, on_refusal
from bedboard.rules.access import ROUTES, Actor, check_access, check_own
from bedboard.rules.refusals import NotAllowed, NotFound, Refusal, SignInNeeded, Unavailable

Endpoint = Callable[[Request], Awaitable[Response]]
Socket = Callable[[WebSocket], Awaitable[None]]

READABLE_WITHOUT_DATABASE = frozenset({"home"})
# A page asks these by itself, so they do not say that somebody is there.
ASKED_BY_SCRIPTS = frozenset({"live", "strip", "staff_asked"})
# Both: a person opens the page, and its script asks for what is new on it.
ASKED_BY_BOTH = frozenset({"requests", "request"})
# The same for everybody, so who it is is not even looked up.
ASKS_NOBODY = frozenset({"static", "service_worker", "health", "api_openapi"})


async def identify(connection: HTTPConnection, name: str) -> Actor | None:
    """The actor behind a cookie (pages) or a bearer token (API); None when there is neither or it does not count."""
    process = process_of(connection)
    if name.startswith("api_"):
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return None
        return await process.identity.client(token.strip())
    token = connection.cookies.get(process.identity.cookie, "")
    try:
        by_itself = name in ASKED_BY_SCRIPTS or (name in ASKED_BY_BOTH and connection.headers.get("hx-request") == "true")
        return await process.identity.person(token, in_use=not by_itself)
    except Unavailable:
        known = process.identity.last_known(token) if name in READABLE_WITHOUT_DATABASE else None
        if known is None:
            raise
        return known


async def admit(connection: HTTPConnection, name: str) -> None:
    """Puts the actor into the connection's state. Refusals: SignInNeeded, NotAllowed, NotFound, Unavailable."""
    connection.state.route = name
    rule = ROUTES[name]
    actor: Actor | None = None
    if name not in ASKS_NOBODY:
        try:
            actor = await identify(connection, name)
        except Unavailable:
            if not rule.public:
                raise
    if actor is not None:
        connection.state.actor = actor
        structlog.contextvars.bind_contextvars(actor=actor.id)
    check_access(rule, actor)
    if rule.own and actor is not None and "shelter_id" in connection.path_params:
        check_own(actor, connection.path_params["shelter_id"])


def _check_named(name: str) -> None:
    if name not in ROUTES:
        raise RuntimeError(f"route {name!r} is not in the table of access")


def route(path: str, endpoint: Endpoint, name: str, methods: list[str]) -> Route:
    _check_named(name)

    async def guarded(request: Request) -> Response:
        with structlog.contextvars.bound_contextvars(request_id=request.state.request_id, route=name):
            try:
                await admit(request, name)
                return await endpoint(request)
            except Refusal as refusal:
                return on_refusal(request, refusal)
            except HTTPException:
                raise
            except Exception as bug:
                return on_bug(request, bug)

    return Route(path, guarded, name=name, methods=methods)


def socket(path: str, endpoint: Socket, name: str) -> WebSocketRoute:
    _check_named(name)

    async def guarded(websocket: WebSocket) -> None:
        try:
            await admit(websocket, name)
        except SignInNeeded:
            await _decline(websocket, 4401)
        except Unavailable:
            await _decline(websocket, 1013)
        except (NotAllowed, NotFound):
            await _decline(websocket, 4403)
        else:
            await endpoint(websocket)

    return WebSocketRoute(path, guarded, name=name)


async def _decline(websocket: WebSocket, code: int) -> None:
    """Accepted and closed at once: a browser only hears the code of a socket that was open."""
    await websocket.accept()
    await websocket.close(code)
