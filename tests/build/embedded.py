"""The embedded PostgreSQL in processes of their own, which a test may kill."""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bedboard.embedded.places import lock_place
from tests.build import PATIENCE

REPOSITORY = Path(__file__).parents[2]
STARTER = """
import sys
from pathlib import Path
from bedboard import embedded
server = embedded.start(Path(sys.argv[1]))
print(server.pid, server.url, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "db"
    place = (tmp_path / "db" / "embedded-postgresql").resolve()  # as root it is elsewhere: pytest's directories are 0700
    if place.exists():
        os.close(lock_place(place))  # waits for the server of a starter that the test killed
        shutil.rmtree(place)


def ask(url: str, *statements: str) -> Any:
    """Run the statements, each in its own transaction, and return the first value of the last one that has any."""

    async def run() -> Any:
        engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        value = None
        async with engine.connect() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
                value = result.scalar() if result.returns_rows else value
        return value

    return asyncio.run(run())


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def starter(data_dir: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", STARTER, str(data_dir)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=REPOSITORY, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def started(process: "subprocess.Popen[str]") -> tuple[int, str]:
    assert process.stdout is not None
    pid, url = process.stdout.readline().split()
    return int(pid), url


def end(process: "subprocess.Popen[str]") -> None:
    with process:
        process.kill()
