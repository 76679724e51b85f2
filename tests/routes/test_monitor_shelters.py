"""Single shelters in a file: for the desk all, for a manager the own ones, worked out a second time; for others none."""

import csv
import io
import json

import pytest

from bedboard.rules.tallies import OF_SHELTERS
from tests.build.figures import JANUARY, get, put
from tests.build.site import Site

MONTHS = ("2026-01", "2026-02")
PERIOD = "first_month=2026-01&last_month=2026-03&of=shelters"
OWN = {"hanneke": {"linde", "wilg"}, "anneke": {"linde"}, "femke": set[str]()}


def slow(shelters: set[str]) -> set[tuple[str, str, str, int]]:
    """Work the lines out from the events, without any of the code: months that are over, shelters that were asked or due."""
    counted = {(at[:7], what, code): count for at, what, _, _, code, count in JANUARY if at[:7] in MONTHS}
    return {
        (month, what, shelter, counted.get((month, what, shelter), 0))
        for month in MONTHS
        for shelter in shelters
        if {"asked_of", "confirm_due"} & {name for at, name, code in counted if (at, code) == (month, shelter)}
        for what in OF_SHELTERS
    }


@pytest.mark.parametrize("who", OWN)
async def test_a_file_of_shelters_says_what_the_definition_gives_to_those_who_may_see_it(site: Site, who: str) -> None:
    await put(site, JANUARY)
    reply = await get(site, who, f"/monitor/figures.json?{PERIOD}")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="bedboard-shelters-2026-01-2026-03.json"'
    said = json.loads(reply.content)
    lines = [(line["month"], line["table"], line["code"], line["count"]) for line in said["lines"]]
    assert set(lines) == slow(OWN[who]) and len(lines) == len(set(lines))
    assert {line["state"] for line in said["lines"]} <= {"apart"} and all(line["definition"] for line in said["lines"])
    assert "aan niemand anders" in said["about"]["merging"]
    page = (await get(site, who, "/monitor?first_month=2026-01&last_month=2026-03")).text
    assert ("of=shelters" in page) == bool(OWN[who]), "who gets no line is offered no file"


@pytest.mark.parametrize("who", OWN)
async def test_a_table_and_a_sheet_of_shelters_say_the_same(site: Site, who: str) -> None:
    await put(site, JANUARY)
    text = (await get(site, who, f"/monitor/figures.csv?{PERIOD}")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    lines = {(row["month"], row["table"], row["code"], int(row["count"])) for row in rows if row["table"] != "about"}
    assert lines == slow(OWN[who])
    assert (await get(site, who, f"/monitor/figures.ods?{PERIOD}")).status_code == 200


async def test_months_before_a_shelter_was_counted_are_not_zero(site: Site) -> None:
    await put(site, JANUARY)
    path = "/monitor/figures.json?first_month=2025-12&last_month=2026-01&of=shelters"
    lines = json.loads((await get(site, "hanneke", path)).content)["lines"]
    before = [(line["table"], line["count"], line["state"]) for line in lines if line["month"] == "2025-12"]
    assert sorted(before) == sorted((what, None, "not_counted") for what in OF_SHELTERS)


async def test_a_file_of_tables_names_no_shelter(site: Site) -> None:
    await put(site, JANUARY)
    lines = json.loads((await get(site, "hanneke", "/monitor/figures.json?first_month=2026-01&last_month=2026-02")).content)[
        "lines"
    ]
    assert not {line["table"] for line in lines} & set(OF_SHELTERS)
    assert (await get(site, "hanneke", "/monitor?of=shelters")).status_code == 422
    assert (await get(site, "hanneke", "/monitor/figures.csv?of=people")).status_code == 422
