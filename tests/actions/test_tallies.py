"""A search that ends without a place is counted, by nothing that says anything about the person."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from bedboard.actions.tallies import count_nothing_found
from bedboard.store.database import Database
from tests.build.rows import do, every_row, looking


async def test_a_search_without_a_place_is_counted_by_month_hour_and_code_and_by_nothing_else(board_database: Database) -> None:
    at = datetime(2026, 3, 11, 2, 40, tzinfo=ZoneInfo("Europe/Amsterdam"))
    for _ in range(2):
        await do(board_database, lambda tx: count_nothing_found(tx, "street", "noord", ["man", "size"], ["cosm"], at))
    async with looking(board_database) as seen:
        await do(board_database, lambda tx: count_nothing_found(tx, "hotel", None, [], [], at))
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
