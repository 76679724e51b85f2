"""News of one's own: a page hears that something of its person has changed, and never what."""

import json

from websockets.asyncio.client import ClientConnection

from tests.build.lines import hear, page_line, pulse, until_pulse
from tests.build.site import Site


async def own_news(site: Site, line: ClientConnection) -> list[dict[str, str]]:
    return [message for message in await until_pulse(site, line) if message["type"] == "own"]


async def test_a_hold_and_its_end_are_heard_by_the_holder_alone(site: Site) -> None:
    news = site.process.news
    mark, lucia = await site.sign_in("mark"), await site.sign_in("lucia")
    async with page_line(site, mark, "view=own") as holder, page_line(site, lucia, "view=own") as other:
        for line in (holder, other):
            await line.send(json.dumps({"type": "hello", "known": {}}))
            assert (await hear(line))["type"] == "snapshot"
        assert (await mark.post("/places/wilg-1/hold", data={"key": "h"})).status_code in (200, 303)
        assert await own_news(site, holder) == [{"type": "own"}]
        assert news.has_hold("person:mark") and not news.has_hold("person:lucia")
        (claim,) = [place.claim for place in site.process.board.cards["wilg"].places if place.claim]
        assert (await mark.post(f"/holds/{claim.id}/release", data={"key": "r"})).status_code in (200, 303)
        assert await own_news(site, holder) == [{"type": "own"}]
        assert not news.has_hold("person:mark")
        assert "own" not in {(await hear(other))["type"] for _ in range(2)}  # two pulses and nothing between
        assert await pulse(site)
        assert (await hear(other))["type"] == "pulse"
    await mark.aclose()
    await lucia.aclose()


async def test_a_place_that_a_hold_of_several_loses_is_heard_by_its_holder(site: Site) -> None:
    mark = await site.sign_in("mark")
    async with page_line(site, mark, "view=own") as holder, site.api("demo-shelter-linde") as linde:
        await holder.send(json.dumps({"type": "hello", "known": {}}))
        assert (await hear(holder))["type"] == "snapshot"
        group = {"key": "h", "group": "2", "split": "on"}
        assert (await mark.post("/places/linde-1/hold?with=linde-2", data=group)).status_code in (200, 303)
        assert await own_news(site, holder) == [{"type": "own"}]
        assert (await linde.patch("/places/linde-2", json={"status": "occupied"})).status_code == 200
        assert await own_news(site, holder) == [{"type": "own"}]
        assert "1 plek is nu bezet of dicht. De andere houdt u nog vast." in (await mark.get("/strip")).text
    await mark.aclose()
