"""The database of a demo is killed, and the demo goes on by itself: `pytest --kills 20` does it as often."""

import json
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bedboard import embedded
from tests.build import until
from tests.build.processes import Process


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="bedboard-demo-"))
    yield folder
    embedded.start(folder).discard()
    shutil.rmtree(folder)


def postmaster_of(data: Path) -> int:
    """Return the first process of the server; 0 while there is none."""
    file = (data / "embedded-postgresql").resolve() / "pgdata" / "postmaster.pid"
    try:
        return int(file.read_text().split()[0])
    except (FileNotFoundError, IndexError):
        return 0


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def lines_of(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]


async def test_a_demo_outlives_its_killed_database_and_forgets_nothing(
    data: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    rounds = int(request.config.getoption("--kills"))
    async with Process(tmp_path / "log", "demo", "--quiet", "--data", str(data)) as demo, demo.api("demo-police") as police:
        board = (await police.get("/board")).json()["shelters"]
        place = next(one for one in board[0]["places"] if one["status"] in ("free", "occupied"))
        async with demo.api(f"demo-shelter-{board[0]['id']}") as api:

            async def set_to(status: str) -> int:
                return (await api.patch(f"/places/{place['id']}", json={"status": status})).status_code

            for number in range(rounds):
                status, other = ("occupied", "free") if number % 2 else ("free", "occupied")
                assert await set_to(status) == 200
                postmaster = postmaster_of(data)
                os.kill(parent_of(postmaster) if number % 3 == 1 else postmaster, signal.SIGKILL)
                seen: set[int] = set()

                async def is_read(status: str = status, seen: set[int] = seen, before: int = postmaster) -> bool:
                    reply = await api.get(f"/shelters/{board[0]['id']}")
                    seen.add(reply.status_code)
                    shown = [one["status"] for one in reply.json().get("places", ()) if one["id"] == place["id"]]
                    assert shown in ([], [status]), "what was acknowledged is there"
                    return postmaster_of(data) not in (0, before) and shown == [status]

                async def is_saved(status: str = other, seen: set[int] = seen) -> bool:
                    seen.add(await set_to(status))
                    return 200 in seen and await set_to(status) == 200

                await until(is_read, "the board is read again")
                await until(is_saved, "a change is saved again")
                assert seen <= {200, 503}
        said = [line["event"] for line in lines_of(demo.log)]
        assert said.count("database_ended") == said.count("database_started_again") == rounds
        assert "bug" not in said
        await demo.ask_to_end(20)
        assert "Traceback" not in demo.log.read_text()
