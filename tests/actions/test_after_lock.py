"""Moments that pass while somebody waits for a lock. Each is seen to go wrong for a caller that keeps its first moment."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest

from bedboard.actions.holds import extend_hold, hold_place
from bedboard.actions.occupancy import change_place, confirm_shelter, undo_change
from bedboard.rules.cases import OFFER_LASTS
from bedboard.rules.claims import HOLD
from bedboard.rules.places import PlaceChange
from bedboard.store.database import Database, Transaction
from bedboard.store.shelters import lock_shelter
from tests.actions.races import Action, answering, choosing, not_yet_committed, outcome, waits
from tests.build import NOW, FixedClock
from tests.build.cases import LUCIA, MARK, SANNE, ask
from tests.build.rows import do
from tests.build.statements import run

SECOND = timedelta(seconds=1)
OCCUPIED = PlaceChange("occupied")


@pytest.fixture
def has_clock(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


CONTROL = pytest.mark.parametrize("has_clock", [False, True], indirect=True, ids=["first moment", "after the lock"])


@pytest.fixture
async def waiting(case_database: Database, clock: FixedClock, has_clock: bool) -> AsyncIterator[Database]:
    """The connections of those that wait."""
    told = clock.now if has_clock else None
    database = Database(case_database.url, case_database.marks, clock=told)
    yield database
    await database.dispose()


async def lock_linde(tx: Transaction) -> None:
    await lock_shelter(tx, "linde")


async def overtaken_by_time(first: Database, second: Database, clock: FixedClock, until: datetime, action: Action) -> str:
    """Return the outcome of an action that waits for linde until this moment."""
    async with not_yet_committed(first, lock_linde):
        late = asyncio.create_task(outcome(second, action))
        await waits(first)
        clock.at = until
    return await late


async def asked(database: Database, statement: str) -> object:
    async with database.transaction() as tx:
        return await run(tx, statement)


@CONTROL
async def test_a_place_whose_hold_ends_during_the_wait_is_given_to_the_one_that_waited(
    case_database: Database, waiting: Database, clock: FixedClock, has_clock: bool
) -> None:
    await do(case_database, lambda tx: hold_place(tx, LUCIA, ["linde-1"], "h1", NOW))
    began = NOW + HOLD - SECOND
    came = await overtaken_by_time(
        case_database, waiting, clock, NOW + HOLD, lambda tx: hold_place(tx, MARK, ["linde-1"], "h2", began)
    )
    assert came == ("done" if has_clock else "not_free")
    if has_clock:
        assert await asked(case_database, "select expires_at from claim where id = 'h2'") == NOW + 2 * HOLD


@CONTROL
async def test_a_hold_that_ends_during_the_wait_is_not_extended(
    case_database: Database, waiting: Database, clock: FixedClock, has_clock: bool
) -> None:
    await do(case_database, lambda tx: hold_place(tx, LUCIA, ["linde-1"], "h1", NOW))
    began = NOW + HOLD - SECOND
    came = await overtaken_by_time(case_database, waiting, clock, NOW + HOLD, lambda tx: extend_hold(tx, LUCIA, "h1", began))
    assert came == ("hold_over" if has_clock else "done")


@CONTROL
async def test_an_offer_that_ends_during_the_wait_is_not_chosen(
    case_database: Database, waiting: Database, clock: FixedClock, has_clock: bool
) -> None:
    await ask(case_database, case_id="r1")
    await do(case_database, answering("linde-1"))
    over = NOW + OFFER_LASTS
    came = await overtaken_by_time(case_database, waiting, clock, over, choosing("linde", at=over - SECOND))
    assert came == ("offer_over" if has_clock else "done")


@CONTROL
async def test_an_answer_that_waits_keeps_its_place_for_the_whole_time(
    case_database: Database, waiting: Database, clock: FixedClock, has_clock: bool
) -> None:
    await ask(case_database, case_id="r1")
    late = NOW + 2 * SECOND
    assert await overtaken_by_time(case_database, waiting, clock, late, answering("linde-1", claim="c1")) == "done"
    ends = await asked(case_database, "select expires_at from claim where id = 'c1'")
    assert ends == (late if has_clock else NOW) + OFFER_LASTS


@CONTROL
async def test_the_moments_of_the_journal_have_the_order_of_the_versions(
    case_database: Database, waiting: Database, clock: FixedClock, has_clock: bool
) -> None:
    async def tap_first(tx: Transaction) -> None:
        await change_place(tx, SANNE, "linde-1", OCCUPIED, NOW + SECOND)

    async with not_yet_committed(case_database, tap_first):
        late = asyncio.create_task(outcome(waiting, lambda tx: confirm_shelter(tx, SANNE, "linde", NOW)))
        await waits(case_database)
        clock.at = NOW + 2 * SECOND
    assert await late == "done"
    order = "select bool_and(received_at >= earlier) from (select received_at, lag(received_at) over (order by version) earlier"
    in_order = await asked(case_database, order + " from journal where shelter_id = 'linde') lines where earlier is not null")
    assert in_order is has_clock
    confirmed_at = await asked(case_database, "select confirmed_at from shelter where id = 'linde'")
    assert confirmed_at == NOW + (2 if has_clock else 1) * SECOND


@pytest.mark.parametrize("has_clock", [True], indirect=True)
async def test_an_undoing_that_was_pressed_in_time_is_in_time_however_long_it_waits(
    case_database: Database, waiting: Database, clock: FixedClock
) -> None:
    within = timedelta(seconds=10)
    tapped = await do(case_database, lambda tx: change_place(tx, SANNE, "linde-1", OCCUPIED, NOW))
    assert tapped.journal_id is not None
    number = tapped.journal_id
    came = await overtaken_by_time(
        case_database,
        waiting,
        clock,
        NOW + timedelta(seconds=18),
        lambda tx: undo_change(tx, SANNE, "linde", number, NOW + within, within),
    )
    assert came == "done"


@pytest.mark.parametrize("has_clock", [True], indirect=True)
async def test_nothing_is_done_before_its_call(case_database: Database, waiting: Database, clock: FixedClock) -> None:
    """The clock of the process may be set right, which can move it back by the trip of a question."""
    clock.at = NOW - SECOND
    held = await do(waiting, lambda tx: hold_place(tx, MARK, ["linde-1"], "h1", NOW))
    assert held.expires_at == NOW + HOLD
