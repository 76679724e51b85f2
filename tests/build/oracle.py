"""The oracle of the random lives of cases: it reads from the rows what must come of each step.

It shares no code with the actions; `case_steps.py` has the steps.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import asyncpg
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy.engine import make_url

from bedboard.rules.access import Actor
from bedboard.rules.cases import CaseState, Event
from bedboard.rules.places import status_of
from bedboard.rules.refusals import Refusal
from bedboard.store.address import asyncpg_url
from bedboard.store.board import list_shelters
from bedboard.store.database import Database, Transaction
from tests.build import NOW, SEAL
from tests.build.cases import EMRE, HANNEKE, ILSE, KOFI, LUCIA, MARK, NOOR, POLICE_SYSTEM, SANNE
from tests.build.lives import said_by_hand
from tests.build.rows import Rows
from tests.build.wrong import wrong_with

REQUESTERS = (MARK, LUCIA, HANNEKE, POLICE_SYSTEM, NOOR)
EVERYBODY = (MARK, EMRE, LUCIA, HANNEKE, POLICE_SYSTEM, NOOR, SANNE, KOFI, ILSE)
SHELTERS = ("linde", "nood", "beuk", "ceder", "wilg")
PLACES = ("linde-1", "linde-2", "nood-1", "nood-2", "beuk-1", "beuk-2", "ceder-1", "ceder-2", "wilg-1")
TABLES = {"case_record": ["id"], "ask": ["case_id", "shelter_id"], "case_event": ["id"], "claim": ["id"], "place": ["id"]}

STATUSES = """
    select p.id, case
        when p.state <> 'open' then p.state
        when exists (select from claim c where c.place_id = p.id and c.type = 'reservation' and c.ended_at is null
                     and (c.expires_at is null or c.expires_at > $1)) then 'reserved'
        when exists (select from claim c where c.place_id = p.id and c.ended_at is null and c.expires_at > $1) then 'held'
        else 'free' end as status
    from place p
"""


def promise(claim: dict[str, Any]) -> str:
    """The id that the claims of one hold or offer have in common."""
    return str(claim["first_id"] or claim["id"])


def places_of(part: dict[str, Any]) -> list[str]:
    return [] if part["place_id"] is None else [part["place_id"], *part["more_place_ids"]]


@dataclass
class World:
    """A database with the board on it, on which server that is, and a loop in which everything runs."""

    url: str
    server_url: str
    runner: asyncio.Runner


class Oracle(RuleBasedStateMachine):
    """Five cases on a database of their own, the facts about them, and whether a step has done what it must."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.number = 0  # of what gets an id
        self.steps = 0
        self.ids = [f"c{n}" for n in range(len(REQUESTERS))]  # the case that each requester has now
        self.run = self.world.runner.run
        self.database = Database(self.run(self._copy()), SEAL.marks, pool_size=2)
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
        return next(
            (row for row in found if row["ended_at"] is None and (row["expires_at"] is None or row["expires_at"] > self.now)),
            None,
        )

    def chosen(self, n: int) -> dict[str, Any] | None:
        return next((part for one in SHELTERS if (part := self.ask_of(n, one)) and part["settled"] == "chosen"), None)

    def offer_of(self, part: dict[str, Any]) -> dict[str, Any] | None:
        """Return the live claim of the first place of this shelter's offer; None when not every place of it is kept."""
        kept = [self.kept(place) for place in places_of(part)]
        whole = [row for row in kept if row is not None and promise(row) == part["claim_id"]]
        return whole[0] if whole and len(whole) == len(kept) else None

    def states_of(self, part: dict[str, Any]) -> set[str]:
        """The states of the offered places, as the shelter says."""
        return {self.rows["place", place]["state"] for place in places_of(part)}

    def is_for(self, case: dict[str, Any], part: dict[str, Any], place: str) -> bool:
        """Whether this shelter may offer the place for the case."""
        kept, one = self.kept(place), (case["organization_id"], case["role"])
        is_hold = kept is not None and kept["type"] == "hold"
        is_callers = kept is not None and kept["person_id"] is None and kept["client_id"] is None
        is_own = kept is not None and all(kept[by] == case[by] for by in ("person_id", "client_id"))
        is_for_them = kept is not None and (kept["organization_id"], kept["role"]) == one
        is_used = kept is not None and part["hold_id"] == promise(kept)
        is_requesters = is_hold and (is_used or (is_for_them if is_callers else is_own))
        is_free = kept is None or is_requesters or (part["claim_id"] is not None and promise(kept) == part["claim_id"])
        return bool(is_free and self.rows["place", place]["state"] == "open")

    def is_live_hold(self, claim: dict[str, Any]) -> bool:
        return bool(claim["type"] == "hold" and claim["ended_at"] is None and claim["expires_at"] > self.now)

    def is_ours(self, n: int, who: Actor) -> bool:
        case = self.case(n)
        return case is not None and (who.organization_id, who.role) == (case["organization_id"], case["role"])

    def lapses_at(self, case: dict[str, Any]) -> datetime:
        """When this case lapses, as its time line says: a week after the last thing that gave its search a new beginning."""
        lines = [
            row["at"]
            for key, row in self.rows.items()
            if key[0] == "case_event"
            and row["case_id"] == case["id"]
            and row["what"] in ("missed", "refused", "resumed", "stay_ended")
        ]
        last: datetime = max([case["created_at"], *lines, *([case["arrives_at"]] if case["arrives_at"] else [])])
        return last + timedelta(days=7)

    def lapsed(self, n: int) -> dict[str, Any] | None:
        """The part of the shelter that expected people when a case lapsed."""
        case = self.case(n)
        if case is None or case["state"] != "withdrawn" or case["arrives_at"] is None:
            return None
        if case["over_at"] < max(case["created_at"], case["arrives_at"]) + timedelta(days=7):
            return None  # a person withdrew it
        return next(part for one in SHELTERS if (part := self.ask_of(n, one)) and part["settled"] == "withdrawn")

    def owner(self, n: int) -> Actor:
        """Return the present requester of the case: somebody may have taken it over."""
        case = self.case(n)
        ids = () if case is None else (case["person_id"], case["client_id"])
        return next((who for who in EVERYBODY if who.id in ids), REQUESTERS[n])

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

    def look_step(self, expected: str, action: Callable[[Transaction], Awaitable[object]], n: int) -> None:
        """A look changes only the version of its case, so that pages show it, unless there were too many in an hour."""
        if expected != "same":
            self.step(expected, action, n)
            return
        key, before, said = ("case_record", self.ids[n]), self.rows, self.run(self._do(action))
        self.rows = self.run(self._read())
        assert said in ("done", "too_many")
        version = before[key]["version"] + (said == "done")
        assert self.rows == before | {key: before[key] | {"version": version}}

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

    # ---- chance

    def someone(self, dice: Random, right: Actor) -> Actor:
        """Mostly who has to do with it, sometimes anybody."""
        return dice.choice(EVERYBODY) if dice.random() < 0.1 else right

    def one_of(self, dice: Random, likely: Sequence[str], every: Sequence[str]) -> str:
        """Mostly one of those that may be meant, when there are any, sometimes any."""
        return dice.choice(every if not likely or dice.random() < 0.1 else likely)
