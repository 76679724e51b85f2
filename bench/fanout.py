"""How long from a publication to the last viewer, for three ways to fan out, side by side in one run.

    python bench/fanout.py                     200 and 1000 viewers of each way
    python bench/fanout.py --viewers 10000 --ways hub

Each way has its own listening socket in one server process (uvloop) and its own client process, which counts bytes. The
ways take turns, so that a busy moment of the machine hits all of them. Figures last printed: at the end of this file.
"""

import argparse
import asyncio
import contextlib
import os
import resource
import select
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

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

NAMES = {"hub": "hub over the wire", "naive": "for viewer: await send_text", "broadcast": "websockets.broadcast()"}
RUN_SECONDS = 50.0
NO_PINGS: dict[str, Any] = {"ws_ping_interval": None}  # the clients count bytes
HELLO = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@dataclass
class Way:
    """One way to fan out, with its clients and what was measured (milliseconds)."""

    name: str
    publish: Callable[[str], Awaitable[None]]
    count: Callable[[], int]
    port: int
    clients: asyncio.subprocess.Process | None = None
    last_ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    kilobytes: float = 0.0


KEPT: list[Any] = []


async def uvicorn_on(app: Starlette, **options: Any) -> int:
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning", **options, **NO_PINGS))
    # Two servers in one process must not fight for the signals.
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
    KEPT.append(asyncio.create_task(server.serve(sockets=[listener])))
    port: int = listener.getsockname()[1]
    return port


class Listener:
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


async def start_hub() -> Way:
    hub: Hub[None] = Hub(encode_text, time.monotonic)

    async def live(websocket: WebSocket) -> None:
        await websocket.accept()
        wire = wire_of(websocket.scope)
        member = wire.detach() if wire else None
        if member is None:
            raise RuntimeError("the bench needs the wire")
        seat = DirectSeat(hub, None, member)
        member.seat(Listener(hub, seat))
        hub.join(seat, "board", snapshot)

    async def publish(text: str) -> None:
        hub.publish("board", "key", text)

    options = {name: value for name, value in WEBSOCKET_OPTIONS.items() if name not in NO_PINGS}
    port = await uvicorn_on(Starlette(routes=[WebSocketRoute("/", live)]), **options)
    return Way("hub", publish, lambda: len(hub), port)


async def start_naive() -> Way:
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

    routes = [WebSocketRoute("/", live)]
    port = await uvicorn_on(Starlette(routes=routes), ws="websockets-sansio", ws_per_message_deflate=False)
    return Way("naive", publish, lambda: len(viewers), port)


async def start_broadcast() -> Way:
    viewers: set[ServerConnection] = set()

    async def live(connection: ServerConnection) -> None:
        viewers.add(connection)
        await connection.wait_closed()
        viewers.discard(connection)

    async def publish(text: str) -> None:
        broadcast(viewers, text)

    server = await serve(live, "127.0.0.1", 0, compression=None, ping_interval=None, backlog=4096)
    KEPT.append(server)
    return Way("broadcast", publish, lambda: len(viewers), next(iter(server.sockets)).getsockname()[1])


START = {"hub": start_hub, "naive": start_naive, "broadcast": start_broadcast}


async def measure(viewers: int, names: list[str], text: str, seconds: float) -> list[Way]:
    ways = [await START[name]() for name in names]
    for way in ways:
        before = resident_kilobytes()
        way.clients = await asyncio.create_subprocess_exec(
            *[sys.executable, __file__, "--clients", str(way.port), str(viewers), str(len(encode_text(text)))],
            stdout=subprocess.PIPE,
        )
        await line_of(way)  # all connected
        while way.count() < viewers:  # noqa: ASYNC110 - a moment, once
            await asyncio.sleep(0.01)
        way.kilobytes = (resident_kilobytes() - before) / viewers
    end = time.monotonic() + seconds
    rounds = 0
    while time.monotonic() < end and rounds < 300:
        for way in ways:
            cpu, start = time.process_time(), time.monotonic()
            await way.publish(text)
            used = time.process_time() - cpu
            arrived = float(await line_of(way))
            if rounds >= 5:  # the first ones warm up
                way.last_ms.append((arrived - start) * 1000)
                way.cpu_ms.append(used * 1000)
            await asyncio.sleep(0.002)
        rounds += 1
    for way in ways:
        if way.clients:
            way.clients.kill()
            await way.clients.wait()
    return ways


async def line_of(way: Way) -> str:
    output = way.clients.stdout if way.clients else None
    line = await asyncio.wait_for(output.readline(), 30) if output else b""
    if not line:
        raise SystemExit(f"the clients of {way.name} stopped")
    return line.decode().strip()


def resident_kilobytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1024


def clients(port: int, viewers: int, frame_bytes: int) -> None:
    """The other process: prints a line when all are connected, then the moment each round reached its last viewer."""
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    for _ in range(viewers):
        viewer = socket.create_connection(("127.0.0.1", port), timeout=20)
        viewer.sendall(HELLO)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += viewer.recv(4096)
        viewer.setblocking(False)
        sockets[viewer.fileno()] = viewer
        poll.register(viewer, select.EPOLLIN)
    print("ready", flush=True)
    missing = dict.fromkeys(sockets, frame_bytes)
    left = viewers
    while True:
        for fileno, _ in poll.poll(maxevents=1000):
            data = sockets[fileno].recv(65536)
            if not data:
                return
            missing[fileno] -= len(data)
            if missing[fileno] == 0:
                left -= 1
        if left == 0:
            print(time.monotonic(), flush=True)
            missing, left = dict.fromkeys(sockets, frame_bytes), viewers


def report(viewers: int, ways: list[Way]) -> None:
    base = ways[0]
    print(f"\n{viewers} viewers, {len(base.last_ms)} rounds; to the last viewer, in ms")
    print(f"{'':30}{'p50':>9}{'p99':>9}{'max':>9}{'× p50':>8}{'CPU':>9}{'× CPU':>8}{'KB each':>9}")
    for way in ways:
        times = sorted(way.last_ms)
        p50, p99 = statistics.median(times), times[int(len(times) * 0.99)]
        cpu = statistics.median(way.cpu_ms)
        ratios = p50 / statistics.median(base.last_ms), cpu / statistics.median(base.cpu_ms)
        print(
            f"{NAMES[way.name]:30}{p50:9.2f}{p99:9.2f}{times[-1]:9.2f}{ratios[0]:8.2f}"
            f"{cpu:9.2f}{ratios[1]:8.2f}{way.kilobytes:9.1f}"
        )


def allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted <= hard or (soft < wanted and hard == resource.RLIM_INFINITY):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    elif soft < wanted:
        raise SystemExit(f"needs {wanted} open files, the limit is {hard}: raise it (ulimit -n), or use --ways hub")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--ways", nargs="+", choices=list(NAMES), default=list(NAMES))
    parser.add_argument("--bytes", type=int, default=1500, help="length of the message (default 1500)")
    parser.add_argument("--clients", type=int, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.clients:
        allow_files(options.clients[1] + 100)
        clients(*options.clients)
        return
    if max(options.viewers) > 10_000:
        raise SystemExit("at most 10000 viewers: beyond, one loopback address runs out of ports")
    allow_files(max(options.viewers) * len(options.ways) + 200)
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, uvicorn {uvicorn.__version__}, one process serves")
    for viewers in options.viewers:
        # A fresh process per size: what an earlier one left behind must not weigh on the next.
        if len(options.viewers) > 1:
            rest = ["--ways", *options.ways, "--bytes", str(options.bytes)]
            subprocess.run([sys.executable, __file__, "--viewers", str(viewers), *rest], check=True)
        else:
            report(viewers, uvloop.run(measure(viewers, options.ways, "x" * options.bytes, RUN_SECONDS / 4)))


if __name__ == "__main__":
    main()


# Last printed, 28 November 2026 (2 cores that other work shared, Python 3.11.7, uvicorn 0.54.0, uvloop 0.23.0; 600 bytes; ms):
#
#                                    viewers      p50      p99      max   × p50      CPU   × CPU  KB each
# hub over the wire                     1000    14.76    40.87    44.03    1.00     7.88    1.00      2.7
# for viewer: await send_text           1000    29.63    61.03    71.73    2.01    20.30    2.58     23.1
# websockets.broadcast()                1000    24.17    56.32    67.73    1.64    15.27    1.94     12.2
# one way per run:
# hub over the wire                    10000   155.29   322.61   322.61            94.62              2.6
# Before a seated viewer had a small connection of its own (1500 bytes, a quieter machine):
# hub over the wire                     1000     8.41    11.51    12.85    1.00     8.42    1.00     24.6
# websockets.broadcast()                1000    10.32    14.09    15.47    1.23    10.29    1.22     12.1
