"""The hub behind uvicorn in a thread of its own, and real `websockets` clients that may stop reading."""

import asyncio
import contextlib
import datetime
import ipaddress
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.asyncio.client import ClientConnection, connect

from bedboard.live.hub import Hub, Seat
from bedboard.live.member import Member
from bedboard.live.seats import DirectSeat, MailboxSeat
from bedboard.live.wire import encode_text, wire_of
from tests.build import PATIENCE

T = TypeVar("T")
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
FILL = "x" * 4096
DEADLINE_SECONDS = PATIENCE


class Echo:
    """A guest whose words come back between the hub's frames; "wait" only when the test lets it."""

    def __init__(self, server: "Server", seat: Seat[str]) -> None:
        self._server = server
        self._seat = seat

    async def hear(self, text: bytes) -> None:
        if text == b"wait":
            await self._server.go_on.wait()
        self._server.hub.send(self._seat, "echo", text)

    def leave(self) -> None:
        self._server.hub.leave(self._seat)
        self._server.ended.append(self._seat.viewer)


class Server:
    """uvicorn with a hub behind it, whose guests echo. A viewer named "naive" is not seated: only ASGI reaches it."""

    def __init__(self, new_loop: Callable[[], asyncio.AbstractEventLoop], **options: Any) -> None:
        self.now = 0.0
        self.hub: Hub[str] = Hub(encode_text, lambda: self.now)
        self.latest = "nothing"
        self.naive: list[Send] = []
        self.members: list[Member | None] = []
        self.go_on = asyncio.Event()
        self.seats_after = asyncio.Event()
        self.seats_after.set()
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
        await self.seats_after.wait()
        member = wire.detach() if wire and viewer != "naive" else None
        self.members.append(member)
        if member is not None:
            direct = DirectSeat(self.hub, viewer, member)
            self.hub.join(direct, "board", lambda: f"snapshot with {self.latest}")
            member.seat(Echo(self, direct))
            return
        mailbox = MailboxSeat(self.hub, viewer)
        self.hub.join(mailbox, "board", lambda: f"snapshot with {self.latest}")
        self.naive.append(send)

        async def pump() -> None:
            code = await mailbox.pump(lambda text: send({"type": "websocket.send", "text": text}))
            await send({"type": "websocket.close", "code": code})

        pumping = asyncio.create_task(pump())
        try:
            while (await receive())["type"] == "websocket.receive":
                pass
        finally:
            self.hub.leave(mailbox)
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
