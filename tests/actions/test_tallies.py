"""A search that ends without a place is counted, by nothing that says anything about the person."""

import asyncio
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from bedboard.actions.retention import add_tallies
from bedboard.actions.tallies import count_nothing_found
from bedboard.rules.refusals import Busy
from bedboard.rules.retention import TALLIES_ADDED
from bedboard.store.database import Database, Transaction
from tests.build import NOW
from tests.build.cases import ask, say, tallies, tell, withdraw
from tests.build.rows import do, do_patiently, every_row, looking


async def test_a_search_without_a_place_is_counted_by_month_hour_and_code_and_by_nothing_else(board_database: Database) -> None:
    at = datetime(2026, 3, 11, 2, 40, tzinfo=ZoneInfo("Europe/Amsterdam"))
    for _ in range(2):
        await do(board_database, lambda tx: count_nothing_found(tx, "street", "noord", ["man", "size"], ["cosm"], at))
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: count_nothing_found(tx, "hotel", None, [], [], at))
    await do(board_database, lambda tx: add_tallies(tx, NOW))
    rows = [row for key, row in (await every_row(board_database)).items() if key[0] == "tally"]
    assert {(row["what"], row["unit_code"], row["kind_code"], row["code"], row["count"]) for row in rows} == {
        ("slept", "noord", "", "street", 2),
        ("excluded_by", "", "", "man", 2),
        ("excluded_by", "", "", "size", 2),
        ("kind_sought", "", "cosm", "", 2),
        ("slept", "", "", "hotel", 1),
    }
    assert {(row["month"], row["hour"]) for row in rows} == {(date(2026, 3, 1), 2)}
    assert (seen.journal, seen.bells) == ([], [])


async def transactions(database: Database, *tables: str) -> dict[str, set[str]]:
    """Return by table the transactions that wrote its rows (xmin)."""
    async with database.transaction() as tx:
        connection = await tx.connection()
        return {
            table: set((await connection.execute(text(f"select xmin::text from {table}"))).scalars())  # noqa: S608
            for table in tables
        }


async def night(database: Database, number: int) -> None:
    """A case of a night to which one shelter says no, and that ends without a place."""
    case_id = f"r{number}"
    await ask(database, "ceder", case_id=case_id)
    await say(database, "ceder", "no", None, "contra_indication", "psychiatric", case_id=case_id)
    await withdraw(database, case_id=case_id)
    await tell(database, "police_station" if number else "street", case_id=case_id)


async def test_counts_of_one_case_cannot_be_joined_by_their_transaction(case_database: Database) -> None:
    await night(case_database, 0)
    written = await transactions(case_database, "case_record", "case_event", "journal", "tally_waiting", "tally")
    assert written["tally"] == set()
    assert written["case_event"] & written["tally_waiting"], "the control: while they wait, they can be joined"
    assert await do(case_database, lambda tx: add_tallies(tx, NOW))
    await night(case_database, 1)
    assert await do(case_database, lambda tx: add_tallies(tx, NOW + TALLIES_ADDED))
    written = await transactions(case_database, "case_record", "case_event", "ask", "journal", "tally_waiting", "tally")
    assert written["tally_waiting"] == set()
    assert len(written["tally"]) == 1, "those of both nights have the same"
    others = written.keys() - {"tally"}
    assert not any(written["tally"] & written[table] for table in others)
    counted = await tallies(case_database)
    assert counted["slept", "noord", "", "street"] == counted["slept", "noord", "", "police_station"] == 1
    assert counted["request", "", "", "ended"] == counted["contra_indication", "", "", "psychiatric"] == 2


async def test_counts_stand_in_no_order(case_database: Database) -> None:
    """The order of rows in the file would be that of the events."""

    async def order(at: datetime) -> list[str]:
        await do(case_database, lambda tx: add_tallies(tx, at))
        async with case_database.transaction() as tx:
            return list((await (await tx.connection()).execute(text("select code from tally order by ctid"))).scalars())

    marks = [f"reason{number:02}" for number in range(20)]
    at = datetime(2026, 3, 11, 2, 40, tzinfo=ZoneInfo("Europe/Amsterdam"))
    await do(case_database, lambda tx: count_nothing_found(tx, "street", None, marks, [], at))
    first = await order(NOW)
    await do(case_database, lambda tx: count_nothing_found(tx, "street", None, [], [], at))
    second = await order(NOW + TALLIES_ADDED)
    assert sorted(first) == sorted(second) == [*marks, "street"]
    assert first != sorted(first) and second != first


async def test_counts_are_added_once_an_hour_by_one_process(case_database: Database) -> None:
    await night(case_database, 0)

    async def add(at: datetime) -> bool:
        return bool(await do_patiently(case_database, lambda tx: add_tallies(tx, at)))

    assert sorted(await asyncio.gather(*(add(NOW) for _ in range(4)))) == [False, False, False, True]
    counted = await tallies(case_database)
    await night(case_database, 1)
    assert not await add(NOW + TALLIES_ADDED - timedelta(seconds=1))
    assert await add(NOW + TALLIES_ADDED + timedelta(seconds=1))
    assert (await tallies(case_database))["request", "", "", "ended"] == counted["request", "", "", "ended"] + 1 == 2


async def test_a_count_that_is_rolled_back_is_none(case_database: Database) -> None:
    class Lost(Exception):
        pass

    async def work(tx: Transaction) -> None:
        await count_nothing_found(tx, "street", None, [], [], NOW)
        raise Lost

    with pytest.raises(Lost):
        await do(case_database, work)
    await do(case_database, lambda tx: add_tallies(tx, NOW))
    assert await tallies(case_database) == {}


async def test_adding_waits_for_somebody_who_counts(case_database: Database) -> None:
    async with case_database.transaction() as tx:
        await count_nothing_found(tx, "street", None, [], [], NOW)
        with pytest.raises(Busy):
            await do(case_database, lambda tx: add_tallies(tx, NOW))
    assert await do(case_database, lambda tx: add_tallies(tx, NOW)), "and the turn was not used up"
    assert await tallies(case_database) == {("slept", "", "", "street"): 1}
