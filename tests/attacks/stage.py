"""A database server of an attack's own, which may be killed, starved and set up badly; and the lines that processes log."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from bedboard import embedded
from bedboard.clock import Clock
from bedboard.migrations.run import migrate
from bedboard.store.database import Database
from tests.build import PATIENCE, SEAL, add_board, until
from tests.build.processes import ROOT, Process
from tests.build.site import TRUST

HANDSHAKE = (
    "GET /api/v1/live HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer demo-police\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
TMPFS = Path("/run")  # nobody else may put a folder in its place


def is_long(request: pytest.FixtureRequest) -> bool:
    """Return whether the attacks are run in full length, as `scripts/attack` does."""
    return bool(request.config.getoption("--attack") == "long")


def tell(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Write a figure at once, so that a run that is cut off has told as much as it found."""
    with capsys.disabled():
        sys.stdout.write(f"\n{line}\n")
        sys.stdout.flush()


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that the user of PostgreSQL can reach."""
    made = Path(tempfile.mkdtemp(prefix="bedboard-attack-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextmanager
def small_disk(megabytes: int) -> Iterator[Path]:
    """A disk of this size in memory; the test is skipped where none may be mounted."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root may mount a small disk here")
    made = Path(tempfile.mkdtemp(prefix="bedboard-attack-", dir=TMPFS))
    made.chmod(0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "none", str(made)]
    try:
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            pytest.skip("this machine lets nobody mount a small disk")
        try:
            yield made
        finally:
            subprocess.run(["umount", "--lazy", str(made)], check=True)  # noqa: S607
    finally:
        made.rmdir()


class Server:
    """A PostgreSQL with the small board in it, which is started again whenever it ends. `told`: the words of its keeper."""

    def __init__(self, server: embedded.Embedded) -> None:
        self.embedded = server
        self.told: list[tuple[str, str]] = []
        server.keep(lambda event, reason: self.told.append((event, reason)))

    @property
    def url(self) -> str:
        return self.embedded.web_url

    @property
    def data(self) -> Path:
        return self.embedded.place / "pgdata"

    def serve(self, log: Path) -> Process:
        return Process.serve(log, self.url)

    def kill(self) -> None:
        """Kill the first process of the server; the others end with it."""
        os.kill(self.embedded.pid, signal.SIGKILL)

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Return the rows of a statement, as the owner reads them."""
        database = Database(self.embedded.url, pool_size=1)
        try:
            async with database.transaction() as tx:
                return [tuple(row) for row in await (await tx.connection()).execute(text(statement))]
        finally:
            await database.dispose()


@asynccontextmanager
async def server_in(place: Path) -> AsyncIterator[Server]:
    server = embedded.start(place / "data")
    try:
        await migrate(server.url, web_url=server.web_url)
        database = Database(server.url, SEAL.marks)
        async with database.transaction() as tx:
            await add_board(tx, Clock().now())
        await database.dispose()
        yield Server(server)
    finally:
        server.discard()


def planted(place: Path, fault: str) -> Path:
    """Return a program that is bedboard with this fault in it, which an attack must be able to see."""
    program = place / "bedboard-with-a-fault"
    lines = (f"#!{sys.executable}", "import sys", f"sys.path.insert(0, {str(ROOT)!r})", fault, "from bedboard.cli import main")
    program.write_text("\n".join((*lines, "main()", "")))
    program.chmod(0o755)
    return program


def lines_of(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


async def says(process: Process, step: str, word: str) -> None:
    """Wait until the process says this word about one of its needs."""
    async with httpx.AsyncClient(base_url=process.url, timeout=PATIENCE, verify=TRUST) as client:

        async def is_said() -> bool:
            return bool((await client.get("/health/ready")).json()["reasons"][step] == word)

        await until(is_said, f"{step} is {word}", 2 * PATIENCE)
