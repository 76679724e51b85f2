"""The hub over real sockets: uvicorn in a thread of its own, on both event loops, and real `websockets` clients.

The server's clock is turned by hand, so nothing here waits for patience to run out.
"""

import asyncio
import contextlib
import datetime
import ipaddress
import itertools
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvicorn
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bedboard.live.hub import Hub
from bedboard.live.seats import DirectSeat, MailboxSeat
from bedboard.live.wire import WEBSOCKET_OPTIONS, Wire, encode_text, wire_of

T = TypeVar("T")
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
FILL = "x" * 4096
DEADLINE_SECONDS = 5.0


class Server:
    """uvicorn with a hub behind it. A text that a client sends comes back through ASGI, between the hub's frames."""

    def __init__(self, new_loop: Callable[[], asyncio.AbstractEventLoop], **options: Any) -> None:
        self.now = 0.0
        self.hub: Hub[str] = Hub(encode_text, lambda: self.now)
        self.latest = "nothing"
        self.naive: list[Send] = []
        self.wires: list[Wire | None] = []
        self.ended: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(self._app, lifespan="off", interface="asgi3", log_config=None, **options)
        self.uvicorn = uvicorn.Server(config)
        self.loop = new_loop()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.uvicorn.serve(sockets=[self._socket]))
        self.loop.close()

    async def _app(self, scope: MutableMapping[str, Any], receive: Callable[[], Awaitable[Any]], send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        viewer, wire = scope["query_string"].decode(), wire_of(scope)
        self.wires.append(wire)
        mailbox = MailboxSeat(self.hub, viewer)
        seat = DirectSeat(self.hub, viewer, wire) if wire else mailbox
        self.hub.join(seat, "board", lambda: f"snapshot with {self.latest}")
        self.naive.append(send)

        async def pump() -> None:
            code = await mailbox.pump(lambda text: send({"type": "websocket.send", "text": text}))
            await send({"type": "websocket.close", "code": code})

        pumping = asyncio.create_task(pump())
        try:
            while (message := await receive())["type"] == "websocket.receive":
                await send({"type": "websocket.send", "text": message["text"]})
        finally:
            self.hub.leave(seat)
            pumping.cancel()
            self.ended.append(viewer)

    async def do(self, act: Callable[[], T]) -> T:
        """Run something in the server's thread and loop, between its other work."""

        async def call() -> T:
            return act()

        return await asyncio.wait_for(
            asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call(), self.loop)), DEADLINE_SECONDS
        )

    def publish(self, *messages: str) -> Awaitable[None]:
        def act() -> None:
            for self.latest in messages:
                self.hub.publish("board", "key", self.latest)

        return self.do(act)

    def drop_stuck(self, now: float) -> Awaitable[int]:
        self.now = now
        return self.do(lambda: self.hub.drop_stuck(now))

    async def fill(self, text: str = FILL) -> None:
        """Publish until somebody's kernel buffers are full."""
        for _ in range(1000):
            await self.publish(text)
            if self.hub.lagging:
                return
        raise AssertionError("nobody lags")

    def waiting_bytes(self) -> int:
        return max(int(connection.transport.get_write_buffer_size()) for connection in self.connections())

    def connections(self) -> list[Any]:
        return list(self.uvicorn.server_state.connections)

    @contextlib.contextmanager
    def running(self) -> Iterator["Server"]:
        self._thread.start()
        try:
            yield self
        finally:
            self.uvicorn.should_exit = True
            self.loop.call_soon_threadsafe(lambda: [connection.transport.abort() for connection in self.connections()])
            self._thread.join(DEADLINE_SECONDS)
            self._socket.close()
            assert not self._thread.is_alive()


@pytest.fixture(params=LOOPS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(LOOPS[request.param], **WEBSOCKET_OPTIONS).running() as running:
        yield running


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - the condition is another thread's, which has no event for us
            await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def viewers(server: Server, count: int, name: str = "viewer", **options: Any) -> AsyncIterator[list[ClientConnection]]:
    """Clients with a small receive buffer, so that one which stops reading is noticed after a few frames."""
    expected = len(server.hub) + count
    async with contextlib.AsyncExitStack() as stack:
        clients = []
        for _ in range(count):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", server.port))
            address = f"{'wss' if 'ssl' in options else 'ws'}://127.0.0.1:{server.port}/?{name}"
            client = await stack.enter_async_context(
                connect(address, sock=sock, max_queue=None, ping_interval=None, proxy=None, close_timeout=0.1, **options)
            )
            clients.append(client)
        await until(lambda: len(server.hub) == expected)
        yield clients


async def read_until(client: ClientConnection, last: str, seconds: float = DEADLINE_SECONDS) -> list[str]:
    got: list[str] = []
    async with asyncio.timeout(seconds):
        while not got or got[-1] not in (last, f"snapshot with {last}"):
            message = await client.recv()
            assert isinstance(message, str), "a text frame"
            got.append(message)
    return got


async def all_read(clients: list[ClientConnection], last: str, seconds: float = DEADLINE_SECONDS) -> None:
    """The check of promise 6: everybody who reads has the last message in time."""
    await asyncio.gather(*(read_until(client, last, seconds) for client in clients))


async def test_frames_of_the_hub_and_answers_of_the_handler_interleave_whole(server: Server) -> None:
    async with viewers(server, 1) as [client]:
        for number in range(200):
            await client.send(f"question {number}")
            await server.publish(f"news {number} é", FILL)
        await server.publish("end")
        got = await read_until(client, "end")
        while sum(text.startswith("question") for text in got) < 200:
            got.append(str(await asyncio.wait_for(client.recv(), DEADLINE_SECONDS)))
    assert server.wires != [None]
    assert [text for text in got if text.startswith("news")] == [f"news {number} é" for number in range(200)]
    assert [text for text in got if text.startswith("question")] == [f"question {number}" for number in range(200)]


async def test_writing_does_not_pause_a_viewer_that_reads(server: Server) -> None:
    """The rule the lagging set stands on: at a high-water mark of 0, both loops pause only for a full kernel."""

    def publish_small() -> int:
        server.hub.publish("board", "key", "small")
        return server.hub.lagging

    async with viewers(server, 1) as [client]:
        for number in range(300):
            assert await server.do(publish_small) == 0, number
        await server.publish("end")
        assert await read_until(client, "end") == ["small"] * 300 + ["end"]


async def test_a_viewer_that_stops_reading_delays_nobody_queues_nothing_and_is_closed(server: Server) -> None:
    async with viewers(server, 1, "stuck") as [stuck], viewers(server, 50) as others:
        stuck.transport.pause_reading()
        await server.fill()
        await server.publish(*itertools.repeat(FILL, 20), "end")
        await all_read(others, "end")
        await until(lambda: server.hub.lagging == 1)
        assert await server.do(server.waiting_bytes) <= len(FILL) + 4, "no more than the one frame it stopped at"
        assert await server.drop_stuck(9.9) == 0
        assert await server.drop_stuck(10.0) == 1
        assert len(server.hub) == 50
        await until(lambda: server.ended == ["stuck"])
        await server.drop_stuck(11.0)
        await until(lambda: len(server.connections()) == 50)
        await server.publish("still here")
        await all_read(others, "still here")


async def test_the_naive_way_fails_the_same_check(server: Server) -> None:
    """The control: awaiting each viewer in turn, one that does not read stops everybody behind it."""
    async with viewers(server, 1, "stuck") as [stuck], viewers(server, 5) as others:
        stuck.transport.pause_reading()

        async def naive() -> None:
            for text in [*itertools.repeat(FILL, 100), "end"]:
                for send in server.naive:
                    await send({"type": "websocket.send", "text": text})

        future = asyncio.run_coroutine_threadsafe(naive(), server.loop)
        with pytest.raises(TimeoutError):
            await all_read(others, "end", seconds=1.0)
        assert not future.done()
        stuck.transport.resume_reading()
        await all_read([stuck, *others], "end")
        await asyncio.wait_for(asyncio.wrap_future(future), DEADLINE_SECONDS)


async def test_a_viewer_that_reads_again_in_time_gets_one_snapshot_and_lives_on(server: Server) -> None:
    async with viewers(server, 1) as [client]:
        client.transport.pause_reading()
        await server.fill()
        await server.publish("missed", "missed too")
        client.transport.resume_reading()
        await until(lambda: server.hub.lagging == 0)
        await server.publish("end")
        got = [text for text in await read_until(client, "end") if text != FILL]
        assert got == ["snapshot with missed too", "end"]
        assert await server.drop_stuck(1000.0) == 0


async def test_a_closed_viewer_gets_the_code_and_its_handler_ends(server: Server) -> None:
    async with viewers(server, 2, "an") as clients, viewers(server, 1, "bo") as [other]:
        assert await server.do(lambda: server.hub.close_where(lambda viewer: viewer == "an", 4401)) == 2
        for client in clients:
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(client.recv(), DEADLINE_SECONDS)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4401
        await until(lambda: server.ended == ["an", "an"])
        await server.publish("end")
        assert await read_until(other, "end") == ["end"]


async def test_a_stuck_viewer_that_reads_within_the_grace_still_learns_why(server: Server) -> None:
    async with viewers(server, 1) as [client]:
        client.transport.pause_reading()
        await server.fill()
        assert await server.drop_stuck(10.0) == 1
        client.transport.resume_reading()
        with pytest.raises(ConnectionClosed) as closed:
            await read_until(client, "nothing more")
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013


async def test_publishing_to_a_viewer_that_vanished_harms_nobody(server: Server) -> None:
    async with viewers(server, 2) as [gone, cut], viewers(server, 1) as [stays]:
        gone.transport.abort()

        def cut_and_publish() -> None:
            assert server.wires[1]
            server.wires[1].abort()
            server.hub.publish("board", "key", "in the same step")

        await server.do(cut_and_publish)
        await server.publish(*itertools.repeat(FILL, 20), "end")
        await read_until(stays, "end")
        await until(lambda: len(server.hub) == 1)
        with pytest.raises(ConnectionClosed):
            await read_until(cut, "end")
        for wire in server.wires[:2]:
            assert wire
            for act in (lambda wire=wire: wire.write(b"late"), lambda wire=wire: wire.close(4401), wire.abort):
                await server.do(act)


async def test_a_handler_that_sends_after_the_hub_closed_finds_its_viewer_gone(server: Server) -> None:
    async with viewers(server, 1):

        async def close_and_send() -> None:
            server.hub.close_where(lambda viewer: True, 4401)
            await server.naive[0]({"type": "websocket.send", "text": "late"})

        with pytest.raises(OSError, match=r"^$"):  # what uvicorn raises for a lost peer, and Starlette expects
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(close_and_send(), server.loop))


@pytest.mark.parametrize("new_loop", LOOPS.values(), ids=LOOPS)
async def test_another_protocol_class_falls_back_to_mailboxes(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with Server(new_loop, ws="websockets-sansio", ws_per_message_deflate=False).running() as server:
        async with viewers(server, 1, "stuck") as [stuck]:
            stuck.transport.pause_reading()
            await server.fill(FILL * 64)  # without our send buffer, megabytes go before anybody notices
            async with viewers(server, 5) as others:
                await server.publish("end")
                await all_read(others, "end")
                assert server.wires == [None] * 6
                assert await server.drop_stuck(10.0) == 1
                await until(lambda: len(server.hub) == 5)


async def test_over_tls_a_mailbox_is_used(tmp_path: Path) -> None:
    certificate, key = self_signed(tmp_path)
    trust = ssl.create_default_context(cafile=certificate)
    options = {**WEBSOCKET_OPTIONS, "ssl_certfile": certificate, "ssl_keyfile": key}
    with Server(LOOPS["uvloop"], **options).running() as server:
        async with viewers(server, 1, ssl=trust) as [client]:
            await server.publish("one")
            assert await read_until(client, "one") == ["one"]
            assert server.wires == [None]


def self_signed(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files[1].write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    return files
