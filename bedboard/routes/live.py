"""The two live sockets: `/live` for pages (cookie, and only from a page of ours) and `/api/v1/live` for clients (token)."""

from starlette.websockets import WebSocket

from bedboard.actions.signin import hash_token
from bedboard.live.feed import Viewer
from bedboard.live.socket import serve_viewer
from bedboard.routes.board import board_audience
from bedboard.routes.parts import actor_of, language_of, parts_of
from bedboard.rules.access import PUSHERS, SEEKERS, Actor
from bedboard.rules.refusals import Refusal
from bedboard.views.pages import LANGUAGES
from bedboard.views.pieces import Audience

TOUCH_SECONDS = 30.0  # however often a page says that it is used


async def page_socket(websocket: WebSocket) -> None:
    parts, actor = parts_of(websocket), actor_of(websocket)
    audience = _page_audience(websocket, actor)
    if websocket.headers.get("origin", "") not in parts.settings.origins or audience is None:
        await websocket.accept()
        await websocket.close(4403)
        return
    token_hash = hash_token(websocket.cookies.get(parts.identity.cookie, ""))

    touched = parts.clock.monotonic()

    async def active() -> None:
        nonlocal touched
        if parts.clock.monotonic() - touched < TOUCH_SECONDS:
            return
        touched = parts.clock.monotonic()
        try:
            await parts.identity.touch(token_hash)
        except Refusal:
            return  # the database is away or busy: the pulse stops as well, so the page says that it is not live

    viewer = Viewer(token_hash, actor.role, audience.shelter)
    await serve_viewer(websocket, parts.hub, parts.feed, viewer, audience, active, says_hello=True)


def _page_audience(websocket: WebSocket, actor: Actor) -> Audience | None:
    """What the page asks to see, None when that is not for its person."""
    asked = websocket.query_params
    language = asked.get("lang", "")
    if language not in LANGUAGES:
        language = language_of(websocket)
    if asked.get("view") == "board" and actor.role in SEEKERS:
        return board_audience(actor, language)
    if asked.get("view") == "desk" and asked.get("shelter") in actor.shelter_ids:
        return Audience("desk", language, asked["shelter"])
    return None


def api_audience(actor: Actor) -> Audience | None:
    """Every shelter for those who look for a place, its own for a machine, None for those without live occupancy."""
    if actor.role in SEEKERS:
        return Audience("api", "")
    if actor.role in PUSHERS and actor.shelter_ids:
        return Audience("api", "", min(actor.shelter_ids))
    return None


async def api_socket(websocket: WebSocket) -> None:
    parts, actor = parts_of(websocket), actor_of(websocket)
    audience = api_audience(actor)
    if audience is None:
        await websocket.accept()
        await websocket.close(4403)
        return
    token = websocket.headers["authorization"].partition(" ")[2].strip()

    async def active() -> None:
        return

    viewer = Viewer(hash_token(token), actor.role, audience.shelter)
    await serve_viewer(websocket, parts.hub, parts.feed, viewer, audience, active, says_hello=False)
