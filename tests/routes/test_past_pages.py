"""The board as it stood, on the screen: for the desk and administrators all of it, for a shelter's people their own."""

from contextlib import aclosing
from datetime import timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from bedboard.routes.past import read_moment, written
from tests.build import NOW
from tests.build.api import sql
from tests.build.site import Site

ZONE = ZoneInfo("Europe/Amsterdam")
DUTCH = {"Accept-Language": "nl"}


def at(minutes: int = 0) -> str:
    return written(NOW + timedelta(minutes=minutes), ZONE)


async def text_of(site: Site, person: str, path: str, status: int = 200) -> str:
    async with aclosing(await site.sign_in(person)) as browser:
        answer = await browser.get(path, headers=DUTCH)
    assert answer.status_code == status, answer.text
    return " ".join(answer.text.split())


async def a_night(site: Site) -> None:
    """linde-1 becomes occupied after ten minutes, and is free again after an hour."""
    async with site.api("demo-shelter-linde") as linde:
        site.pass_time(minutes=10)
        assert (await linde.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
        site.pass_time(minutes=50)
        assert (await linde.patch("/places/linde-1", json={"status": "free"})).status_code == 200
        site.pass_time(minutes=5)


async def test_the_desk_sees_the_board_of_each_moment(site: Site) -> None:
    await a_night(site)
    free = [(await text_of(site, "hanneke", f"/monitor/board?at={at(n)}")).count("<b>2</b> vrij") for n in (5, 15, 61)]
    assert free[0] == free[2] == free[1] + 2  # as a figure, and among the counts


async def test_the_slider_sends_quarters_after_noon_and_links_go_a_quarter_on(site: Site) -> None:
    await a_night(site)  # 14:00 in Amsterdam: eight quarters after noon
    page = await text_of(site, "hanneke", f"/monitor/board?day={at(-120)}&quarter=9")
    assert "11 maart 2026 14:15" in page
    assert f'href="/monitor/board?at={quote(at(30), safe="")}"' in page
    assert 'value="9"' in page and 'max="12"' in page
    assert "15 minuten later" in await text_of(site, "hanneke", f"/monitor/board?at={at(30)}")
    assert "15 minuten later" not in await text_of(site, "hanneke", f"/monitor/board?at={at(60)}"), "it has not come yet"


async def test_people_of_a_shelter_see_their_places_and_no_names(site: Site) -> None:
    await a_night(site)
    page = await text_of(site, "sanne", f"/staff/linde/past?at={at(15)}")
    assert "bezet" in page and "Veranderingen van die nacht" in page
    assert "CANARY" not in page and "Ceder" not in page and "demo-shelter" not in page
    await text_of(site, "sanne", "/staff/ceder/past", 404)
    await text_of(site, "sanne", "/staff/nowhere/past", 404)


@pytest.mark.parametrize(
    "said", ["soon", "2026-02-30T10:00", "24", "9999-12-31T23:59", "0001-01-01T00:00%2B05:00", "x" * 900, "%00"]
)
async def test_a_moment_that_is_none_is_refused_in_words(site: Site, said: str) -> None:
    page = await text_of(site, "hanneke", f"/monitor/board?at={said}", 422)
    assert "dit is geen geldig tijdstip" in page or "dit tijdstip is nog niet geweest" in page


@pytest.mark.parametrize(
    "query", ["quarter=-1&day=2026-03-11", "quarter=9999&day=2026-03-11", "quarter=x&day=2026-03-11", "why=1"]
)
async def test_numbers_and_names_that_cannot_be_are_refused(site: Site, query: str) -> None:
    await text_of(site, "hanneke", f"/monitor/board?{query}", 422)


@pytest.mark.parametrize("person, path", [("hanneke", "/monitor/board"), ("sanne", "/staff/linde/past")])
async def test_the_future_is_refused_and_the_time_before_the_journal_is_said(site: Site, person: str, path: str) -> None:
    assert "dit tijdstip is nog niet geweest" in await text_of(site, person, f"{path}?at=2027-01-01T00:00", 422)
    for said in ("2019-01-01T00:00", "0100-01-01", "2026-03-11T13:59"):
        assert "Het logboek begint op 11 maart 2026 14:00" in await text_of(site, person, f"{path}?at={said}")
    assert "Het logboek begint" not in await text_of(site, person, path), "no moment: the last full quarter"


async def test_a_shelter_whose_lines_are_gone_is_unknown_and_never_wrong(site: Site) -> None:
    await a_night(site)
    until = (NOW + timedelta(minutes=1)).isoformat()
    await sql(site, f"select forget_oldest('journal', '{until}', 1)")
    page = await text_of(site, "hanneke", f"/monitor/board?at={at(15)}")
    assert "niet genoeg bewaard" in page


def test_the_hour_that_a_night_in_autumn_has_twice_has_two_addresses() -> None:
    moments = [read_moment("at", said, ZONE) for said in ("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00")]
    assert [written(moment, ZONE) for moment in moments] == ["2026-10-25T02:30", "2026-10-25T02:30+01:00"]
    assert [read_moment("at", written(moment, ZONE), ZONE) for moment in moments] == moments
