"""A session is locked after a while without use, and ends after its hours or when somebody signs out."""

import asyncio

from sqlalchemy import text
from websockets.asyncio.client import connect

from bedboard.actions.signin import hash_token
from bedboard.store.database import Database
from tests import build
from tests.build import PATIENCE
from tests.build.lines import cookie, hear, page_line
from tests.build.sessions import WholeClock, beat, code_of, site, used_at
from tests.build.site import Site, served

__all__ = ["site"]  # fixtures


async def test_signing_out_ends_the_session_on_every_route_at_once(site: Site) -> None:
    browser = await site.sign_in("anneke")
    stolen = cookie(browser)
    async with page_line(site, browser, "view=staff&shelter=linde") as line:
        await line.send("{}")
        await line.recv()
        reply = await browser.post("/sign-out")
        assert (reply.status_code, reply.headers["location"]) == (303, "/sign-in")
        assert await code_of(line) == 4401
    thief = site.client()
    for path, form in {
        "/": None,
        "/totals": None,
        "/staff/linde": None,
        "/staff/linde/confirm": {"key": "k"},
        "/sign-out": {},
    }.items():
        if form is None:
            assert (await thief.get(path, headers=stolen)).headers["location"].partition("?")[0] == "/sign-in"
        else:
            where = "/sign-in" if path == "/sign-out" else "/sign-in?ended=1"
            assert (await thief.post(path, data=form, headers=stolen)).headers["location"] == where
    async with connect(
        f"{site.live_url}/live?view=staff&shelter=linde",
        additional_headers=stolen,
        origin=site.url,  # type: ignore[arg-type]
    ) as line:
        assert await code_of(line) == 4401
    await browser.aclose()
    await thief.aclose()


async def test_signing_out_leaves_the_other_devices_of_the_same_person_alone(site: Site) -> None:
    one, two = await site.sign_in("mark"), await site.sign_in("mark")
    async with page_line(site, two) as line:
        await line.send("{}")
        await line.recv()
        await one.post("/sign-out")
        assert (await two.get("/")).status_code == 200
        await line.send('{"type":"active"}')
        await beat(site)
        assert '"pulse"' in str(await line.recv())
    await one.aclose()
    await two.aclose()


async def test_a_session_is_locked_after_a_quarter_of_an_hour_without_use(site: Site) -> None:
    used, idle = await site.sign_in("mark"), await site.sign_in("lucia")
    for _ in range(2):
        site.clock.move(minutes=14)
        assert (await used.get("/")).status_code == 200
    assert (await idle.get("/")).status_code == 423
    site.clock.move(minutes=15, seconds=-1)
    site.process.identity.forget(hash_token(used.cookies[site.process.identity.cookie]))
    assert (await used.get("/strip", headers={"HX-Request": "true"})).status_code == 200, "and this is no use"
    site.clock.move(seconds=1)
    assert (await used.get("/")).status_code == 423
    await used.aclose()
    await idle.aclose()


async def test_a_session_ends_after_eight_hours_however_busy(site: Site) -> None:
    browser = await site.sign_in("mark")
    for _ in range(47):
        site.clock.move(minutes=10)
        assert (await browser.get("/")).status_code == 200
    site.clock.move(minutes=10)
    assert (await browser.get("/")).headers["location"] == "/sign-in"
    await browser.aclose()


async def test_an_open_board_that_is_used_keeps_the_session_and_one_that_is_not_closes(site: Site) -> None:
    browser = await site.sign_in("mark")
    async with page_line(site, browser) as line:
        await line.send("{}")
        await line.recv()
        site.clock.move(minutes=14)
        await line.send('{"type":"active"}')
        async with asyncio.timeout(PATIENCE):
            while await used_at(site) != site.clock.now().isoformat():
                pass
        site.clock.move(minutes=14)
        await beat(site)
        assert '"pulse"' in str(await line.recv())
        site.clock.move(minutes=1)
        await site.process.pulse.beat()
        assert await code_of(line) == 4423
    await browser.aclose()


async def test_a_page_that_only_reconnects_does_not_keep_the_session(site: Site) -> None:
    browser = await site.sign_in("mark")
    begun = site.clock.now().isoformat()
    for _ in range(2):
        site.clock.move(minutes=7)
        async with page_line(site, browser) as line:
            await line.send("{}")
            await line.recv()
            assert await used_at(site) == begun
            await beat(site)
            assert '"pulse"' in str(await line.recv())
        assert await used_at(site) == begun
    site.clock.move(minutes=1)
    async with page_line(site, browser) as line:
        await line.send("{}")
        assert (await hear(line))["locked"]
    assert (await browser.get("/")).status_code == 423
    await browser.aclose()


async def test_a_session_of_one_minute_is_locked_after_it_although_the_socket_hears_pulses(board_database: Database) -> None:
    async with served(board_database.url, WholeClock(), session_idle_minutes=1, own_pulse=False) as site:
        browser = await site.sign_in("mark")
        async with page_line(site, browser) as line:
            await line.send("{}")
            await line.recv()
            for _ in range(11):
                site.clock.move(seconds=5)
                await beat(site)
                assert '"pulse"' in str(await line.recv())
            site.clock.move(seconds=5)
            await site.process.pulse.beat()
            assert await code_of(line) == 4423
        assert (await browser.get("/")).status_code == 423
        await browser.aclose()


async def test_a_session_of_one_minute_lasts_while_it_is_used(board_database: Database) -> None:
    async with served(board_database.url, WholeClock(), session_idle_minutes=1, own_pulse=False) as site:
        browser, watching = await site.sign_in("mark"), await site.sign_in("lucia")

        async def was_used() -> bool:
            async with board_database.transaction() as tx:
                used_at = (await tx.exec(text("select used_at from session where person_id = 'lucia'"))).scalar_one()  # type: ignore[call-overload]
            return bool(used_at == site.clock.at)

        async with page_line(site, watching) as line:
            await line.send("{}")
            await line.recv()
            for _ in range(4):
                site.clock.move(seconds=45)
                assert (await browser.get("/")).status_code == 200
                await line.send('{"type":"active"}')
                await build.until(was_used, "the session was used now")
                await beat(site)
                assert '"pulse"' in str(await line.recv())
        assert (await watching.get("/")).status_code == 200
        await browser.aclose()
        await watching.aclose()


async def test_an_open_board_cannot_unlock_its_session(site: Site) -> None:
    browser = await site.sign_in("mark")
    async with page_line(site, browser) as line:
        await line.send("{}")
        await line.recv()
        site.clock.move(minutes=16)
        for _ in range(20):
            await line.send('{"type":"active"}')
        await (await line.ping())  # all of that has been read by now
        await site.process.pulse.beat()
        assert await code_of(line) == 4423
    assert (await browser.get("/")).status_code == 423
    await browser.aclose()


async def test_a_page_that_reconnects_and_is_used_at_once_keeps_its_session(site: Site) -> None:
    browser = await site.sign_in("mark")
    site.clock.move(minutes=14)

    async def was_used() -> bool:
        async with site.process.database.transaction() as tx:
            used_at = (await tx.exec(text("select used_at from session where person_id = 'mark'"))).scalar_one()  # type: ignore[call-overload]
        return bool(used_at == site.clock.at)

    async with page_line(site, browser) as line:
        await line.send("{}")
        await line.recv()
        assert not await was_used(), "a page connects by itself"
        await line.send('{"type":"active"}')
        await build.until(was_used, "the session was used now")
    await browser.aclose()
