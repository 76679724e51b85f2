"""The monitor and its gaps: odd questions, months before counting began, and numbers that are larger in truth."""

import json
import re

import pytest

from bedboard.rules.tallies import TABLES
from tests.build.figures import JANUARY, Event, get, put
from tests.build.site import Site

BAD = (
    "year=1999",
    "year=9001",
    "year=x",
    "year=2026%0A",
    "year=",
    "year=2027",
    "first_month=2026-01",
    "separator=tab",
    "%00=1",
)


@pytest.mark.parametrize("query", BAD)
async def test_odd_questions_about_a_year_or_a_file_get_clear_answers(site: Site, query: str) -> None:
    for path in ("/monitor/report", "/monitor/figures.csv", "/monitor/figures.ods", "/monitor/figures.json"):
        reply = await get(site, "femke", f"{path}?{query}")
        assert reply.status_code in (200, 400, 422), (path, query)
        assert reply.status_code == 200 or "%" not in reply.text.partition("<h1")[2].partition("</h1>")[0]
        name = reply.headers.get("Content-Disposition", "")
        assert "\n" not in name and "\r" not in name


async def test_months_before_counting_began_are_not_zero(site: Site) -> None:
    await put(site, JANUARY)
    path = "/monitor?first_month=2025-11&last_month=2026-02"
    for who in ("femke", "hanneke"):
        page = (await get(site, who, path)).text
        assert "Niet geteld: 2025-11 tot en met 2025-12" in " ".join(page.replace("–", "").split())
        rows = re.findall(
            r'<th scope="row">(\d{4}-\d\d)</th><td>([^<]+)</td>',
            page.partition('id="through-time"')[2].partition("</table>")[0],
        )
        assert [cell for _, cell in rows] == ["– niet geteld", "– niet geteld", "25", "0"]
    lines = json.loads((await get(site, "femke", path.replace("/monitor", "/monitor/figures.json"))).content)["lines"]
    before = [line for line in lines if line["month"] < "2026-01"]
    assert {line["table"] for line in before} == set(TABLES)
    assert {(line["state"], line["count"]) for line in before} == {("not_counted", None)}


async def test_a_number_that_is_larger_in_truth_says_so(site: Site) -> None:
    """In February the nights on the street are among the small numbers."""
    february: list[Event] = [
        ("2026-02-01", "slept", "noord", "", "friends", 7),
        ("2026-02-01", "slept", "noord", "", "hotel", 20),
    ]
    await put(site, [*JANUARY, *february])
    path = "/monitor?first_month=2026-01&last_month=2026-02"
    page = (await get(site, "femke", path)).text.partition('id="slept"')[2].partition("</section>")[0]
    assert "of meer</td>" in page and "+</text>" in page
    desk = (await get(site, "hanneke", path)).text.partition('id="slept"')[2].partition("</section>")[0]
    assert "of meer" not in desk
