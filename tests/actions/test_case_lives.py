"""Random lives of five cases and five shelters on a real database, with everybody who may and may not have to do with them.

Before each step an oracle, which reads the rows and shares no code with the actions, says what must come of it; after each,
what must never be so is looked for. `pytest tests/actions/test_case_lives.py --hypothesis-profile=long` goes on for long.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy.engine import make_url

from bedboard.actions.answers import answer_case, confirm_case, refuse_case, take_arrival
from bedboard.actions.cases import ask_more, choose_offer, open_case, tell_outcome, withdraw_case
from bedboard.actions.disclosures import disclose_address
from bedboard.actions.holds import hold_place, release_hold
from bedboard.actions.occupancy import change_place
from bedboard.actions.silence import find_lapsed, find_late, find_silent, lapse_case, tell_late, tell_silence
from bedboard.rules.access import Actor
from bedboard.rules.cases import CaseState, Event, Patience, ShelterAnswer
from bedboard.rules.places import PlaceChange, Reported, status_of
from bedboard.rules.refusals import Refusal
from bedboard.store.board import list_shelters
from bedboard.store.database import Database, Transaction, asyncpg_url
from bedboard.store.tables.board import Kind
from tests.build import NOW, SEAL, add_board
from tests.build.cases import (
    EMRE,
    HANNEKE,
    ILSE,
    KIND,
    KOFI,
    LUCIA,
    MARK,
    NEEDS,
    NOOR,
    OVER,
    POLICE_SYSTEM,
    SANNE,
    STAFF,
    ZONE,
    add_case_board,
    wrong_with,
)
from tests.build.lives import said_by_hand
from tests.build.rows import Rows

ASKERS = (MARK, LUCIA, HANNEKE, POLICE_SYSTEM, NOOR)
EVERYBODY = (MARK, EMRE, LUCIA, HANNEKE, POLICE_SYSTEM, NOOR, SANNE, KOFI, ILSE)
SHELTERS = ("linde", "nood", "beuk", "ceder", "wilg")
PLACES = ("linde-1", "linde-2", "nood-1", "nood-2", "beuk-1", "beuk-2", "ceder-1", "ceder-2", "wilg-1")
TABLES = {"case_record": ["id"], "ask": ["case_id", "shelter_id"], "case_event": ["id"], "claim": ["id"], "place": ["id"]}
WEEK = timedelta(days=7)

# The steps that are tried most in each state, so that lives get somewhere; everything else is tried in every state, but less.
LIKELY: dict[str | None, tuple[str, ...]] = {
    None: ("begin",),
    "asking": ("offer", "offer", "offer", "answer", "ask more"),
    "with an offer": ("choose", "choose", "offer", "offer", "answer"),
    "chosen": ("confirm", "confirm", "refuse"),
    "provisional": ("arrive", "confirm", "refuse", "miss", "look"),
    "confirmed": ("arrive", "miss", "look"),
    "housed": ("confirm",),
    "arrived": ("begin",),
    "withdrawn": ("tell",),
    "ended": ("begin",),
}
ANYTHING = ("ask more", "offer", "answer", "choose", "confirm", "refuse", "arrive", "miss", "withdraw", "tell", "look")
BESIDES = ("case",) * 20 + ("time",) * 3 + ("tap", "tap", "hold", "hold", "release", "clock", "clock")
TAPS: tuple[Reported, ...] = ("free", "free", "free", "occupied", "closed")
OPEN: dict[str, Callable[[datetime], bool]] = {
    "cosm": lambda local: local.isoweekday() <= 5 and 9 <= local.hour < 17,
    "women": lambda local: local.hour >= 20 or local.hour < 8,
}
"""When the desk is there, for the kinds on which it decides in these lives."""

seeds = st.integers(0, 2**64 - 1)
MINUTES = ((1, 4, 5, 6), (1, 4, 5, 6), (1, 4, 5, 6), (15, 31, 61), (15, 31, 61), (120, 240, 600, 24 * 60, 81 * 60, 170 * 60))


@dataclass
class World:
    """A database with the board on it, on which server that is, and a loop in which everything runs."""

    url: str
    server_url: str
    runner: asyncio.Runner


class Lives(RuleBasedStateMachine):
    world: World

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.number = 0  # of what gets an id
        self.steps = 0
        self.ids = [f"c{n}" for n in range(len(ASKERS))]  # the case that each asker has now
        self.run = self.world.runner.run
        self.database = Database(self.run(self._copy()), pool_size=2)
        self.line = self.run(asyncpg.connect(asyncpg_url(self.database.url)))
        self.rows: Rows = self.run(self._read())

    async def _copy(self) -> str:
        """A database of this life's own."""
        template = make_url(self.world.url)
        self.name = f"{template.database}_life"
        await self._admin(f"drop database if exists {self.name} with (force)")
        await self._admin(f"create database {self.name} template {template.database}")
        return template.set(database=self.name).render_as_string(hide_password=False)

    async def _admin(self, statement: str) -> None:
        connection = await asyncpg.connect(asyncpg_url(self.world.server_url))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def teardown(self) -> None:
        self.run(self.line.close())
        self.run(self.database.dispose())
        self.run(self._admin(f"drop database {self.name} with (force)"))

    async def _read(self) -> Rows:
        """Past the code under test, and quickly: this is done after every step."""
        rows: Rows = {
            (table, *(row[key] for key in keys)): dict(row)
            for table, keys in TABLES.items()
            for row in await self.line.fetch(f"select * from {table}")  # noqa: S608
        }
        counted = {row["id"]: row["status"] for row in await self.line.fetch(STATUSES, self.now)}
        async with self.database.transaction() as tx:
            shelters = await list_shelters(tx)
        assert counted == {
            place.id: status_of(place.state, place.claim, self.now) for shelter in shelters for place in shelter.places
        }
        self.statuses = counted
        return rows

    # ---- what is so, as the oracle reads it

    def case(self, n: int) -> dict[str, Any] | None:
        return self.rows.get(("case_record", self.ids[n]))

    def ask_of(self, n: int, shelter: str) -> dict[str, Any] | None:
        return self.rows.get(("ask", self.ids[n], shelter))

    def kept(self, place: str) -> dict[str, Any] | None:
        """Return the claim that is live on the place."""
        found = [row for key, row in self.rows.items() if key[0] == "claim" and row["place_id"] == place]
        return next((row for row in found if row["ended_at"] is None and row["expires_at"] > self.now), None)

    def chosen(self, n: int) -> dict[str, Any] | None:
        return next((part for one in SHELTERS if (part := self.ask_of(n, one)) and part["settled"] == "chosen"), None)

    def offer_of(self, part: dict[str, Any]) -> dict[str, Any] | None:
        """Return the live claim of the offer of this shelter."""
        kept = self.kept(part["place_id"]) if part["place_id"] else None
        return kept if kept is not None and kept["id"] == part["claim_id"] else None

    def is_own(self, n: int, who: Actor) -> bool:
        case = self.case(n)
        return case is not None and (who.organization_id, who.role) == (case["organization_id"], case["role"])

    def after(self, n: int, event: Event) -> str:
        """The state that the table gives, said by hand, or the refusal."""
        case = self.case(n)
        assert case is not None
        state: CaseState = case["state"]
        return said_by_hand(state, event)

    # ---- one step

    def step(self, expected: str, action: Callable[[Transaction], Awaitable[object]], n: int | None = None) -> None:
        """`expected`: the state that case n is then in, "same" when nothing changes, "fine" when it is about no case, or the
        refusal."""
        before = self.rows
        said = self.run(self._do(action))
        self.rows = self.run(self._read())
        assert wrong_with(self.rows) == []
        if said != "done" or expected == "same":
            assert (said if said != "done" else "same") == expected
            assert self.rows == before
            return
        self._grew_together(before)
        if expected == "fine":
            assert n is None
            return
        assert n is not None
        case = self.case(n)
        assert case is not None and case["state"] == expected
        for key, row in self.rows.items():
            if key[0] == "case_record" and key[1] != self.ids[n]:
                assert row == before[key]

    async def _do(self, action: Callable[[Transaction], Awaitable[object]]) -> str:
        try:
            async with self.database.transaction() as tx:
                await action(tx)
        except Refusal as refusal:
            fields = getattr(refusal, "fields", ())
            return fields[0].code if fields else refusal.code
        return "done"

    def _grew_together(self, before: Rows) -> None:
        """A case has a new version exactly when its time line has a new line."""
        for key, row in self.rows.items():
            if key[0] != "case_record":
                continue
            versions = row["version"] - before.get(key, {"version": 0})["version"]
            lines = sum(k[0] == "case_event" and k not in before and r["case_id"] == key[1] for k, r in self.rows.items())
            assert versions >= 0 and lines >= versions and (versions > 0) == (lines > 0)
            if versions == 0:
                assert row == before[key]

    def new_id(self) -> str:
        self.number += 1
        return f"id-{self.number}"

    # ---- what happens next

    @initialize(seed=seeds.filter(bool))  # Hypothesis begins with zeros only: that life would be the same in every run
    def everybody_begins(self, seed: int) -> None:
        for n in range(len(ASKERS)):
            self.begin(n, Random(seed + n))  # noqa: S311

    @rule(seed=seeds)
    def something_happens(self, seed: int) -> None:
        self.steps += 1  # or a seed that is drawn again would do the same again
        dice = Random(f"{seed} {self.steps}")  # noqa: S311
        what = dice.choice(BESIDES)
        if what != "case":
            getattr(self, what)(dice)
            return
        n = dice.randrange(len(ASKERS))
        case = self.case(n)
        state = None if case is None else case["state"]
        if state == "asking" and any((part := self.ask_of(n, one)) and self.offer_of(part) for one in SHELTERS):
            state = "with an offer"
        likely = LIKELY[state]
        what = dice.choice(likely * (6 * len(ANYTHING) // len(likely)) + ANYTHING)
        getattr(self, what.replace(" ", "_"))(n, dice)

    def someone(self, dice: Random, right: Actor) -> Actor:
        """Mostly who has to do with it, sometimes anybody."""
        return dice.choice(EVERYBODY) if dice.random() < 0.1 else right

    def one_of(self, dice: Random, likely: Sequence[str], every: Sequence[str]) -> str:
        """Mostly one of those that may be meant, when there are any, sometimes any."""
        return dice.choice(every if not likely or dice.random() < 0.1 else likely)

    def time(self, dice: Random) -> None:
        self.now += timedelta(minutes=dice.choice(dice.choice(MINUTES)))
        self.rows = self.run(self._read())

    def clock(self, dice: Random) -> None:
        """What every process does each five seconds; and what another one does that has found the same."""
        patience, now, before = Patience(), self.now, self.rows
        jobs: Any = (
            (lambda tx: find_silent(tx, patience, now), lambda tx, case_id: tell_silence(tx, case_id, patience, now)),
            (lambda tx: find_late(tx, now), lambda tx, case_id: tell_late(tx, case_id, now)),
            (lambda tx: find_lapsed(tx, now), lambda tx, case_id: lapse_case(tx, case_id, now, ZONE)),
        )
        for _ in range(2):  # what lapses may be forgotten already
            self.run(self._each(jobs))
        self.rows = self.run(self._read())
        self.run(self._each(jobs, [str(key[1]) for key in before if key[0] == "case_record"]))
        assert self.run(self._read()) == self.rows
        assert wrong_with(self.rows) == []
        self._grew_together(before)
        for case in [row for key, row in self.rows.items() if key[0] == "case_record"]:
            was = before["case_record", case["id"]]["state"]
            age = now - case["created_at"]  # a request lapses in a week; where somebody slept is forgotten in another
            becomes = said_by_hand(was, "lapse") if age >= WEEK and was not in OVER else was
            assert case["state"] == ("ended" if becomes == "withdrawn" and age >= 2 * WEEK else becomes)
            on_the_way = case["state"] in ("provisional", "confirmed")
            assert not on_the_way or (case["reminded_at"] is not None) == (case["arrives_at"] <= now)
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

    # ---- who asks

    def begin(self, n: int, dice: Random) -> None:
        case, who = self.case(n), self.someone(dice, ASKERS[n])
        shelters = dice.sample(SHELTERS, dice.randint(1, 4))
        if case is not None and case["state"] not in OVER:
            return
        kept, self.ids[n] = self.ids[n], f"c{n}-{self.new_id()}"
        by = "person_id" if who.kind == "person" else "client_id"
        lately = [
            row
            for key, row in self.rows.items()
            if key[0] == "case_record" and row["created_at"] > self.now - timedelta(hours=1)
        ]
        expected = "asking" if sum(row[by] == who.id for row in lately) < 12 else "too_many"
        if who in (SANNE, KOFI, ILSE):
            expected = "not_your_role"
        kinds = {one: KIND[one] for one in shelters}
        self.step(expected, lambda tx: open_case(tx, who, self.ids[n], NEEDS, None, kinds, self.now), n)
        if expected != "asking":
            self.ids[n] = kept

    def ask_more(self, n: int, dice: Random) -> None:
        who = self.someone(dice, ASKERS[n])
        present = [one for one in SHELTERS if (part := self.ask_of(n, one)) and part["settled"] is None]
        new = [one for one in SHELTERS if one not in present]
        shelters = {self.one_of(dice, new, SHELTERS), self.one_of(dice, new, SHELTERS)}
        expected = "no_such_request" if not self.is_own(n, who) else self.after(n, "ask")
        if expected == "asking" and shelters & set(present):
            expected = "asked_already"
        kinds = {one: KIND[one] for one in shelters}
        self.step(expected, lambda tx: ask_more(tx, who, self.ids[n], kinds, self.now), n)

    def choose(self, n: int, dice: Random) -> None:
        who = self.someone(dice, ASKERS[n])
        offered = [one for one in SHELTERS if (part := self.ask_of(n, one)) and part["place_id"]]
        shelter = self.one_of(dice, offered, SHELTERS)
        hours = dice.choice([None, None, None, None, -1, 0, 1, 47, 49])
        arrives_at = None if hours is None else self.now + timedelta(hours=hours)
        part, local = self.ask_of(n, shelter), self.now.astimezone(ZONE)
        event: Event = "choose"
        if who.role != "desk" and KIND[shelter] in OPEN:
            event = "choose_for_desk" if OPEN[KIND[shelter]](local) else "choose_provisionally"
        if not self.is_own(n, who):
            expected = "no_such_request"
        elif (expected := self.after(n, event)).startswith("request_"):
            pass
        elif part is None or part["place_id"] is None or part["settled"] is not None:
            expected = "no_offer"
        elif hours is not None and not 0 <= hours <= 48:
            expected = "in_the_past" if hours < 0 else "more_than_two_days"
        elif self.offer_of(part) is None:
            expected = "offer_over"
        elif self.rows["place", part["place_id"]]["state"] != "open":
            expected = "not_free"
        self.step(expected, lambda tx: choose_offer(tx, who, self.ids[n], shelter, self.now, ZONE, arrives_at), n)

    def withdraw(self, n: int, dice: Random) -> None:
        who = self.someone(dice, ASKERS[n])
        expected = "no_such_request" if not self.is_own(n, who) else self.after(n, "withdraw")
        self.step(expected, lambda tx: withdraw_case(tx, who, self.ids[n], self.now, ZONE), n)

    def tell(self, n: int, dice: Random) -> None:
        who, slept = self.someone(dice, ASKERS[n]), dice.choice(["street", "hotel", "palace"])
        expected = "no_such_request" if not self.is_own(n, who) else self.after(n, "tell_outcome")
        if slept == "palace" and expected != "no_such_request":
            expected = "not_one_of"
        self.step(expected, lambda tx: tell_outcome(tx, who, self.ids[n], slept, self.now, ZONE), n)

    # ---- shelters and the desk

    def by(self, n: int, shelter: str, who: Actor) -> str | None:
        """In which quality somebody may speak for the shelter; None: for them the case does not exist."""
        if self.case(n) is None or self.ask_of(n, shelter) is None:
            return None
        if shelter in who.shelter_ids:
            return "shelter"
        return "desk" if who.role == "desk" else "police" if who.role == "police" and self.is_own(n, who) else None

    def answered(self, n: int, shelter: str, who: Actor, said: ShelterAnswer) -> str:
        """What must come of an answer."""
        by, part, case = self.by(n, shelter, who), self.ask_of(n, shelter), self.case(n)
        if by is None or part is None or case is None:
            return "no_such_request"
        if part["settled"] is not None:
            return "request_settled"
        if said.place_id is not None and not said.place_id.startswith(shelter):
            return "not_here"
        if by == "police" and (said.answer != "yes" or shelter != "nood"):
            return "not_your_role"
        if by == "police" and part["answer"] is not None and part["answered_by"] != "police":
            return "request_answered"
        own, kept = self.offer_of(part), self.kept(said.place_id) if said.place_id else None
        was = (part["answer"], part["place_id"], part["reason"], part["criterion"])
        if was == (said.answer, said.place_id, said.reason, said.criterion) and (said.answer != "yes" or own is not None):
            return "same"
        if said.place_id is None:
            return "asking"
        one = (case["organization_id"], case["role"])
        is_hold = kept is not None and kept["type"] == "hold"
        is_callers = kept is not None and kept["person_id"] is None and kept["client_id"] is None
        is_own = kept is not None and all(kept[by] == case[by] for by in ("person_id", "client_id"))
        is_for_them = kept is not None and (kept["organization_id"], kept["role"]) == one
        is_askers = is_hold and (is_for_them if is_callers else is_own)
        is_free = kept is None or is_askers or (own is not None and kept["id"] == own["id"])
        return "asking" if is_free and self.rows["place", said.place_id]["state"] == "open" else "not_free"

    def asked_of(self, n: int) -> list[str]:
        """The shelters of which an answer counts."""
        return [one for one in SHELTERS if (part := self.ask_of(n, one)) and part["settled"] is None]

    def offer(self, n: int, dice: Random) -> None:
        shelter = self.one_of(dice, self.asked_of(n), SHELTERS)
        likely = [one for one in PLACES if one.startswith(shelter) and self.statuses[one] in ("free", "held")]
        self._answer(n, shelter, ShelterAnswer("yes", self.one_of(dice, likely, PLACES)), dice)

    def answer(self, n: int, dice: Random) -> None:
        shelter = self.one_of(dice, self.asked_of(n), SHELTERS)
        discuss, no_place = ShelterAnswer("discuss"), ShelterAnswer("no", None, "no_place")
        part = self.ask_of(n, shelter)
        again = ShelterAnswer("yes", part["place_id"]) if part is not None and part["place_id"] else discuss
        contra = ShelterAnswer("no", None, "contra_indication", "lvb")
        self._answer(n, shelter, dice.choice([discuss, no_place, contra, again]), dice)

    def _answer(self, n: int, shelter: str, said: ShelterAnswer, dice: Random) -> None:
        police = [POLICE_SYSTEM] if KIND[shelter] == "emergency" else []
        right = dice.choice([STAFF[shelter], STAFF[shelter], HANNEKE, *police])
        who, claim_id = self.someone(dice, right), self.new_id()
        expected = self.answered(n, shelter, who, said)
        self.step(expected, lambda tx: answer_case(tx, who, self.ids[n], shelter, said, claim_id, self.now), n)
        if expected == "asking" and said.place_id is not None:
            assert self.statuses[said.place_id] == "reserved"

    def confirm(self, n: int, dice: Random) -> None:
        who, chosen = self.someone(dice, HANNEKE), self.chosen(n)
        expected = self.decided(n, who, "confirm")
        if expected == "confirmed" and chosen is not None:
            is_ready = {"open"} if self.case(n)["state"] == "chosen" else {"open", "occupied"}  # type: ignore[index]
            if self.offer_of(chosen) is None:
                expected = "offer_over"
            elif self.rows["place", chosen["place_id"]]["state"] not in is_ready:
                expected = "not_free"
        elif expected == "confirmed" and chosen is not None and (case := self.case(n)) is not None:
            state = self.rows["place", chosen["place_id"]]["state"]
            if state == "closed" or (case["state"] == "chosen" and state != "open"):
                expected = "not_free"
        self.step(expected, lambda tx: confirm_case(tx, who, self.ids[n], self.now, ZONE), n)

    def refuse(self, n: int, dice: Random) -> None:
        who, chosen = self.someone(dice, HANNEKE), self.chosen(n)
        expected = self.decided(n, who, "refuse")
        self.step(expected, lambda tx: refuse_case(tx, who, self.ids[n], "other", self.now), n)
        self.nothing_is_kept(n, chosen, expected)

    def nothing_is_kept(self, n: int, chosen: dict[str, Any] | None, expected: str) -> None:
        """Expect the place of a choice that came to nothing to be free, or by now somebody else's."""
        if expected == "asking" and chosen is not None:
            kept = self.kept(chosen["place_id"])
            assert kept is None or kept["case_id"] != self.ids[n]

    def decided(self, n: int, who: Actor, event: Event) -> str:
        if who.role != "desk":
            return "not_your_role"
        return "no_such_request" if self.case(n) is None else self.after(n, event)

    def arrive(self, n: int, dice: Random) -> None:
        self._come(n, dice, arrived=True)

    def miss(self, n: int, dice: Random) -> None:
        self._come(n, dice, arrived=False)

    def _come(self, n: int, dice: Random, *, arrived: bool) -> None:
        chosen = self.chosen(n)
        shelter = self.one_of(dice, [] if chosen is None else [chosen["shelter_id"]], SHELTERS)
        who = self.someone(dice, dice.choice([STAFF[shelter], STAFF[shelter], HANNEKE]))
        by, kept = self.by(n, shelter, who), self.kept(chosen["place_id"]) if chosen else None
        if by is None:
            expected = "no_such_request"
        elif by == "police":
            expected = "not_your_role"
        elif chosen is not None and chosen["shelter_id"] != shelter:
            expected = "request_settled"
        else:
            expected = self.after(n, "arrive" if arrived else "miss")
            is_others = kept is not None and chosen is not None and kept["id"] != chosen["claim_id"]
            if is_others and expected in ("arrived", "housed"):
                expected = "not_free"
        self.step(expected, lambda tx: take_arrival(tx, who, self.ids[n], shelter, self.now, ZONE, arrived=arrived), n)
        if expected in ("arrived", "housed") and chosen is not None:
            assert self.statuses[chosen["place_id"]] == "occupied"
            assert self.kept(chosen["place_id"]) is None
        self.nothing_is_kept(n, chosen, expected)

    # ---- what else happens to the places

    def tap(self, dice: Random) -> None:
        full = [one for one in PLACES if self.statuses[one] in ("occupied", "closed")]
        said: Reported = dice.choice(TAPS)
        place = self.one_of(dice, full if said == "free" else [], PLACES)
        change = PlaceChange(said, "repair" if said == "closed" else None)
        self.step("fine", lambda tx: change_place(tx, STAFF[place.rpartition("-")[0]], place, change, self.now))

    def hold(self, dice: Random) -> None:
        place, who = dice.choice(PLACES), dice.choice(ASKERS)
        was, before, claim_id = self.statuses[place], self.rows, self.new_id()
        said = self.run(self._do(lambda tx: hold_place(tx, who, [place], claim_id, self.now)))
        self.rows = self.run(self._read())
        assert wrong_with(self.rows) == []
        assert said in ("done", "holds_of_person", "holds_of_organization") if was == "free" else said != "done"
        assert (self.rows == before) == (said != "done")

    def release(self, dice: Random) -> None:
        held = [one for one in PLACES if self.statuses[one] in ("held", "reserved")]
        place, who = self.one_of(dice, held, PLACES), dice.choice(EVERYBODY)
        kept = self.kept(place)
        if kept is None:
            return
        said = self.run(self._do(lambda tx: release_hold(tx, who, kept["id"], self.now)))
        self.rows = self.run(self._read())
        assert wrong_with(self.rows) == []
        assert said != "done" or kept["type"] == "hold"

    def look(self, n: int, dice: Random) -> None:
        who, case = self.someone(dice, dice.choice([ASKERS[n], HANNEKE])), self.case(n)
        if case is None or not (who.role == "desk" or self.is_own(n, who)):
            expected = "no_such_request"
        else:
            expected = "no_address_now"
            if case["state"] in ("provisional", "confirmed"):
                lately = self.now < case["decided_at"] + timedelta(hours=12)
                soon = abs(self.now - case["arrives_at"]) < timedelta(hours=6)
                expected = "same" if lately or soon else "no_address_now"
        self.step(expected, lambda tx: disclose_address(tx, who, self.ids[n], SEAL, self.now), n)


STATUSES = """
    select p.id, case
        when p.state <> 'open' then p.state
        when exists (select from claim c where c.place_id = p.id and c.type = 'reservation' and c.ended_at is null
                     and c.expires_at > $1) then 'reserved'
        when exists (select from claim c where c.place_id = p.id and c.ended_at is null and c.expires_at > $1) then 'held'
        else 'free' end as status
    from place p
"""


@pytest.fixture(scope="module")
def world(server_url: str, template: str) -> Iterator[World]:
    """A template with the board on it, and a loop of its own: the machine is no coroutine."""
    with asyncio.Runner() as runner:
        url = make_url(server_url).set(database=f"{template}_lives")

        async def execute(statement: str) -> None:
            connection = await asyncpg.connect(asyncpg_url(server_url))
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        async def fill() -> None:
            database = Database(url.render_as_string(hide_password=False), pool_size=1)
            async with database.transaction() as tx:
                await add_board(tx)
                await add_case_board(tx)
                women = await tx.get_one(Kind, "women")
                women.decides, women.desk_hours, women.outside_hours = "desk", "20:00-08:00", "provisional"
                tx.add(women)
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
