"""The two live sockets: `/live` for pages (cookie, and only from a page of ours) and `/api/v1/live` for clients (token)."""

from collections.abc import Awaitable, Callable, Mapping

from starlette.websockets import WebSocket

from bedboard.actions.signin import hash_token
from bedboard.live.search import SearchChannel
from bedboard.live.shelters import OverviewChannel
from bedboard.live.socket import Channel, LockedChannel, serve_viewer
from bedboard.live.viewer import Viewer
from bedboard.process import language_of, process_of
from bedboard.routes.board import board_audience
from bedboard.routes.frontdoor import is_from_us
from bedboard.routes.replies import notice_html
from bedboard.rules.access import REPORTERS, SEEKERS, SHELTER, Actor
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Invalid, NotAllowed, Refusal, TooMany, Unavailable
from bedboard.schemas.profile import profile_of, read_profile
from bedboard.views.facets import EVERYTHING, read_filter
from bedboard.views.pages import SCREEN_LANGUAGES
from bedboard.views.pieces import Audience

TOO_MANY_SOCKETS = 4429
TOUCH_SECONDS = 30.0  # a page that is in use touches its session at most once in this time


async def page_socket(websocket: WebSocket, actor: Actor) -> None:
    process = process_of(websocket)
    audience = _page_audience(websocket, actor)
    if not is_from_us(websocket.headers, process.settings.origins) or audience is None:
        await websocket.accept()
        await websocket.close(4403)
        return
    token_hash = hash_token(websocket.cookies.get(process.identity.cookie, ""))

    touched = float("-inf")  # the first message of use always counts: the session may end before the next

    async def active() -> None:
        nonlocal touched
        if process.clock.monotonic() - touched < TOUCH_SECONDS:
            return
        touched = process.clock.monotonic()
        try:
            await process.identity.touch(token_hash)
        except Refusal:
            return  # the database is away or busy: the pulse stops as well, so the page says that it is not live

    viewer = Viewer(
        token_hash, actor.role, audience.shelter, actor.key, actor.organization_id, actor.shelter_ids, actor.is_locked
    )
    channel = Channel(process.board, audience, active)
    if actor.is_locked:
        channel = LockedChannel(process.board, audience._replace(view="own"), active)
    elif audience.view == "search":
        channel = _search_channel(websocket, audience, active, actor)
    elif audience.view == "own":
        channel = OverviewChannel(process.board, process.hub, audience, active, actor.shelter_ids)
    elif audience.view == "totals":
        channel = OverviewChannel(process.board, process.hub, audience, active, (None,))
    await _seat(websocket, actor, viewer, channel, says_hello=True)


async def _seat(websocket: WebSocket, actor: Actor, viewer: Viewer, channel: Channel, *, says_hello: bool) -> None:
    """Seat the viewer, or close its socket when its person or program has enough of them."""
    process = process_of(websocket)
    try:
        leave = process.admission.take_seat(actor.key)
    except TooMany:
        if not says_hello:
            raise  # a program hears it in the answer to its handshake
        await websocket.accept()
        await websocket.close(TOO_MANY_SOCKETS)
        return
    await serve_viewer(websocket, process.hub, viewer, channel, leave, says_hello=says_hello)


def _search_channel(
    websocket: WebSocket, audience: Audience, active: Callable[[], Awaitable[None]], actor: Actor
) -> SearchChannel:
    process = process_of(websocket)

    def read(fields: Mapping[str, str]) -> Profile:
        catalogue = process.board.catalogue
        if catalogue is None:
            raise Unavailable("database_away")
        return profile_of(read_profile(fields), catalogue, process.clock.now())

    def explain(refusal: Invalid) -> str:
        return notice_html(process.pages, audience.language, refusal, process.clock.now())

    return SearchChannel(
        process.board,
        process.hub,
        process.pieces,
        audience,
        process.clock.now,
        active,
        read,
        explain,
        process.searches,
        actor.key,
        actor.role,
    )


def _page_audience(websocket: WebSocket, actor: Actor) -> Audience | None:
    """Return the audience that the page asks for; None when that is not for its person."""
    asked = websocket.query_params
    language = asked.get("lang", "")
    if language not in SCREEN_LANGUAGES:
        language = language_of(websocket, actor)
    if actor.session == "wall" and asked.get("view") != "wall":
        return None
    if asked.get("view") == "search" and actor.role in SEEKERS:
        return Audience("search", language)
    if asked.get("view") == "own":
        return Audience("own", language)
    if asked.get("view") == "totals" and actor.role in SHELTER:
        return Audience("totals", language)
    if asked.get("view") == ("wall" if actor.session == "wall" else "board") and actor.role in SEEKERS:
        catalogue = process_of(websocket).board.catalogue  # None before the first read: then the socket is closed
        return board_audience(actor, language, read_filter(asked, catalogue) if catalogue else EVERYTHING)
    if asked.get("view") == "staff" and asked.get("shelter") in actor.shelter_ids:
        return Audience("staff", language, asked["shelter"])
    return None


def api_audience(actor: Actor) -> Audience | None:
    """Return the audience of an API client: every shelter for a seeker, its own for a shelter's system, None for others."""
    if actor.role in SEEKERS:
        return Audience("api", "")
    if actor.role in REPORTERS and actor.shelter_ids:
        return Audience("api", "", min(actor.shelter_ids))
    return None


async def api_socket(websocket: WebSocket, actor: Actor) -> None:
    process = process_of(websocket)
    audience = api_audience(actor)
    if audience is None:
        raise NotAllowed("not_your_role")
    token = websocket.headers["authorization"].partition(" ")[2].strip()

    async def active() -> None:
        return

    viewer = Viewer(hash_token(token), actor.role, audience.shelter, organization=actor.organization_id)
    await _seat(websocket, actor, viewer, Channel(process.board, audience, active), says_hello=False)
