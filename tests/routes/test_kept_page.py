"""The picture that a device keeps of a shelter's own page: no case, no promise and nobody's number is in it."""

from contextlib import aclosing

import pytest

from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from bedboard.rules.sessions import PICTURE_KEPT
from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.rows import run
from tests.build.site import Site, served


async def test_the_picture_says_the_status_of_places_and_nothing_of_their_promises(
    case_database: Database, clock: FixedClock
) -> None:
    async with served(case_database.url, clock) as site, site.api("demo-police") as police:
        held = await police.post("/places/linde-2/holds", json={})
        begun = await police.post("/requests", json={"adults": {"woman": 1}, "needs": ["lvb"], "shelters": ["linde"]})
        assert begun.status_code == 201
        case_id = begun.json()["id"]
        async with aclosing(await site.sign_in("sanne")) as browser:
            offer = {"key": "k", "answer": "yes", "place": "linde-1"}
            assert (await browser.post(f"/staff/linde/requests/{case_id}/answer", data=offer)).status_code == 303
            page, picture = (await browser.get("/staff/linde")).text, await browser.get("/staff/linde/kept")
        of_promises = [case_id, "Politie", "politie)", "data-claim"]
        assert case_id in page, "the control: the page itself says it"
        assert [word for word in of_promises if word in picture.text] == []
        assert 'class="tile reserved' in picture.text or 'class="tile held' in picture.text, held.text
        assert "data-kept-at=" in picture.text and 'data-state="lost"' in picture.text
        assert "data-kept-at=" not in page
        assert picture.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("hours", "left"), [(0, 8), (3, 8), (5, 7), (11, 1)])
async def test_a_picture_lasts_no_longer_than_its_session(site: Site, hours: int, left: int) -> None:
    async with aclosing(await site.sign_in("sanne")) as browser:  # a shift of twelve hours
        site.pass_time(hours=hours)
        seconds = int((await browser.get("/staff/linde/kept")).headers["bedboard-keep"])
        assert seconds == min(left * 3600, PICTURE_KEPT.total_seconds())


async def test_a_locked_or_ended_session_gets_no_picture(site: Site, board_database: Database) -> None:
    async with aclosing(await site.sign_in("anneke")) as browser:
        assert (await browser.get("/staff/linde/kept")).status_code == 200
        site.pass_time(minutes=20)
        locked = await browser.get("/staff/linde/kept")
        assert locked.status_code == 423 and "Linde" not in locked.text
        await run(board_database, "update session set ended_at = created_at")
        site.process.identity._people.clear()
        assert (await browser.get("/staff/linde/kept")).status_code != 200


def test_a_script_that_asks_for_a_picture_keeps_no_session_open() -> None:
    assert [row.is_touch for row in ROWS if isinstance(row, Row) and row.name == "staff_kept"] == [False]
