"""Measure our share of the CPU: a page, a search, a change and a handshake beside the bare stack, in one process and one run.

    python bench/limits.py

An empty Starlette route and a bare Starlette socket cost what nobody on this stack can avoid. It is the CPU of this process
only, so other work on the machine matters little; compare ratios. No figure is a test. Figures last printed: at the end.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvicorn
import uvloop
from back import come_back, make_up_board
from rig import SEAL, free_port
from search import profiles_for
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from bedboard import embedded
from bedboard.admission import NO_LIMITS
from bedboard.app import build_app
from bedboard.doorway import make_doorway
from bedboard.live.wire import WEBSOCKET_OPTIONS
from bedboard.log import set_up_log
from bedboard.migrations.run import migrate_now
from bedboard.settings import read_settings

Headers = dict[str, str]


async def nothing(_: Request) -> Response:
    return Response(b"")


async def bare_socket(websocket: WebSocket) -> None:
    """Take a hello and answer with as many bytes as a small snapshot."""
    await websocket.accept()
    await websocket.receive_text()
    await websocket.send_text("x" * 200)
    try:
        await websocket.receive_text()
    except WebSocketDisconnect:
        return


async def call(app: ASGIApp, method: str, path: str, headers: Headers, body: bytes = b"") -> list[Message]:
    """Return the messages of the application's answer; no server and no network between."""
    asked, answer = [{"type": "http.request", "body": body, "more_body": False}], list[Message]()

    async def receive() -> Message:
        return asked.pop() if asked else await asyncio.get_running_loop().create_future()

    async def send(message: Message) -> None:
        answer.append(message)

    said = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "headers": said, "query_string": b"", "state": {}}
    more = {"http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1), "root_path": ""}
    await app({**scope, **more}, receive, send)
    return answer


async def cpu_of(times: int, work: Callable[[int], Awaitable[object]]) -> float:
    """Return the milliseconds of CPU of one piece of work."""
    for number in range(20):
        await work(number)
    begun = time.process_time()
    for number in range(times):
        await work(number)
    return (time.process_time() - begun) / times * 1000


async def handshakes(port: int, screens: int) -> float:
    """Return the milliseconds of CPU of a screen that comes back; the screens are in a process of their own."""
    begun = time.process_time()
    others = await asyncio.create_subprocess_exec(sys.executable, __file__, "--port", str(port), "--screens", str(screens))
    if await others.wait():
        raise SystemExit("the screens did not come back")
    return (time.process_time() - begun) / screens * 1000


async def served(app: ASGIApp, port: int, **options: Any) -> uvicorn.Server:
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error", timeout_graceful_shutdown=1, **options))
    asyncio.get_running_loop().create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.02)
    return server


async def measure(folder: Path, web_url: str, times: int, screens: int) -> None:
    """Print every figure. The board is that of `back.py`, with so many screens at least. `screens` 0: no handshakes."""
    port, other = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    os.environ |= {"DATABASE_URL": web_url, "BEDBOARD_DEMO": "true", "BEDBOARD_PUBLIC_URL": url}
    os.environ |= {"BEDBOARD_DATA": str(folder), "BEDBOARD_LOG_LEVEL": "error"}
    set_up_log("error")
    app, empty = build_app(read_settings(), SEAL, limits=NO_LIMITS), Starlette(routes=[Route("/", nothing)])
    bare = Starlette(routes=[WebSocketRoute("/live", bare_socket)])
    servers = [
        await served(app, port, http=make_doorway(), **WEBSOCKET_OPTIONS),
        await served(bare, other, ws="websockets-sansio"),
    ]
    host = url.removeprefix("http://")
    page = {"Host": host, "Cookie": "bedboard=token-1", "Accept-Encoding": "gzip"}
    police = {"Host": host, "Authorization": "Bearer demo-police"}
    shelter = {"Host": host, "Authorization": "Bearer demo-shelter-s1"}
    searches = [json.dumps(one).encode() for one in profiles_for([f"u{n}" for n in range(10)])]
    various = [json.dumps(json.loads(one) | {"limit": 50 + n}).encode() for n in range(10) for one in searches]
    taps = [b'{"status":"free"}', b'{"status":"occupied"}']
    for name, work in (
        ("an empty Starlette route", lambda n: call(empty, "GET", "/", {})),
        ("/health, with our headers and checks", lambda n: call(app, "GET", "/health", page)),
        ("GET /, packed", lambda n: call(app, "GET", "/", page)),
        ("a search that nobody has just made", lambda n: call(app, "POST", "/api/v1/search", police, various[n % 500])),
        ("a search that somebody has just made", lambda n: call(app, "POST", "/api/v1/search", police, searches[0])),
        ("a change of one place", lambda n: call(app, "PATCH", "/api/v1/places/s1-1", shelter, taps[n % 2])),
    ):
        print(f"{name:40} {await cpu_of(times, work):7.3f} ms of CPU", flush=True)
    for name, where in (("a bare socket: accept, hello, answer", other), ("a screen that comes back", port)) * (
        2 if screens else 0
    ):
        print(f"{name:40} {await handshakes(where, screens):7.3f} ms of CPU", flush=True)
    for server in servers:
        server.should_exit = True
    await asyncio.sleep(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=300, help="how often each piece of work is done")
    parser.add_argument("--screens", type=int, default=1000)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.port:
        come_back("127.0.0.1", given.port, given.screens)
        return
    with tempfile.TemporaryDirectory(prefix="bedboard-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # another user runs the database
        database = embedded.start(folder / "data")
        try:
            migrate_now(database.url, database.web_url)
            asyncio.run(make_up_board(database.url, max(given.screens, 2)))
            uvloop.run(measure(folder, database.web_url, given.times, given.screens))
        finally:
            database.discard()


if __name__ == "__main__":
    main()


# Last printed, 29 November 2026, on two cores that six other people's tests shared; 45 shelters with 1,125 places:
#
# an empty Starlette route                   0.011 ms of CPU
# /health, with our headers and checks       0.116 ms of CPU
# GET /, packed                              1.334 ms of CPU
# a search that nobody has just made         1.035 ms of CPU
# a search that somebody has just made       0.239 ms of CPU
# a change of one place                      6.710 ms of CPU
# a bare socket: accept, hello, answer       0.772 ms of CPU
# a screen that comes back                   1.125 ms of CPU
# a bare socket: accept, hello, answer       0.760 ms of CPU
# a screen that comes back                   1.137 ms of CPU
