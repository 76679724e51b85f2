"""Past evenings, read from the journal and the claims, against the board as it was written down on each of them."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import numpy as np
import pytest

from bedboard.actions.holds import extend_hold, hold_place, release_hold
from bedboard.actions.manage.places import PlaceFacts, close_for_good, open_places
from bedboard.actions.occupancy import change_place, undo_change
from bedboard.rules.access import Actor
from bedboard.rules.freshness import USUAL_LIMITS
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Refusal
from bedboard.store.board import get_catalogue, list_shelters
from bedboard.store.database import Database, Transaction
from bedboard.store.evenings import Evening, list_past_evenings
from bedboard.views.cards import make_card
from tests.build import NOW
from tests.build.cases import ANNEKE, DAY, HOUR, KOFI, LUCIA, MARK, MINUTE, SANNE, ZONE
from tests.build.rows import do

T = TypeVar("T")
Cells = dict[tuple[str, str, datetime], tuple[int, int]]
"""By unit, kind and moment: how many places there were, and how many of them were free."""


async def board_now(tx: Transaction, now: datetime) -> Cells:
    """The slow way: the cards of that moment."""
    catalogue = await get_catalogue(tx)
    assert catalogue is not None
    places, free = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for row in await list_shelters(tx):
        for kind, counts in make_card(row, catalogue, USUAL_LIMITS, now).kinds.items():
            places[row.unit, kind] += counts["total"]
            free[row.unit, kind] += counts["free"]
    return {(unit, kind, now): (count, free[unit, kind]) for (unit, kind), count in places.items() if count}


def as_cells(evenings: list[Evening]) -> Cells:
    return {(one.unit, one.kind, one.at): (one.places, one.free) for one in evenings}


class People:
    """They press at random, also what is refused; a refusal changes nothing."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database, self.dice = database, np.random.default_rng(seed)
        self.taps: list[tuple[Actor, str, int]] = []
        self.ids = 0

    def number(self, most: int) -> int:
        return int(self.dice.integers(most + 1))

    def choice(self, every: Sequence[T]) -> T:
        return every[self.number(len(every) - 1)]

    async def press(self, now: datetime) -> None:
        presses: list[Callable[[datetime], Awaitable[Any]]] = [self.tap, self.tap, self.hold, self.hold, self.undo]
        presses += [self.extend, self.release, self.add, self.end]
        try:
            await self.choice(presses)(now)
        except Refusal:
            return

    async def tap(self, now: datetime) -> None:
        who, place_id = self.choice([(SANNE, f"linde-{n}") for n in (1, 2, 3, 4)] + [(KOFI, f"ceder-{n}") for n in (1, 2)])
        to = self.choice([PlaceChange("free"), PlaceChange("occupied"), PlaceChange("closed", "cleaning")])
        changed = await do(self.database, lambda tx: change_place(tx, who, place_id, to, now))
        assert changed.journal_id is not None
        self.taps.append((who, place_id.partition("-")[0], changed.journal_id))

    async def undo(self, now: datetime) -> None:
        if self.taps:
            who, shelter_id, journal_id = self.taps.pop()
            await do(self.database, lambda tx: undo_change(tx, who, shelter_id, journal_id, now, 2 * DAY))

    async def hold(self, now: datetime) -> None:
        self.ids += 1
        place_id = self.choice(["linde-1", "linde-2", "ceder-1", "ceder-2", "wilg-1"])
        who = self.choice([MARK, LUCIA])
        await do(self.database, lambda tx: hold_place(tx, who, [place_id], f"h{self.ids}", now))

    async def extend(self, now: datetime) -> None:
        await do(self.database, lambda tx: extend_hold(tx, MARK, f"h{self.ids}", now))

    async def release(self, now: datetime) -> None:
        await do(self.database, lambda tx: release_hold(tx, MARK, f"h{self.ids}", now))

    async def add(self, now: datetime) -> None:
        self.ids += 1
        facts = PlaceFacts(f"p{self.ids}", self.choice(["cosm", "men"]), 1, 0)
        await do(self.database, lambda tx: open_places(tx, ANNEKE, "ceder", facts, [f"new-{self.ids}"], now, ZONE))

    async def end(self, now: datetime) -> None:
        place_id = f"new-{self.number(self.ids)}"
        await do(self.database, lambda tx: close_for_good(tx, ANNEKE, "ceder", place_id, now))


@pytest.mark.parametrize("seed", range(4))
async def test_the_past_is_what_the_board_showed(board_database: Database, seed: int) -> None:
    people, now, seen = People(board_database, seed), NOW, Cells()
    evenings = [NOW - DAY]  # before there was a shelter
    for _ in range(8):
        for _ in range(people.number(6)):
            now += people.choice([MINUTE, 10 * MINUTE, HOUR])
            await people.press(now)
        now += people.choice([MINUTE, 20 * MINUTE, 3 * HOUR])
        seen |= await do(board_database, lambda tx, at=now: board_now(tx, at))  # type: ignore[misc]
        evenings.append(now)
        now += timedelta(seconds=1)
    found = await do(board_database, lambda tx: list_past_evenings(tx, evenings))
    assert as_cells(found) == seen
    assert any(0 < free < places for places, free in seen.values()), "the people did nothing that matters"


async def test_a_board_that_nobody_touched_was_always_as_it_is(board_database: Database) -> None:
    evenings = [NOW + MINUTE, NOW + DAY]
    found = await do(board_database, lambda tx: list_past_evenings(tx, evenings))
    seen = [await do(board_database, lambda tx, at=at: board_now(tx, at)) for at in evenings]  # type: ignore[misc]
    assert as_cells(found) == seen[0] | seen[1]


async def test_no_evenings_are_no_question(board_database: Database) -> None:
    assert await do(board_database, lambda tx: list_past_evenings(tx, [])) == []
