"""Signing in: the cookie, the people of a demo, and what a device prefers."""

import httpx
import pytest
from sqlalchemy import text

from bedboard.seeds import add_demo_clients
from bedboard.store.database import Database
from tests import build
from tests.build import NOW
from tests.build.sessions import WholeClock, site
from tests.build.site import TRUST, Site, served

__all__ = ["site"]  # fixtures


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(site: Site) -> None:
    async with site.client() as browser:
        header = (await browser.post("/sign-in/demo", data={"person": "mark"})).headers["set-cookie"]
        assert {part.strip().lower() for part in header.split(";")[1:]} == {"httponly", "path=/", "samesite=strict"}
        name, _, value = header.split(";")[0].partition("=")
        assert name == "bedboard" and len(value) >= 43
        out = (await browser.post("/sign-out")).headers["set-cookie"]
        assert 'bedboard=""' in out and "max-age=0" in out.lower()


async def test_over_https_the_cookie_insists_on_it(board_database: Database) -> None:
    """The site itself hears plain http here, as behind a proxy."""
    async with served(board_database.url, WholeClock(), public_url="https://bedboard.example") as site:
        headers = {"Host": "bedboard.example", "Origin": "https://bedboard.example"}
        async with httpx.AsyncClient(base_url=site.url, headers=headers, verify=TRUST) as browser:
            reply = await browser.post("/sign-in/demo", data={"person": "mark"})
            cookie = reply.headers["set-cookie"].lower()
            assert cookie.startswith("__host-bedboard=")
            assert {"secure", "httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}
            assert "domain" not in cookie
            assert reply.headers["strict-transport-security"].startswith("max-age=")
            assert "wss://bedboard.example" in reply.headers["content-security-policy"]
            session = reply.headers["set-cookie"].split(";")[0]
            assert (await browser.get("/", headers={"Cookie": session})).status_code == 200
            assert (await browser.get("/", headers={"Cookie": session.replace("__Host-", "")})).status_code == 303


@pytest.mark.parametrize(("process", "data"), [(True, False), (False, True), (False, False)])
async def test_a_demo_takes_both_a_demo_process_and_a_demo_database(database: Database, process: bool, data: bool) -> None:
    async with database.transaction() as tx:
        await build.add_board(tx, demo=data)
        if not data:  # as if tokens and people of a demo had been left behind
            await add_demo_clients(tx, [("linde", "oever")], {}, NOW)
            await (await tx.connection()).execute(text("update person set demo = true"))
    async with served(database.url, WholeClock(), demo=process) as site:
        async with site.client() as browser:
            reply = await browser.post("/sign-in/demo", data={"person": "mark"})
            assert (reply.status_code, "set-cookie" in reply.headers) == (403, False)
            assert "Mark" not in (await browser.get("/sign-in")).text
            for token in ("demo-police", "demo-shelter-linde"):
                assert (await browser.get("/api/v1/board", headers={"Authorization": f"Bearer {token}"})).status_code == 401


async def test_only_people_of_the_demo_can_be_chosen_in_a_demo(site: Site) -> None:
    async with site.process.database.transaction() as tx:
        await (await tx.connection()).execute(text("update person set demo = false where id = 'mark'"))
        await (await tx.connection()).execute(text("update person set ended_at = now() where id = 'lucia'"))
    async with site.client() as browser:
        for person in ("mark", "lucia"):
            assert (await browser.post("/sign-in/demo", data={"person": person})).status_code == 404
            assert person.title() not in (await browser.get("/sign-in")).text


async def test_a_session_is_kept_as_a_hash_only(site: Site) -> None:
    browser = await site.sign_in("mark")
    async with site.process.database.transaction() as tx:
        rows = (await (await tx.connection()).execute(text("select row_to_json(s)::text from session s"))).scalars().all()
    assert len(rows) == 1
    assert next(iter(browser.cookies.values())) not in rows[0]
    await browser.aclose()


@pytest.mark.parametrize(
    ("back", "where"),
    [
        ("/", "/"),
        ("/staff/linde?change=3", "/staff/linde?change=3"),
        ("", "/"),
        ("desk/linde", "/"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("\t//evil.example", "/"),
        (" //evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/ﬀ/evil.example", "/"),
        ("/\u2028evil", "/"),
        ("/\x00", "/"),
    ],
)
async def test_a_choice_leads_back_to_our_own_pages_only(site: Site, back: str, where: str) -> None:
    async with site.client() as browser:
        for path, form in (("/language", {"language": "en"}), ("/theme", {"theme": "dark"})):
            reply = await browser.post(path, data={**form, "back": back})
            assert (reply.status_code, reply.headers["location"]) == (303, where)
            flags = {part.strip().lower() for part in reply.headers["set-cookie"].split(";")[1:]}
            assert {"httponly", "samesite=strict", "path=/"} <= flags


@pytest.mark.parametrize("form", [{"language": "fr"}, {"language": ""}, {"language": "en\r\n"}, {"other": "x"}])
async def test_only_a_language_that_there_is_can_be_chosen(site: Site, form: dict[str, str]) -> None:
    async with site.client() as browser:
        reply = await browser.post("/language", data=form)
        assert (reply.status_code, "set-cookie" in reply.headers) == (422, False)
