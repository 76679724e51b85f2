"""Promises 2 and 3 with wrong clocks: that of one of two machines is an hour ahead, and then set back while it runs."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.attacks.stage import is_long, lines_of, planted, says, tell
from tests.build import PATIENCE, until
from tests.build.processes import Process
from tests.build.site import as_owner
from tests.build.statements import run

LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
AHEAD, BEHIND = "+3600", "-3600"
HALF_AN_HOUR = timedelta(minutes=30)
MOVED_SECONDS = 3.0
"""The library looks at its file once a second, and a process at its clock likewise."""

FAULT_SECONDS = 5.0
UNHEARD = """
from bedboard.clock import Clock
def hear(self, said, asked, answered):
    pass
Clock.hear = hear
"""
STANDS_STILL = """
from bedboard import jobs
def run_after_jump(scheduler, clock, began):
    return began
jobs.run_after_jump = run_after_jump
"""
BY_ITSELF, BY_ITS_JOBS = "asks nobody", "jobs stand still"
HARMS = {
    "a held place given away",
    "another hour told",
    "the future believed",
    "a free place refused",
    "a hold that never ends",
}
FAULTS = {BY_ITSELF: (UNHEARD, HARMS), BY_ITS_JOBS: (STANDS_STILL, {"a hold that never ends"})}
HOURS = {
    "ended": "update claim set created_at = now() - interval '31 minutes', expires_at = now() - interval '1 minute' "
    "where place_id = 'linde-1' and ended_at is null",
    "ending": "update claim set created_at = now() - interval '1 minute', expires_at = now() + interval '3 seconds' "
    "where place_id = 'linde-1' and ended_at is null",
}
RING = "select pg_notify('bedboard', 'shelter ' || version || ' linde') from shelter where id = 'linde'"


class Wrong:
    """A process whose machine tells another time than the database; `set_to` moves that clock while it runs."""

    def __init__(self, place: Path, database: Database, library: Path, fault: str) -> None:
        self._moved = place / "clock"
        self.set_to(AHEAD)
        self.process = Process(
            place / "wrong.log",
            "serve",
            program=planted(place, fault),
            DATABASE_URL=database.url,
            BEDBOARD_DEMO="true",
            LD_PRELOAD=str(library),
            FAKETIME_TIMESTAMP_FILE=str(self._moved),
            FAKETIME_CACHE_DURATION="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
            DONT_FAKE_MONOTONIC="1",
        )

    def set_to(self, offset: str) -> None:
        written = self._moved.with_suffix(".new")
        written.write_text(offset + "\n")
        written.replace(self._moved)


async def end_hold(database: Database, how: Literal["ended", "ending"]) -> None:
    """Have the hold of the place end by the clock of the database, a minute ago or soon, and tell all processes."""
    async with as_owner(database) as tx:
        await run(tx, HOURS[how])
        await run(tx, "update shelter set version = version + 1 where id = 'linde'")
        await run(tx, RING)


async def shows(process: Process, status: str, seconds: float = PATIENCE) -> bool:
    """Return whether the board of this process comes to show the place so."""

    async with process.api("demo-police") as api:

        async def is_shown() -> bool:
            await asyncio.sleep(0.1)  # the board changes by its clock, and many questions keep it from that
            shelters = (await api.get("/board")).json()["shelters"]
            return any(one["id"] == "linde-1" and one["status"] == status for shelter in shelters for one in shelter["places"])

        try:
            async with asyncio.timeout(seconds):
                await until(is_shown, f"the place is {status}", 2 * PATIENCE)
        except TimeoutError:
            return False
    return True


async def hold(process: Process, token: str) -> int:
    async with process.api(token) as api:
        reply = await api.post("/places/linde-1/holds", json={})
    assert reply.status_code in (201, 409), reply.text
    return reply.status_code


async def faults_of(right: Process, wrong: Wrong, database: Database, seconds: float) -> set[str]:
    """Go through an hour ahead and an hour behind; return what went wrong. `seconds`: the patience with the wrong board."""
    found: set[str] = set()
    assert await hold(right, "demo-police") == 201
    if await hold(wrong.process, "demo-coordinator") == 201:
        found.add("a held place given away")
    async with wrong.process.api("demo-shelter-ceder") as api:
        now = Clock().now()
        if abs(datetime.fromisoformat((await api.get("/board")).json()["as_of"]) - now) > HALF_AN_HOUR:
            found.add("another hour told")
        body = {"status": "occupied", "observed_at": (now + HALF_AN_HOUR).isoformat()}
        reply = await api.patch("/places/ceder-1", json=body)
        assert reply.status_code in (200, 422), reply.text
        if reply.status_code == 200:
            found.add("the future believed")
    wrong.set_to(BEHIND)
    await asyncio.sleep(MOVED_SECONDS)
    await end_hold(database, "ended")
    assert await shows(right, "free")
    if await hold(wrong.process, "demo-desk") == 409:
        found.add("a free place refused")
        assert await hold(right, "demo-desk") == 201
    assert await shows(right, "held") and await shows(wrong.process, "held")
    await end_hold(database, "ending")
    assert await shows(right, "free")
    if not await shows(wrong.process, "free", seconds):
        found.add("a hold that never ends")
    return found


@pytest.fixture
def library() -> Path:
    if LIBRARY is None:
        pytest.skip("no libfaketime on this machine (Debian: apt-get install faketime)")
    return LIBRARY


@pytest.mark.parametrize("fault", [*FAULTS, None])
async def test_a_wrong_clock_of_one_of_two_machines_decides_nothing(
    database: Database,
    tmp_path: Path,
    library: Path,
    capsys: pytest.CaptureFixture[str],
    request: pytest.FixtureRequest,
    fault: str | None,
) -> None:
    if fault and not is_long(request):
        pytest.skip("scripts/attack plants its faults")
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    code, harm = FAULTS[fault] if fault else ("", set[str]())
    wrong = Wrong(tmp_path, database, library, code)
    async with Process.serve(tmp_path / "right.log", database.url) as right, wrong.process:
        found = await faults_of(right, wrong, database, FAULT_SECONDS if fault else PATIENCE)
        assert found == harm, "each harm of the fault is seen" if fault else "a wrong clock does no harm"
        if fault:
            return
        await says(wrong.process, "clock", "apart")
    said = {line["event"]: line.get("reason", "") for line in lines_of(wrong.process.log)}
    assert {"clock_off", "clock_set_back"} <= said.keys() and "bug" not in said
    assert said["clock_off"] in ("+3600.0 s", "-3600.0 s")  # as the first pulse finds it
    assert said["clock_set_back"].startswith("-7")
    tell(
        capsys,
        f"clocks: one of two machines an hour ahead, then set back ({said['clock_set_back']}) while it ran; "
        "0 held places given away, 0 free places refused, named apart",
    )
