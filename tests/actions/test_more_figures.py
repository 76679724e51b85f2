"""More counts of the monitor: departures, what came of alerts, confirmations on time, and each no by household."""

from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bedboard.actions.alerts import add_alert, drop_expired_alerts, report_to_alert
from bedboard.actions.cases import choose_offer, withdraw_case
from bedboard.actions.departures import tell_departure
from bedboard.actions.holds import hold_place
from bedboard.actions.occupancy import change_place, confirm_shelter, undo_change
from bedboard.actions.reminders import count_confirmed
from bedboard.actions.retention import add_tallies
from bedboard.actions.tallies import take_stock
from bedboard.rules.access import Actor
from bedboard.rules.alerts import ALERT_LASTS, SeenChange
from bedboard.rules.departures import ASKED_FOR, DEPARTURES
from bedboard.rules.fit import Profile
from bedboard.rules.freshness import LATE_AFTER, REMIND_BEFORE
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Conflict, Invalid, NotFound, Refusal
from bedboard.rules.retention import TALLIES_ADDED
from bedboard.store.database import Database
from bedboard.store.seal import SealedNeeds
from bedboard.store.tallies import list_begun
from tests.build import NOW
from tests.build.cases import ANNEKE, MARK, MINUTE, SANNE, ZONE, ask, offer, say, step_tallies, tallies
from tests.build.rows import do, every_row

NOTHING: Mapping[tuple[str, str, str, str], int] = {}
SECOND = timedelta(seconds=1)


@pytest.fixture
async def other(board_database: Database) -> AsyncIterator[Database]:
    """Another process' pool on the same database."""
    other = Database(board_database.url, board_database.marks)
    yield other
    await other.dispose()


async def left(database: Database, minutes: int = 2, place: str = "linde-1", who: Actor = SANNE) -> int:
    """Occupy a place, free it again after so many minutes, and return the line of the journal that says so."""
    ids = []
    for status, at in (("occupied", NOW), ("free", NOW + minutes * MINUTE)):
        change = PlaceChange(status)  # type: ignore[arg-type]
        changed = await do(database, lambda tx, change=change, at=at: change_place(tx, who, place, change, at))  # type: ignore[misc]
        ids.append(int(changed.journal_id))
    return ids[-1]


async def tell(database: Database, journal_id: int, code: str, minutes: float = 3, who: Actor = SANNE) -> None:
    at = NOW + timedelta(minutes=minutes)
    await do(database, lambda tx: tell_departure(tx, who, "linde", journal_id, code, at))


async def stock(database: Database, at: timedelta) -> None:
    await do(database, lambda tx: take_stock(tx, ZONE, NOTHING, NOW + at))


async def departures(database: Database) -> dict[str, int]:
    return {key[3]: count for key, count in (await tallies(database)).items() if key[0] == "departure"}


@pytest.mark.parametrize("code", DEPARTURES)
async def test_where_people_went_is_counted_once_and_not_kept(board_database: Database, code: str) -> None:
    await stock(board_database, timedelta())
    tap = await left(board_database)
    await tell(board_database, tap, "other")
    await tell(board_database, tap, code)  # somebody thought better of it
    await stock(board_database, TALLIES_ADDED)
    assert await departures(board_database) == {code: 1}
    assert [key for key in await every_row(board_database) if key[0] == "departure"] == []
    await stock(board_database, 2 * TALLIES_ADDED)
    assert await departures(board_database) == {code: 1}


async def test_a_departure_that_is_undone_is_none(board_database: Database) -> None:
    await stock(board_database, timedelta())
    tap = await left(board_database)
    await tell(board_database, tap, "home", 2)
    await do(board_database, lambda tx: undo_change(tx, SANNE, "linde", tap, NOW + 2 * MINUTE, timedelta(seconds=10)))
    await stock(board_database, TALLIES_ADDED)
    assert await departures(board_database) == {}


async def test_who_says_nothing_is_counted_as_such(board_database: Database) -> None:
    """So the sum of the answers is that of the stays, and tells no small number besides."""
    await stock(board_database, timedelta())
    await left(board_database)
    await stock(board_database, TALLIES_ADDED)
    counted = await tallies(board_database)
    assert sum(n for key, n in counted.items() if key[0] == "departure") == sum(
        n for key, n in counted.items() if key[0] == "stay"
    )


async def test_only_the_own_tap_that_ended_a_stay_is_asked_about_and_in_time(board_database: Database) -> None:
    tap = await left(board_database)
    taken = await do(board_database, lambda tx: change_place(tx, SANNE, "linde-2", PlaceChange("occupied"), NOW))
    wrong: list[tuple[int, str, float, Actor, type[Refusal]]] = [
        (tap, "home", 3, ANNEKE, NotFound),
        (10**12, "home", 3, SANNE, NotFound),
        (taken.journal_id, "home", 3, SANNE, NotFound),
        (tap, "a\nb", 3, SANNE, Invalid),
        (tap, "not_said", 3, SANNE, Invalid),
        (tap, "home", 2 + ASKED_FOR / MINUTE + 0.01, SANNE, Conflict),
    ]
    for journal_id, code, minutes, who, refusal in wrong:
        with pytest.raises(refusal):
            await tell(board_database, journal_id, code, minutes, who)
    await tell(board_database, tap, "home", 2 + ASKED_FOR / MINUTE)


async def wait(database: Database, *seen: str) -> None:
    await do(database, lambda tx: add_alert(tx, MARK, "w1", SealedNeeds(b"sealed", b"its key"), seen, NOW))


async def find(database: Database, place: str = "linde-1") -> None:
    change = SeenChange("linde", 1, frozenset({place}), frozenset())
    await do(database, lambda tx: report_to_alert(tx, "w1", [change], NOW))


@pytest.mark.parametrize(
    ("found", "pressed", "outcome"),
    [
        ("", "", "nothing"),
        ("", "hold", "nothing"),
        ("linde-2", "", "found"),
        ("linde-2", "hold", "found"),
        ("linde-1", "hold", "led"),
        ("linde-1", "ask", "led"),
    ],
)
async def test_an_alert_counts_as_what_came_of_it(case_database: Database, found: str, pressed: str, outcome: str) -> None:
    await wait(case_database)
    if found:
        await find(case_database, found)
    if pressed == "hold":
        await do(case_database, lambda tx: hold_place(tx, MARK, ["linde-1"], "h", NOW))
    elif pressed == "ask":
        await ask(case_database, "linde")
    assert await do(case_database, lambda tx: drop_expired_alerts(tx, NOW + ALERT_LASTS)) == 1
    assert [(key[3], n) for key, n in (await tallies(case_database)).items() if key[0] == "alert"] == [(outcome, 1)]


DUE = datetime(2026, 3, 11, 16, tzinfo=ZoneInfo("Europe/Amsterdam"))


@pytest.mark.parametrize(
    ("confirmed_at", "on_time"),
    [
        (DUE - REMIND_BEFORE - SECOND, 0),
        (DUE - REMIND_BEFORE, 1),
        (DUE, 1),
        (DUE + LATE_AFTER - SECOND, 1),
        (None, 0),
    ],
)
async def test_each_moment_of_a_shelter_is_counted_once_by_all_processes(
    board_database: Database, other: Database, confirmed_at: datetime | None, on_time: int
) -> None:
    if confirmed_at is not None:
        await do(board_database, lambda tx: confirm_shelter(tx, SANNE, "linde", confirmed_at))
    for database in (board_database, other):
        await do(database, lambda tx: count_confirmed(tx, ZONE, DUE + LATE_AFTER - SECOND))
        await do(database, lambda tx: count_confirmed(tx, ZONE, DUE + LATE_AFTER))
        await do(database, lambda tx: count_confirmed(tx, ZONE, DUE + LATE_AFTER + 2 * MINUTE))
    counted = await tallies(board_database)
    assert counted["confirm_due", "", "", "linde"] == 1
    assert counted.get(("confirmed", "", "", "linde"), 0) == on_time


async def test_nothing_is_counted_of_moments_at_which_the_system_stood_still(board_database: Database) -> None:
    assert await do(board_database, lambda tx: count_confirmed(tx, ZONE, DUE + timedelta(hours=3))) == 0


@pytest.mark.parametrize("end", ["choose", "withdraw"])
async def test_a_no_is_counted_by_household_and_exploitation_each_by_itself(case_database: Database, end: str) -> None:
    def needs(_: SealedNeeds | None) -> Profile:
        return Profile(woman=1, child_0_3=1, exploitation="labour")

    await ask(case_database, "linde", "ceder")
    await say(case_database, "ceder", "no", None, "household")
    await offer(case_database, "linde-1")
    if end == "choose":
        case = await do(case_database, lambda tx: choose_offer(tx, MARK, "r1", "linde", NOW, ZONE, None, needs))
    else:
        case = await do(case_database, lambda tx: withdraw_case(tx, MARK, "r1", "no_place", NOW, ZONE, needs))
    noted = [(tally.what, tally.code) for _, tally in case.noted]
    assert noted == [("refused_household", "family"), ("refused_exploitation", "labour")]
    counted = {what for what, _ in await step_tallies(case_database)}
    assert "answer" in counted and not counted & {"refused_household", "refused_exploitation"}, (
        "a row would stand beside its case"
    )


async def test_the_first_month_of_a_count_is_known_and_may_become_earlier(board_database: Database) -> None:
    before = await do(board_database, list_begun)
    assert before["departure"] == before["sought"], "both began with this database"
    await stock(board_database, timedelta())
    await left(board_database)
    await stock(board_database, TALLIES_ADDED)
    await do(board_database, lambda tx: add_tallies(tx, NOW))
    after = await do(board_database, list_begun)
    assert after["departure"] == after["stay"] == min(before["stay"], date(2026, 3, 1))
    assert after["alert"] == before["alert"]
