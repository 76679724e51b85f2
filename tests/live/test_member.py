"""The words of a seated viewer, byte by byte: a raw socket after a real handshake, and a guest that echoes."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import pytest
from websockets.frames import Close, Frame, Opcode

from bedboard.live.member import MESSAGE_BYTES, MOST_PARTS, Member
from bedboard.live.wire import WEBSOCKET_OPTIONS
from tests.build.wire import DEADLINE_SECONDS, LOOPS, Server, until

HELLO = (
    b"GET /?raw HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@pytest.fixture(params=LOOPS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(LOOPS[request.param], **WEBSOCKET_OPTIONS).running() as running:
        yield running


class Raw:
    """A client that writes bytes, and reads frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def stop_reading(self) -> None:
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    async def say(self, *parts: bytes) -> None:
        """Write the parts, each in a packet of its own as far as the kernel lets us."""
        for part in parts:
            self._writer.write(part)
            await self._writer.drain()
            if len(parts) > 1:
                await asyncio.sleep(0)

    async def hear(self) -> tuple[Opcode, bytes]:
        """Return the next frame; all of the server's frames here are short."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            first, size = await self._reader.readexactly(2)
            if size == 126:
                size = int.from_bytes(await self._reader.readexactly(2), "big")
            return Opcode(first & 0x0F), await self._reader.readexactly(size)

    async def closed_with(self) -> int:
        """Return the code of the close frame, which is the last thing that comes."""
        opcode, data = await self.hear()
        assert opcode is Opcode.CLOSE, (opcode, data)
        async with asyncio.timeout(DEADLINE_SECONDS):
            assert await self._reader.read() == b""
        return Close.parse(data).code


def frame(opcode: Opcode, data: bytes = b"", *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def text(words: str) -> bytes:
    return frame(Opcode.TEXT, words.encode())


@contextlib.asynccontextmanager
async def seated(server: Server) -> AsyncIterator[tuple[Raw, Member]]:
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that a viewer that stops reading is soon noticed
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.port))
    reader, writer = await asyncio.open_connection(sock=sock)
    try:
        writer.write(HELLO)
        await reader.readuntil(b"\r\n\r\n")
        await until(lambda: len(server.hub) == 1)
        member = server.members[-1]
        assert member is not None
        yield Raw(reader, writer), member
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    await until(lambda: len(server.hub) == 0 and not server.connections())
    assert server.ended == ["raw"]


async def test_half_a_frame_and_then_silence_delays_nothing_and_the_other_half_is_heard(server: Server) -> None:
    message = text("a message")
    for cut in (1, 3, 6, len(message) - 1):
        async with seated(server) as (raw, _):
            await raw.say(message[:cut])
            await server.publish("news")
            assert await raw.hear() == (Opcode.TEXT, b"news")
            await raw.say(message[cut:])
            assert await raw.hear() == (Opcode.TEXT, b"a message")
        server.ended.clear()


async def test_a_frame_in_single_bytes_is_one_message_and_no_parser_stays(server: Server) -> None:
    async with seated(server) as (raw, member):
        long = "x" * 300  # a length of two bytes
        message = text(long)
        await raw.say(*(message[n : n + 1] for n in range(len(message))))
        assert await raw.hear() == (Opcode.TEXT, long.encode())
        await until(lambda: member._parser is None)


async def test_a_message_in_several_frames_with_a_ping_between_them_is_one(server: Server) -> None:
    async with seated(server) as (raw, member):
        await raw.say(frame(Opcode.TEXT, b"one ", fin=False), frame(Opcode.PING, b"?"), frame(Opcode.CONT, b"message"))
        assert await raw.hear() == (Opcode.PONG, b"?")
        assert await raw.hear() == (Opcode.TEXT, b"one message")
        await until(lambda: member._parser is None)


async def test_a_close_frame_behind_a_text_is_answered_and_ends_the_seat(server: Server) -> None:
    async with seated(server) as (raw, _):
        await raw.say(text("goodbye") + frame(Opcode.CLOSE, Close(1000, "").serialize()))
        assert await raw.closed_with() == 1000
        await until(lambda: server.ended == ["raw"])


async def test_some_pings_are_answered_in_order_and_a_flood_of_them_closes(server: Server) -> None:
    async with seated(server) as (raw, member):
        await raw.say(b"".join(frame(Opcode.PING, str(number).encode()) for number in range(150)))
        for number in range(150):
            assert await raw.hear() == (Opcode.PONG, str(number).encode())
        await until(lambda: member._parser is None)
        with contextlib.suppress(ConnectionError):  # it is cut while we still talk
            await raw.say(frame(Opcode.PING, b"x" * 100) * 5000)
        await until(lambda: len(server.hub) == 0)


async def test_a_message_in_too_many_frames_closes(server: Server) -> None:
    async with seated(server) as (raw, _):
        await raw.say(frame(Opcode.TEXT, b"", fin=False) + frame(Opcode.CONT, b"", fin=False) * MOST_PARTS)
        assert await raw.closed_with() == 1008


async def test_a_flood_of_empty_frames_is_cut_before_it_takes_time(server: Server) -> None:
    async with seated(server) as (raw, member):
        with contextlib.suppress(ConnectionError):
            await raw.say(frame(Opcode.TEXT, b"", fin=False) + frame(Opcode.CONT, b"", fin=False) * 60_000)
        await until(lambda: len(server.hub) == 0)
        assert len(member._parts or ()) <= MOST_PARTS + 1


async def test_frames_before_the_seat_are_counted_too(server: Server) -> None:
    server.seats_after.clear()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(HELLO)
    await reader.readuntil(b"\r\n\r\n")
    raw = Raw(reader, writer)
    await raw.say(frame(Opcode.TEXT, b"", fin=False) + frame(Opcode.CONT, b"", fin=False) * 300)
    assert await raw.closed_with() == 1008
    await server.do(server.seats_after.set)
    await until(lambda: not server.connections())
    assert len(server.hub) == 0
    writer.close()


async def test_a_viewer_that_reads_nothing_cannot_make_answers_pile_up(server: Server) -> None:
    async with seated(server) as (raw, member):
        raw.stop_reading()
        await server.fill()
        assert member.paused
        waiting = await server.do(server.waiting_bytes)
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(raw.say(*[frame(Opcode.PING, b"x" * 100) * 10] * 10), DEADLINE_SECONDS)
        await server.publish("one more round of the loop")
        assert await server.do(server.waiting_bytes) == waiting
        member.transport.abort()


async def test_16_kib_is_heard_and_one_byte_more_closes(server: Server) -> None:
    async with seated(server) as (raw, _):
        await raw.say(text("x" * MESSAGE_BYTES))
        assert await raw.hear() == (Opcode.TEXT, b"x" * MESSAGE_BYTES)
        await raw.say(text("x" * (MESSAGE_BYTES + 1)))
        assert await raw.closed_with() == 1009


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (Frame(Opcode.TEXT, b"not masked").serialize(mask=False), 1002),
        (frame(Opcode.CONT, b"continues nothing"), 1002),
        (b"\x83\x80\x00\x00\x00\x00", 1002),  # an opcode that does not exist
        (frame(Opcode.TEXT, b"\xff\xfe"), 1007),
    ],
    ids=["not masked", "continues nothing", "no such opcode", "no UTF-8"],
)
async def test_what_is_no_websocket_closes_with_its_code(server: Server, octets: bytes, code: int) -> None:
    async with seated(server) as (raw, _):
        await raw.say(octets)
        assert await raw.closed_with() == code


async def test_while_a_guest_is_busy_what_comes_next_waits_and_frames_of_the_hub_pass(server: Server) -> None:
    async with seated(server) as (raw, _):
        await raw.say(text("wait") + text("second"), text("third"))
        await server.publish("news")
        assert await raw.hear() == (Opcode.TEXT, b"news")
        await server.do(server.go_on.set)
        for words in (b"wait", b"second", b"third"):
            assert await raw.hear() == (Opcode.TEXT, words)


async def test_a_viewer_that_is_closed_while_its_guest_is_busy_is_told_why_and_heard_no_more(server: Server) -> None:
    async with seated(server) as (raw, _):
        await raw.say(text("wait") + text("second"))
        await until(lambda: bool(server.uvicorn.server_state.tasks))
        assert await server.do(lambda: server.hub.close_where(lambda viewer: True, 4401)) == 1
        await server.do(server.go_on.set)
        opcode, data = await raw.hear()
        assert (opcode, Close.parse(data).code) == (Opcode.CLOSE, 4401)
        await raw.say(frame(Opcode.CLOSE, data))
        await until(lambda: not server.connections())
    assert not server.uvicorn.server_state.tasks


async def test_a_closed_viewer_that_never_answers_is_cut(server: Server) -> None:
    async with seated(server) as (raw, _):
        await server.do(lambda: server.hub.close_where(lambda viewer: True, 4401))
        assert (await raw.hear())[0] is Opcode.CLOSE
        await server.drop_stuck(10.0)
        await until(lambda: not server.connections())


async def test_a_viewer_is_asked_for_a_sign_of_life_and_any_byte_is_one(server: Server) -> None:
    async with seated(server) as (raw, member):
        assert await server.do(member.check_alive)
        assert await raw.hear() == (Opcode.PING, b"")
        assert not await server.do(member.check_alive), "nothing has come since"
        await raw.say(frame(Opcode.PONG))
        await until(lambda: member._is_alive)
        assert await server.do(member.check_alive)


async def test_a_server_that_ends_says_so_to_every_viewer(server: Server) -> None:
    async with seated(server) as (raw, _):
        server.uvicorn.should_exit = True
        assert await raw.closed_with() == 1012
