"""Signing out never fails silently: the cookie goes, the session is dead here at once, and everywhere as soon as it can be."""

from contextlib import aclosing

from bedboard.jobs import sign_out_again
from tests.build.api import sql
from tests.build.lines import cookie, hear, page_line
from tests.build.sessions import code_of, locked_out
from tests.build.sessions import site as site
from tests.build.site import Site


async def test_a_browser_is_told_to_drop_what_it_keeps(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        reply = await browser.post("/sign-out")
        assert (reply.status_code, reply.headers["location"]) == (303, "/sign-in")
        assert reply.headers["clear-site-data"] == '"cache"', "taps that wait are in the storage"
        assert site.process.identity.cookie not in browser.cookies
        [[what, person, result]] = await sql(site, "select what, person_id, result from sign_in order by id desc limit 1")
        assert (what, person, result) == ("sign_out", "mark", "done")


async def test_a_locked_table_of_sessions_keeps_nobody_signed_in(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser, aclosing(site.client()) as thief:
        stolen = cookie(browser)
        async with page_line(site, browser) as line:
            await line.send("{}")
            await hear(line)
            async with locked_out(site.process.database):
                reply = await browser.post("/sign-out")
                assert (reply.status_code, reply.headers["location"]) == (303, "/sign-in?left=1")
                assert site.process.identity.cookie not in browser.cookies
                page = await browser.get("/sign-in?left=1", headers={"Accept-Language": "nl"})
                assert "De server kon het nog niet opslaan" in page.text
                assert await code_of(line) == 4401
                assert (await thief.get("/", headers=stolen)).headers["location"] == "/sign-in"
                await sign_out_again(site.process)
        assert await sql(site, "select count(*) from session where ended_at is null") == [(1,)], "the control: not saved yet"
        await sign_out_again(site.process)
        assert await sql(site, "select count(*) from session where ended_at is null") == [(0,)]
        assert (await thief.get("/", headers=stolen)).headers["location"] == "/sign-in"


async def test_nobody_signs_out_without_a_word(site: Site) -> None:
    async with aclosing(site.client()) as browser:
        reply = await browser.post("/sign-out")
        assert (reply.status_code, reply.headers["location"]) == (303, "/sign-in")


async def test_signing_out_of_a_locked_session_works_as_ever(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.clock.move(minutes=15)
        assert (await browser.post("/sign-out")).headers["location"] == "/sign-in"
        assert await sql(site, "select count(*) from session where ended_at is null") == [(0,)]
