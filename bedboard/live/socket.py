"""One socket: subscribe first, read second, send a whole snapshot; then the hub writes, and no task waits any more.

The right to come in was checked before; this module knows no roles.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from bedboard.live.board import Board
from bedboard.live.hub import INTERNAL_ERROR, TRY_AGAIN_LATER, Hub, Seat
from bedboard.live.member import POLICY_VIOLATION
from bedboard.live.seats import DirectSeat, MailboxSeat
from bedboard.live.viewer import Viewer
from bedboard.live.wire import wire_of
from bedboard.views.pieces import Audience

HELLO_SECONDS = 2.0


class Channel:
    """The channel of one socket: the board goes to the page, and now and then the page says that somebody uses it.

    `on_active` is awaited when the page says that. A search page has more to say: `bedboard.live.search`.
    """

    def __init__(self, board: Board, audience: Audience, on_active: Callable[[], Awaitable[None]]) -> None:
        self.board = board
        self.audience = audience
        self._on_active = on_active

    async def prepare(self, hello: Mapping[str, object]) -> None:
        """Do the work before the first answer that takes time."""

    def first(self, hello: Mapping[str, object]) -> bytes:
        """Return the answer to the page's hello: a snapshot without the shelters that it shows already."""
        is_of_epoch = hello.get("epoch", self.board.epoch) == self.board.epoch
        return self.board.snapshot(self.audience, _known(hello) if is_of_epoch else {})

    def whole(self) -> bytes:
        """Return whole state, for a viewer that missed something."""
        return self.board.snapshot(self.audience, {})

    def begin(self, seat: Seat[Viewer]) -> None:
        """Take the seat: messages that are published from now on reach the viewer."""

    def end(self) -> None:
        """Let go of everything: the viewer has left."""

    async def hear(self, message: Mapping[str, object]) -> None:
        """Take one message of the page; ignore an unknown type."""
        if message.get("type") == "active":
            await self._on_active()


class OwnChannel(Channel):
    """The channel of a page without a shelter: it brings only the pulse and own news."""

    def first(self, hello: Mapping[str, object]) -> bytes:
        return self.whole()

    def whole(self) -> bytes:
        return self.board.empty_snapshot()


class LockedChannel(OwnChannel):
    """The channel of a page whose session is locked: the pulse, and that something has changed, without what it is."""

    def whole(self) -> bytes:
        return self.board.empty_snapshot(is_locked=True)


class Seated:
    """The guest behind a connection: passes messages on to the channel, and tells channel and hub that the viewer has left."""

    __slots__ = ("_channel", "_hub", "_on_leave", "_seat")

    def __init__(self, hub: Hub[Viewer], seat: Seat[Viewer], channel: Channel, on_leave: Callable[[], None]) -> None:
        self._hub = hub
        self._seat = seat
        self._channel = channel
        self._on_leave = on_leave

    async def hear(self, text: bytes) -> None:
        try:
            message = _parse(text)
        except ValueError:
            self._hub.close(self._seat, POLICY_VIOLATION)
            return
        try:
            await self._channel.hear(message)
        except Exception as error:
            self._hub.fail(self._seat, error)

    def leave(self) -> None:
        self._hub.leave(self._seat)
        self._channel.end()
        self._on_leave()


async def serve_viewer(
    websocket: WebSocket,
    hub: Hub[Viewer],
    viewer: Viewer,
    channel: Channel,
    on_leave: Callable[[], None],
    *,
    says_hello: bool,
) -> None:
    """Seat the viewer; return when it is seated, or when it has left if it has a mailbox.

    `on_leave` is called when the viewer has left, perhaps more than once. `says_hello`: a browser first lists the shelters that
    it shows.
    """
    is_seated = False
    try:
        is_seated = await _take_seat(websocket, hub, viewer, channel, on_leave, says_hello=says_hello)
    finally:
        if not is_seated:
            on_leave()


async def _take_seat(
    websocket: WebSocket,
    hub: Hub[Viewer],
    viewer: Viewer,
    channel: Channel,
    on_leave: Callable[[], None],
    *,
    says_hello: bool,
) -> bool:
    """Seat the viewer; return whether a seat has `on_leave` now."""
    await websocket.accept()
    hello: Mapping[str, object] = {}
    if says_hello:
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                hello = _parse(await _receive(websocket))
        except TimeoutError:
            hello = {}
        except (WebSocketDisconnect, ValueError):
            await _close(websocket, POLICY_VIOLATION)
            return False
    try:
        await channel.prepare(hello)
        if not channel.board.live:  # a snapshot of a board that cannot be followed would look live
            await _close(websocket, TRY_AGAIN_LATER)
        elif (wire := wire_of(websocket.scope)) is None:
            await _serve_by_mailbox(websocket, hub, viewer, channel, hello, on_leave)
            return True
        elif (member := wire.detach()) is not None:
            seat = DirectSeat(hub, viewer, member)
            member.seat(Seated(hub, seat, channel, on_leave))
            _begin(hub, seat, channel, hello)
            return True
    except Exception:
        channel.end()
        await _close(websocket, INTERNAL_ERROR)
        raise
    except asyncio.CancelledError:
        channel.end()
        raise
    channel.end()
    return False


def _begin(hub: Hub[Viewer], seat: Seat[Viewer], channel: Channel, hello: Mapping[str, object]) -> None:
    """Subscribe first, read second: whatever changes from now on reaches the viewer."""
    hub.join(seat, channel.audience, channel.whole)
    channel.begin(seat)
    try:
        hub.send(seat, "snapshot", channel.first(hello))
    except Exception as error:
        hub.fail(seat, error)


async def _serve_by_mailbox(
    websocket: WebSocket,
    hub: Hub[Viewer],
    viewer: Viewer,
    channel: Channel,
    hello: Mapping[str, object],
    on_leave: Callable[[], None],
) -> None:
    """Send in one task and listen in another; the first that ends ends both."""
    seat = MailboxSeat(hub, viewer)
    _begin(hub, seat, channel, hello)
    guest = Seated(hub, seat, channel, on_leave)
    pump = asyncio.create_task(seat.pump(websocket.send_text))

    async def listen() -> None:
        with suppress(WebSocketDisconnect):
            while not seat.closed:
                await guest.hear(await _receive(websocket))

    ears = asyncio.create_task(listen())
    try:
        await asyncio.wait({pump, ears}, return_when=asyncio.FIRST_COMPLETED)
        for task in (pump, ears):
            task.cancel()
        outcome = await asyncio.gather(pump, ears, return_exceptions=True)
    finally:
        guest.leave()
    await _close(websocket, outcome[0] if isinstance(outcome[0], int) else POLICY_VIOLATION)


async def _receive(websocket: WebSocket) -> bytes:
    """Return one message. Raises WebSocketDisconnect at the end."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    return text.encode() if text is not None else message["bytes"]  # type: ignore[no-any-return]


def _parse(text: bytes) -> Mapping[str, object]:
    """Return the message as an object. Raises ValueError for anything else."""
    value = orjson.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value


def _known(message: Mapping[str, object]) -> Mapping[str, str]:
    """Return the shelters that a returning page shows: shelter id to stamp."""
    known = message.get("known")
    if message.get("type") != "hello" or not isinstance(known, dict):
        return {}
    return {shelter_id: stamp for shelter_id, stamp in known.items() if isinstance(stamp, str)}


async def _close(websocket: WebSocket, code: int) -> None:
    try:
        await websocket.close(code)
    except (RuntimeError, WebSocketDisconnect):
        return  # it was closed from the other side meanwhile
