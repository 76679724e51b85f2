"""Real data: reading the city's file, loading a day of it, and moving the days through the API of a running board."""

import asyncio
import csv
import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import uvicorn
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bedboard.city.load import load_day, make_units
from bedboard.city.load import unique_names as names_of
from bedboard.city.programmes import UNKNOWN, Day, Programme, Remark, Unusable, choose_day, choose_days
from bedboard.city.replay import CONNECTIONS, Summary, replay
from bedboard.city.target import check_url, demo_token, read_tokens
from bedboard.city.toronto import COLUMNS, read_days
from bedboard.rules.freshness import freshness_of
from bedboard.rules.refusals import Conflict
from bedboard.settings import Settings
from bedboard.store.board import ShelterRow, get_catalogue, list_shelters
from bedboard.store.database import Database
from tests.build import NOW, SEAL, FixedClock
from tests.conftest import start_site, stop_site

FIRST = date(2024, 1, 1)
Row = dict[str, str]


def bed_row(id: str = "101", *, occupied: int = 5, free: int = 1, closed: int = 2, **other: str) -> Row:
    """A men's programme of eight beds, of which two cannot be used."""
    given = {
        "OCCUPANCY_DATE": "2024-01-01",
        "ORGANIZATION_ID": "7",
        "ORGANIZATION_NAME": "Maple House",
        "LOCATION_ADDRESS": "1 Invented St",
        "LOCATION_POSTAL_CODE": "M0M 0M0",
        "LOCATION_CITY": "Toronto",
        "PROGRAM_ID": id,
        "PROGRAM_NAME": f"Programme {id}",
        "SECTOR": "Men",
        "SERVICE_USER_COUNT": str(occupied),
        "CAPACITY_TYPE": "Bed Based Capacity",
        "CAPACITY_ACTUAL_BED": str(occupied + free),
        "OCCUPIED_BEDS": str(occupied),
        "UNOCCUPIED_BEDS": str(free),
        "UNAVAILABLE_BEDS": str(closed),
    }
    return given | other


def room_row(id: str = "202", *, occupied: int = 4, free: int = 1, closed: int = 0, users: str = "10", **other: str) -> Row:
    """A families' programme of five rooms, four of which have ten people in them."""
    given = bed_row(id, SECTOR="Families", CAPACITY_TYPE="Room Based Capacity", SERVICE_USER_COUNT=users)
    given |= {column: "" for column in given if column.endswith(("_BED", "_BEDS"))}
    given |= {"CAPACITY_ACTUAL_ROOM": str(occupied + free), "OCCUPIED_ROOMS": str(occupied)}
    return given | {"UNOCCUPIED_ROOMS": str(free), "UNAVAILABLE_ROOMS": str(closed)} | other


def csv_text(rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "toronto.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, *rows: Row) -> dict[date, Day]:
    return read_days(write(folder, csv_text(rows)))


def refused(path: Path) -> str:
    with pytest.raises(Unusable) as caught:
        read_days(path)
    return str(caught.value)


# --- reading ---------------------------------------------------------------------------------------------------------


def test_a_row_becomes_a_shelter_with_its_places(tmp_path: Path) -> None:
    day = read(tmp_path, bed_row(), room_row())[FIRST]
    assert day.remarks == []
    beds, rooms = day.programmes
    assert (beds.id, beds.organization_id, beds.kind, beds.beds) == ("t101", "o7", "men-bed", 1)
    assert (beds.occupied, beds.free, beds.closed, beds.total) == (5, 1, 2, 8)
    assert (beds.address, beds.unit) == ("1 Invented St, M0M 0M0 Toronto", "toronto")
    assert (rooms.kind, rooms.occupied, rooms.free, rooms.closed) == ("families-room", 4, 1, 0)


@pytest.mark.parametrize(
    ("occupied", "users", "beds", "remarked"),
    [
        (4, "10", 3, False),  # half is rounded up
        (4, "9", 2, False),
        (3, "1", 1, True),
        (3, "151", 50, False),
        (3, "152", 50, True),
        (0, "0", 1, False),
        (4, "", 1, True),
        (4, "many", 1, True),
        (4, "-8", 1, True),
    ],
)
def test_the_beds_of_a_room_are_the_rounded_average_of_people_per_occupied_room(
    tmp_path: Path, occupied: int, users: str, beds: int, remarked: bool
) -> None:
    day = read(tmp_path, room_row(occupied=occupied, users=users))[FIRST]
    assert day.programmes[0].beds == beds
    assert [remark.used for remark in day.remarks] == [True] * remarked


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"PROGRAM_ID": ""}, "PROGRAM_ID is missing"),
        ({"PROGRAM_ID": "../1"}, "PROGRAM_ID is '../1', not an id"),
        ({"PROGRAM_ID": "١٢"}, "not an id"),
        ({"ORGANIZATION_ID": ""}, "ORGANIZATION_ID is missing"),
        ({"SECTOR": "Pets"}, "SECTOR is 'Pets', which is not known"),
        ({"CAPACITY_TYPE": ""}, "CAPACITY_TYPE is '', which is not known"),
        ({"CAPACITY_ACTUAL_BED": "six"}, "CAPACITY_ACTUAL_BED is 'six', not a whole number"),
        ({"OCCUPIED_BEDS": "5.0"}, "OCCUPIED_BEDS is '5.0', not a whole number"),
        ({"OCCUPIED_BEDS": "٥"}, "not a whole number"),
        ({"OCCUPIED_BEDS": "1_0"}, "not a whole number"),
        ({"OCCUPIED_BEDS": "9" * 5000}, "not a whole number"),
        ({"OCCUPIED_BEDS": "-1"}, "OCCUPIED_BEDS is -1, which cannot be"),
        ({"UNOCCUPIED_BEDS": ""}, "UNOCCUPIED_BEDS is missing"),
        ({"UNAVAILABLE_BEDS": "10001"}, "UNAVAILABLE_BEDS is 10001, which cannot be"),
        ({name: "0" for name in bed_row() if name.endswith(("_BED", "_BEDS"))}, "has no places"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_and_said(tmp_path: Path, change: Row, why: str) -> None:
    day = read(tmp_path, bed_row("1"), bed_row("2") | change, bed_row("3"))[FIRST]
    assert [programme.id for programme in day.programmes] == ["t1", "t3"]
    [remark] = day.remarks
    assert (remark.line, remark.used) == (3, False)
    assert why in remark.why


@pytest.mark.parametrize(
    ("change", "counts", "why"),
    [
        ({"UNAVAILABLE_BEDS": "-1"}, (5, 1, 0), "UNAVAILABLE_BEDS is -1: read as 0"),
        ({"CAPACITY_ACTUAL_BED": "8"}, (5, 1, 4), "5 occupied and 1 unoccupied are not the capacity of 8"),
        ({"CAPACITY_ACTUAL_BED": "5"}, (5, 0, 2), "read as 5 occupied, 0 free, 2 closed"),
        ({"CAPACITY_ACTUAL_BED": "3"}, (5, 0, 2), "read as 5 occupied, 0 free, 2 closed"),
        ({"UNOCCUPIED_BEDS": "3"}, (5, 1, 2), "read as 5 occupied, 1 free, 2 closed"),
        ({"PROGRAM_NAME": ""}, (5, 1, 2), "PROGRAM_NAME is missing: programme 2"),
        ({"ORGANIZATION_NAME": " "}, (5, 1, 2), "ORGANIZATION_NAME is missing: organization 7"),
        ({"LOCATION_CITY": ""}, (5, 1, 2), "LOCATION_CITY is missing: Onbekend/Unknown"),
    ],
)
def test_a_row_that_was_put_right_is_used_and_said(tmp_path: Path, change: Row, counts: tuple[int, int, int], why: str) -> None:
    day = read(tmp_path, bed_row("1"), bed_row("2") | change)[FIRST]
    programme = day.programmes[1]
    assert (programme.occupied, programme.free, programme.closed) == counts
    [remark] = day.remarks
    assert (remark.line, remark.used) == (3, True)
    assert why in remark.why


def test_the_first_of_two_rows_about_one_programme_counts(tmp_path: Path) -> None:
    tomorrow = bed_row("1", OCCUPANCY_DATE="2024-01-02")
    days = read(tmp_path, bed_row("1"), bed_row("1", free=9), tomorrow)
    assert [programme.free for programme in days[FIRST].programmes] == [1]
    assert days[FIRST].remarks == [Remark(3, False, "programme 1 is on line 2 already")]
    assert days[date(2024, 1, 2)].remarks == []


def test_a_row_with_too_few_or_too_many_fields_is_left_out(tmp_path: Path) -> None:
    lines = csv_text([bed_row("1"), bed_row("2"), bed_row("3")]).splitlines()
    lines[1], lines[3] = lines[1] + ",extra", lines[3].rpartition(",")[0]
    day = read_days(write(tmp_path, "\n".join(lines)))[FIRST]
    assert [programme.id for programme in day.programmes] == ["t2"]
    assert day.remarks == [Remark(2, False, "has 20 fields, not 19"), Remark(4, False, "has 18 fields, not 19")]


def test_a_row_without_a_date_is_said_of_every_day(tmp_path: Path) -> None:
    days = read(tmp_path, bed_row("1"), bed_row("2", OCCUPANCY_DATE="soon"), bed_row("3", OCCUPANCY_DATE="2024-01-02"))
    assert [day.remarks for day in days.values()] == [[Remark(3, False, "OCCUPANCY_DATE is 'soon', not a date")]] * 2


def test_a_byte_order_mark_windows_line_ends_and_a_date_with_a_time_are_read(tmp_path: Path) -> None:
    content = csv_text([bed_row("1", OCCUPANCY_DATE="2024-01-01T00:00:00")])
    assert "\r\n" in content
    assert read_days(write(tmp_path, b"\xef\xbb\xbf" + content.encode()))[FIRST].remarks == []


def test_line_numbers_count_lines_within_quotes_and_empty_lines(tmp_path: Path) -> None:
    content = csv_text([bed_row("1", PROGRAM_NAME="Two\nlines"), bed_row("2", SECTOR="Pets")])
    day = read_days(write(tmp_path, content.replace("\r\n2024", "\r\n\r\n2024")))[FIRST]
    assert day.programmes[0].name == "Two lines"
    assert [remark.line for remark in day.remarks] == [6]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b" \r\n\r\n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (csv_text([]), "has no rows"),
        (csv_text([bed_row(OCCUPANCY_DATE="")]), "has no row with a date"),
        (csv_text([bed_row(PROGRAM_NAME="é")]).encode("latin-1"), "is not UTF-8 (line 2)"),
        (csv_text([bed_row()]).encode("utf-16"), "is not UTF-8 (line 1)"),
        (csv_text([bed_row(PROGRAM_NAME="a\0b")]), "is not text"),
        (csv_text([bed_row()]) + '"never closed', "cannot be read as CSV, line 3"),
        (csv_text([bed_row(PROGRAM_NAME="x" * 140_000)]), "cannot be read as CSV"),
        (csv_text([bed_row()]).replace(",", ";"), "does not have these columns, each once: OCCUPANCY_DATE, ORGANIZATION_ID"),
        (csv_text([bed_row()], [*COLUMNS, "SECTOR"]), "does not have these columns, each once: SECTOR"),
        ("id,name\n1,2\n", "does not have these columns"),
    ],
)
def test_a_file_that_is_not_one_is_refused_whole(tmp_path: Path, content: str | bytes, why: str) -> None:
    assert why in refused(write(tmp_path, content))


@pytest.mark.parametrize("column", COLUMNS)
def test_every_missing_column_is_named(tmp_path: Path, column: str) -> None:
    content = csv_text([bed_row()], [name for name in COLUMNS if name != column])
    assert refused(write(tmp_path, content)).endswith(f"each once: {column}")


def test_a_file_that_is_absent_or_a_folder_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "none.csv")
    assert "cannot be read" in refused(tmp_path)


def test_a_date_that_is_not_in_the_file_is_answered_with_those_that_are(tmp_path: Path) -> None:
    days = read(tmp_path, bed_row(OCCUPANCY_DATE="2024-01-03"), bed_row())
    assert choose_day(days, FIRST) is days[FIRST]
    with pytest.raises(Unusable, match=r"2024-02-01 is not in the file; these dates are: 2024-01-01, 2024-01-03$"):
        choose_day(days, date(2024, 2, 1))
    with pytest.raises(Unusable, match="no row of 2024-01-01 can be used; the first: SECTOR"):
        choose_day(read(tmp_path, bed_row(SECTOR="")), FIRST)


def test_programmes_with_the_same_name_get_names_of_their_own(tmp_path: Path) -> None:
    names = {"1": "Elm", "2": "Elm", "3": "Elm (1)", "4": "Oak"}
    programmes = read(tmp_path, *(bed_row(id, PROGRAM_NAME=name) for id, name in names.items()))[FIRST].programmes
    assert names_of(programmes) == {"t1": "Elm (1) (1)", "t2": "Elm (2)", "t3": "Elm (1)", "t4": "Oak"}


def test_a_city_is_one_unit_however_it_is_written_and_has_a_tile_of_its_own(tmp_path: Path) -> None:
    cities = ["Toronto", "TORONTO", "North York", "", "St. John's", "St John's", "Ottawa", "東京"]
    programmes = read(tmp_path, *(bed_row(str(n), LOCATION_CITY=city) for n, city in enumerate(cities)))[FIRST].programmes
    units = make_units(programmes)
    assert sorted(unit.code for unit in units) == ["north-york", "onbekend-unknown", "ottawa", "st-john-s", "toronto", "unit"]
    assert len({(unit.map_column, unit.map_row) for unit in units}) == len(units)
    assert {unit.name: unit.short for unit in units}[UNKNOWN] == "?"
    assert {programme.unit for programme in programmes} == {unit.code for unit in units}


# --- loading ---------------------------------------------------------------------------------------------------------


async def load(database: Database, day: Day, *, demo: bool = True, as_of_now: bool = False) -> dict[str, int]:
    async with database.transaction() as tx:
        return await load_day(tx, day, SEAL, NOW, demo=demo, as_of_now=as_of_now)


async def shelters_in(database: Database) -> dict[str, ShelterRow]:
    async with database.transaction() as tx:
        return {row.id: row for row in await list_shelters(tx)}


async def count(database: Database, table: str, where: str = "true") -> int:
    async with database.transaction() as tx:
        found = await (await tx.connection()).execute(text(f"select count(*) from {table} where {where}"))  # noqa: S608
        return int(found.scalar_one())


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


async def test_a_database_with_anything_in_it_is_refused_and_left_as_it_was(board: Database, tmp_path: Path) -> None:
    before = await count(board, "shelter")
    with pytest.raises(Conflict) as caught:
        await load(board, read(tmp_path, bed_row("1"))[FIRST])
    assert caught.value.code == "not_empty"
    assert await count(board, "shelter") == before


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


# --- replay on a real board ------------------------------------------------------------------------------------------


def on(days_later: int, row: Row) -> Row:
    return row | {"OCCUPANCY_DATE": str(FIRST + timedelta(days=days_later))}


async def test_a_replay_moves_a_real_board_to_the_last_day(database: Database, tmp_path: Path) -> None:
    days = read(
        tmp_path,
        bed_row("1"),  # 8 beds: 5 occupied, 1 free, 2 closed
        room_row("2"),  # 5 rooms
        on(1, bed_row("1", occupied=4, free=4, closed=0)),
        on(1, room_row("2", occupied=1, free=1)),  # three rooms fewer than there are
        on(1, bed_row("9")),  # appeared after the import
        on(2, bed_row("1", occupied=9, free=1, closed=0)),  # two beds more than there are
        on(2, room_row("2", occupied=0, free=6)),  # more free rooms than there are
    )
    await load(database, days[FIRST])
    site, server, running = await start_site(database.url, FixedClock(NOW + timedelta(minutes=1)))
    heard: list[int] = []
    try:
        moved = choose_days(days, date(2024, 1, 2), date(2024, 1, 31))
        summary = await replay(moved[:1], site.url)
        rooms = (await shelters_in(database))["t2"].places
        assert [place.state for place in rooms].count("closed") == 3
        assert (summary.days, summary.sent, summary.accepted, summary.unknown, summary.stopped) == (1, 2, 2, 1, None)

        summary = await replay(moved, site.url, progress=lambda now: heard.append(now.done))
    finally:
        await stop_site(server, running)
    assert (summary.days, summary.total, summary.sent, summary.accepted, summary.clamped) == (2, 5, 4, 3, 1)
    assert summary.refused == {"422 more_than_places": 1}
    assert (summary.unknown, summary.unanswered, summary.network_errors) == (1, 0, 0)
    assert heard == [1, 2, 3, 4, 5]
    assert len(summary.latencies_ms) == 4
    beds = [place.state for place in (await shelters_in(database))["t1"].places]
    assert (beds.count("open"), beds.count("occupied"), beds.count("closed")) == (1, 7, 0)


async def test_a_second_replay_is_not_taken_for_a_repetition_of_the_first(database: Database, tmp_path: Path) -> None:
    days = read(tmp_path, bed_row("1"), on(1, bed_row("1", occupied=2, free=4)))
    await load(database, days[FIRST])
    site, server, running = await start_site(database.url, FixedClock(NOW + timedelta(minutes=1)))
    try:
        for _ in range(2):
            assert (await replay(list(days.values()), site.url)).accepted == 2
    finally:
        await stop_site(server, running)
    assert (await shelters_in(database))["t1"].version == 5
    assert [place.state for place in (await shelters_in(database))["t1"].places].count("open") == 4


async def test_tokens_that_do_not_count_end_the_replay_with_a_sentence(board: Database, tmp_path: Path) -> None:
    days = read(tmp_path, bed_row("1"), bed_row("2"), on(1, bed_row("1")))
    site, server, running = await start_site(board.url, FixedClock())
    try:
        summary = await replay(list(days.values()), site.url)
    finally:
        await stop_site(server, running)
    assert summary.stopped == "the server knows none of these shelters with these tokens"
    assert (summary.days, summary.sent, summary.unknown) == (0, 0, 2)


# --- replay on a server that misbehaves ------------------------------------------------------------------------------

Answer = Callable[[Request, int], Awaitable[Response]]  # the request, and how many updates came before it


@asynccontextmanager
async def serve(app: Starlette) -> AsyncIterator[str]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    running = asyncio.create_task(server.serve([listening]))
    try:
        async with asyncio.timeout(10):
            while not server.started:
                assert not running.done()
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        await stop_site(server, running)


@asynccontextmanager
async def serving(answer: Answer, seen: list[Request]) -> AsyncIterator[str]:
    """A server that knows every shelter, with eight beds, and answers updates as told. `seen`: the updates."""

    async def shelter(request: Request) -> Response:
        return JSONResponse({"counts": {"men-bed": {"total": 8}}})

    async def update(request: Request) -> Response:
        seen.append(request)
        await request.body()
        return await answer(request, len(seen) - 1)

    path = "/api/v1/shelters/{id}"
    async with serve(Starlette(routes=[Route(path, shelter), Route(f"{path}/occupancy", update, methods=["PUT"])])) as url:
        yield url


def problem(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    return JSONResponse({"code": code, **more}, status, headers)


def days_of(*rows: Row) -> list[Day]:
    """Without a file: one day of eight-bed programmes with these ids, twice."""
    template = {"sector": "Men", "measure": "bed", "beds": 1, "occupied": 5, "free": 1, "closed": 2, "organization": "Maple"}
    programmes = [
        Programme(id=f"t{row['PROGRAM_ID']}", organization_id="o7", name=row["PROGRAM_NAME"], city="", address="", **template)  # type: ignore[arg-type]
        for row in rows
    ]
    return [Day(FIRST, programmes, []), Day(date(2024, 1, 2), programmes, [])]


async def replayed(answer: Answer, seen: list[Request], number: int = 1, **options: Any) -> Summary:
    async with serving(answer, seen) as url:
        return await replay(days_of(*(bed_row(str(n)) for n in range(number))), url, pause=0.01, **options)


@pytest.mark.parametrize(
    ("first", "waits"),
    [
        (problem(429, "too_many", {"Retry-After": "1"}), 1.0),
        (problem(503, "database_away", {"Retry-After": "0"}), 0.0),
        (problem(503, "database_away", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), 0.0),
        (problem(409, "busy"), 0.0),
        (problem(409, "key_in_use"), 0.0),
    ],
)
async def test_a_server_that_asks_to_wait_is_asked_again_with_the_same_key(first: Response, waits: float) -> None:
    seen: list[Request] = []

    async def answer(request: Request, before: int) -> Response:
        return first if before == 0 else JSONResponse({})

    began = monotonic()
    summary = await replayed(answer, seen)
    assert monotonic() - began >= waits
    assert (summary.sent, summary.accepted, summary.retries, summary.unanswered) == (2, 2, 1, 0)
    keys = [request.headers["idempotency-key"] for request in seen]
    assert keys[0] == keys[1] != keys[2]
    assert {request.headers["authorization"] for request in seen} == {"Bearer demo-shelter-t0"}


async def test_a_server_that_never_has_time_is_given_up_after_five_times_and_counted() -> None:
    seen: list[Request] = []

    async def answer(request: Request, before: int) -> Response:
        return problem(503, "database_away", {"Retry-After": "0"})

    summary = await replayed(answer, seen)
    assert (len(seen), summary.refused, summary.stopped) == (10, {"503 database_away": 2}, None)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (problem(401, "sign_in_needed"), "401 sign_in_needed"),
        (problem(404, "no_such_shelter"), "404 no_such_shelter"),
        (problem(409, "overtaken"), "409 overtaken"),
        (problem(422, "invalid", errors=[{"field": "x", "code": "kind_not_here"}]), "422 kind_not_here"),
        (problem(422, "invalid", errors=["odd"]), "422 invalid"),
        (PlainTextResponse("no", 500), "500"),
        (JSONResponse([1], 400), "400"),
    ],
)
async def test_a_refusal_is_counted_by_its_code_and_not_repeated(reply: Response, reason: str) -> None:
    seen: list[Request] = []

    async def answer(request: Request, before: int) -> Response:
        return reply

    summary = await replayed(answer, seen)
    assert (len(seen), summary.refused, summary.accepted, summary.stopped) == (2, {reason: 2}, 0, None)


async def test_a_server_that_is_gone_ends_the_replay_with_a_sentence() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        summary = await replay(days_of(bed_row("1")), url, pause=0.001)
    assert summary.stopped is not None and f"{url}/ does not answer" in summary.stopped
    assert (summary.days, summary.accepted) == (0, 0)
    assert summary.network_errors == 5


async def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key() -> None:
    keys: list[str] = []

    async def cut_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers a question; takes an update and hangs up the first time."""
        with_body = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = b'{"counts": {"men-bed": {"total": 8}}}'
        if with_body.startswith("PUT"):
            keys.append(next(line for line in with_body.splitlines() if line.lower().startswith("idempotency-key")))
        if len(keys) != 1:
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(cut_off, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        summary = await replay(days_of(bed_row("1"))[:1], url, pause=0.01)
    assert (summary.accepted, summary.network_errors, summary.stopped) == (1, 1, None)
    assert len(keys) == 2 and keys[0] == keys[1]


async def test_another_server_than_bedboard_is_recognised() -> None:
    async with serve(Starlette(routes=[Route("/{path:path}", lambda request: PlainTextResponse("hello"))])) as url:
        summary = await replay(days_of(bed_row("1")), url)
    assert summary.stopped is not None and summary.stopped.endswith("answers, but not as bedboard does")


async def test_eight_updates_are_under_way_at_once_and_never_more() -> None:
    seen: list[Request] = []
    full, waiting, most = asyncio.Event(), 0, 0

    async def answer(request: Request, before: int) -> Response:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        if waiting == CONNECTIONS:
            full.set()
        async with asyncio.timeout(10):
            await full.wait()
        waiting -= 1
        return JSONResponse({})

    summary = await replayed(answer, seen, number=20)
    assert (most, summary.accepted) == (CONNECTIONS, 40)


async def test_the_speed_spreads_the_updates_of_a_day_over_its_time() -> None:
    seen: list[Request] = []
    arrived: list[float] = []
    began = monotonic()

    async def answer(request: Request, before: int) -> Response:
        arrived.append(monotonic() - began)
        return JSONResponse({})

    summary = await replayed(answer, seen, number=4, speed=120)  # half a second per day
    assert summary.seconds >= 0.5 + 0.5 * 3 / 4
    assert all(at >= 0.5 * n / 4 for n, at in enumerate(sorted(arrived)))


def test_the_figures_of_a_summary_are_what_was_measured() -> None:
    summary = Summary(total=0)
    assert summary.latency_ms(0.5) == 0
    summary.latencies_ms = [float(n) for n in range(100, 0, -1)]
    assert [summary.latency_ms(share) for share in (0.5, 0.99, 1.0)] == [51, 100, 100]
    assert dict(summary.lines())["latency p50 / p99 / max"] == "51.0 / 100.0 / 100.0 ms"


# --- where to, and with which tokens ---------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost:8000/", "https://[::1]:8443", "http://127.9.9.9"])
def test_this_machine_may_be_sent_to(url: str) -> None:
    assert check_url(url, own_tokens=False) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://bedboard.example",
        "http://10.0.0.1:8000",
        "http://0.0.0.0:8000",
        "http://localhost.example:8000",
        "http://127.0.0.1@evil.example",
        "http://127.0.0.1.evil.example",
        "ftp://127.0.0.1",
        "127.0.0.1:8000",
        "http://127.0.0.1:port",
        "http://[::1",
        "http://127.0.0.1:8000/board",
        "",
    ],
)
def test_another_machine_and_what_is_no_address_are_refused(url: str) -> None:
    with pytest.raises(Unusable):
        check_url(url, own_tokens=False)


def test_another_machine_takes_tokens_of_its_own_and_https() -> None:
    assert check_url("https://bedboard.example", own_tokens=True) == "https://bedboard.example"
    with pytest.raises(Unusable, match="https only"):
        check_url("http://bedboard.example", own_tokens=True)


def test_tokens_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    path.write_text("# shelter token\nt1 abc\n\nt2 def\n")
    token_of = read_tokens(path)
    assert [token_of("t1"), token_of("t2"), token_of("t3")] == ["abc", "def", None]
    assert demo_token("t1") == "demo-shelter-t1"


@pytest.mark.parametrize("content", [b"", b"t1\n", b"t1 secret extra\n", b"t1 demo-shelter-t1\n", b"t1 s\xe9cret\n"])
def test_a_file_of_tokens_that_cannot_be_used_is_refused_without_repeating_it(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokens"
    path.write_bytes(content)
    with pytest.raises(Unusable) as caught:
        read_tokens(path)
    assert "secret" not in str(caught.value)
    with pytest.raises(Unusable):
        read_tokens(tmp_path / "none")


def test_days_are_chosen_from_the_first_to_the_last(tmp_path: Path) -> None:
    days = read(tmp_path, bed_row(), on(1, bed_row()), on(3, bed_row()))
    assert [day.on.day for day in choose_days(days, date(2024, 1, 2), date(2024, 1, 4))] == [2, 4]
    for first, last in ((date(2024, 2, 1), date(2024, 2, 2)), (date(2024, 1, 4), FIRST)):
        with pytest.raises(Unusable, match="these dates are: 2024-01-01, 2024-01-02, 2024-01-04"):
            choose_days(days, first, last)
