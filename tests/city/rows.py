"""Files of the city of Toronto as tests write them, and what a database holds after they were loaded."""

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import text

from bedboard.city.load import load_day
from bedboard.city.programmes import Day
from bedboard.city.toronto import COLUMNS, read_days
from bedboard.store.board import ShelterRow, list_shelters
from bedboard.store.database import Database
from tests.build import NOW, SEAL

FIRST = date(2024, 1, 1)
Row = dict[str, str]


def bed_row(program_id: str = "101", *, occupied: int = 5, free: int = 1, closed: int = 2, **other: str) -> Row:
    """A men's programme of eight beds, of which two cannot be used."""
    given = {
        "OCCUPANCY_DATE": "2024-01-01",
        "ORGANIZATION_ID": "7",
        "ORGANIZATION_NAME": "Maple House",
        "LOCATION_ADDRESS": "1 Invented St",
        "LOCATION_POSTAL_CODE": "M0M 0M0",
        "LOCATION_CITY": "Toronto",
        "PROGRAM_ID": program_id,
        "PROGRAM_NAME": f"Programme {program_id}",
        "SECTOR": "Men",
        "SERVICE_USER_COUNT": str(occupied),
        "CAPACITY_TYPE": "Bed Based Capacity",
        "CAPACITY_ACTUAL_BED": str(occupied + free),
        "OCCUPIED_BEDS": str(occupied),
        "UNOCCUPIED_BEDS": str(free),
        "UNAVAILABLE_BEDS": str(closed),
    }
    return given | other


def room_row(
    program_id: str = "202", *, occupied: int = 4, free: int = 1, closed: int = 0, users: str = "10", **other: str
) -> Row:
    """A families' programme of five rooms, four of which have ten people in them."""
    given = bed_row(program_id, SECTOR="Families", CAPACITY_TYPE="Room Based Capacity", SERVICE_USER_COUNT=users)
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


def on(days_later: int, row: Row) -> Row:
    return row | {"OCCUPANCY_DATE": str(FIRST + timedelta(days=days_later))}
