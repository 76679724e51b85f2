"""A right that is taken away is gone at once: on pages, in the API and on open sockets."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from bedboard.live.pulse import Pulse
from bedboard.store.people import ActiveToken
from tests.build import PATIENCE
from tests.build.lines import cookie, page_line
from tests.build.sessions import beat, code_of, site
from tests.build.site import Site

__all__ = ["site"]  # fixtures


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
                assert reply.status_code == 303 and reply.headers["location"].startswith("/sign-in"), (token, path)
            reply = await thief.post("/staff/linde/confirm", data={"key": "k"}, headers=headers)
            assert (reply.status_code, reply.headers["location"]) == (303, "/sign-in?ended=1")
            async with connect(f"{site.live_url}/live?view=board", additional_headers=headers, origin=site.url) as line:  # type: ignore[arg-type]
                assert await code_of(line) == 4401
        bearer = {"Authorization": f"Bearer {session}"}
        for path in ("/board", "/shelters/linde"):
            assert (await thief.get(f"/api/v1{path}", headers=bearer)).status_code == 401, path
        with pytest.raises(InvalidStatus, match="401"):
            await connect(f"{site.live_url}/api/v1/live", additional_headers=bearer)

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
        identity = process.identity
        assert await Pulse(process.board, process.hub, process.clock, living, identity.forget, identity.server).beat()
        async with asyncio.timeout(PATIENCE):
            assert '"pulse"' in str(await newcomer[0].recv())
        await newcomer[0].close()
    await browser.aclose()
    await late.aclose()


async def test_a_session_that_ends_while_it_is_read_is_not_remembered(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    identity = site.process.identity
    browser = await site.sign_in("mark")
    token = browser.cookies[identity.cookie]
    await browser.aclose()
    read = identity._sessions.get

    async def read_and_end(token_hash: bytes) -> Any:
        found = await read(token_hash)
        identity.forget(token_hash)  # the bell of another process, after the row was read
        return found

    monkeypatch.setattr(identity._sessions, "get", read_and_end)
    assert await identity.person(token, in_use=False) is not None, "the control: it was alive when it was read"
    assert identity.last_known(token) is None


async def test_when_too_many_are_known_the_oldest_is_forgotten_and_not_everybody(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bedboard.identity.KEPT_AT_MOST", 2)
    identity = site.process.identity
    tokens = []
    for person in ("mark", "lucia", "hanneke"):
        browser = await site.sign_in(person)
        tokens.append(browser.cookies[identity.cookie])
        await browser.aclose()
        await identity.person(tokens[-1], in_use=False)
    assert [identity.last_known(token) is not None for token in tokens] == [False, True, True]
