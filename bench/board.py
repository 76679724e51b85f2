"""How fast the board of a whole city is: pages, API, and one change until the last open board has it.

    python bench/board.py                          a made-up board of 135 shelters with 7,692 places
    python bench/board.py toronto-2024-01.csv      the real one, of 1 January 2024
    python bench/board.py --workers 2              served by two processes on one port

A real server (uvloop) with the embedded PostgreSQL in a temporary folder; viewers in another process.
Everything stays on loopback and ends by itself. No figure is a test. Figures last printed: at the end of this file.
"""

import argparse
import asyncio
import select
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from bare import ask, ask_at_once, connect, cpu_ms, request
from rig import SEAL, add_tokens, begin_board, import_city, serving, spread
from viewers import frame_end
from websockets.frames import Frame, Opcode

from bedboard.actions.setup import NewPlace, NewShelter, add_shelter
from bedboard.clock import Clock
from bedboard.store.database import Database

PING_BYTE, CLOSE_BYTE = 0x89, 0x88
PONG = Frame(Opcode.PONG, b"").serialize(mask=True)


async def make_up_board(url: str, shelters: int, all_places: int) -> None:
    """As many shelters and places as the city, a tenth of the places free, everything confirmed now."""
    now = Clock().now()
    database = Database(url, SEAL.marks, statement_seconds=60)
    async with database.transaction() as tx:
        await begin_board(tx)
        for number in range(shelters):
            count = all_places // shelters + (number < all_places % shelters)
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
            await add_shelter(tx, shelter, SEAL, now)
        await add_tokens(tx, shelters)
    await database.dispose()


def hello(host: str, cookie: str) -> bytes:
    return (
        f"GET /live?view=board&lang=nl HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nCookie: {cookie}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def open_board(host: str, cookie: str) -> socket.socket:
    """Open a board as a browser does, and read its first answer."""
    name, port = host.split(":")
    viewer, seen = socket.create_connection((name, int(port)), timeout=20), b""
    viewer.sendall(hello(host, cookie))
    while b"\r\n\r\n" not in seen:
        seen += viewer.recv(1)  # nothing of the first frame
    viewer.sendall(Frame(Opcode.TEXT, b'{"type":"hello","known":{}}').serialize(mask=True))
    frames, data = list[bytes](), b""
    while not any(b'"fragments":[' in frame for frame in frames):
        piece = viewer.recv(262_144)
        if not piece:
            raise SystemExit(f"a board was refused: {data[:200]!r}")
        frames, data = split_frames(data + piece)
    if data:
        raise SystemExit("a board was sent half a frame more")
    viewer.setblocking(False)
    return viewer


def watch(host: str, cookie: str, viewers: int, stuck: int) -> None:
    """The other process: opens boards, then for every needle on stdin prints when the last board had received it.

    `stuck`: so many boards more that read their first answer and then nothing, until the server closes them.
    """
    asleep = [open_board(host, cookie) for _ in range(stuck)]
    poll, sockets, begun = select.epoll(), {}, dict[int, bytes]()
    for viewer in (open_board(host, cookie) for _ in range(viewers)):
        sockets[viewer.fileno()], begun[viewer.fileno()] = viewer, b""
        poll.register(viewer, select.EPOLLIN)
    time.sleep(0.5)
    print("ready", flush=True)
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    needle, missing = b"", set[int]()
    while True:
        for fileno, _ in poll.poll():
            if fileno == sys.stdin.fileno():
                if not (line := sys.stdin.readline()):
                    for viewer in asleep:
                        viewer.close()
                    return
                needle, missing = line.strip().encode(), set(sockets)
                print("watching", flush=True)
                continue
            frames, begun[fileno] = split_frames(begun[fileno] + sockets[fileno].recv(262_144))
            answer(sockets[fileno], frames)
            if needle and any(needle in frame for frame in frames):
                missing.discard(fileno)
                if not missing:
                    print(time.monotonic(), flush=True)
                    needle = b""


def answer(viewer: socket.socket, frames: Sequence[bytes]) -> None:
    """Answer pings as a browser does, without which a board is cut after 20 seconds. Raises SystemExit for a closed one."""
    for frame in frames:
        if frame[0] == PING_BYTE:
            viewer.send(PONG)
        elif frame[0] == CLOSE_BYTE:
            raise SystemExit(f"the server has closed a board: {frame!r}")


def split_frames(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the whole frames, and what has come of the next one."""
    frames = []
    while data and (end := frame_end(data)) <= len(data):
        frames.append(data[:end])
        data = data[end:]
    return frames, data


def time_changes(
    url: str, cookie: str, viewers: int, stuck: int, place: str, token: str, rounds: int
) -> tuple[list[float], list[float]]:
    """Milliseconds until the post was answered, and until the last of `viewers` boards had it."""
    host = urlsplit(url).netloc
    command = [sys.executable, __file__, "--watch", host, cookie, str(viewers), str(stuck)]
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
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--shelters", type=int, default=135)
    parser.add_argument("--places", type=int, default=7692)
    parser.add_argument("--rounds", type=int, default=200, help="answers of each kind; a quarter as many changes")
    parser.add_argument("--watch", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.watch:
        watch(options.watch[0], options.watch[1], int(options.watch[2]), int(options.watch[3]))
        return

    def fill(url: str) -> None:
        if options.csv:
            import_city(url, options.csv)
        else:
            asyncio.run(make_up_board(url, options.shelters, options.places))

    with serving(fill, options.workers) as served:
        print(f"answers with the whole board {served.start_seconds:.1f} s after its start")
        measure(served.url, served.pids, options.viewers, options.rounds)


def measure(url: str, pids: Sequence[int], sizes: list[int], rounds: int) -> None:
    with httpx.Client(base_url=url, headers={"Origin": url}, timeout=30, follow_redirects=False) as client:
        page = client.get("/sign-in")
        person = "police" if 'value="police"' in page.text else page.text.split('name="person" value="')[1].split('"')[0]
        client.post("/sign-in/demo", data={"person": person})
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        whole = httpx.get(f"{url}/api/v1/board", headers={"Authorization": "Bearer demo-police"}, timeout=30).json()
        places = [place["id"] for shelter in whole["shelters"] for place in shelter["places"] if place["status"] != "closed"]
        print(f"{len(whole['shelters'])} shelters, {sum(len(s['places']) for s in whole['shelters'])} places")
    mine, police = {"Cookie": cookie}, {"Authorization": "Bearer demo-police"}
    packed = {"Accept_Encoding": "gzip"}
    for name, wanted, lines in (
        ("an empty answer", request(url, "GET", "/health"), 1),
        ("an empty answer, 50 at once", request(url, "GET", "/health"), 50),
        ("GET /, packed", request(url, "GET", "/", **mine, **packed), 1),
        ("GET /, packed, 50 at once", request(url, "GET", "/", **mine, **packed), 50),
        ("GET /, plain", request(url, "GET", "/", **mine), 1),
        ("GET /api/v1/board, packed", request(url, "GET", "/api/v1/board", **police, **packed), 1),
        ("GET /api/v1/board, plain", request(url, "GET", "/api/v1/board", **police), 1),
    ):
        with connect(url) as line:
            size = len(ask(line, wanted)) / 1024
        before = cpu_ms(pids)
        took = ask_at_once(url, [wanted], rounds, lines)
        print(f"{name:28} {spread(took)}   {size:5.0f} KB   {(cpu_ms(pids) - before) / rounds:6.2f} ms of CPU each")
    place = places[0]
    for viewers, stuck in ((viewers, stuck) for viewers in sizes for stuck in (0, 5)):
        token = f"demo-shelter-{place.rpartition('-')[0]}"
        answered, arrived = time_changes(url, cookie, viewers, stuck, place, token, max(1, rounds // 4))
        print(f"one change, {viewers:5} boards open: answered {spread(answered)}   {stuck} more that do not read")
        print(f"{'':31}last board {spread(arrived)}")


if __name__ == "__main__":
    main()


# Last printed, 30 November 2026, on two cores with nothing beside it (Python 3.11.7, uvicorn 0.54.0, uvloop 0.23.0):
#
# answers with the whole board 2.6 s after its start
# 135 shelters, 7692 places
# an empty answer              p50     0.16 ms   p99     0.34 ms   max     0.37 ms       1 KB     0.14 ms of CPU each
# an empty answer, 50 at once  p50     5.44 ms   p99    10.29 ms   max    10.41 ms       1 KB     0.12 ms of CPU each
# GET /, packed                p50     1.14 ms   p99     2.05 ms   max     3.41 ms      12 KB     1.17 ms of CPU each
# GET /, packed, 50 at once    p50    61.91 ms   p99    70.21 ms   max    72.73 ms      12 KB     1.25 ms of CPU each
# GET /, plain                 p50     1.25 ms   p99     3.81 ms   max     3.99 ms     175 KB     1.33 ms of CPU each
# GET /api/v1/board, packed    p50     0.29 ms   p99     0.47 ms   max     0.68 ms      33 KB     0.25 ms of CPU each
# GET /api/v1/board, plain     p50     0.31 ms   p99     0.74 ms   max     1.03 ms     803 KB     0.31 ms of CPU each
# one change,   200 boards open: answered p50    11.13 ms   p99    32.68 ms   max    32.68 ms   0 more that do not read
#                                last board p50    10.32 ms   p99    33.04 ms   max    33.04 ms
# one change,   200 boards open: answered p50    10.84 ms   p99    16.54 ms   max    16.54 ms   5 more that do not read
#                                last board p50    10.45 ms   p99    15.70 ms   max    15.70 ms
# one change,  1000 boards open: answered p50    18.12 ms   p99    35.07 ms   max    35.07 ms   0 more that do not read
#                                last board p50    17.05 ms   p99    34.09 ms   max    34.09 ms
# one change,  1000 boards open: answered p50    24.62 ms   p99    36.83 ms   max    36.83 ms   5 more that do not read
#                                last board p50    23.83 ms   p99    35.33 ms   max    35.33 ms
#
# Two processes, from the same run on:
#
# answers with the whole board 3.6 s after its start
# 135 shelters, 7692 places
# an empty answer              p50     0.17 ms   p99     0.73 ms   max     0.92 ms       1 KB     0.15 ms of CPU each
# an empty answer, 50 at once  p50     2.82 ms   p99    20.24 ms   max    20.35 ms       1 KB     0.14 ms of CPU each
# GET /, packed                p50     1.16 ms   p99     3.03 ms   max     4.64 ms      12 KB     1.20 ms of CPU each
# GET /, packed, 50 at once    p50    29.95 ms   p99   217.72 ms   max   218.66 ms      12 KB     2.08 ms of CPU each
# GET /, plain                 p50     1.17 ms   p99     1.99 ms   max     5.86 ms     175 KB     1.24 ms of CPU each
# GET /api/v1/board, packed    p50     0.24 ms   p99     0.89 ms   max     7.53 ms      33 KB     0.27 ms of CPU each
# GET /api/v1/board, plain     p50     0.37 ms   p99     0.70 ms   max     1.44 ms     803 KB     0.35 ms of CPU each
# one change,   200 boards open: answered p50    13.36 ms   p99    48.26 ms   max    48.26 ms   0 more that do not read
#                                last board p50    13.60 ms   p99    51.73 ms   max    51.73 ms
# one change,   200 boards open: answered p50     8.37 ms   p99    13.42 ms   max    13.42 ms   5 more that do not read
#                                last board p50     9.51 ms   p99    14.63 ms   max    14.63 ms
# one change,  1000 boards open: answered p50    18.04 ms   p99    74.02 ms   max    74.02 ms   0 more that do not read
#                                last board p50    23.32 ms   p99    75.07 ms   max    75.07 ms
# one change,  1000 boards open: answered p50    15.63 ms   p99    26.67 ms   max    26.67 ms   5 more that do not read
#                                last board p50    21.92 ms   p99    34.00 ms   max    34.00 ms
