"""One socket: subscribe first, read second, send a whole snapshot; then the hub writes and this task only listens.

Who may come in and from where is decided before; this module knows no roles.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from bedboard.live.board import Board, Viewer
from bedboard.live.hub import TRY_AGAIN_LATER, DirectSeat, Hub, MailboxSeat, Seat
from bedboard.live.wire import wire_of
from bedboard.views.pieces import Audience

HELLO_SECONDS = 2.0
PROTOCOL_ERROR = 1008


class Channel:
    """What is said over one socket: a board, and now and then the page's word that somebody uses it.

    `on_active` is awaited at that word. A search page has more to say: `bedboard.live.search`.
    """

    def __init__(self, board: Board, audience: Audience, on_active: Callable[[], Awaitable[None]]) -> None:
        self.board = board
        self.audience = audience
        self._on_active = on_active

    async def prepare(self, hello: Mapping[str, object]) -> None:
        """Whatever must be done before the first answer and takes time."""

    def first(self, hello: Mapping[str, object]) -> bytes:
        """The answer to the page's hello: what it does not show yet."""
        return self.board.snapshot(self.audience, _known(hello))

    def whole(self) -> bytes:
        """For a viewer that missed something."""
        return self.board.snapshot(self.audience, {})

    def begin(self, seat: Seat[Viewer]) -> None:
        """The viewer is seated; what is published from now on reaches it."""

    def end(self) -> None:
        """The viewer has left."""

    async def hear(self, message: Mapping[str, object]) -> None:
        if message.get("type") == "active":
            await self._on_active()


class OwnChannel(Channel):
    """Of a page that shows no shelter: it only hears that it is live, and that something of its person's own has changed."""

    def first(self, hello: Mapping[str, object]) -> bytes:
        return self.whole()

    def whole(self) -> bytes:
        return self.board.nothing()


async def serve_viewer(websocket: WebSocket, hub: Hub[Viewer], viewer: Viewer, channel: Channel, *, says_hello: bool) -> None:
    """Until the viewer leaves or is closed. `says_hello`: a browser first says what it shows; an API client need not."""
    await websocket.accept()
    hello: Mapping[str, object] = {}
    if says_hello:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = await _receive(websocket)
        except TimeoutError:
            hello = {}
        except (WebSocketDisconnect, ValueError):
            await _close(websocket, PROTOCOL_ERROR)
            return
    try:
        await channel.prepare(hello)
        await _serve(websocket, hub, viewer, channel, hello)
    finally:
        channel.end()


async def _serve(websocket: WebSocket, hub: Hub[Viewer], viewer: Viewer, channel: Channel, hello: Mapping[str, object]) -> None:
    if not channel.board.live:  # a snapshot of a board that cannot be followed would look live
        await _close(websocket, TRY_AGAIN_LATER)
        return
    wire = wire_of(websocket.scope)
    seat: DirectSeat[Viewer] | MailboxSeat[Viewer]
    seat = DirectSeat(hub, viewer, wire) if wire is not None else MailboxSeat(hub, viewer)
    hub.join(seat, channel.audience, channel.whole)
    channel.begin(seat)
    try:
        hub.send(seat, "snapshot", channel.first(hello))
        if isinstance(seat, MailboxSeat):
            await _pump_and_listen(websocket, seat, channel)
        else:
            await _listen(websocket, hub, seat, channel)
    finally:
        hub.leave(seat)


async def _receive(websocket: WebSocket) -> Mapping[str, object]:
    """One message as an object. Raises ValueError for anything else, WebSocketDisconnect at the end."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    value = orjson.loads(message.get("text") or message.get("bytes") or b"")
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _known(message: Mapping[str, object]) -> Mapping[str, str]:
    """What a returning page shows: shelter id to stamp."""
    known = message.get("known")
    if message.get("type") != "hello" or not isinstance(known, dict):
        return {}
    return {id: stamp for id, stamp in known.items() if isinstance(stamp, str)}


async def _listen(websocket: WebSocket, hub: Hub[Viewer], seat: Seat[Viewer], channel: Channel) -> None:
    try:
        while True:
            await channel.hear(await _receive(websocket))
    except WebSocketDisconnect:
        return
    except ValueError:
        hub.close(seat, PROTOCOL_ERROR)


async def _pump_and_listen(websocket: WebSocket, seat: MailboxSeat[Viewer], channel: Channel) -> None:
    """The fallback: this task sends, another one listens, and whichever ends first ends both."""
    pump = asyncio.create_task(seat.pump(websocket.send_text))

    async def listen() -> None:
        try:
            while True:
                await channel.hear(await _receive(websocket))
        except (WebSocketDisconnect, ValueError):
            return

    ears = asyncio.create_task(listen())
    await asyncio.wait({pump, ears}, return_when=asyncio.FIRST_COMPLETED)
    for task in (pump, ears):
        task.cancel()
    outcome = await asyncio.gather(pump, ears, return_exceptions=True)
    code = outcome[0] if isinstance(outcome[0], int) else PROTOCOL_ERROR
    await _close(websocket, code)


async def _close(websocket: WebSocket, code: int) -> None:
    try:
        await websocket.close(code)
    except (RuntimeError, WebSocketDisconnect):
        return  # it was closed from the other side meanwhile
