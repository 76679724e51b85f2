"""How soon all screens are fresh again when they come back at once, as after a restart, and what that costs.

    python bench/back.py                      1,000, 5,000 and 10,000 screens, each with a session of its own
    python bench/back.py --screens 10000 --workers 2

A real server (uvloop) with the embedded PostgreSQL in a temporary folder. The clients are one process that
counts whole frames: it connects, says hello as a page does, and waits for the snapshot. Everything stays on loopback and ends
by itself. No figure is a test. Figures last printed: at the end of this file.
"""

import argparse
import asyncio
import resource
import select
import socket
import time
from collections.abc import Sequence
from pathlib import Path

import asyncpg
from bare import cpu_ms
from rig import SEAL, Served, add_tokens, begin_board, serving
from websockets.frames import Frame, Opcode

from bedboard.actions.setup import NewPlace, NewShelter, add_shelter
from bedboard.actions.signin import hash_token
from bedboard.clock import Clock
from bedboard.store.address import asyncpg_url
from bedboard.store.database import Database
from bedboard.store.tables.people import Person, Session

SHELTERS, PLACES_EACH = 45, 25  # about what the Netherlands have
MOST, WARM_UP = 10_000, 50
AT_ONCE = 500  # connections that are being made; the kernel's queue is no longer


async def make_up_board(url: str, screens: int) -> None:
    """A board of a country, and a detective with a session for every screen."""
    now = Clock().now()
    database = Database(url, SEAL.marks, statement_seconds=60)
    async with database.transaction() as tx:
        await begin_board(tx)
        for number in range(SHELTERS):
            places = [
                NewPlace(id=f"s{number}-{n}", kind="k0", label=str(n), beds=1, observed_at=now) for n in range(PLACES_EACH)
            ]
            shelter = NewShelter(f"s{number}", "org", f"u{number % 10}", f"Shelter {number:03}", "088", "", now, places)
            await add_shelter(tx, shelter, SEAL, now)
        await add_tokens(tx, SHELTERS)
        for number in range(screens):
            tx.add(Person(id=f"p{number}", organization_id="org", name=f"P {number}", role="police", demo=True))
        await tx.flush()
        for number in range(screens):
            hashed = hash_token(f"token-{number}")
            tx.add(Session(token_hash=hashed, person_id=f"p{number}", created_at=now, used_at=now))
    await database.dispose()


class Screen:
    """One browser: its socket, and how much of its snapshot is still to come."""

    def __init__(self, host: str, port: int, number: int) -> None:
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex((host, port))
        self.handshake = (
            f"GET /live?view=board HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Origin: http://{host}:{port}\r\nCookie: bedboard=token-{number}\r\nUser-Agent: Mozilla/5.0 (a browser)\r\n"
            "Accept-Language: nl-NL,nl;q=0.9\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ).encode()
        self.data = b""
        self.is_open = False

    def read(self) -> bool:
        """Take what has come; return whether the snapshot is whole. Raises SystemExit for a screen that is refused."""
        got = self.socket.recv(262_144)
        self.data += got
        if not got:
            raise SystemExit("a screen was refused")
        if not self.is_open:
            if b"\r\n\r\n" not in self.data:
                return False
            if not self.data.startswith(b"HTTP/1.1 101"):
                raise SystemExit(f"a screen was refused: {self.data[:80]!r}")
            self.data = self.data.partition(b"\r\n\r\n")[2]
            self.is_open = True
            self.socket.send(Frame(Opcode.TEXT, b'{"type":"hello","known":{}}').serialize(mask=True))
        if len(self.data) < 10:
            return False
        if self.data[0] == 0x88:
            raise SystemExit(f"a screen was closed: {self.data[:40]!r}")
        size, head = self.data[1], 2
        if size > 125:
            head = 4 if size == 126 else 10
            size = int.from_bytes(self.data[2:head], "big")
        return len(self.data) >= head + size


def come_back(host: str, port: int, screens: int) -> tuple[list[socket.socket], float]:
    """Connect all screens and wait until each has its snapshot; return the open sockets and the seconds it took."""
    poll, waiting, fresh = select.epoll(), dict[int, Screen](), list[socket.socket]()
    begun, made = time.perf_counter(), 0
    while len(fresh) < screens:
        while made < screens and len(waiting) < AT_ONCE:
            screen = Screen(host, port, made)
            waiting[screen.socket.fileno()] = screen
            poll.register(screen.socket, select.EPOLLOUT)
            made += 1
        events = poll.poll(30)
        if not events:
            raise SystemExit(f"{screens - len(fresh)} screens heard nothing for 30 seconds")
        for fileno, event in events:
            screen = waiting[fileno]
            if event & select.EPOLLOUT:
                screen.socket.send(screen.handshake)
                poll.modify(fileno, select.EPOLLIN)
            elif screen.read():
                poll.unregister(fileno)
                fresh.append(screen.socket)
                del waiting[fileno]
    return fresh, time.perf_counter() - begun


def kilobytes(pids: Sequence[int]) -> float:
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * resource.getpagesize() / 1024


async def transactions(url: str) -> int:
    connection = await asyncpg.connect(asyncpg_url(url))
    try:
        await asyncio.sleep(1.2)  # PostgreSQL counts with a delay of a second
        return int(await connection.fetchval("select xact_commit from pg_stat_database where datname = current_database()"))
    finally:
        await connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screens", type=int, nargs="+", default=[1000, 5000, 10_000])
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    if max(given.screens) > MOST:
        raise SystemExit(f"at most {MOST} screens: beyond, one loopback address runs out of ports")
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST + 500, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    for number in given.screens:

        def fill(url: str, sessions: int = max(number, WARM_UP)) -> None:
            asyncio.run(make_up_board(url, sessions))

        with serving(fill, given.workers) as served:
            measure(served, number)


def measure(served: Served, number: int) -> None:
    """Print when so many screens are fresh, and what that costs."""
    host, port = served.url.removeprefix("http://").split(":")
    come_back(host, int(port), WARM_UP)
    before = cpu_ms(served.pids), kilobytes(served.pids), asyncio.run(transactions(served.database_url))
    sockets, seconds = come_back(host, int(port), number)
    cpu = cpu_ms(served.pids) - before[0]
    memory = kilobytes(served.pids) - before[1]
    asked = asyncio.run(transactions(served.database_url)) - before[2]
    print(
        f"{number:6} screens: all fresh after {seconds:6.2f} s; {cpu / number:.3f} ms of CPU and "
        f"{memory / number:.1f} KB each; {asked} transactions, nobody refused"
    )
    for one in sockets:
        one.close()


if __name__ == "__main__":
    main()


# Last printed, 30 November 2026, on two cores with nothing beside it (Python 3.11.7, uvicorn 0.54.0, uvloop 0.23.0):
#
#   1000 screens: all fresh after   0.56 s; 0.428 ms of CPU and 10.9 KB each; 19 transactions, nobody refused
#  10000 screens: all fresh after   6.25 s; 0.615 ms of CPU and 5.4 KB each; 217 transactions, nobody refused
#
# Two processes:
#
#   1000 screens: all fresh after   0.33 s; 0.465 ms of CPU and 17.6 KB each; 32 transactions, nobody refused
#  10000 screens: all fresh after   3.09 s; 0.510 ms of CPU and 5.7 KB each; 269 transactions, nobody refused
