"""Many at once on one shelter. Each race is first run without the lock, where it must be seen to go wrong."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import permutations

import pytest
from sqlalchemy import text
from sqlmodel import select

from bedboard.actions import occupancy
from bedboard.actions.confirming import CONFIRMED
from bedboard.actions.counts import count_places
from bedboard.actions.occupancy import change_place, confirm_shelter
from bedboard.rules.places import KindCount, PlaceChange
from bedboard.rules.refusals import Conflict
from bedboard.store.bell import listen, ring
from bedboard.store.board import get_shelter
from bedboard.store.database import Database, Transaction
from bedboard.store.journal import occupancy_words
from bedboard.store.shelters import get_shelter_id
from bedboard.store.tables.board import Shelter
from tests.build import NOW, PATIENCE, actor, until
from tests.build.rows import do, do_patiently, goes, journal_of

SANNE = actor()
MACHINE = actor("machine", "demo-shelter-linde", kind="client")
PLACES = ("linde-1", "linde-2", "linde-3", "linde-4")
SECOND = timedelta(seconds=1)


@pytest.fixture
def locked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """False takes the lock away: the shelter is read as before, but not locked, and two readers meet before either goes on."""
    if request.param:
        return True
    met = asyncio.Event()
    readers = 0

    async def read(tx: Transaction, shelter_id: str | None) -> Shelter | None:
        nonlocal readers
        found = (await tx.exec(select(Shelter).where(Shelter.id == shelter_id))).one_or_none()
        readers += 1
        if readers > 1:
            met.set()
        async with asyncio.timeout(PATIENCE):
            await met.wait()
        return found

    async def read_of(tx: Transaction, place_id: str) -> Shelter | None:
        return await read(tx, await get_shelter_id(tx, place_id))

    monkeypatch.setattr(occupancy, "lock_shelter", read)
    monkeypatch.setattr(occupancy, "lock_shelter_of", read_of)
    return False


# ---- a history without gaps


@pytest.mark.parametrize("locked", [False, True], indirect=True, ids=["no lock", "lock"])
async def test_every_one_of_many_changes_at_once_has_its_own_version_and_builds_on_the_one_before(
    board_database: Database, locked: bool
) -> None:
    second = Database(board_database.url, board_database.marks, pool_size=30)  # another process' pool

    async def change(n: int) -> None:
        database, place_id = (board_database, second)[n % 2], PLACES[n % 4]
        match n % 6:
            case 0:
                await do_patiently(database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW))
            case 1:
                await do_patiently(database, lambda tx: change_place(tx, SANNE, place_id, PlaceChange("closed", "repair"), NOW))
            case 2:
                await do_patiently(database, lambda tx: change_place(tx, MACHINE, place_id, PlaceChange("occupied"), NOW))
            case 3:
                numbers = {"cosm": KindCount(n % 4), "women": KindCount(n % 2, 0)}
                if n % 4 == 3:
                    numbers["cosm"] = KindCount(3, 0)
                await do_patiently(database, lambda tx: count_places(tx, MACHINE, "linde", numbers, NOW))
            case _:
                await do_patiently(database, lambda tx: change_place(tx, SANNE, place_id, PlaceChange("free"), NOW))

    done = await asyncio.gather(*(change(n) for n in range(36)), return_exceptions=True)
    await second.dispose()
    journal = await journal_of(board_database, "linde")
    linde = await do(board_database, lambda tx: get_shelter(tx, "linde"))

    def check() -> None:
        assert done.count(None) + sum(isinstance(one, Exception) for one in done) == 36
        refused = [one for one in done if one is not None]
        # a number can be refused: 3 free of 3 where one is closed. Nothing else, and nothing half
        assert all(type(one).__name__ == "Invalid" for one in refused), refused
        number = done.count(None)
        assert linde.version == 1 + number
        assert sorted({row.version for row in journal}) == list(range(2, number + 2))
        assert [row.version for row in journal] == sorted(row.version for row in journal)
        for place in linde.places:
            present = occupancy_words(place.state, place.expected_free_at, place.closed_reason, place.since)
            rows = [row for row in journal if row.place_id == place.id]
            of_shelter = {CONFIRMED: None, "kinds": None}  # no words of the place
            changes = [((row.before or {}) | of_shelter, (row.after or {}) | of_shelter) for row in rows]
            present |= of_shelter
            assert [after for _, after in changes[-1:]] == [present]  # the stored words are those last written down
            # nobody worked with what was no longer so
            assert [after for _, after in changes[:-1]] == [before for before, _ in changes[1:]]

    goes(locked, check)


@pytest.mark.parametrize("locked", [False, True], indirect=True, ids=["no lock", "lock"])
async def test_of_two_callers_with_the_same_version_one_is_told_that_it_has_changed(
    board_database: Database, locked: bool
) -> None:
    async def change(place_id: str) -> None:
        await do(board_database, lambda tx: change_place(tx, SANNE, place_id, PlaceChange("occupied"), NOW, {1}))

    done = await asyncio.gather(change("linde-1"), change("linde-2"), return_exceptions=True)

    def check() -> None:
        assert sorted(type(one).__name__ for one in done) == ["NoneType", "VersionMismatch"]

    goes(locked, check)


# ---- older never overwrites newer

ORDERS = list(permutations(range(5)))[::17]  # eight of the 120


@pytest.mark.parametrize("locked", [False, True], indirect=True, ids=["no lock", "lock"])
async def test_messages_that_come_at_once_and_in_any_order_end_with_the_newest(board_database: Database, locked: bool) -> None:
    """The messages differ only in when they were seen and what they expect, so that no CHECK helps where the lock is gone."""

    def said(turn: int, n: int) -> PlaceChange:
        observed_at = NOW - (600 - 10 * turn - n) * SECOND
        return PlaceChange("occupied", None, observed_at + timedelta(hours=5), observed_at)

    async def push(message: PlaceChange) -> bool:
        try:
            await do(board_database, lambda tx: change_place(tx, MACHINE, "linde-1", message, NOW))
        except Conflict as refused:
            assert refused.code == "overtaken"
            return False
        return True

    ends = []
    for turn, order in enumerate(ORDERS):
        kept = await asyncio.gather(*(push(said(turn, n)) for n in order))
        linde = await do(board_database, lambda tx: get_shelter(tx, "linde"))
        one = linde.places[0]
        ends.append((kept[order.index(4)], one.state, one.observed_at, one.expected_free_at))

    def check() -> None:
        newest = [said(turn, 4) for turn in range(len(ORDERS))]
        assert ends == [(True, "occupied", one.observed_at, one.expected_free_at) for one in newest]

    goes(locked, check)


# ---- a bell is never early


@asynccontextmanager
async def reading_at_every_bell(database: Database) -> AsyncIterator[list[tuple[int, int]]]:
    """Each bell's version, with the version that could be read when it was heard."""
    heard: asyncio.Queue[int] = asyncio.Queue()
    pairs: list[tuple[int, int]] = []

    async def read() -> None:
        while True:
            version = await heard.get()
            linde = await do(database, lambda tx: get_shelter(tx, "linde"))
            pairs.append((version, linde.version))

    async with listen(database, lambda noun, own_id, version: heard.put_nowait(version)):
        reader = asyncio.create_task(read())
        yield pairs
        reader.cancel()


def never_early(pairs: Sequence[tuple[int, int]]) -> bool:
    return all(readable >= rung for rung, readable in pairs)


async def test_a_bell_that_rings_too_early_is_noticed(board_database: Database) -> None:
    """The control: the bell in a transaction of its own, while the change is not yet committed."""
    async with reading_at_every_bell(board_database) as pairs:
        async with board_database.transaction() as tx:
            await confirm_shelter(tx, SANNE, "linde", NOW)
            await do(board_database, lambda early: ring(early, "shelter", "linde", 2))

            async def has_been_read() -> bool:
                return len(pairs) == 1

            await until(has_been_read, "the early bell is heard")
    assert not never_early(pairs)


async def test_a_version_can_be_read_when_its_bell_is_heard_and_bells_come_in_order(board_database: Database) -> None:
    async with reading_at_every_bell(board_database) as pairs:
        await asyncio.gather(
            *(do_patiently(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW)) for _ in range(25))
        )

        async def has_been_read() -> bool:
            return len(pairs) == 25

        await until(has_been_read, "every bell is heard")
    assert [rung for rung, _ in pairs] == list(range(2, 27))
    assert never_early(pairs)


async def test_shelters_do_not_wait_for_each_other(board_database: Database) -> None:
    async with board_database.transaction() as tx:
        await (await tx.connection()).execute(text("select id from shelter where id = 'ceder' for update"))
        async with asyncio.timeout(PATIENCE):
            await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW))
