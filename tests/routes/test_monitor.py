"""The monitor: its page for each audience, its files, and the figures worked out a second time by hand."""

import csv
import io
import json
import re
import zipfile
from collections import defaultdict
from contextlib import aclosing

import pytest
from defusedxml import ElementTree

from bedboard.rules.merging import LEAST
from bedboard.rules.tallies import HOUSEHOLDS, LONGER, SLEPT, STAYS, TABLES, WAITS
from tests.build.figures import JANUARY, Event, get, put
from tests.build.site import Site

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"


async def test_others_than_the_desk_see_months_that_are_over_with_small_cells_merged(site: Site) -> None:
    await put(site, JANUARY)
    page = (await get(site, "anneke", "/monitor?first_month=2026-01&last_month=2026-03")).text
    assert "terug bij de uitbuiter" not in page, "March is not over"
    assert "in een hotel" not in page and ">kleine aantallen samen<" in page
    assert "een vrouw" not in page and "te klein om te noemen" in page
    assert "Linde" in page and "Wilg" not in page, "a manager sees the own shelters only"
    desk = (await get(site, "hanneke", "/monitor?first_month=2026-01&last_month=2026-03")).text
    for word in ("terug bij de uitbuiter", "in een hotel", "een vrouw", "Linde", "Wilg"):
        assert word in desk
    assert ">kleine aantallen samen<" not in desk


def slow(events: list[Event], name: str, month: str) -> tuple[dict[str, int], int, bool]:
    """Work one table of one month out from the definition, without any of the code: apart, merged, hidden."""
    table = TABLES[name]
    cells: dict[str, int] = defaultdict(int)
    for number, (at, what, unit, kind, code, count) in enumerate(events):
        if name == "sought_time" and (at[:7], what) == (month, "sought"):
            cells[f"{code}-{number % 24 // 6}"] += count
        if (at[:7], what) == (month, table.what) and table.code in (None, code):
            cells[{"all": "all", "code": code, "unit": unit, "kind": kind, "kind_code": f"{kind}/{code}"}[table.axis]] += count
    total = sum(cells.values())
    arrived = sum(count for at, what, *_, code, count in events if (at[:7], what, code) == (month, "request", "arrived"))
    if name == "answer":
        alone = {code: count for code, count in cells.items() if count >= LEAST}
        if arrived >= LEAST and 0 < abs(alone.get("yes", arrived) - arrived) < LEAST:
            del alone["yes"]
        return alone, 0, alone != cells
    if name == "stay_of_kind":
        return (dict(cells), 0, False) if min(cells.values(), default=LEAST) >= LEAST else ({}, 0, True)
    if 0 < total < LEAST or (name == "placed_kind" and total and 0 < abs(total - arrived) < LEAST <= arrived):
        return {}, 0, True
    apart = dict(cells)
    if min(cells.values(), default=LEAST) < LEAST:
        large = sorted({count for count in cells.values() if count >= LEAST})
        apart = {code: count for code, count in cells.items() if count in large[1:]}
    return apart, total - sum(apart.values()), False


async def test_a_file_says_what_the_definition_gives(site: Site) -> None:
    await put(site, JANUARY)
    reply = await get(site, "anneke", "/monitor/figures.json?first_month=2026-01&last_month=2026-03")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="bedboard-2026-01-2026-03.json"'
    lines = json.loads(reply.content)["lines"]
    for name in TABLES:
        for month in ("2026-01", "2026-02"):
            own = [line for line in lines if (line["table"], line["month"]) == (name, month)]
            apart = {line["code"]: line["count"] for line in own if line["state"] == "apart"}
            merged = sum(line["count"] for line in own if line["state"] == "merged")
            expected = slow(JANUARY, name, month)
            assert (apart, merged, any(line["state"] == "hidden" for line in own)) == expected, (name, month)
    assert {line["month"] for line in lines} == {"2026-01", "2026-02"}


async def test_a_policy_officer_sees_figures_and_no_board(site: Site) -> None:
    await put(site, JANUARY)
    async with aclosing(await site.sign_in("femke")) as femke:
        home = await femke.get("/")
        assert (home.status_code, home.headers["Location"]) == (303, "/monitor")
        page = await femke.get("/monitor?first_month=2026-01&last_month=2026-03", headers={"Accept-Language": "nl"})
        assert page.status_code == 200 and "op straat" not in page.text and "bij vrienden of familie" in page.text
        assert "Linde" not in page.text and "Wilg" not in page.text and "in een hotel" not in page.text
        for path in ("/search", "/requests", "/staff", "/audit", "/shelters/linde"):
            assert (await femke.get(path)).status_code == 403, path


async def test_files_of_the_desk_are_those_of_everybody(site: Site) -> None:
    await put(site, JANUARY)
    path = "/monitor/figures.json?first_month=2026-01&last_month=2026-02"
    one, other = [json.loads((await get(site, who, path)).content)["lines"] for who in ("hanneke", "anneke")]
    assert one == other


async def test_two_files_tell_no_more_by_subtraction_than_the_months_between(site: Site) -> None:
    await put(site, JANUARY)
    both, first = [
        json.loads((await get(site, "anneke", f"/monitor/figures.json?first_month=2026-01&last_month={last}")).content)["lines"]
        for last in ("2026-02", "2026-01")
    ]
    alone = json.loads((await get(site, "anneke", "/monitor/figures.json?first_month=2026-02&last_month=2026-02")).content)[
        "lines"
    ]
    assert [line for line in both if line not in first] == alone
    assert all(line["count"] is None or line["count"] >= LEAST for line in both)


@pytest.mark.parametrize(("separator", "sign"), [("comma", ","), ("semicolon", ";")])
async def test_a_csv_opens_in_a_spreadsheet_and_says_what_it_is(site: Site, separator: str, sign: str) -> None:
    await put(site, JANUARY)
    reply = await get(site, "anneke", f"/monitor/figures.csv?first_month=2026-01&last_month=2026-01&separator={separator}")
    assert reply.content.startswith(b"\xef\xbb\xbf") and b"\r\n" in reply.content
    rows = list(csv.DictReader(io.StringIO(reply.content.decode("utf-8-sig"), newline=""), delimiter=sign, strict=True))
    about = {row["code"]: row["definition"] for row in rows if row["table"] == "about"}
    assert about.keys() == {"source", "merging", "columns", "period", "made_at"}
    assert about["period"] == "2026-01 – 2026-01"
    assert all(row["definition"] for row in rows)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("first_month=2026-02&last_month=2026-01", "kies geen maand voor de eerste"),
        ("first_month=2027-01&last_month=2027-02", "deze maand is er nog niet"),
        ("first_month=2000-01&last_month=2026-01", "kies hoogstens 60 maanden tegelijk"),
        ("first_month=2026-1", "schrijf jaar en maand zoals 2026-03"),
        ("first_month=2026-01%0A", "schrijf jaar en maand zoals 2026-03"),
        ("first_month=2026-13", "schrijf jaar en maand zoals 2026-03"),
        ("unit=atlantis", "deze eenheid kennen wij niet"),
        ("kind=atlantis", "deze soort plek kennen wij niet"),
        ("shelter=linde", "kennen wij niet"),
    ],
)
async def test_a_period_that_cannot_be_is_refused_in_words(site: Site, query: str, words: str) -> None:
    page = await get(site, "hanneke", f"/monitor?{query}")
    assert page.status_code == 422
    assert words in page.text
    assert "Monitor</h1>" in page.text, "the page is there all the same"
    assert (await get(site, "hanneke", f"/monitor/figures.csv?{query}")).status_code == 422


async def test_a_unit_and_a_kind_are_shown_month_by_month_as_the_tables_show_them(site: Site) -> None:
    await put(site, JANUARY)
    path = "/monitor?first_month=2026-01&last_month=2026-02&unit=noord&kind=cosm"
    page = (await get(site, "femke", path)).text
    _, _, unit = page.partition('id="chosen-unit"')
    unit, _, rest = unit.partition("</section>")
    assert re.findall(r"<td>([^<]+)</td>", unit) == ["samen met andere", "10"], "where people slept, in January and February"
    kind, *_ = rest.partition('id="chosen-kind"')[2].partition("</section>")
    assert re.findall(r"<td>([^<]+)</td>", kind) == ["samen met andere", "0", "9", "13"], (
        "6 of 10 arrivals have a kind: hidden; stays are told"
    )
    desk = (await get(site, "hanneke", path)).text.partition('id="chosen-unit"')[2].partition("</section>")[0]
    assert re.findall(r"<td>([^<]+)</td>", desk) == ["23", "10"]
    assert 'class="large-figures"' not in page.partition('id="all-together"')[0], "a figure of all units stands under that name"
    everything = (await get(site, "femke", path.partition("&unit")[0])).text
    assert 'id="all-together"' not in everything and "altijd alle eenheden" in page and "altijd alle eenheden" not in everything


async def test_hours_of_a_week_are_for_the_desk_and_parts_of_a_day_for_others(site: Site) -> None:
    await put(site, [("2026-01-01", "sought", "", "", "3", 9), ("2026-01-01", "sought", "", "", "3", 8)])
    path = "/monitor?first_month=2026-01&last_month=2026-01"
    desk, other = [(await get(site, who, path)).text.partition('id="week"')[2] for who in ("hanneke", "femke")]
    assert re.findall(r"<td>([1-9]\d*)</td>", desk.partition("</table>")[0]) == ["9", "8"]
    assert re.findall(r"<td>([1-9]\d*)</td>", other.partition("</table>")[0]) == ["17"]


async def test_months_without_anything_say_so(site: Site) -> None:
    page = await get(site, "anneke")
    assert page.status_code == 200
    assert "Er is in deze maanden niets geteld." in page.text
    assert 'class="picture"' not in page.text


async def test_every_code_has_a_word_in_both_languages(site: Site) -> None:
    codes = {"household": HOUSEHOLDS, "slept": SLEPT, "answer": ("yes", "no", "discuss", "silent")}
    codes |= dict.fromkeys(("first_answer", "first_yes", "decided", "arrival"), (*WAITS, LONGER)) | {"stay": (*STAYS, LONGER)}
    codes["exploitation"] = ("sexual", "labour", "criminal", "other_exploitation", "serious_wrong", "unknown")
    for name, every in codes.items():
        for code in every:
            for language in ("nl", "en"):
                assert site.process.pages.macro(language, "words/monitor.html", "row", name, "code", code, None, language)


async def test_a_picture_has_a_title_and_the_page_no_style_and_few_bytes(site: Site) -> None:
    await put(site, JANUARY)
    page = await get(site, "hanneke", "/monitor?first_month=2026-01&last_month=2026-03")
    assert page.text.count('class="picture"') == page.text.count('role="img"') == page.text.count('-title">') > 3
    assert "<style" not in page.text and "pygal.config" not in page.text
    assert "style=" not in page.text
    assert int(page.headers.get("Content-Length", 0)) < 20_000


async def test_a_spreadsheet_says_the_same_as_the_other_files(site: Site) -> None:
    await put(site, JANUARY)
    query = "?first_month=2026-01&last_month=2026-02"
    lines = json.loads((await get(site, "anneke", f"/monitor/figures.json{query}")).content)["lines"]
    reply = await get(site, "anneke", f"/monitor/figures.ods{query}")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="bedboard-2026-01-2026-02.ods"'
    with zipfile.ZipFile(io.BytesIO(reply.content)) as file:
        content = ElementTree.fromstring(file.read("content.xml"))
    sheet, about = content.iter(f"{TABLE}table")
    rows = [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{TABLE}table-row")]
    assert rows == [list(lines[0]), *([str("" if cell is None else cell) for cell in line.values()] for line in lines)]
    assert len(list(about.iter(f"{TABLE}table-row"))) == 5
    assert b"formula" not in ElementTree.tostring(content)


async def test_a_report_is_of_months_that_are_over_for_everybody(site: Site) -> None:
    await put(site, JANUARY)
    for who in ("hanneke", "femke"):
        page = (await get(site, who, "/monitor/report?year=2026")).text
        assert "Jaarverslag 2026" in page and "Tellingen van 2 maanden" in page
        assert "in een hotel: 9; bij vrienden" not in page and "een vrouw" not in page
        assert "terug bij de uitbuiter" not in page, "March is not over"
    assert "niets geteld" in (await get(site, "femke", "/monitor/report")).text, "the year before"


@pytest.mark.parametrize("year", ["2027", "1", "99999999999", "twee", "2026%0A1"])
async def test_a_report_of_a_year_that_cannot_be_is_refused(site: Site, year: str) -> None:
    assert (await get(site, "femke", f"/monitor/report?year={year}")).status_code == 422
