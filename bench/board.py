"""How fast the board of a whole city is: pages, API, and one change until the last open board has it.

    python bench/board.py                          a made-up board of 135 shelters with 7,692 places
    python bench/board.py toronto-2024-01.csv      the real one, of 1 January 2024

A real server process (uvloop, one process) with the embedded PostgreSQL in a temporary folder; viewers in another process.
Everything stays on loopback and ends by itself. No figure is a test. Figures last printed: at the end of this file.
"""

import argparse
import asyncio
import select
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from rig import add_tokens, begin_board, import_city, serving, spread
from websockets.frames import Frame, Opcode

from bedboard.actions.setup import NewPlace, NewShelter, add_shelter
from bedboard.clock import Clock
from bedboard.store.database import Database
from bedboard.store.seal import Seal, new_key

SHELTERS, PLACES = 135, 7692
ROUNDS = 200


async def make_up_board(url: str) -> None:
    """As many shelters and places as the city, a tenth of the places free, everything confirmed now."""
    now, seal, database = Clock().now(), Seal(new_key()), Database(url, statement_seconds=60)
    async with database.transaction() as tx:
        await begin_board(tx)
        for number in range(SHELTERS):
            count = PLACES // SHELTERS + (number < PLACES % SHELTERS)
            places = [
                NewPlace(
                    id=f"s{number}-{n}",
                    kind=f"k{number % 7}",
                    label=str(n),
                    beds=1,
                    observed_at=now - timedelta(minutes=1),
                    state="open" if n % 10 == 0 else "occupied",
                )
                for n in range(count)
            ]
            shelter = NewShelter(
                f"s{number}", "org", f"u{number % 10}", f"Shelter {number:03}", "", "", now, places, criteria={"woman": "yes"}
            )
            await add_shelter(tx, shelter, seal, now)
        await add_tokens(tx, SHELTERS)
    await database.dispose()


def time_calls(client: httpx.Client, path: str, rounds: int = ROUNDS) -> list[float]:
    took = []
    for _ in range(rounds):
        start = time.perf_counter()
        client.get(path).raise_for_status()
        took.append((time.perf_counter() - start) * 1000)
    return took


def hello(host: str, cookie: str) -> bytes:
    return (
        f"GET /live?view=board&lang=nl HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def watch(host: str, cookie: str, viewers: int) -> None:
    """The other process: opens boards, then for every needle on stdin prints when the last board had received it."""
    name, port = host.split(":")
    poll, sockets, seen = select.epoll(), {}, {}
    greeting = Frame(Opcode.TEXT, b'{"type":"hello","known":{}}').serialize(mask=True)
    for _ in range(viewers):
        viewer = socket.create_connection((name, int(port)), timeout=20)
        viewer.sendall(hello(host, cookie))
        viewer.recv(65_536)
        viewer.sendall(greeting)
        sockets[viewer.fileno()] = viewer
        seen[viewer.fileno()] = b""
        while b'"fragments":[' not in seen[viewer.fileno()]:
            seen[viewer.fileno()] = seen[viewer.fileno()][-20:] + viewer.recv(262_144)
        viewer.setblocking(False)
        poll.register(viewer, select.EPOLLIN)
    time.sleep(0.5)
    print("ready", flush=True)
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    needle, missing = b"", set[int]()
    while True:
        for fileno, _ in poll.poll():
            if fileno == sys.stdin.fileno():
                line = sys.stdin.readline()
                if not line:
                    return
                needle, missing = line.strip().encode(), set(sockets)
                seen = dict.fromkeys(sockets, b"")
                print("watching", flush=True)
                continue
            data = seen[fileno] + sockets[fileno].recv(262_144)
            if needle and needle in data:
                missing.discard(fileno)
            seen[fileno] = data[-64:]
            if needle and not missing:
                print(time.monotonic(), flush=True)
                needle = b""


def time_changes(url: str, cookie: str, viewers: int, place: str, token: str, rounds: int) -> tuple[list[float], list[float]]:
    """Milliseconds until the post was answered, and until the last of `viewers` boards had it."""
    host = urlsplit(url).netloc
    command = [sys.executable, __file__, "--watch", host, cookie, str(viewers)]
    watcher = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if watcher.stdin is None or watcher.stdout is None:
        raise AssertionError("pipes were asked for")
    answered, arrived = [], []
    shelter = place.rpartition("-")[0]
    with httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        watcher.stdout.readline()
        version = client.get(f"/shelters/{shelter}").json()["version"]
        for number in range(rounds):
            version += 1
            watcher.stdin.write(f'"stamp":"{version}.\n')
            watcher.stdin.flush()
            watcher.stdout.readline()
            start = time.monotonic()
            body = {"status": "occupied" if number % 2 else "free"}
            client.patch(f"/places/{place}", json=body).raise_for_status()
            answered.append((time.monotonic() - start) * 1000)
            arrived.append((float(watcher.stdout.readline()) - start) * 1000)
    watcher.stdin.close()
    watcher.wait(10)
    return answered, arrived


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv", type=Path, nargs="?", help="the city's file; without it a made-up board of the same size")
    parser.add_argument("--viewers", type=int, nargs="+", default=[200, 1000])
    parser.add_argument("--watch", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        watch(options.watch[0], options.watch[1], int(options.watch[2]))
        return

    def fill(url: str) -> None:
        if options.csv:
            import_city(url, options.csv)
        else:
            asyncio.run(make_up_board(url))

    with serving(fill) as (url, _, _):
        measure(url, options.viewers)


def measure(url: str, sizes: list[int]) -> None:
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=30, follow_redirects=False) as client:
        page = client.get("/sign-in")
        person = "police" if 'value="police"' in page.text else page.text.split('name="person" value="')[1].split('"')[0]
        client.post("/sign-in/demo", data={"person": person})
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        whole = httpx.get(f"{url}/api/v1/board", headers={"Authorization": "Bearer demo-police"}, timeout=30).json()
        places = [place["id"] for shelter in whole["shelters"] for place in shelter["places"] if place["status"] != "closed"]
        print(f"{len(whole['shelters'])} shelters, {sum(len(s['places']) for s in whole['shelters'])} places, one process")
        page = client.get("/")
        packed = int(page.headers["content-length"]) / 1024
        print(f"GET /              {spread(time_calls(client, '/'))}   {packed:.0f} KB gzipped")
        client.headers["Accept-Encoding"] = "identity"
        size = int(client.get("/").headers["content-length"]) / 1024
        print(f"GET / uncompressed {spread(time_calls(client, '/'))}   {size:.0f} KB")
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer demo-police"}, timeout=30) as client:
        size = len(client.get("/api/v1/board").content) / 1024
        print(f"GET /api/v1/board  {spread(time_calls(client, '/api/v1/board'))}   {size:.0f} KB")
    place = places[0]
    for viewers in sizes:
        rounds = 200 if viewers <= 200 else 100
        answered, arrived = time_changes(url, cookie, viewers, place, f"demo-shelter-{place.rpartition('-')[0]}", rounds)
        print(f"one change, {viewers:5} boards open: answered {spread(answered)}")
        print(f"{'':31}last board {spread(arrived)}")


if __name__ == "__main__":
    main()


# Last printed, November 2026 (2 cores, Python 3.11, the city's 1 January 2024: 135 shelters, 7,913 places, one process; ms):
#
#                                                 p50      p99
# GET / (13 KB gzipped)                           3.5      6.0
# GET / uncompressed (170 KB)                     2.5      3.7
# GET /api/v1/board (950 KB)                      3.4      6.6
# one change,  200 boards open: answered         16.3     25.8
#                               last board       15.4     25.3
# one change, 1000 boards open: answered         23.9     37.9
#                               last board       22.8     36.3
