"""Reading a city's file: the rows that are used, put right or left out, and the words that are said of it."""

from datetime import date
from pathlib import Path

import pytest

from bedboard.city.load import make_units
from bedboard.city.load import unique_names as names_of
from bedboard.city.programmes import UNKNOWN, Remark, Unusable, choose_day
from bedboard.city.toronto import COLUMNS, read_days
from tests.city.rows import FIRST, Row, bed_row, csv_text, read, room_row, write


def refused(path: Path) -> str:
    with pytest.raises(Unusable) as caught:
        read_days(path)
    return str(caught.value)


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
    programmes = read(tmp_path, *(bed_row(own_id, PROGRAM_NAME=name) for own_id, name in names.items()))[FIRST].programmes
    assert names_of(programmes) == {"t1": "Elm (1) (1)", "t2": "Elm (2)", "t3": "Elm (1)", "t4": "Oak"}


def test_a_city_is_one_unit_however_it_is_written_and_has_a_tile_of_its_own(tmp_path: Path) -> None:
    cities = ["Toronto", "TORONTO", "North York", "", "St. John's", "St John's", "Ottawa", "東京"]
    programmes = read(tmp_path, *(bed_row(str(n), LOCATION_CITY=city) for n, city in enumerate(cities)))[FIRST].programmes
    units = make_units(programmes)
    assert sorted(unit.code for unit in units) == ["north-york", "onbekend-unknown", "ottawa", "st-john-s", "toronto", "unit"]
    assert len({(unit.map_column, unit.map_row) for unit in units}) == len(units)
    assert {unit.name: unit.short for unit in units}[UNKNOWN] == "?"
    assert {programme.unit for programme in programmes} == {unit.code for unit in units}
