"""Random lives of five cases and five shelters on a real database, with everybody who may and may not have to do with them.

Before each step an oracle, which reads the rows and shares no code with the actions, says what must come of it; after each,
what must never be so is looked for. `pytest tests/actions/test_case_lives.py --hypothesis-profile=long` goes on for long.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test
from sqlalchemy.engine import make_url

from bedboard.actions.silence import (
    close_desk,
    find_lapsed,
    find_late,
    find_left_by_desk,
    find_silent,
    lapse_case,
    tell_late,
    tell_silence,
)
from bedboard.rules.cases import Patience
from bedboard.rules.deciding import DaysOff
from bedboard.store.address import asyncpg_url
from bedboard.store.database import Database
from bedboard.store.tables.board import Holiday, Kind
from tests.build import SEAL, add_board
from tests.build.case_steps import DAYS_OFF
from tests.build.cases import DESK_KINDS, OVER, ZONE, add_case_board
from tests.build.later_steps import LaterSteps
from tests.build.lives import said_by_hand
from tests.build.oracle import REQUESTERS, SHELTERS, World
from tests.build.wrong import wrong_with

WEEK = timedelta(days=7)

# The steps that are tried most in each state, so that lives get somewhere; everything else is tried in every state, but less.
LIKELY: dict[str | None, tuple[str, ...]] = {
    None: ("begin",),
    "asking": ("offer", "offer", "offer", "answer", "ask more"),
    "with an offer": ("choose", "choose", "offer", "offer", "answer"),
    "chosen": ("confirm", "confirm", "refuse", "resume", "give back", "come later"),
    "provisional": ("arrive", "confirm", "refuse", "miss", "look", "come later"),
    "confirmed": ("arrive", "miss", "resume", "look", "come later"),
    "housed": ("confirm", "end stay"),
    "arrived": ("begin",),
    "withdrawn": ("tell", "arrive"),
    "ended": ("begin",),
    "cancelled": ("begin",),
}
ANYTHING = (
    "ask more",
    "offer",
    "answer",
    "choose",
    "confirm",
    "refuse",
    "end stay",
    "arrive",
    "miss",
    "resume",
    "withdraw",
    "tell",
    "look",
    "give back",
    "come later",
    *("hand over", "take over", "take over", "decline"),
)
BESIDES = ("case",) * 20 + ("time",) * 3 + ("tap", "tap", "count", "hold", "hold", "extend", "release", "clock", "clock")

seeds = st.integers(0, 2**64 - 1)
MINUTES = ((1, 4, 5, 6), (1, 4, 5, 6), (1, 4, 5, 6), (15, 31, 61), (15, 31, 61), (120, 240, 600, 24 * 60, 81 * 60, 170 * 60))


class Lives(LaterSteps):
    """One life: the steps that chance picks, and time."""

    # ---- what happens next

    @initialize(seed=seeds.filter(bool))  # Hypothesis begins with zeros only: that life would be the same in every run
    def everybody_begins(self, seed: int) -> None:
        for n in range(len(REQUESTERS)):
            self.begin(n, Random(seed + n))  # noqa: S311

    @rule(seed=seeds)
    def something_happens(self, seed: int) -> None:
        self.steps += 1  # or a seed that is drawn again would do the same again
        dice = Random(f"{seed} {self.steps}")  # noqa: S311
        what = dice.choice(BESIDES)
        if what != "case":
            getattr(self, what)(dice)
            return
        n = dice.randrange(len(REQUESTERS))
        case = self.case(n)
        state = None if case is None else case["state"]
        if state == "asking" and any((part := self.ask_of(n, one)) and self.offer_of(part) for one in SHELTERS):
            state = "with an offer"
        likely = LIKELY[state]
        what = dice.choice(likely * (6 * len(ANYTHING) // len(likely)) + ANYTHING)
        getattr(self, what.replace(" ", "_"))(n, dice)

    def time(self, dice: Random) -> None:
        self.now += timedelta(minutes=dice.choice(dice.choice(MINUTES)))
        self.rows = self.run(self._read())

    def clock(self, dice: Random) -> None:
        """What every process does each five seconds; and what another one does that has found the same."""
        patience, now, before = Patience(), self.now, self.rows
        jobs: Any = (
            (lambda tx: find_silent(tx, patience, now), lambda tx, case_id: tell_silence(tx, case_id, patience, now)),
            (
                lambda tx: find_left_by_desk(tx, DESK_KINDS),
                lambda tx, case_id: close_desk(tx, case_id, ZONE, now),
            ),
            (lambda tx: find_late(tx, ZONE, now), lambda tx, case_id: tell_late(tx, case_id, ZONE, now)),
            (lambda tx: find_lapsed(tx, now), lambda tx, case_id: lapse_case(tx, case_id, now, ZONE)),
        )
        self.run(self._each(jobs))
        self.rows = self.run(self._read())
        self.run(self._each(jobs, [str(key[1]) for key in before if key[0] == "case_record"]))
        assert self.run(self._read()) == self.rows
        assert wrong_with(self.rows) == []
        self._grew_together(before)
        for case in [row for key, row in self.rows.items() if key[0] == "case_record"]:
            was = before["case_record", case["id"]]["state"]
            old = before["case_record", case["id"]]
            is_long = now >= self.lapses_at(old)  # a request lapses in a week; where somebody slept is forgotten in another
            becomes = said_by_hand(was, "lapse") if is_long and was not in OVER else was
            if becomes == "chosen" and self.is_left_by_desk(case["id"]):
                becomes = "provisional"
            if was == "withdrawn" and now - case["created_at"] >= 2 * WEEK and now - case["over_at"] >= WEEK:
                becomes = "ended"
            assert case["state"] == becomes
            is_reserved = case["state"] in ("chosen", "provisional", "confirmed")
            assert not is_reserved or (case["reminded_at"] is not None) == (case["arrives_at"] <= now)
            for part in [row for key, row in self.rows.items() if key[:2] == ("ask", case["id"])]:
                if case["state"] == "asking" and part["answer"] is None and part["settled"] is None:
                    minutes = (now - part["asked_at"]) / timedelta(minutes=1)
                    assert part["step"] == (minutes >= 5) + (minutes >= 10) + (minutes >= 15)

    async def _each(self, jobs: Any, ids: Sequence[str] | None = None) -> None:
        for find, tell in jobs:
            async with self.database.transaction() as tx:
                found = await find(tx)
            for case_id in found if ids is None else ids:
                async with self.database.transaction() as tx:
                    await tell(tx, case_id)


@pytest.fixture(scope="module")
def world(server_url: str, template: str) -> Iterator[World]:
    """A template with the board on it, and a loop of its own: the machine is no coroutine."""
    assert date(2026, 12, 25) in DaysOff("NL"), "read now: the first time takes long, and the steps of a life have little"
    with asyncio.Runner() as runner:
        url = make_url(server_url).set(database=f"{template}_lives")

        async def execute(statement: str) -> None:
            connection = await asyncpg.connect(asyncpg_url(server_url))
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        async def fill() -> None:
            database = Database(url.render_as_string(hide_password=False), SEAL.marks, pool_size=1)
            async with database.transaction() as tx:
                await add_board(tx)
                await add_case_board(tx)
                women = await tx.get_one(Kind, "women")
                women.decides, women.desk_hours, women.outside_hours = "desk", "20:00-08:00", "provisional"
                tx.add(women)
                tx.add_all(Holiday(day=day) for day in DAYS_OFF[:2])
            await database.dispose()

        runner.run(execute(f"create database {url.database} template {template}"))
        runner.run(fill())
        yield World(url.render_as_string(hide_password=False), server_url, runner)
        with suppress(asyncpg.PostgresError):
            runner.run(execute(f"drop database {url.database} with (force)"))


@pytest.mark.parametrize("number", range(5))  # so that several processes can share them
def test_whatever_happens_to_five_cases_every_place_and_every_case_is_as_it_must_be(world: World, number: int) -> None:
    is_long = settings.get_current_profile_name() == "long"
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much, HealthCheck.large_base_example]
    how = settings(
        max_examples=100 if is_long else 1,
        stateful_step_count=150,
        deadline=None,
        # A life ends where it fails; to find a shorter one takes minutes, so only the long run looks for it.
        phases=[phase for phase in Phase if is_long or phase is not Phase.shrink],
        suppress_health_check=checks,
    )
    # Where chance is switched off, as in CI, what a machine is called decides which lives it has.
    machine = type(f"Lives{number}", (Lives,), {"world": world})
    run_state_machine_as_test(machine, settings=how)
