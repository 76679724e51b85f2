"""Mijn opvang on a bad network: a tap waits and is done once; its tile, the outbox and the thumb's button say the same."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import parse_qsl

import pytest
from playwright.async_api import Browser, Page, Route, ViewportSize, expect

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock, until
from tests.build.hostile import COVERED, HOSTILE, OVERLAP, SPOTS, WATCH
from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations_in_both_schemes
from tests.build.site import Site, served
from tests.build.statements import run

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
WAITING = ("offline", "cut", "502 of a proxy", "504, empty", "200 of a captive portal", "500 of bedboard", "429", "503")
REFUSED = ("409", "422")
LARGE: ViewportSize = {"width": 320, "height": 640}


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    async with served(board_database.url, clock, session_idle_minutes=600) as site:
        yield site


async def occupy(page: Page, place: str, status: str = "occupied") -> None:
    await page.locator(f"#tile-{place} > summary").press("Enter")
    await page.locator(f"#tile-{place} button.choice.{status}").click()


async def words_after(page: Page, selector: str) -> str:
    """Return the words that the stylesheet writes behind an element."""
    words: str = await page.locator(selector).evaluate("(one) => getComputedStyle(one, '::after').content")
    return words.strip('"')


@SIZES
@pytest.mark.parametrize("name", WAITING)
async def test_a_tap_and_a_confirmation_wait_and_are_done_once(
    browser: Browser, site: Site, size: ViewportSize, name: str
) -> None:
    page = await open_page(browser, site, "sanne", size)
    answer, _ = HOSTILE[name]
    done: list[str | None] = []
    page.on("requestfinished", lambda request: done.append(request.post_data) if request.method == "POST" else None)
    if answer is None:
        await page.context.set_offline(True)
    else:
        await page.route("**/staff/linde/**", answer)
    await occupy(page, "linde-1")
    await expect(page.locator("#outbox li")).to_have_count(1)
    await page.locator(".confirm button").click()
    await expect(page.locator("#outbox li")).to_have_count(2)
    state = page.locator("#outbox li [data-state]").first
    await expect(state).to_have_text(
        "wordt zo opnieuw geprobeerd" if name in ("429", "503", "500 of bedboard") else "wacht op verbinding"
    )
    await expect(page.locator("#tile-linde-1")).to_contain_class("queued")
    assert await words_after(page, "#tile-linde-1 > summary") == "bezet: wacht op verbinding"
    assert "wacht op verbinding" in await words_after(page, ".confirm button")
    assert "Bevestigd" not in await page.locator(".confirm button").inner_text()
    await expect(page.locator("#messages .notice")).to_have_count(0)
    assert site.process.board.cards["linde"].counts["occupied"] == 1
    before = site.process.board.cards["linde"].stamp.version
    done.clear()
    await page.context.set_offline(False)
    await page.unroute("**/staff/linde/**")
    await expect(page.locator("#outbox li [data-state]")).to_have_text(["verstuurd", "verstuurd"], timeout=PATIENCE * 1000)
    await expect(page.locator("#tile-linde-1")).to_contain_class("occupied")
    await expect(page.locator(".confirm button")).to_contain_text("✓ Bevestigd")
    assert len(done) == 2
    assert site.process.board.cards["linde"].stamp.version == before + 2, "each was done once"
    complaints(page).clear()
    await page.context.close()


@SIZES
async def test_a_refused_tap_or_confirmation_says_so_above_the_bar(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await open_page(browser, site, "sanne", size)
    await page.evaluate(WATCH)
    seen = 0
    for name in REFUSED:
        answer, words = HOSTILE[name]
        assert answer is not None
        await page.route("**/staff/linde/**", answer)
        for press in (occupy(page, "linde-1"), page.locator(".confirm button").click()):
            await press
            await expect(page.locator("#messages .notice").last).to_contain_text(words)
            async with site.api("demo-shelter-linde") as api:
                for status in ("occupied", "free", "occupied"):
                    assert (await api.patch("/places/linde-2", json={"status": status})).status_code == 200
            await expect(page.locator("#tile-linde-2")).to_contain_class("occupied")
            assert await page.evaluate(COVERED) == []
            seen += SPOTS
            assert not await page.locator(".confirm").evaluate(OVERLAP)
            await expect(page.locator("#outbox li")).to_have_count(0)
            await page.keyboard.press("Escape")
            await expect(page.locator("#messages .notice")).to_have_count(0)
        await page.unroute("**/staff/linde/**")
    assert seen == 2 * len(REFUSED) * SPOTS
    complaints(page).clear()
    await page.context.close()


async def test_an_overtaken_tap_is_counted_in_words_and_its_reason_is_said_once(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    await page.context.set_offline(True)
    await occupy(page, "linde-1")
    await expect(page.locator(".queue [data-count]")).to_have_text("1 wacht")
    await occupy(page, "linde-2")
    await expect(page.locator(".queue [data-count]")).to_have_text("2 wachten")
    site.clock.move(minutes=1)
    async with site.api("demo-shelter-linde") as api:
        reply = await api.patch("/places/linde-1", json={"status": "closed", "reason": "repair"})
        assert reply.status_code == 200, reply.text
    await page.context.set_offline(False)
    await expect(page.locator(".queue [data-count]")).to_have_text("1 mislukt", timeout=PATIENCE * 1000)
    await page.locator(".queue > summary").click()
    await expect(page.locator(".queue .sheet-head b:visible")).to_have_text("Niet alles is opgeslagen")
    await expect(page.locator("#outbox [data-state]").first).to_have_text(
        "Niet opgeslagen: om 14:01 is al iets nieuwers doorgegeven. Kijk wat er nu staat."
    )
    complaints(page).clear()
    await page.context.close()


@pytest.mark.parametrize("answer", ["500 of bedboard", "502 of a proxy", "504, empty", "cut"])
async def test_a_tap_whose_answer_is_lost_again_and_again_is_kept_under_its_key_and_done_once(
    browser: Browser, site: Site, answer: str
) -> None:
    """The server did it the first time. The page cannot know, and must not give up, nor keep the taps behind it."""
    page = await open_page(browser, site, "sanne")
    fault, _ = HOSTILE[answer]
    assert fault is not None
    keys: list[str] = []

    async def lose(route: Route) -> None:
        keys.append(dict(parse_qsl(route.request.post_data or ""))["key"])
        if len(keys) == 1:
            assert (await route.fetch()).status == 200
        await fault(route)

    await page.route("**/places/linde-1", lose)
    await occupy(page, "linde-1")
    await expect(page.locator("#outbox li")).to_have_count(1)
    if answer == "500 of bedboard":
        await occupy(page, "linde-2")

    async def is_sent_again() -> bool:
        await page.evaluate("dispatchEvent(new Event('online'))")  # otherwise it waits, each time for twice as long
        return len(keys) >= 7

    await until(is_sent_again, "the tap was sent again")
    first = page.locator(f"#outbox li[data-key={keys[0]!r}] [data-state]")
    if answer == "500 of bedboard":
        await expect(page.locator("#tile-linde-2")).to_contain_class("occupied")
        await expect(first).to_have_text("wordt zo opnieuw geprobeerd")
    await page.unroute("**/places/linde-1")
    await page.evaluate("dispatchEvent(new Event('online'))")
    await expect(first).to_have_text("verstuurd", timeout=PATIENCE * 1000)
    assert len(set(keys)) == 1
    async with site.process.database.reading() as tx:
        assert await run(tx, "select count(*) from journal where place_id = 'linde-1' and action = 'place'") == 1
    complaints(page).clear()
    await page.context.close()


@pytest.mark.parametrize("size", [PHONE, LARGE], ids=["phone", "large"])
async def test_what_waits_covers_no_button_and_the_lowest_tile_can_be_reached(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_page(browser, site, "sanne", size)
    if size is LARGE:
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
    await occupy(page, "linde-2")
    await expect(page.locator("#undo button")).to_be_visible()
    await page.context.set_offline(True)
    await occupy(page, "linde-1")
    await page.locator(".confirm button").click()
    await expect(page.locator("#outbox li")).to_have_count(2)
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    bar, queue = await page.locator(".confirm").bounding_box(), await page.locator(".queue > summary").bounding_box()
    assert bar is not None and queue is not None and queue["y"] >= bar["y"], "it stands in the bar"
    assert queue["y"] + queue["height"] <= bar["y"] + bar["height"]
    tile = page.locator(".tile").last
    await tile.evaluate("(one) => scrollBy(0, one.getBoundingClientRect().bottom - innerHeight / 3)")
    box = await tile.bounding_box()
    assert box is not None
    spot = [box["x"] + box["width"] / 2, box["y"] + box["height"] - 4]
    assert await tile.evaluate("(one, [x, y]) => one.contains(document.elementFromPoint(x, y))", spot)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    complaints(page).clear()
    await page.context.close()


async def test_undo_that_is_tapped_twice_is_sent_once_and_opens_nothing_below(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    await occupy(page, "linde-1")
    await expect(page.locator("#tile-linde-1")).to_contain_class("occupied")
    box = await page.locator("#undo button").bounding_box()
    assert box is not None
    await page.mouse.dblclick(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    await expect(page.locator("#tile-linde-1")).to_contain_class("free")
    await expect(page.locator(".tile[open]")).to_have_count(0)
    assert [url.rpartition("/")[2] for url in sent] == ["linde-1", "undo"]
    await page.context.close()


async def test_a_slow_confirmation_shows_that_it_waits_and_then_that_it_is_done(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    go = asyncio.Event()

    async def slowly(route: Route) -> None:
        await go.wait()
        await route.continue_()

    await page.route("**/confirm", slowly)
    await page.locator(".confirm button").click()
    await expect(page.locator(".confirm")).to_contain_class("sending")
    assert "wordt verstuurd…" in await words_after(page, ".confirm button")
    go.set()
    await expect(page.locator(".confirm button")).to_contain_text("✓ Bevestigd 14:00")
    await expect(page.locator(".confirm")).not_to_contain_class("sending")
    await page.context.close()


@SIZES
async def test_axe_finds_nothing_while_a_message_is_open(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await open_page(browser, site, "mark", size, path="/shelters/linde")
    await page.route("**/hold", lambda route: route.abort())
    await page.locator('form[action="/places/linde-1/hold"] button').click()
    await expect(page.locator("#messages [data-again]")).to_be_visible()
    assert await violations_in_both_schemes(page) == []
    for target in await page.locator("#messages button:visible").all():
        box = await target.bounding_box()
        assert box is not None and box["height"] >= 47.5
    complaints(page).clear()
    await page.context.close()
