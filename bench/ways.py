"""The ways in Python to hand one message to all viewers, for `fanout.py`: one server process each, on uvloop.

    python bench/ways.py hub 600        the message has 600 bytes

Prints its port. At a line on standard input it prints the moment (monotonic seconds) and its CPU so far (seconds), and sends
one text message to all.
"""

import asyncio
import contextlib
import resource
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # run as a script, not as a package

import uvicorn  # noqa: E402
import uvloop  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.routing import WebSocketRoute  # noqa: E402
from starlette.websockets import WebSocket, WebSocketDisconnect  # noqa: E402
from websockets.asyncio.server import ServerConnection, broadcast, serve  # noqa: E402

from bedboard.live.hub import Hub  # noqa: E402
from bedboard.live.seats import DirectSeat  # noqa: E402
from bedboard.live.wire import WEBSOCKET_OPTIONS, encode_text, wire_of  # noqa: E402

BACKLOG = 4096
NO_PINGS: dict[str, Any] = {"ws_ping_interval": None}


class Running(NamedTuple):
    """A way that listens: its port, and the call that sends a text to all."""

    port: int
    publish: Callable[[str], Awaitable[None]]


KEPT: list[Any] = []


async def uvicorn_on(app: Any, **options: Any) -> int:
    listener = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning", **options, **NO_PINGS))
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    KEPT.append(asyncio.create_task(server.serve(sockets=[listener])))
    port: int = listener.getsockname()[1]
    return port


class SilentGuest:
    """A viewer that says nothing."""

    __slots__ = ("_hub", "_seat")

    def __init__(self, hub: Hub[None], seat: DirectSeat[None]) -> None:
        self._hub, self._seat = hub, seat

    async def hear(self, text: bytes) -> None:
        raise NotImplementedError

    def leave(self) -> None:
        self._hub.leave(self._seat)


def snapshot() -> str:
    return "snapshot"


async def start_hub() -> Running:
    hub: Hub[None] = Hub(encode_text, time.monotonic)

    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        wire = wire_of(websocket.scope)
        member = wire.detach() if wire else None
        if member is None:
            raise RuntimeError("the bench needs the wire")
        seat = DirectSeat(hub, None, member)
        member.seat(SilentGuest(hub, seat))
        hub.join(seat, "board", snapshot)

    async def publish(text: str) -> None:
        hub.publish("board", "key", text)

    options = {name: value for name, value in WEBSOCKET_OPTIONS.items() if name not in NO_PINGS}
    return Running(await uvicorn_on(Starlette(routes=[WebSocketRoute("/", live)]), **options), publish)


async def start_naive() -> Running:
    viewers: set[WebSocket] = set()

    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        viewers.add(websocket)
        try:
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect:
            viewers.discard(websocket)

    async def publish(text: str) -> None:
        for viewer in list(viewers):
            await viewer.send_text(text)

    app = Starlette(routes=[WebSocketRoute("/", live)])
    return Running(await uvicorn_on(app, ws="websockets-sansio", ws_per_message_deflate=False), publish)


async def start_broadcast() -> Running:
    viewers: set[ServerConnection] = set()

    async def live(connection: ServerConnection) -> None:
        viewers.add(connection)
        await connection.wait_closed()
        viewers.discard(connection)

    async def publish(text: str) -> None:
        broadcast(viewers, text)

    server = await serve(live, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=BACKLOG)
    KEPT.append(server)
    return Running(next(iter(server.sockets)).getsockname()[1], publish)


async def start_socketio() -> Running:
    import socketio  # type: ignore[import-not-found]

    server = socketio.AsyncServer(async_mode="asgi", ping_interval=1000)

    async def publish(text: str) -> None:
        await server.emit("board", text)

    app = socketio.ASGIApp(server)
    return Running(await uvicorn_on(app, ws="websockets-sansio", ws_per_message_deflate=False), publish)


START = {"hub": start_hub, "naive": start_naive, "broadcast": start_broadcast, "socketio": start_socketio}


async def run(name: str, message_bytes: int) -> None:
    running, text = await START[name](), "x" * message_bytes
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    print(running.port, flush=True)
    while await commands.readline():
        used = resource.getrusage(resource.RUSAGE_SELF)
        print(f"{time.monotonic():.6f} {used.ru_utime + used.ru_stime:.6f}", flush=True)
        await running.publish(text)


if __name__ == "__main__":
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    uvloop.run(run(sys.argv[1], int(sys.argv[2])))
