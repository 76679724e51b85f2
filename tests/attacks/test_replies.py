"""Promise 11: answers are lost on their way, and the caller asks again; each press is done once."""

from contextlib import suppress
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import text

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.attacks.stage import is_long, tell
from tests.attacks.wire import Wire
from tests.build import until
from tests.build.processes import Process
from tests.build.site import TRUST

PRESSES = {"short": 10, "long": 400}


async def count_presses(database: Database) -> int:
    async with database.transaction() as tx:
        counted = await (await tx.connection()).execute(text("select count(*) from journal where action = 'place'"))
        return int(counted.scalar_one())


async def press(process: Process, wire: Wire, number: int, random: Random, *, has_key: bool) -> None:
    """Press once, and again each time that no answer comes. At most three answers are lost."""
    headers = {"Authorization": "Bearer demo-shelter-linde", "Host": process.url.removeprefix("http://")}
    if has_key:
        headers["Idempotency-Key"] = f"press-{number}"
    losses = random.randint(0, 3)
    status = "occupied" if number % 2 else "free"
    tries = 0

    async def is_answered() -> bool:
        nonlocal tries
        wire.loses_replies, tries = tries < losses, tries + 1
        limit = httpx.Timeout(0.3 if wire.loses_replies else 30)
        with suppress(httpx.TransportError):
            async with httpx.AsyncClient(base_url=wire.url, headers=headers, timeout=limit, verify=TRUST) as client:
                reply = await client.patch("/api/v1/places/linde-1", json={"status": status})
                assert reply.status_code in (200, 409, 429, 503), reply.text  # 409: the first try is still at work
                return reply.status_code == 200
        return False

    await until(is_answered, "the press is answered")


@pytest.mark.parametrize("has_key", [False, True], ids=["no key", "key"])
async def test_a_press_whose_answers_are_lost_is_done_once(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest, has_key: bool
) -> None:
    presses = PRESSES["long" if is_long(request) and has_key else "short"]
    random = Random(11)  # noqa: S311
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    async with Process.serve(tmp_path / "log", database.url) as process, Wire("127.0.0.1", process.port) as wire:
        for number in range(presses):
            await press(process, wire, number, random, has_key=has_key)
    done = await count_presses(database)
    if not has_key:
        assert done > presses, "without its key, a press that is done twice is seen"
        return
    assert done == presses
    assert '"bug"' not in (tmp_path / "log").read_text()
    tell(capsys, f"replies: {presses} presses with up to three lost answers each, 0 done twice, 0 lost")
