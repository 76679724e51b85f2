"""The sockets of a locked session: the pulse, and that there is news; not a byte of content."""

import asyncio
import json
from contextlib import aclosing

import pytest
from websockets.asyncio.client import ClientConnection

from bedboard.actions.holds import release_hold
from tests.build import PATIENCE
from tests.build.cases import MARK
from tests.build.holds import hold
from tests.build.lines import hear, page_line, until_pulse
from tests.build.rows import do
from tests.build.sessions import beat, code_of
from tests.build.sessions import site as site
from tests.build.site import Site

VIEWS = ("view=board", "view=search", "view=own", "view=board&kind=men")
SECRETS = ("CANARY", "Linde", "linde", "Ceder", "ceder", "wilg", "Oever", "<")


async def first(line: ClientConnection, hello: str = "{}") -> dict[str, object]:
    await line.send(hello)
    return await hear(line)


async def change(site: Site, status: str = "occupied") -> None:
    async with site.api("demo-shelter-linde") as api:
        assert (await api.patch("/places/linde-2", json={"status": status})).status_code == 200


@pytest.mark.parametrize("view", VIEWS)
async def test_a_locked_page_hears_the_pulse_and_that_there_is_news(site: Site, view: str) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.clock.move(minutes=15)
        async with page_line(site, browser, view) as line:
            heard = [await first(line, '{"type":"hello","known":{},"n":1,"fields":{"woman":"1"}}')]
            assert heard[0]["locked"] is True and heard[0]["exists"] is None
            await line.send('{"type":"search","n":2,"fields":{"woman":"1"}}')
            await line.send('{"type":"active"}')
            await change(site)
            await hold(site.process.database, who=MARK)
            async with asyncio.timeout(PATIENCE):  # a hold that is given back before it is read is no news
                while {"type": "own"} not in heard:
                    heard += await until_pulse(site, line)
            await do(site.process.database, lambda tx: release_hold(tx, MARK, "h1", site.clock.now()))
            heard += await until_pulse(site, line)
            assert {one["type"] for one in heard} == {"snapshot", "own"}
            assert [word for word in SECRETS if word in json.dumps(heard)] == []
        assert (await browser.get("/")).status_code == 423


async def test_the_pulse_locks_and_unlocks_an_open_page(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        async with page_line(site, browser) as line:
            assert (await first(line))["locked"] is False
            site.clock.move(minutes=15)
            await site.process.pulse.beat()
            assert await code_of(line) == 4423
        async with page_line(site, browser) as line:
            assert (await first(line))["locked"] is True
            await beat(site)
            assert (await hear(line))["type"] == "pulse"
            assert (await browser.post("/unlock", data={"person": "mark"})).status_code == 303
            await site.process.pulse.beat()
            assert await code_of(line) == 4423
        async with page_line(site, browser) as line:
            snapshot = await first(line)
            assert snapshot["locked"] is False and "Linde" in json.dumps(snapshot)


async def test_a_locked_page_hears_when_its_session_ends(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        site.clock.move(minutes=15)
        async with page_line(site, browser) as line:
            await first(line)
            await browser.post("/sign-out")
            assert await code_of(line) == 4401


async def test_a_shelters_page_in_a_shift_hears_of_a_change_after_hours_without_a_touch(site: Site) -> None:
    async with aclosing(await site.sign_in("sanne")) as browser, page_line(site, browser, "view=staff&shelter=linde") as line:
        await first(line)
        site.clock.move(hours=5)
        await until_pulse(site, line)
        await change(site)
        heard = await until_pulse(site, line)
        assert any(one["type"] == "update" and "linde-2" in json.dumps(one) for one in heard)


async def test_a_wall_hears_numbers_and_code_names_and_nobodys_hold(site: Site) -> None:
    async with aclosing(await site.open_wall()) as browser:
        for view in ("view=board", "view=search", "view=own", "view=staff&shelter=linde"):
            async with page_line(site, browser, view) as line:
                assert await code_of(line) == 4403, view
        async with page_line(site, browser, "view=wall") as line:
            heard = [await first(line)]
            await hold(site.process.database, who=MARK)
            while not any(one["type"] == "update" for one in heard):
                heard += await until_pulse(site, line)
            said = json.dumps(heard)
            assert "Linde" in said and '"update"' in said
            assert [word for word in ("CANARY", "Stichting", "/shelters/", "claim") if word in said] == []
    async with aclosing(await site.sign_in("mark")) as browser, page_line(site, browser, "view=wall") as line:
        assert await code_of(line) == 4403
