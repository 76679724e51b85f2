"""uvicorn's own WebSocket protocol up to the handshake; a `Member` takes its place afterwards.

Knows frames and transports; must not know boards, people, or what a message says. It parses nothing itself.

Why: `await send_text` builds a frame per viewer and waits for each; the hub writes one ready frame to all. And most viewers
only listen: scope, headers, parser, task and queue of the handshake would be kept for hours without any use.

The rule of pausing (measured, asyncio and uvloop 0.22+): both try the socket at once inside `write`, and call
`pause_writing` only when the kernel did not take everything. So with a high-water mark of 0 "paused" means "this
viewer's kernel buffer is full", and a viewer that reads is never paused by small messages.
"""

import asyncio
import socket
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame, Opcode

from bedboard.live.member import MESSAGE_BYTES, POLICY_VIOLATION, FrameLimit, Member, size_on_wire, slices

EXTENSION = "bedboard.wire"

SEND_BUFFER_BYTES = 32 * 1024
"""Without this limit, Linux takes megabytes for a viewer that is gone before the server notices. Linux doubles it."""


def encode_text(message: str | bytes) -> bytes:
    """Return one unmasked text frame, as a server sends it; bytes are text already in UTF-8."""
    octets = message.encode() if isinstance(message, str) else message
    return Frame(Opcode.TEXT, octets).serialize(mask=False)


class HandedOver:
    """The transport of a protocol whose connection is a member's now: its handler may end without closing it."""

    def close(self) -> None:
        pass


class WireProtocol(WebSocketsSansIOProtocol):
    """A protocol whose connection can be detached, except over TLS: its buffers are not those of the viewer."""

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any], **given: Any) -> None:
        super().__init__(config, server_state, app_state, **given)
        self._server_state = server_state
        self._limit = FrameLimit()
        self._owed = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.scheme == "ws":
            self.transport.set_write_buffer_limits(high=0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    async def run_asgi(self) -> None:
        if self.scheme == "ws":
            extensions: dict[str, Any] = {**(self.scope.get("extensions") or {}), EXTENSION: self}
            self.scope["extensions"] = extensions
        await super().run_asgi()

    async def send(self, message: Any) -> None:
        """Send as uvicorn does. Raises ClientDisconnected for a viewer that left before it was accepted.

        uvicorn would write nothing on a connection that is closing, and say nothing either.
        """
        if self.transport.is_closing() and not self.handshake_complete:
            raise ClientDisconnected
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body", False):
            self.handshake_complete = True  # uvicorn forgets this for a refusal, and would log that nothing was answered

    def data_received(self, data: bytes) -> None:
        if not self.handshake_initiated:
            super().data_received(data)
            # uvicorn gives the whole request at once. What `websockets` could not read then, it never reads nor answers.
            if not self.handshake_initiated:
                self.transport.close()
            return
        for part in slices(data):
            if self.transport.is_closing():
                return
            self._owed += len(part)
            super().data_received(part)

    def handle_events(self) -> None:
        frames = [event for event in self.conn.events if isinstance(event, Frame)]
        self._owed -= sum(size_on_wire(frame) for frame in frames)
        if self._limit.is_passed(len(frames)):
            self.conn.events.clear()
            self.conn.fail(POLICY_VIOLATION, "too many frames")
            self.handle_parser_exception()
            return
        super().handle_events()

    def detach(self) -> Member | None:
        """Return a member in the place of this protocol, whose handler then returns; None when the viewer has left.

        The member needs a guest in the same step. Raises RuntimeError before the handshake is done.
        """
        if not self.handshake_complete:
            raise RuntimeError("accept the WebSocket before taking a seat")
        if self.disconnected or self.close_sent or self.conn.close_rcvd is not None or self.transport.is_closing():
            return None
        self.stop_keepalive()
        transport = self.transport
        member = Member(transport, self._server_state, self._limit, paused=not self.writable.is_set())
        if self._owed or self.frames:  # a message has begun
            member._parser, member._owed, member._parts = self.conn, self._owed, self.frames or None
            member._is_text = self.curr_msg_data_type == "text"
        self.connections.discard(self)
        self.connections.add(member)  # type: ignore[arg-type]  # uvicorn names its own classes only
        transport.set_protocol(member)
        self.transport = HandedOver()  # type: ignore[assignment]
        if self.read_paused:
            transport.resume_reading()
        while not self.queue.empty():
            message = cast("dict[str, Any]", self.queue.get_nowait())
            member.take(message["text"].encode() if "text" in message else message["bytes"])
        return member


def wire_of(scope: Mapping[str, Any]) -> WireProtocol | None:
    """Return the protocol of an accepted socket; None under TLS, another server or a test client: then take a mailbox."""
    wire = (scope.get("extensions") or {}).get(EXTENSION)
    return wire if isinstance(wire, WireProtocol) else None


class WebSocketOptions(TypedDict):
    ws: type[asyncio.Protocol]
    ws_max_size: int
    ws_per_message_deflate: bool
    ws_ping_interval: float
    ws_ping_timeout: float


WEBSOCKET_OPTIONS: WebSocketOptions = {
    "ws": WireProtocol,
    "ws_max_size": MESSAGE_BYTES,
    "ws_per_message_deflate": False,  # the ready frames are not compressed, and it costs twice the time
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
}
"""For `uvicorn.Config(app, **WEBSOCKET_OPTIONS)`; the pings are those before a viewer is seated."""
