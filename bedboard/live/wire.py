"""uvicorn's own WebSocket protocol, with a handle on its transport for the hub.

Knows frames and transports; must not know boards, people, or what a message says. It parses nothing itself.

Why: `await send_text` builds a frame per viewer and waits for each; the hub writes one ready frame to all. ASGI `send`
and `Wire.write` may be mixed: both write whole frames to the transport in one step.

The rule of pausing (measured, asyncio and uvloop 0.22+): both try the socket at once inside `write`, and call
`pause_writing` only when the kernel did not take everything. So with a high-water mark of 0 "paused" means "this
viewer's kernel buffer is full", and a viewer that reads is never paused by small messages.
"""

import asyncio
import socket
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

EXTENSION = "bedboard.wire"

SEND_BUFFER_BYTES = 32 * 1024
"""Left to itself, Linux swallows megabytes for a viewer that is gone before anybody notices. It doubles this figure."""


def encode_text(message: str | bytes) -> bytes:
    """Return one unmasked text frame, as a server sends it; bytes are text already in UTF-8."""
    octets = message.encode() if isinstance(message, str) else message
    return Frame(Opcode.TEXT, octets).serialize(mask=False)


class Wire:
    """The connection as the hub sees it. Every method is synchronous, and does nothing once the connection closes."""

    __slots__ = ("_on_pause", "_on_resume", "_protocol")

    def __init__(self, protocol: "WireProtocol") -> None:
        self._protocol = protocol
        self._on_pause: Callable[[], None] | None = None
        self._on_resume: Callable[[], None] | None = None

    @property
    def paused(self) -> bool:
        """Return whether bytes wait here because the viewer's kernel buffer is full."""
        return not self._protocol.writable.is_set()

    def listen(self, on_pause: Callable[[], None], on_resume: Callable[[], None]) -> None:
        if not self._protocol.handshake_complete:
            raise RuntimeError("accept the WebSocket before taking a seat")
        self._on_pause, self._on_resume = on_pause, on_resume

    def write(self, frame: bytes) -> None:
        protocol = self._protocol
        if not (protocol.close_sent or protocol.transport.is_closing()):
            protocol.transport.write(frame)

    def close(self, code: int) -> None:
        self._protocol.close_now(code)

    def abort(self) -> None:
        self._protocol.transport.abort()

    def pause(self) -> None:
        if self._on_pause is not None:
            self._on_pause()

    def resume(self) -> None:
        if self._on_resume is not None:
            self._on_resume()

    def lose(self) -> None:
        self._on_pause = self._on_resume = None  # breaks the cycle with the seat, so its memory goes at once


class WireProtocol(WebSocketsSansIOProtocol):
    """A protocol that offers a `Wire` in `scope["extensions"]`, except over TLS: its buffers are not those of the viewer."""

    wire: Wire | None = None
    closed_by_hub = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self.scheme == "ws":
            self.wire = Wire(self)
            self.transport.set_write_buffer_limits(high=0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)

    async def run_asgi(self) -> None:
        if self.wire is not None:
            extensions: dict[str, Any] = {**(self.scope.get("extensions") or {}), EXTENSION: self.wire}
            self.scope["extensions"] = extensions
        await super().run_asgi()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self.wire is not None:
            self.wire.pause()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self.wire is not None:
            self.wire.resume()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self.wire is not None:
            self.wire.lose()

    async def send(self, message: ASGISendEvent) -> None:
        await self.writable.wait()
        if self.closed_by_hub:  # to the handler it is as if the viewer had gone, not a mistake of its own
            raise ClientDisconnected
        await super().send(message)

    def close_now(self, code: int) -> None:
        """Close as uvicorn does for `websocket.close`, without waiting for the viewer to read first."""
        if self.close_sent or self.transport.is_closing():
            return
        self.closed_by_hub = self.close_sent = True
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code})
        self.conn.send_close(code)
        self.transport.write(b"".join(self.conn.data_to_send()))
        if self.read_paused:
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(self.close_timeout, self.transport.close)


def wire_of(scope: Mapping[str, Any]) -> Wire | None:
    """Return the wire of an accepted socket; None under TLS, another server or a test client: then take a mailbox."""
    wire = (scope.get("extensions") or {}).get(EXTENSION)
    return wire if isinstance(wire, Wire) else None


class WebSocketOptions(TypedDict):
    ws: type[asyncio.Protocol]
    ws_max_size: int
    ws_per_message_deflate: bool
    ws_ping_interval: float
    ws_ping_timeout: float


WEBSOCKET_OPTIONS: WebSocketOptions = {
    "ws": WireProtocol,
    "ws_max_size": 16 * 1024,
    "ws_per_message_deflate": False,  # the ready frames are not compressed, and it costs twice the time
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
}
"""For `uvicorn.Config(app, **WEBSOCKET_OPTIONS)`."""
