"""A session: how it begins, when it ends, and what it takes along; and what a device prefers."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import httpx
import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bedboard.live.pulse import Pulse
from bedboard.seeds import add_demo_clients
from bedboard.store.database import Database
from bedboard.store.people import ActiveToken
from tests import build
from tests.build import NOW, PATIENCE, FixedClock
from tests.build.lines import cookie, page_line
from tests.build.site import Site, start_site, stop_site


class WholeClock(FixedClock):
    """Moves the monotonic clock too, so that what a process keeps for some seconds grows old as well."""

    def monotonic(self) -> float:
        return monotonic() + (self.at - NOW).total_seconds()


@pytest.fixture
async def site(board: Database) -> AsyncIterator[Site]:
    site, server, running = await start_site(board.url, WholeClock(), own_pulse=False)
    yield site
    await stop_site(server, running)


async def beat(site: Site) -> None:
    """A pulse goes out; when the machine is too busy for the database to answer in time, as soon as it does."""

    async def is_out() -> bool:
        return await site.process.pulse.beat()

    await build.until(is_out, "the pulse is out")


async def code_of(line: ClientConnection) -> int | None:
    """Reads until the socket closes, and gives the code."""
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ConnectionClosed):
            while True:
                await line.recv()
    return line.close_code


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
            assert (await thief.get(path, headers=stolen)).headers["location"] == "/sign-in"
        else:
            assert (await thief.post(path, data=form, headers=stolen)).status_code == 401
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


async def test_a_session_ends_after_a_quarter_of_an_hour_without_use(site: Site) -> None:
    used, idle = await site.sign_in("mark"), await site.sign_in("lucia")
    for _ in range(2):
        site.clock.move(minutes=14)
        assert (await used.get("/")).status_code == 200
    assert (await idle.get("/")).headers["location"] == "/sign-in"
    site.clock.move(minutes=15)
    assert (await used.get("/")).headers["location"] == "/sign-in"
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
        assert await code_of(line) == 4401
    await browser.aclose()


async def used_at(site: Site) -> str:
    async with site.process.database.transaction() as tx:
        found = await (await tx.connection()).execute(text("select max(used_at) from session"))
        return str(found.scalar_one().isoformat())


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
        assert await code_of(line) == 4401
    assert (await browser.get("/")).headers["location"] == "/sign-in"
    await browser.aclose()


async def test_a_session_of_one_minute_ends_after_it_although_the_socket_hears_pulses(board: Database) -> None:
    site, server, running = await start_site(board.url, WholeClock(), session_idle_minutes=1, own_pulse=False)
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
        assert await code_of(line) == 4401
    assert (await browser.get("/")).headers["location"] == "/sign-in"
    await browser.aclose()
    await stop_site(server, running)


async def test_a_session_of_one_minute_lasts_while_it_is_used(board: Database) -> None:
    site, server, running = await start_site(board.url, WholeClock(), session_idle_minutes=1, own_pulse=False)
    browser, watching = await site.sign_in("mark"), await site.sign_in("lucia")

    async def was_used() -> bool:
        async with board.transaction() as tx:
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
    await stop_site(server, running)


async def test_an_open_board_cannot_bring_an_ended_session_back(site: Site) -> None:
    browser = await site.sign_in("mark")
    async with page_line(site, browser) as line:
        await line.send("{}")
        await line.recv()
        site.clock.move(minutes=16)
        for _ in range(20):
            await line.send('{"type":"active"}')
        await (await line.ping())  # all of that has been read by now
        await site.process.pulse.beat()
        assert await code_of(line) == 4401
    assert (await browser.get("/")).headers["location"] == "/sign-in"
    await browser.aclose()


@pytest.mark.parametrize(
    "change",
    [
        "update person set ended_at = now() where id = 'mark'",
        "update person set role = 'auditor' where id = 'mark'",
        "update session set ended_at = now()",
        "delete from session",
    ],
)
async def test_whatever_ends_a_persons_right_closes_the_board_with_the_next_pulse(site: Site, change: str) -> None:
    browser, other = await site.sign_in("mark"), await site.sign_in("lucia")
    async with page_line(site, browser) as line, page_line(site, other) as spared:
        for one in (line, spared):
            await one.send("{}")
            await one.recv()
        async with site.process.database.transaction() as tx:
            await (await tx.connection()).execute(text(change))
        await beat(site)
        assert await code_of(line) == 4401
        if "person" in change:
            assert '"pulse"' in str(await spared.recv())
    site.clock.move(seconds=6)
    reply = await browser.get("/")
    assert reply.status_code == 303 or "data-stamp" not in reply.text
    await browser.aclose()
    await other.aclose()


async def test_a_client_whose_token_was_ended_loses_its_socket_and_its_calls(site: Site) -> None:
    headers = {"Authorization": "Bearer demo-police"}
    async with connect(f"{site.live_url}/api/v1/live", additional_headers=headers) as line, site.api("demo-police") as api:
        await line.recv()
        assert (await api.get("/board")).status_code == 200
        async with site.process.database.transaction() as tx:
            await (await tx.connection()).execute(text("update client set ended_at = now() where id = 'demo-police'"))
        await beat(site)
        assert await code_of(line) == 4401
        site.clock.move(seconds=6)
        assert (await api.get("/board")).status_code == 401


async def test_a_token_of_the_api_is_no_cookie_and_a_cookie_is_no_token(site: Site) -> None:
    browser, thief = await site.sign_in("mark"), site.client()
    session = next(iter(browser.cookies.values()))

    async def nobody() -> None:
        for token in ("demo-police", "demo-shelter-linde"):
            headers = {"Cookie": f"{site.process.identity.cookie}={token}"}
            for path in ("/", "/totals", "/staff/linde"):
                reply = await thief.get(path, headers=headers)
                assert (reply.status_code, reply.headers.get("location")) == (303, "/sign-in"), (token, path)
            assert (await thief.post("/staff/linde/confirm", data={"key": "k"}, headers=headers)).status_code == 401
            async with connect(f"{site.live_url}/live?view=board", additional_headers=headers, origin=site.url) as line:  # type: ignore[arg-type]
                assert await code_of(line) == 4401
        bearer = {"Authorization": f"Bearer {session}"}
        for path in ("/board", "/shelters/linde"):
            assert (await thief.get(f"/api/v1{path}", headers=bearer)).status_code == 401, path
        async with connect(f"{site.live_url}/api/v1/live", additional_headers=bearer) as line:
            assert await code_of(line) == 4401

    await nobody()
    for token in ("demo-police", "demo-shelter-linde"):  # each is used where it belongs, and so remembered for a while
        async with site.api(token) as api:
            assert (await api.get("/board")).status_code == 200
    assert (await browser.get("/")).status_code == 200
    await nobody()
    assert (await browser.get("/")).status_code == 200
    await browser.aclose()
    await thief.aclose()


async def test_who_no_longer_works_for_a_shelter_cannot_change_it_even_while_still_remembered(site: Site) -> None:
    browser = await site.sign_in("sanne")
    assert (await browser.get("/staff/linde")).status_code == 200
    async with site.process.database.transaction() as tx:
        await (await tx.connection()).execute(text("delete from membership where person_id = 'sanne'"))
    assert (await browser.post("/staff/linde/confirm", data={"key": "k"})).status_code == 404
    site.clock.move(seconds=6)
    assert (await browser.get("/staff/linde")).status_code == 404
    assert (await browser.get("/")).status_code == 403
    await browser.aclose()


async def test_a_screen_that_comes_while_the_pulse_is_asking_is_not_taken_for_signed_out(site: Site) -> None:
    """The pulse asks the database which sessions count; a person who sits down meanwhile was not in the question."""
    browser, late = await site.sign_in("mark"), await site.sign_in("lucia")
    async with page_line(site, browser) as line:
        await line.send("{}")
        await line.recv()
        newcomer: list[ClientConnection] = []

        async def living(hashes: list[bytes]) -> dict[bytes, ActiveToken]:
            answer = await site.process.identity.active_tokens(hashes)
            seat = await connect(f"{site.live_url}/live?view=board", additional_headers=cookie(late), origin=site.url)  # type: ignore[arg-type]
            await seat.send("{}")
            await seat.recv()
            newcomer.append(seat)
            return answer

        process = site.process
        assert await Pulse(process.board, process.hub, process.clock, living, process.identity.forget).beat()
        async with asyncio.timeout(PATIENCE):
            assert '"pulse"' in str(await newcomer[0].recv())
        await newcomer[0].close()
    await browser.aclose()
    await late.aclose()


async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(site: Site) -> None:
    async with site.client() as browser:
        header = (await browser.post("/sign-in/demo", data={"person": "mark"})).headers["set-cookie"]
        assert {part.strip().lower() for part in header.split(";")[1:]} == {"httponly", "path=/", "samesite=strict"}
        name, _, value = header.split(";")[0].partition("=")
        assert name == "bedboard" and len(value) >= 43
        out = (await browser.post("/sign-out")).headers["set-cookie"]
        assert 'bedboard=""' in out and "max-age=0" in out.lower()


async def test_over_https_the_cookie_insists_on_it(board: Database) -> None:
    """The site itself hears plain http here, as behind a proxy."""
    site, server, running = await start_site(board.url, WholeClock(), public_url="https://bedboard.example")
    headers = {"Host": "bedboard.example", "Origin": "https://bedboard.example"}
    async with httpx.AsyncClient(base_url=site.url, headers=headers) as browser:
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
    await stop_site(server, running)


@pytest.mark.parametrize(("process", "data"), [(True, False), (False, True), (False, False)])
async def test_a_demo_takes_both_a_demo_process_and_a_demo_database(database: Database, process: bool, data: bool) -> None:
    async with database.transaction() as tx:
        await build.add_board(tx, demo=data)
        if not data:  # as if tokens and people of a demo had been left behind
            await add_demo_clients(tx, [("linde", "oever")], {}, NOW)
            await (await tx.connection()).execute(text("update person set demo = true"))
    site, server, running = await start_site(database.url, WholeClock(), demo=process)
    async with site.client() as browser:
        reply = await browser.post("/sign-in/demo", data={"person": "mark"})
        assert (reply.status_code, "set-cookie" in reply.headers) == (403, False)
        assert "Mark" not in (await browser.get("/sign-in")).text
        for token in ("demo-police", "demo-shelter-linde"):
            assert (await browser.get("/api/v1/board", headers={"Authorization": f"Bearer {token}"})).status_code == 401
    await stop_site(server, running)


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
