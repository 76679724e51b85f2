"""The connection of a viewer once it is seated: little memory, and ready frames.

Like `live/wire.py` it knows frames and transports, and must not know boards, people, or the meaning of a message.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Protocol, cast

from uvicorn.server import ServerState
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, Side
from websockets.protocol import Protocol as Parser

MESSAGE_BYTES = 16 * 1024
"""The longest message that a viewer may send; a longer one closes its socket with 1009."""

FRAMES_A_SECOND = 200
"""The most frames that a viewer may send in a second. More closes its socket with 1008; a page sends a few a minute."""

MOST_PARTS = 64
"""The most frames of one message. A message of empty frames has no bytes, so `MESSAGE_BYTES` does not limit their number."""

SLICE_BYTES = 4096
"""The most bytes that are parsed at once, so that a flood of tiny frames is noticed before all of it is parsed."""

POLICY_VIOLATION = 1008
PING = Frame(Opcode.PING, b"").serialize(mask=False)
SERVICE_RESTART = 1012  # the server restarts: come back
LOGGER = logging.getLogger("websockets.server")


def size_on_wire(frame: Frame) -> int:
    """Return the size of a client's frame in bytes.

    A frame is two bytes, a longer length field for a payload above 125 bytes, four bytes of mask, and the payload.
    """
    count = len(frame.data)
    return 6 + count + (0 if count < 126 else 2 if count < 65_536 else 8)


class FrameLimit:
    """Counts the frames of one viewer, by the second."""

    __slots__ = ("_count", "_second")

    def __init__(self) -> None:
        self._count = self._second = 0

    def is_passed(self, frames: int) -> bool:
        """Count these frames; return whether there have been too many within this second of the loop's clock."""
        second = int(asyncio.get_running_loop().time())
        if second != self._second:
            self._second, self._count = second, 0
        self._count += frames
        return self._count > FRAMES_A_SECOND


def slices(data: bytes) -> Iterator[bytes]:
    """Yield the arrived bytes in parts of `SLICE_BYTES`."""
    for start in range(0, len(data), SLICE_BYTES):
        yield data[start : start + SLICE_BYTES]


class Guest(Protocol):
    """The listener behind a member's connection: it hears the viewer's messages, and the end of the connection."""

    async def hear(self, text: bytes) -> None:
        """Take one whole message. Raises nothing: it closes its own seat when something is wrong."""

    def leave(self) -> None:
        """Let go of everything: the connection is lost, or about to close. Harmless when repeated."""


class Member(asyncio.Protocol):
    """The connection of a seated viewer: its transport, and hardly anything else.

    `write` takes a whole frame, ready for the wire. `paused`: bytes wait here, because the viewer's kernel buffer is full.
    The few bytes that a viewer says are read by a parser of `websockets`: made when they arrive, dropped when a message is
    whole.
    """

    __slots__ = (
        "_guest",
        "_is_alive",
        "_is_text",
        "_limit",
        "_messages",
        "_on_pause",
        "_on_resume",
        "_owed",
        "_parser",
        "_parts",
        "_server",
        "paused",
        "transport",
        "write",
    )

    def __init__(self, transport: asyncio.Transport, server: ServerState, limit: FrameLimit, *, paused: bool) -> None:
        self.transport = transport
        self.write: Callable[[bytes], None] = transport.write
        self.paused = paused
        self._server = server
        self._limit = limit
        self._guest: Guest | None = None
        self._on_pause: Callable[[], None] | None = None
        self._on_resume: Callable[[], None] | None = None
        self._parser: Parser | None = None
        self._owed = 0  # bytes in the parser that are no whole frame yet
        self._parts: list[bytes] | None = None  # the frames so far of a message in several frames
        self._is_text = True  # whether that message is text
        self._messages: list[bytes] | None = None  # whole messages, while the guest is busy with the first
        self._is_alive = True

    # --- what the hub does with it

    def listen(self, on_pause: Callable[[], None], on_resume: Callable[[], None]) -> None:
        """Call these from now on: when the viewer takes no more frames, and when it takes them again."""
        self._on_pause, self._on_resume = on_pause, on_resume

    def check_alive(self) -> bool:
        """Send a ping; return False when the viewer has answered nothing since the last one."""
        # `Hub.drop_stuck` closes a viewer whose buffer stays full. While a message is being heard nothing is read, so no answer
        # can arrive.
        if self.paused or self._messages is not None:
            return True
        was_alive, self._is_alive = self._is_alive, False
        if was_alive and not self.transport.is_closing():
            self.write(PING)
        return was_alive

    def close(self, code: int) -> None:
        """Send a close frame, and nothing more; the viewer's own close frame, or `abort`, ends the connection."""
        if self._guest is None or self.transport.is_closing():
            return
        self._end()
        parser = self._parser = self._parser or new_parser()
        parser.send_close(code)
        self._flush(parser)
        self._resume_reading()

    def abort(self) -> None:
        """Cut the connection without a word."""
        self.transport.abort()

    # --- what its guest hears

    def seat(self, guest: Guest) -> None:
        """Hand the viewer's messages to this guest from now on, first those that have already come."""
        self._guest = guest
        if self._messages:
            self._start_hearing()

    def take(self, text: bytes) -> None:
        """Keep one whole message for the guest, which hears one message at a time; nothing more is read meanwhile."""
        if self._messages is not None:
            self._messages.append(text)
            return
        self._messages = [text]
        self.transport.pause_reading()
        if self._guest is not None:
            self._start_hearing()

    def _resume_reading(self) -> None:
        """Read from the viewer again, unless its guest is busy or its buffer is full; a closed connection is always read."""
        if not self.transport.is_closing() and (self._guest is None or (not self.paused and self._messages is None)):
            self.transport.resume_reading()

    def _start_hearing(self) -> None:
        task = asyncio.get_running_loop().create_task(self._hear_all())
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    async def _hear_all(self) -> None:
        try:
            while self._messages and self._guest is not None:
                await self._guest.hear(self._messages.pop(0))
        finally:
            self._messages = None
            self._resume_reading()

    # --- what the transport says

    def data_received(self, data: bytes) -> None:
        self._is_alive = True
        for part in slices(data):
            if self.transport.is_closing():
                return
            self._parse(part)

    def _parse(self, data: bytes) -> None:
        parser = self._parser
        if parser is None:
            parser = self._parser = new_parser()
        parser.receive_data(data)
        frames = cast("list[Frame]", parser.events_received())
        if self._limit.is_passed(len(frames)):
            self._fail(parser, POLICY_VIOLATION, "too many frames")
            return
        self._flush(parser)  # answers to pings, and to a close frame
        self._owed += len(data)
        for frame in frames:
            self._owed -= size_on_wire(frame)
            if frame.opcode is Opcode.CLOSE:
                self._close_transport()
                return
            if frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._take_frame(parser, frame)
        if parser.parser_exc is not None:
            self._close_transport()
        elif self._owed == 0 and self._parts is None and self._guest is not None:
            self._parser = None

    def _take_frame(self, parser: Parser, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        if self._parts is None:
            self._parts = []
        self._parts.append(bytes(frame.data))
        if len(self._parts) > MOST_PARTS:
            self._fail(parser, POLICY_VIOLATION, "too many parts")
            return
        if not frame.fin:
            return
        message, self._parts = b"".join(self._parts), None
        try:
            if self._is_text:
                message.decode()
        except UnicodeDecodeError:
            self._fail(parser, CloseCode.INVALID_DATA, "no UTF-8")
            return
        if self._guest is not None:
            self.take(message)

    def pause_writing(self) -> None:
        self.paused = True
        self.transport.pause_reading()  # or the answers to its pings would pile up
        if self._on_pause is not None:
            self._on_pause()

    def resume_writing(self) -> None:
        self.paused = False
        self._resume_reading()
        if self._on_resume is not None:
            self._on_resume()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._end()
        self._on_pause = self._on_resume = None  # breaks the cycle with the seat, so its memory goes at once

    def shutdown(self) -> None:
        """Close the connection, because the server ends. Called by uvicorn."""
        self.close(SERVICE_RESTART)
        self.transport.close()

    def _flush(self, parser: Parser) -> None:
        if (octets := b"".join(parser.data_to_send())) and not self.transport.is_closing():
            self.write(octets)

    def _fail(self, parser: Parser, code: int, reason: str) -> None:
        parser.data_to_send()  # drops answers to pings, which are of no use now
        parser.fail(code, reason)
        self._flush(parser)
        self._close_transport()

    def _close_transport(self) -> None:
        self._end()
        self.transport.close()

    def _end(self) -> None:
        """Let the guest go, which takes the seat from the hub: nothing is written after a close frame."""
        guest, self._guest = self._guest, None
        if guest is not None:
            guest.leave()


def new_parser() -> Parser:
    return Parser(Side.SERVER, state=OPEN, max_size=MESSAGE_BYTES, logger=LOGGER)
