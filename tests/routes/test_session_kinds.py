"""Every page in a locked session, on a device of the shift, and on a wall screen; a refusal changes nothing."""

import re
from contextlib import aclosing
from urllib.parse import urlencode

import httpx
import pytest
from sqlalchemy import text

from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from bedboard.store.database import Database
from tests.build import PEOPLE, until
from tests.build.access import ACCESS, DURING_A_SHIFT, ON_A_WALL, WHILE_LOCKED, roles_of
from tests.build.calls import CALLS, SIGNS_IN, form_of
from tests.build.cases import MARK
from tests.build.holds import hold
from tests.build.rows import run
from tests.build.sessions import WholeClock
from tests.build.sessions import site as site
from tests.build.site import Site, facts, served

PAGES = [row for row in ROWS if isinstance(row, Row) and not row.is_api and not row.who.public]
SECRETS = ("CANARY", "Linde", "Ceder", "data-stamp")


async def everything(site: Site) -> tuple[object, ...]:
    """All that a refused call must leave as it was, with the sessions."""
    async with site.process.database.transaction() as tx:
        sessions = await (await tx.connection()).execute(text("select * from session order by token_hash"))
        others = await (await tx.connection()).execute(
            text("select (select count(*) from claim), (select count(*) from disclosure)")
        )
        return (*await facts(site), *map(tuple, sessions), tuple(others.one()))


async def press(browser: httpx.AsyncClient, row: Row, role: str, *, script: bool = False) -> httpx.Response:
    call = CALLS[row.name]
    form = form_of(row.name, role, f"{row.name}{script}")
    headers = {"Content-Type": "application/x-www-form-urlencoded"} | ({"HX-Request": "true"} if script else {})
    content = None if form is None else urlencode(form)
    reply = await browser.request(row.method, call.path.format(shelter="linde"), content=content, headers=headers)
    refused = reply.headers.get("location", "").partition("?")[2].startswith("kept=")
    return await browser.get(reply.headers["location"]) if refused else reply


@pytest.mark.parametrize("role", [role for role in SIGNS_IN if role != "staff"])
async def test_a_locked_session_is_refused_everywhere_and_changes_nothing(site: Site, role: str) -> None:
    async with aclosing(await site.sign_in(SIGNS_IN[role])) as browser:
        site.clock.move(minutes=15)
        before = await everything(site)
        for row in PAGES:
            if row.name in WHILE_LOCKED:
                continue
            for script in (False, True):
                reply = await press(browser, row, role, script=script)
                assert reply.status_code == 423, row.name
                assert [word for word in SECRETS if word in reply.text] == [], row.name
                assert "ntgrendel" in reply.text, row.name
        assert await everything(site) == before


async def test_the_lock_page_says_who_and_where_and_leads_back_after_unlocking(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.clock.move(minutes=15)
        page = await browser.get("/shelters/linde?kind=men")
        assert page.status_code == 423
        for word in ("Mark", "politie", "Proef", "Ontgrendel", 'action="/sign-out"'):
            assert word in page.text
        assert 'name="back" value="/shelters/linde?kind=men"' in page.text
        reply = await browser.post("/unlock", data={"person": "mark", "back": "/shelters/linde?kind=men"})
        assert (reply.status_code, reply.headers["location"]) == (303, "/shelters/linde?kind=men")
        assert (await browser.get("/shelters/linde?kind=men")).status_code == 200


async def test_after_unlocking_nobody_is_led_to_another_site(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        reply = await browser.post("/unlock", data={"person": "mark", "back": "//elsewhere.example"})
        assert reply.headers["location"] == "/"


async def test_a_refused_press_is_said_with_the_way_back(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.clock.move(minutes=15)
        came_from = {"Referer": f"{site.url}/shelters/linde"}
        page = await browser.post("/places/linde-1/hold", data={"key": "k"}, headers=came_from, follow_redirects=True)
        assert page.url.path == "/shelters/linde"
        assert page.status_code == 423 and "Er is niets gedaan" in page.text
        told = await browser.post("/places/linde-1/hold", data={"key": "k"}, headers={"HX-Request": "true"})
        assert told.status_code == 423 and 'id="notice"' in told.text and "Er is niets gedaan" in told.text
        assert (await browser.post("/unlock", data={"person": "mark"})).status_code == 303
        assert "Er is niets gedaan" in (await browser.get(str(page.url))).text


async def test_another_person_unlocks_nothing(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.clock.move(minutes=15)
        reply = await browser.post("/unlock", data={"person": "lucia"}, follow_redirects=True)
        assert reply.status_code == 403
        assert (await browser.get("/")).status_code == 423
        assert (await browser.post("/unlock", data={"person": "mark"})).status_code == 303
        assert (await browser.get("/")).status_code == 200


async def test_outside_a_demo_one_tap_proves_nothing(board_database: Database) -> None:
    how = served(board_database.url, WholeClock(), own_pulse=False)
    async with how as site, aclosing(await site.sign_in("mark")) as browser:
        await run(board_database, "update deployment set demo = false")
        await run(board_database, "select pg_notify('bedboard', 'catalogue 0 -')")

        async def has_heard() -> bool:
            return site.process.board.catalogue is not None and not site.process.board.catalogue.demo

        await until(has_heard, "the process knows that this is no demo")
        site.clock.move(minutes=15)
        assert (await browser.post("/unlock", data={"person": "mark"}, follow_redirects=True)).status_code == 403
        assert (await browser.get("/")).status_code == 423


async def test_a_locked_session_still_ends_after_its_hours(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.clock.move(hours=8, seconds=-1)
        assert (await browser.get("/")).status_code == 423
        site.clock.move(seconds=1)
        assert (await browser.get("/")).headers["location"].startswith("/sign-in")
        assert (await browser.post("/unlock", data={"person": "mark"})).headers["location"] == "/sign-in?ended=1"


async def test_a_lock_counts_within_the_seconds_that_a_process_remembers(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.clock.move(minutes=15, seconds=-1)
        assert (await browser.get("/strip", headers={"HX-Request": "true"})).status_code == 200
        site.clock.move(seconds=1)
        assert (await browser.get("/strip", headers={"HX-Request": "true"})).status_code == 423


async def test_what_a_script_reads_by_itself_is_no_touch(site: Site) -> None:
    """The page of a shelter is drawn again whenever something changes there: that kept its session open for ever."""
    async with aclosing(await site.sign_in("mark")) as browser:
        for path in ("/shelters/linde", "/strip", "/requests", "/"):
            site.clock.move(minutes=3)
            assert (await browser.get(path, headers={"HX-Request": "true"})).status_code == 200
        site.clock.move(minutes=3)
        assert (await browser.get("/")).status_code == 423


@pytest.mark.parametrize("person", ["sanne", "anneke"])
async def test_a_shift_may_work_for_its_shelter_and_nothing_else(site: Site, person: str) -> None:
    role = {"sanne": "staff", "anneke": "manager"}[person]
    async with aclosing(await site.sign_in(person)) as browser:
        if role == "manager":
            assert (await browser.post("/shift")).headers["location"] == "/"
        for row in PAGES:
            if row.name in WHILE_LOCKED | DURING_A_SHIFT:
                continue
            before = await everything(site)
            reply = await press(browser, row, role)
            assert reply.status_code == 403, row.name
            assert await everything(site) == before
            may_role = role in (roles_of(row.name) or ())
            assert ("Dit kan niet op een toestel van de dienst" in reply.text) is may_role, row.name
        for name in DURING_A_SHIFT:
            row = next(one for one in PAGES if one.name == name)
            assert (await press(browser, row, role)).status_code not in {401, 403, 423, 500} - {CALLS[name].done}, name
        for path in ("/staff/wilg", "/staff/nowhere"):
            assert (await browser.get(path)).status_code == 404


async def test_a_shift_lasts_twelve_hours_and_does_not_lock(site: Site) -> None:
    async with aclosing(await site.sign_in("sanne")) as browser:
        site.clock.move(hours=12, seconds=-1)
        assert (await browser.get("/staff/linde")).status_code == 200
        site.clock.move(seconds=1)
        assert (await browser.get("/staff/linde")).headers["location"].startswith("/sign-in")


async def test_a_shift_shows_no_address_and_no_number_of_a_shelter(site: Site) -> None:
    await hold(site.process.database, who=MARK)
    async with aclosing(await site.sign_in("sanne")) as browser:
        for path in ("/staff/linde", "/staff/linde/requests", "/totals"):
            reply = await browser.get(path)
            assert reply.status_code == 200 and "CANARY" not in reply.text
        assert "/manage/" not in (await browser.get("/staff/linde")).text


@pytest.mark.parametrize("person", ["mark", "lucia", "hanneke"])
async def test_a_wall_has_one_page_and_no_presses(site: Site, person: str) -> None:
    role = next(role for own_id, role, _ in PEOPLE if own_id == person)
    async with aclosing(await site.open_wall(person)) as browser:
        for row in PAGES:
            if row.name in WHILE_LOCKED | ON_A_WALL:
                continue
            before = await everything(site)
            reply = await press(browser, row, role)
            may_role = role in (roles_of(row.name) or ())
            if may_role:
                assert (reply.status_code, reply.headers["location"]) == (303, "/?wall=1"), row.name
            else:
                assert reply.status_code == 403, row.name
            assert await everything(site) == before, row.name
        assert (await browser.get("/")).headers["location"] == "/?wall=1"
        assert (await browser.get("/?wall=1")).status_code == 200
        assert (await browser.post("/unlock", data={"person": person})).status_code == 303
        assert (await browser.post("/sign-out")).headers["location"].startswith("/sign-in")
        assert (await browser.get("/?wall=1")).headers["location"].startswith("/sign-in")


async def test_a_wall_shows_numbers_and_code_names_and_nobodys_hold(site: Site) -> None:
    await hold(site.process.database, who=MARK)
    async with aclosing(await site.open_wall()) as browser:
        page = (await browser.get("/?wall=1")).text
    assert "Linde" in page and 'data-stamp="' in page
    main = page.split("<main")[1].split("</main>")[0]
    assert "Hanneke" not in main and "Hanneke ·" not in page.split('id="lock"')[0]
    for word in ("CANARY", "Stichting", "/shelters/", "/hold", "tel:", 'class="claim"', "<form"):
        assert word not in main, word


async def test_a_wall_keeps_its_order_whatever_is_free(site: Site) -> None:
    async with aclosing(await site.open_wall()) as browser, site.api("demo-shelter-linde") as linde:
        orders = []
        for status in ("free", "occupied"):
            for number in (1, 2):
                assert (await linde.patch(f"/places/linde-{number}", json={"status": status})).status_code == 200
            orders.append(re.findall(r'data-name="([^"]+)"', (await browser.get("/?wall=1")).text))
    assert orders == 2 * [["Limburg Ceder", "Noord-Nederland Linde", "Noord-Nederland Wilg"]]


async def test_opening_a_wall_ends_the_session_of_the_person(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser, site.client() as thief:
        old = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
        page = await browser.get("/?kind=men&wall=1")
        assert page.headers["location"] == "/wall?kind=men&wall=1"
        page = await browser.get("/wall?kind=men&wall=1")
        assert 'name="back" value="/?wall=1"' in page.text or "kind=men" in page.text
        reply = await browser.post("/wall", data={"back": "/?wall=1&kind=men"})
        assert reply.headers["location"] == "/?wall=1&kind=men"
        assert (await thief.get("/search", headers=old)).headers["location"].startswith("/sign-in")
        assert (await browser.get("/search")).headers["location"] == "/?wall=1"


async def test_a_wall_lasts_twelve_hours(site: Site) -> None:
    async with aclosing(await site.open_wall()) as browser:
        site.clock.move(hours=12, seconds=-1)
        assert (await browser.get("/?wall=1")).status_code == 200
        site.clock.move(seconds=1)
        assert (await browser.get("/?wall=1")).headers["location"].startswith("/sign-in")


def test_every_page_is_of_one_of_these_sorts() -> None:
    assert {row.name for row in PAGES} | {"live"} == {name for name in ACCESS if roles_of(name) and not name.startswith("api_")}
