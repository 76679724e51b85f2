"""Shared by the measurements of a whole board: a server process on loopback, figures as words, and the city's file."""

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bare import connect, hear, request

from bedboard import embedded
from bedboard.actions.setup import add_organization, add_person, begin_deployment
from bedboard.clock import Clock
from bedboard.migrations.run import migrate_now
from bedboard.seeds import add_demo_clients
from bedboard.store.database import Transaction
from bedboard.store.seal import Seal, new_key
from bedboard.store.tables.board import Kind, Unit
from bedboard.store.tables.people import Person

ANSWERS_AFTER_SECONDS = 60.0
KEY = new_key()
SEAL = Seal(KEY)  # of the board and of its server: rows with the marks of another key are a broken trail


async def begin_board(tx: Transaction) -> None:
    """Make the ten units u0 to u9, the seven kinds k0 to k6, and one organization with a police officer."""
    now = Clock().now()
    units = [Unit(code=f"u{n}", name=f"Unit {n}", short=f"U{n}", map_column=n % 4 + 1, map_row=n // 4 + 1) for n in range(10)]
    kinds = [
        Kind(code=f"k{n}", position=n, name_nl=f"Soort {n}", name_en=f"Kind {n}", long_nl="", long_en="", decides="shelter")
        for n in range(7)
    ]
    await begin_deployment(tx, "Bench", "Europe/Amsterdam", units, kinds, now, demo=True)
    await add_organization(tx, "org", "Organisation")
    await add_person(tx, Person(id="police", organization_id="org", name="Bench", role="police", demo=True))
    await add_person(tx, Person(id="desk", organization_id="org", name="Desk", role="desk", demo=True))


async def add_tokens(tx: Transaction, shelters: int) -> None:
    """Give each of the shelters s0, s1, … its demo token."""
    await add_demo_clients(tx, [(f"s{number}", "org") for number in range(shelters)], {"police": "org"}, Clock().now())


def import_city(url: str, file: Path) -> None:
    """Import the first day of 2024 from the city's file, as if it were now."""
    environment = os.environ | {"DATABASE_URL": url, "BEDBOARD_DEMO": "true", "BEDBOARD_SECRET_KEY": KEY}
    command = [sys.executable, "-m", "bedboard", "import", "toronto", str(file), "--date", "2024-01-01", "--as-of-now"]
    subprocess.run(command, env=environment, check=True)


def spread(milliseconds: list[float]) -> str:
    """Return the median, the 99th percentile and the maximum as words."""
    times = sorted(milliseconds)
    return f"p50 {statistics.median(times):8.2f} ms   p99 {times[int(len(times) * 0.99)]:8.2f} ms   max {times[-1]:8.2f} ms"


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Served(NamedTuple):
    """A running server: its address, its processes, its database, and the seconds from its start to its first whole board.

    `database_url`: as the owner. `web_url`: as the role that serves. `database_pid`: the first process of PostgreSQL.
    """

    url: str
    pids: Sequence[int]
    database_url: str
    web_url: str
    database_pid: int
    start_seconds: float


@contextmanager
def serving(fill: Callable[[str], None], workers: int = 1) -> Iterator[Served]:
    """Serve a board on loopback while open, with so many processes. `fill` loads the migrated database at a URL."""
    folder = Path(tempfile.mkdtemp(prefix="bedboard-bench-"))
    folder.chmod(0o755)  # another user runs the database
    database = embedded.start(folder / "data")
    server: subprocess.Popen[bytes] | None = None
    try:
        migrate_now(database.url, database.web_url)
        fill(database.url)
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = os.environ | {
            "DATABASE_URL": database.web_url,
            "BEDBOARD_DEMO": "true",
            "BEDBOARD_PUBLIC_URL": url,
            "BEDBOARD_DATA": str(folder),
            "BEDBOARD_SECRET_KEY": KEY,
            "BEDBOARD_LOG_LEVEL": "error",
            "BEDBOARD_LIVE_PAGES": "inf",  # one person has all the screens, and one token asks as fast as it can
            "BEDBOARD_TOKEN_CALLS": "inf",
        }
        # An installation has its bytecode. Some shells forbid to write it, and then a start compiles all that it imports.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        subprocess.run([sys.executable, "-c", "import bedboard.commands.serve"], env=environment, check=True)
        command = [sys.executable, "-m", "bedboard", "serve", "--port", str(port), "--workers", str(workers)]
        begun = time.monotonic()
        server = subprocess.Popen(command, env=environment)
        _wait_for_board(url)
        start_seconds = time.monotonic() - begun
        _wait_for_workers(port, workers)
        yield Served(url, [server.pid, *_children(server.pid)], database.url, database.web_url, database.pid, start_seconds)
    finally:
        if server is not None:
            server.terminate()
            server.wait(10)
        database.discard()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_workers(port: int, workers: int) -> None:
    """Wait until all workers let people in."""
    end = time.monotonic() + ANSWERS_AFTER_SECONDS
    while Path("/proc/net/tcp").read_text().count(f":{port:04X} 00000000:0000 0A") < workers:  # 0A: it listens
        if time.monotonic() > end:
            raise SystemExit(f"no {workers} workers after {ANSWERS_AFTER_SECONDS:.0f} seconds")
        time.sleep(0.02)


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait_for_board(url: str) -> None:
    end = time.monotonic() + ANSWERS_AFTER_SECONDS
    wanted = request(url, "GET", "/api/v1/board", Authorization="Bearer demo-police")
    while True:
        with suppress(ConnectionError), connect(url) as line:
            line.sendall(wanted)
            if hear(line, b"\r\n").startswith(b"HTTP/1.1 200"):
                return
        if time.monotonic() > end:
            raise SystemExit(f"no board at {url} after {ANSWERS_AFTER_SECONDS:.0f} seconds")
        time.sleep(0.02)
