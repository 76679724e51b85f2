"""An open search page: all messages put together are the result of a new search, and only changes are sent."""

import asyncio
import json
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from websockets.exceptions import ConnectionClosed

from bedboard.store.board import list_shelters
from tests.build import PATIENCE, until
from tests.build.api import correct
from tests.build.lines import page_line
from tests.build.searching import Page, searching
from tests.build.site import Site

WOMAN = {"adults.woman": "1"}
GROUP = {"adults.woman": "2", "group": "2", "split": "on"}
NESTED: Any = 1
for _ in range(300):
    NESTED = [NESTED]


async def say(site: Site, place_id: str, status: str) -> httpx.Response:
    shelter = place_id.rpartition("-")[0]
    body = {"status": status} | ({"reason": "repair"} if status == "closed" else {})
    async with site.api(f"demo-shelter-{shelter}") as api:
        reply = await api.patch(f"/places/{place_id}", json=body)
    assert reply.status_code == 200
    return reply


async def test_the_first_answer_has_every_row_and_a_page_that_asks_nothing_gets_none(site: Site) -> None:
    async with searching(site, WOMAN) as page:
        assert page.order == ["linde-1", "wilg-1", "ceder-1"]
        assert set(page.rows) == set(page.order)
    async with searching(site, None) as page:
        await page.ask(7, WOMAN)
        assert page.order == ["linde-1", "wilg-1", "ceder-1"]


async def test_a_change_sends_the_changed_row_and_the_whole_order(site: Site) -> None:
    async with searching(site, WOMAN) as page:
        await say(site, "linde-1", "occupied")
        await page.hear()
        assert (page.order, page.sent[-1]) == (["linde-1", "wilg-1", "ceder-1"], ["linde-1"])
        await say(site, "linde-2", "occupied")
        await page.hear()
        assert (page.order, page.sent[-1]) == (["wilg-1", "ceder-1"], [])


async def test_a_hold_takes_a_place_out_and_its_end_brings_it_back(site: Site) -> None:
    async with searching(site, WOMAN) as page, site.api("demo-coordinator") as api:
        await api.post("/places/wilg-1/holds")
        await page.hear()
        assert page.order == ["linde-1", "ceder-1"]
        site.clock.move(minutes=30)
        site.process.board.age()
        while "wilg-1" not in page.order:
            await page.hear()


async def test_a_row_that_moves_up_into_the_list_comes_along_though_its_shelter_has_not_changed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bedboard.live.search.MATCHES_SHOWN", 2)
    async with searching(site, WOMAN) as page, site.api("demo-coordinator") as api:
        assert page.order == ["linde-1", "wilg-1"]
        await api.post("/places/wilg-1/holds")
        await page.hear()
        assert (page.order, page.sent[-1]) == (["linde-1", "ceder-1"], ["ceder-1"])


async def test_what_does_not_concern_the_search_is_not_sent(site: Site) -> None:
    async with searching(site, {"adults.woman": "1", "avoid.zuid": "on"}) as page:
        assert page.order == ["linde-1", "wilg-1"]
        async with site.api("demo-shelter-ceder") as api:
            assert (await api.post("/shelters/ceder/confirm", json=correct("men"))).status_code == 200
        await say(site, "linde-1", "occupied")
        await page.hear()
        assert page.sent[1:] == [["linde-1"]]


async def test_a_new_choice_replaces_the_search_and_carries_the_pages_own_number(site: Site) -> None:
    async with searching(site, WOMAN) as page:
        await page.ask(2, {"adults.man": "1"})
        assert page.order == ["ceder-1"]
        await page.ask(3, {"minor_alone": "on", "adults.man": "1"})
        assert page.notice is not None and "data-code" in page.notice
        await say(site, "ceder-1", "occupied")  # no search is open now, so nothing is said
        await page.ask(4, {"adults.man": "1"})
        assert page.order == ["ceder-1"]
        assert len(page.sent) == 3


@pytest.mark.parametrize(
    "message",
    [
        {"type": "search"},
        {"type": "search", "fields": "x"},
        {"type": "search", "fields": {"adults.woman": 1, "needs.lvb": None}},
        {"type": "search", "n": {"a": []}, "fields": {"x" * 2000: "y" * 2000}},
        {"type": "search", "n": NESTED, "fields": WOMAN},
        {"type": "what"},
    ],
)
async def test_a_message_that_says_nothing_sensible_does_no_harm(site: Site, message: dict[str, Any]) -> None:
    async with searching(site, WOMAN) as page:
        await page.line.send(json.dumps(message))
        await page.ask(9, WOMAN)
        assert page.order == ["linde-1", "wilg-1", "ceder-1"]


@pytest.mark.parametrize("fields", [WOMAN, GROUP], ids=["one woman", "a group that may be split"])
async def test_whatever_happens_the_page_shows_what_a_new_search_finds(site: Site, fields: dict[str, str]) -> None:
    random = Random(7)  # noqa: S311
    places = ["linde-1", "linde-2", "linde-3", "linde-4", "ceder-1", "ceder-2", "wilg-1"]
    async with searching(site, fields) as page:
        for _ in range(25):
            place_id = random.choice(places)
            if random.random() < 0.3:
                async with site.api("demo-desk") as api:
                    await api.post(f"/places/{place_id}/holds")
            else:
                await say(site, place_id, random.choice(["free", "occupied", "closed"]))
            if random.random() < 0.2:
                site.clock.move(minutes=20)
                site.process.board.age()
        async with searching(site, fields, "lucia") as fresh:

            async def catch_up() -> None:
                while page.shown() != fresh.shown() or page.figures != fresh.figures:
                    await page.hear()

            await asyncio.wait_for(catch_up(), PATIENCE)
        assert page.order == fresh.order


async def test_a_page_that_asks_without_end_is_answered_at_its_own_pace_and_delays_nobody(site: Site) -> None:
    async with searching(site, WOMAN) as page, searching(site, WOMAN, "lucia") as other:
        for number in range(2, 32):
            await page.line.send(json.dumps({"type": "search", "n": number, "fields": WOMAN}))
        await say(site, "linde-1", "occupied")
        await other.hear()
        assert other.sent[-1] == ["linde-1"]


async def test_when_its_page_is_gone_a_search_is_forgotten(site: Site) -> None:
    async with searching(site, WOMAN):
        assert len(site.process.board.watchers) >= 1
        during = len(site.process.board.watchers)

    async def is_gone() -> bool:
        return len(site.process.board.watchers) == during - 1

    await until(is_gone, "the search is forgotten")


async def test_a_hello_that_was_late_is_a_search_all_the_same(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A phone that is slow for more than two seconds must not show a frozen list as a live one."""
    monkeypatch.setattr("bedboard.live.socket.HELLO_SECONDS", 0.01)
    browser = await site.sign_in("mark")
    await browser.aclose()
    async with page_line(site, browser, "view=search&lang=nl") as line:
        assert json.loads(await line.recv())["found"] is None
        page = Page(line)
        await line.send(json.dumps({"type": "hello", "known": {}, "search": {"n": 1, "fields": WOMAN}}))
        await page.hear()
        assert page.order == ["linde-1", "wilg-1", "ceder-1"]
        await say(site, "linde-1", "occupied")
        await page.hear()
        assert page.sent[-1] == ["linde-1"]


async def test_a_bug_while_a_page_is_heard_is_ours_and_not_the_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: object) -> None:
        raise ValueError("not what the page sent")

    async with searching(site, WOMAN) as page:
        monkeypatch.setattr("bedboard.live.search.SearchChannel._search", break_down)
        with pytest.raises(ConnectionClosed) as closed:
            await page.ask(2, WOMAN)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1011


async def test_arriving_now_moves_with_the_clock_on_an_open_page(site: Site) -> None:
    async with site.process.database.transaction() as tx:
        await (await tx.connection()).execute(
            text("update shelter set intake_from_minutes = 0, intake_until_minutes = 960, version = version + 1")
        )
        rows = await list_shelters(tx)
    site.process.board.take(rows)
    async with searching(site, WOMAN | {"arrival": "now"}) as page:  # at 14:00, and intake is until 16:00
        assert "past" in page.rows["linde-1"]
        assert "in overleg" not in page.rows["linde-1"]
        site.clock.move(minutes=31)
        site.process.board.age()
        await page.hear()
        assert "in overleg" in page.rows["linde-1"] and "opname tot 16:00" in page.rows["linde-1"]
