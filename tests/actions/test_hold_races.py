"""The last place goes to exactly one, and nobody hears "taken" while it is free. First without the lock: both go wrong."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import MultipleResultsFound
from sqlmodel import select

from bedboard.actions import holds
from bedboard.actions.holds import Held, hold_place, release_hold
from bedboard.actions.setup import add_shelter
from bedboard.rules.access import Actor
from bedboard.rules.claims import MOST_OF_ONE, MOST_OF_ORGANIZATION
from bedboard.rules.refusals import Busy, Conflict
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import Rooms, get_rooms
from bedboard.store.tables.board import Organization, Shelter
from tests.build import NOW, SEAL, actor, place, shelter
from tests.build.rows import do, do_patiently, every_row, goes, run

TAKERS = 24


class Died(Exception):
    """The winner's process dies before it commits."""


@pytest.fixture
async def pools(board_database: Database) -> AsyncIterator[tuple[Database, Database]]:
    """Two processes' worth of connections, and takers of several organizations."""
    async with board_database.transaction() as tx:
        connection = await tx.connection()
        await connection.execute(text("insert into organization select 'o' || n, 'O' || n from generate_series(0, 23) n"))
        await connection.execute(
            text("insert into person select 'p' || n, 'o' || n, 'P', 'police', null, false, null from generate_series(0, 23) n")
        )
    second = Database(board_database.url, board_database.marks, pool_size=30)
    yield board_database, second
    await second.dispose()


@pytest.fixture
def locked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """False takes the locks away; every reader then waits a little, as a busy machine would make it."""
    if request.param:
        return True

    async def unlocked_shelter(tx: Transaction, shelter_id: str) -> Shelter | None:
        return (await tx.exec(select(Shelter).where(Shelter.id == shelter_id))).one_or_none()

    async def unlocked_organization(tx: Transaction, organization_id: str) -> bool:
        return (await tx.exec(select(Organization.id).where(Organization.id == organization_id))).one_or_none() is not None

    reading = get_rooms
    meeting = asyncio.Barrier(2)

    async def slow(tx: Transaction, actor: Actor, shelter_id: str, place_ids: Sequence[str]) -> Rooms:
        found = await reading(tx, actor, shelter_id, place_ids)
        try:
            async with asyncio.timeout(0.2):
                await meeting.wait()
        except (TimeoutError, asyncio.BrokenBarrierError):
            await meeting.reset()
        return found

    monkeypatch.setattr(holds, "lock_shelter", unlocked_shelter)
    monkeypatch.setattr(holds, "lock_organization", unlocked_organization)
    monkeypatch.setattr(holds, "get_rooms", slow)
    return False


def taker(n: int) -> Actor:
    return Actor("person", f"p{n}", "police", "P", f"o{n}", frozenset())


async def take(
    database: Database,
    n: int,
    places: list[str],
    *,
    dies: bool = False,
    at: datetime = NOW,
    heard: list[str] | None = None,
) -> str:
    """Return the place that was taken, "taken" or "died".

    `heard` gets "has" from a taker who has it and will live, and "taken".
    """
    heard = heard if heard is not None else []
    try:
        async with database.transaction() as tx:
            held: Held = await hold_place(tx, taker(n), places, f"h{n}", at)
            if dies:
                raise Died
            heard.append("has")
    except Conflict as refusal:
        heard.append("taken")
        return "taken" if refusal.code == "not_free" else refusal.code
    except Died:
        return "died"
    except Busy:  # others came first for too long, and nothing was done
        return await take(database, n, places, dies=dies, at=at, heard=heard)
    return held.place_ids[0]


CONTROL = pytest.mark.parametrize("locked", [False, True], indirect=True, ids=["no lock", "lock"])


@CONTROL
async def test_the_last_place_goes_to_exactly_one_of_24(pools: tuple[Database, Database], locked: bool) -> None:
    if not locked:  # the index would still say no, as an error nobody understands: take that away as well
        await run(pools[0], "drop index uq_claim_live_place_id")
    said = await asyncio.gather(*(take(pools[n % 2], n, ["linde-1"]) for n in range(TAKERS)), return_exceptions=True)
    claims = [row for key, row in (await every_row(pools[0])).items() if key[0] == "claim" and row["ended_at"] is None]

    def check() -> None:
        assert len(claims) == 1
        assert sorted(map(str, said)) == ["linde-1"] + ["taken"] * (TAKERS - 1)

    goes(locked, check)


async def test_without_the_lock_the_index_still_lets_only_one_have_it(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line of defence: the losers get an error, but the place is not given twice."""

    async def unlocked(tx: Transaction, shelter_id: str) -> Shelter | None:
        return (await tx.exec(select(Shelter).where(Shelter.id == shelter_id))).one_or_none()

    monkeypatch.setattr(holds, "lock_shelter", unlocked)
    await asyncio.gather(*(take(pools[n % 2], n, ["linde-1"]) for n in range(8)), return_exceptions=True)
    rows = await every_row(pools[0])
    assert len([row for key, row in rows.items() if key[0] == "claim" and row["ended_at"] is None]) <= 1


async def waited(tx: Transaction, shelter_id: str) -> Shelter | None:
    """Lock the shelter, but give up at once if somebody else came first: the control for the test below."""
    found = await tx.exec(select(Shelter).where(Shelter.id == shelter_id).with_for_update(skip_locked=True))
    shelter = found.one_or_none()
    if shelter is None:
        raise Conflict("not_free")
    return shelter


@pytest.mark.parametrize("waits", [False, True], ids=["does not wait", "waits"])
async def test_nobody_hears_taken_while_the_place_is_free_though_half_of_the_winners_die(
    pools: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    """Half of those who get the place die before they commit. It must then go to another, and before that nobody may hear
    that it is taken."""
    if not waits:
        monkeypatch.setattr(holds, "lock_shelter", waited)
    rounds = []
    for turn in range(6):
        heard: list[str] = []
        calls = (take(pools[n % 2], n, ["linde-1"], dies=(n + n // 4) % 2 == turn % 2, heard=heard) for n in range(TAKERS))
        rounds.append((await asyncio.gather(*calls, return_exceptions=True), heard))
        await run(pools[0], "update claim set ended_at = created_at, ending = 'released' where ended_at is null")
        await run(pools[0], "alter table journal disable trigger user")
        await run(pools[0], "delete from claim")

    def check() -> None:
        for said, heard in rounds:
            assert said.count("linde-1") == 1, said
            assert set(said) <= {"linde-1", "taken", "died"}, said
            assert heard == ["has"] + ["taken"] * said.count("taken")
        assert any("died" in said for said, _ in rounds)

    goes(waits, check)


@CONTROL
async def test_as_many_get_a_place_as_there_are_places(pools: tuple[Database, Database], locked: bool) -> None:
    """24 takers, 2 alike: two have one each, never the same, and the others hear that all are taken."""
    if not locked:
        await run(pools[0], "drop index uq_claim_live_place_id")
    said = await asyncio.gather(
        *(take(pools[n % 2], n, ["linde-1", "linde-2", "linde-3"]) for n in range(TAKERS)), return_exceptions=True
    )

    def check() -> None:
        assert sorted(map(str, said)) == ["linde-1", "linde-2"] + ["taken"] * (TAKERS - 2)

    goes(locked, check)


async def test_at_the_moment_of_expiry_one_of_many_gets_it_and_the_old_holder_no_longer_has_it(
    pools: tuple[Database, Database],
) -> None:
    assert await take(pools[0], 0, ["linde-1"]) == "linde-1"
    end = NOW + timedelta(minutes=30)

    async def extend() -> str:
        try:
            await do(pools[0], lambda tx: holds.extend_hold(tx, taker(0), "h0", end))
        except Conflict as refusal:
            return refusal.code
        return "extended"

    said = await asyncio.gather(extend(), *(take(pools[n % 2], n, ["linde-1"], at=end) for n in range(1, 12)))
    assert said[0] == "hold_over"
    assert sorted(said[1:]) == ["linde-1"] + ["taken"] * 10


async def test_released_and_taken_at_once_it_has_one_holder_at_any_time(pools: tuple[Database, Database]) -> None:
    """A history of takers who hold and let go, each at once; the journal must be one line without a fork."""

    async def work(n: int) -> None:
        for turn in range(4):
            try:
                async with pools[n % 2].transaction() as tx:
                    await hold_place(tx, taker(n), ["linde-1"], f"h{n}-{turn}", NOW)
            except (Conflict, Busy):
                continue
            await do_patiently(pools[n % 2], lambda tx, turn=turn: release_hold(tx, taker(n), f"h{n}-{turn}", NOW))  # type: ignore[misc]

    await asyncio.gather(*(work(n) for n in range(8)))
    async with pools[0].transaction() as tx:
        rows = await (await tx.connection()).execute(
            text("select action, after ->> 'claim' from journal where action in ('hold', 'release') order by version")
        )
        history = [(action, claim) for action, claim in rows]
    assert history
    holder = None
    for action, claim in history:
        assert holder == (None if action == "hold" else claim)
        holder = claim if action == "hold" else None


@CONTROL
async def test_nobody_gets_more_than_the_limits_by_asking_everywhere_at_once(
    pools: tuple[Database, Database], locked: bool
) -> None:
    for n in range(12):
        one = shelter(f"s{n}", [place(f"s{n}-1")])
        await do(pools[0], lambda tx, one=one: add_shelter(tx, one, SEAL, NOW))  # type: ignore[misc]
    await run(pools[0], "update person set organization_id = 'oever' where id like 'p%'")
    mark = actor("police", "p0", ())

    async def ask(who: Actor, n: int, claim_id: str) -> str:
        try:
            await do_patiently(pools[n % 2], lambda tx: hold_place(tx, who, [f"s{n}-1"], claim_id, NOW))
        except Conflict as refusal:
            return refusal.code
        return "held"

    alone = await asyncio.gather(*(ask(mark, n, f"a{n}") for n in range(12)), return_exceptions=True)
    await run(pools[0], "update claim set ended_at = created_at, ending = 'released'")
    many = await asyncio.gather(*(ask(actor("police", f"p{n}", ()), n, f"b{n}") for n in range(12)), return_exceptions=True)

    def check() -> None:
        assert alone.count("held") == MOST_OF_ONE
        assert many.count("held") == MOST_OF_ORGANIZATION

    goes(locked, check)


@CONTROL
async def test_of_groups_that_want_a_place_in_common_one_gets_all_and_the_others_none(
    pools: tuple[Database, Database], locked: bool
) -> None:
    """Each wants two of three places, so that any two groups want one in common."""
    async with pools[0].transaction() as tx:
        await add_shelter(tx, shelter("wilgen", [place(f"wilgen-{n}") for n in range(3)]), SEAL, NOW)
    if not locked:
        await run(pools[0], "drop index uq_claim_live_place_id")

    async def take_two(n: int) -> list[str]:
        places = [f"wilgen-{n % 3}", f"wilgen-{(n + 1) % 3}"]
        try:
            held = await do_patiently(pools[n % 2], lambda tx: hold_place(tx, taker(n), places, f"h{n}", NOW, group=2))
        except Conflict:
            return []
        except MultipleResultsFound:  # without the lock a third group may find that the place was given twice
            if locked:
                raise
            return []
        return list(held.place_ids)

    said = await asyncio.gather(*map(take_two, range(8)))
    claims = [row for key, row in (await every_row(pools[0])).items() if key[0] == "claim" and row["ended_at"] is None]

    def check() -> None:
        winners = [sorted(places) for places in said if places]
        assert [sorted(row["place_id"] for row in claims)] == winners
        assert len({row["first_id"] or row["id"] for row in claims}) == 1

    goes(locked, check)
