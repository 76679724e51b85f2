"""Loading a night of a city's file into an empty database."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bedboard.city.load import load_day
from bedboard.rules.freshness import freshness_of
from bedboard.rules.refusals import Conflict
from bedboard.settings import Settings
from bedboard.store.board import get_catalogue
from bedboard.store.database import Database
from tests.build import NOW, SEAL
from tests.city.rows import FIRST, bed_row, count, load, read, room_row, shelters_in


async def test_a_day_is_loaded_as_shelters_with_their_places(database: Database, tmp_path: Path) -> None:
    day = read(tmp_path, bed_row("1"), bed_row("2", ORGANIZATION_ID="8"), room_row("3", LOCATION_CITY=""))[FIRST]
    assert await load(database, day) == {"organizations": 2, "shelters": 3, "places": 21}
    rows = await shelters_in(database)
    states = [place.state for place in rows["t1"].places]
    assert states == ["occupied"] * 5 + ["open"] + ["closed"] * 2
    assert [place.label for place in rows["t3"].places] == [f"kamer {n}" for n in range(1, 6)]
    assert {place.beds for place in rows["t3"].places} == {3}
    assert {place.closed_reason for place in rows["t1"].places if place.state == "closed"} == {"other"}
    assert (rows["t1"].unit, rows["t3"].unit) == ("toronto", "onbekend-unknown")
    assert rows["t1"].criteria == {"man": "yes", "woman": "no"}
    async with database.transaction() as tx:
        catalogue = await get_catalogue(tx)
    assert catalogue is not None and catalogue.zone.key == "America/Toronto" and catalogue.demo
    assert {code: kind.names["nl"] for code, kind in catalogue.kinds.items()} == {
        "men-bed": "Mannen, bed",
        "families-room": "Gezinnen, kamer",
    }


async def test_what_was_loaded_is_as_old_as_the_city_s_count(database: Database, tmp_path: Path) -> None:
    counted_at = datetime(2024, 1, 2, 9, 0, tzinfo=UTC)  # 04:00 in Toronto, the morning after
    await load(database, read(tmp_path, bed_row("1"))[FIRST])
    row = (await shelters_in(database))["t1"]
    assert {row.confirmed_at, *(place.since for place in row.places), *(p.observed_at for p in row.places)} == {counted_at}
    assert freshness_of(row.confirmed_at, Settings().limits, NOW) == "stale"


async def test_a_count_in_the_future_is_dated_now(database: Database, tmp_path: Path) -> None:
    on = NOW.date()
    await load(database, read(tmp_path, bed_row("1", OCCUPANCY_DATE=str(on)))[on])
    assert (await shelters_in(database))["t1"].confirmed_at == NOW


async def test_a_demonstration_may_start_as_of_now(database: Database, tmp_path: Path) -> None:
    await load(database, read(tmp_path, bed_row("1"))[FIRST], as_of_now=True)
    row = (await shelters_in(database))["t1"]
    assert freshness_of(row.confirmed_at, Settings().limits, NOW) == "fresh"
    ends = {place.expected_free_at for place in row.places if place.state == "closed"}
    assert ends == {NOW + timedelta(days=1)}


async def test_demo_people_and_tokens_are_there_in_a_demo_only(database: Database, tmp_path: Path) -> None:
    await load(database, read(tmp_path, bed_row("1"), bed_row("2"))[FIRST], demo=False)
    assert await count(database, "person") == await count(database, "client") == 0


async def test_a_demo_has_somebody_of_each_role_and_a_token_for_each_shelter(database: Database, tmp_path: Path) -> None:
    await load(database, read(tmp_path, bed_row("1"), bed_row("2"))[FIRST])
    assert await count(database, "(select distinct role from person where demo) as roles") == 7
    assert await count(database, "client", "id in ('demo-shelter-t1', 'demo-shelter-t2', 'demo-police')") == 3


async def test_a_database_with_anything_in_it_is_refused_and_left_as_it_was(board_database: Database, tmp_path: Path) -> None:
    before = await count(board_database, "shelter")
    with pytest.raises(Conflict) as caught:
        await load(board_database, read(tmp_path, bed_row("1"))[FIRST])
    assert caught.value.code == "not_empty"
    assert await count(board_database, "shelter") == before


async def test_a_load_that_breaks_off_leaves_nothing(database: Database, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        heard.append((done, total))
        if len(heard) == 2:
            raise KeyboardInterrupt

    day = read(tmp_path, bed_row("1"), room_row("2"), bed_row("3"))[FIRST]
    with pytest.raises(KeyboardInterrupt):
        async with database.transaction() as tx:
            await load_day(tx, day, SEAL, NOW, demo=True, as_of_now=False, progress=progress)
    assert heard == [(8, 21), (13, 21)]
    for table in ("deployment", "organization", "shelter", "place", "journal"):
        assert await count(database, table) == 0
