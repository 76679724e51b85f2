"""Promises 2 and 3: two processes, many callers, one place. It has one holder, and nobody hears "full" while it is free."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic

import httpx
import pytest

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.attacks.stage import is_long, planted, tell
from tests.build.processes import Process
from tests.build.site import as_owner
from tests.build.statements import run

CALLERS = 24
ROUNDS = {"short": 6, "long": 60}
TOKENS = ("demo-police", "demo-coordinator", "demo-desk")
AN_HOUR_PASSES = (
    "update claim set created_at = created_at - interval '1 hour' "
    "where ended_at is not null and created_at > now() - interval '1 hour'"
)
WITHOUT_LOCK = """
import asyncio
from sqlmodel import select
from bedboard.actions import holds
from bedboard.store.tables.board import Organization, Shelter
reading = holds.get_rooms
async def lock_shelter(tx, shelter_id):
    return (await tx.exec(select(Shelter).where(Shelter.id == shelter_id))).one_or_none()
async def lock_organization(tx, organization_id):
    return (await tx.exec(select(Organization.id).where(Organization.id == organization_id))).one_or_none() is not None
async def get_rooms(*asked):
    found = await reading(*asked)
    await asyncio.sleep(0.05)
    return found
holds.lock_shelter, holds.lock_organization, holds.get_rooms = lock_shelter, lock_organization, get_rooms
"""


@dataclass
class Held:
    """A hold. The place was certainly held from `told` to `lets_go`, and may have been from `asks` to `gone`."""

    asks: float
    told: float
    lets_go: float = float("inf")
    gone: float = float("inf")


def held_twice(holds: Sequence[Held]) -> int:
    """Count the holds that began, for certain, while another one stood for certain."""
    return sum(one is not other and other.told <= one.told < other.lets_go for one in holds for other in holds)


def wrongly_full(holds: Sequence[Held], refused: Sequence[tuple[float, float]]) -> int:
    """Count the refusals in whose time, from asking to hearing, the place can never have been held."""
    return sum(not any(one.asks < heard and asked < one.gone for one in holds) for asked, heard in refused)


async def let_hours_pass(database: Database) -> None:
    """Move ended holds an hour back, until cancelled: nobody may begin thirty in an hour, and each caller begins more."""
    while True:
        async with as_owner(database) as tx:
            await run(tx, AN_HOUR_PASSES)
        await asyncio.sleep(0.5)


async def fight(processes: Sequence[Process], rounds: int, *, is_sound: bool) -> tuple[list[Held], list[tuple[float, float]]]:
    """Have many callers ask for one place and let it go again."""
    holds: list[Held] = []
    refused: list[tuple[float, float]] = []

    async def call(number: int) -> None:
        random = Random(number)  # noqa: S311
        async with processes[number % len(processes)].api(TOKENS[number % len(TOKENS)]) as api:
            for _ in range(rounds):
                asked = monotonic()
                reply = await api.post("/places/linde-1/holds", json={})
                if reply.status_code == 201:
                    mine = Held(asked, monotonic())
                    holds.append(mine)
                    await asyncio.sleep(random.choice([0.0, 0.01]))
                    await let_go(api, reply.json()["id"], mine)
                elif reply.status_code == 409:
                    refused.append((asked, monotonic()))
                else:
                    # Busy: nothing was done, and it says so. With two holders of one place, more goes wrong.
                    assert reply.status_code == 503 or not is_sound, reply.text

    async def let_go(api: httpx.AsyncClient, hold_id: str, mine: Held) -> None:
        mine.lets_go = monotonic()
        while (await api.delete(f"/holds/{hold_id}")).status_code == 503:
            pass
        mine.gone = monotonic()

    await asyncio.gather(*map(call, range(CALLERS)))
    return holds, refused


@pytest.mark.parametrize("is_locked", [False, True], ids=["no lock", "lock"])
async def test_the_last_place_has_one_holder_and_is_never_wrongly_full(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest, is_locked: bool
) -> None:
    program = None if is_locked else planted(tmp_path, WITHOUT_LOCK)
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    if not is_locked:
        async with as_owner(database) as tx:
            await run(tx, "drop index uq_claim_live_place_id")

    def serve(name: str) -> Process:
        return Process(
            tmp_path / name,
            "serve",
            program=program,
            DATABASE_URL=database.url,
            BEDBOARD_DEMO="true",
            BEDBOARD_TOKEN_CALLS="1000",  # noqa: S106
        )

    async with serve("a.log") as a, serve("b.log") as b:
        passing = asyncio.create_task(let_hours_pass(database))
        holds, refused = await fight((a, b), ROUNDS["long" if is_long(request) and is_locked else "short"], is_sound=is_locked)
        assert not passing.done()
        passing.cancel()
        await asyncio.gather(passing, return_exceptions=True)
    twice, full = held_twice(holds), wrongly_full(holds, refused)
    if not is_locked:
        assert twice, "without its lock, a place that is promised twice is seen"
        return
    assert (twice, full) == (0, 0)
    assert len(holds) > 5 and refused
    assert wrongly_full([], refused[:1]) == 1, "a wrong refusal is seen"
    tell(capsys, f"last place: {len(holds)} holds, {len(refused)} refusals, 0 held twice, 0 wrongly full")
