"""Mijn opvang while a place is asked for: one thumb, bad reception, a page that nobody reloads."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.async_api import Browser, Locator, Page, Request, Route, expect
from sqlalchemy import text

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock, until
from tests.build.api import begin, call, see
from tests.build.push import KEYS, fake_push, has, serving
from tests.build.rows import run
from tests.build.screens import PHONE, complaints, open_page, violations
from tests.build.site import Site, served

WOMAN: dict[str, Any] = {
    "adults": {"woman": 1},
    "children": {"child_0_3": 1},
    "needs": ["lvb", "addiction"],
    "languages": ["bg"],
}

NOTIFICATIONS = """async (expected) => {
  const shown = await (await navigator.serviceWorker.ready).getNotifications();
  return shown.map((one) => `${one.tag}: ${one.title}`).sort().join() === expected;
}"""


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The small board with a cot beside every bed, and push keys."""
    await run(board_database, "update place set cots = 1")
    async with served(board_database.url, clock, **KEYS) as site:
        yield site


def ask(page: Page, case_id: str) -> Locator:
    return page.locator(f"#ask-{case_id}")


async def settled(page: Page) -> None:
    """What came in has moved the page, and a tap is meant for what is there now."""
    await expect(page.locator("#main")).not_to_have_attribute("data-moved", "")


async def look(page: Page) -> None:
    """Nothing is wrong with what is shown now, and all of it can be hit with a thumb."""
    await settled(page)
    assert await violations(page) == []
    width = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert width <= 0, "no wider than the screen"
    for target in await page.locator(".asked :is(button, summary):visible").all():
        box = await target.bounding_box()
        assert box is not None and box["height"] >= 47.5, await target.inner_text()


async def test_a_request_appears_by_itself_and_is_answered_with_a_thumb_until_they_are_there(
    browser: Browser, site: Site
) -> None:
    page = await open_page(browser, site, "sanne", {"width": 320, "height": 640}, "dark")
    await page.evaluate("window.sameDocument = true")
    case_id = await begin(site, "linde", **WOMAN)
    await expect(ask(page, case_id)).to_contain_text("1 vrouw, 1 kind 0–3, LVB, verslaving (gebruikt nu), Bulgaars")
    await expect(page).to_have_title(re.compile("^● 1 – Linde"))
    await expect(page.locator("#bell")).to_contain_text("Nieuwe aanvraag: Stichting Oever (politie)")
    await expect(page.locator("#bell p")).to_have_class("hidden")  # a person who sees it come need only hear it
    await look(page)

    await page.locator(f"#no-{case_id} > summary").click()
    await page.locator(f"#contra-{case_id} > summary").click()
    await look(page)
    await page.locator(f"#contra-{case_id}").get_by_role("button", name="LVB").click()
    await expect(ask(page, case_id)).to_contain_text("Uw antwoord: nee, contra-indicatie (LVB)")
    await expect(ask(page, case_id)).to_be_focused()
    async with page.expect_response(lambda reply: reply.url.endswith("/staff/linde/requests")):
        site.process.news.tell("person:sanne")  # all of it is drawn again, and the focus stays
    await page.evaluate(
        "new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 300))"
    )
    await expect(ask(page, case_id)).to_be_focused(timeout=1)
    await expect(page).to_have_title(re.compile("^Linde"))
    await look(page)

    await page.locator(f"#change-{case_id} > summary").click()
    await page.locator(f"#yes-{case_id} > summary").click()
    await look(page)
    await page.locator(f"#yes-{case_id} .offer").first.click()
    await expect(ask(page, case_id)).to_contain_text("Uw antwoord: ja, plek 1")
    left = ask(page, case_id).locator(".left")
    await expect(left).to_have_text(re.compile(r"^nog (60:00|59:\d\d)"))
    around = "(one) => ['::before', '::after'].map((part) => getComputedStyle(one, part).content)"
    assert await left.evaluate(around) == ['"("', '")"'], "it may begin a line"
    await expect(page.locator("#tile-linde-1 .state")).to_have_text("gereserveerd")
    await expect(page.locator("details[open]")).to_have_count(0)
    await expect(page.locator("#bell p")).to_have_count(0)  # one's own doing is no news
    await settled(page)
    await page.evaluate("new Promise((done) => setTimeout(done, 600))")  # another tap on the same spot would be no tap

    await page.locator("#tile-linde-1 > summary").click()
    assert await violations(page) == []
    await page.locator("#tile-linde-1 .go").click()
    await expect(page.locator("#tile-linde-1")).not_to_have_attribute("open", "")
    await expect(ask(page, case_id)).to_be_in_viewport()

    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    await expect(ask(page, case_id)).to_contain_text("De plaatsingsdesk beslist nog.")
    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    await expect(ask(page, case_id)).to_contain_text("Gekozen: ze komen om 16:00 (plek 1)")
    await look(page)
    await page.locator(f"#came-{case_id} > summary").click()
    assert (await see(site, "demo-police", case_id))["state"] == "confirmed", "one slip does nothing"
    arrived = page.locator(f"#came-{case_id} .sheet button")
    await arrived.evaluate("(one) => one.classList.add('sending')")  # as strip.js does until the answer
    display = await arrived.evaluate("(one) => getComputedStyle(one, '::after').display")
    assert display == "block", "the words of sending do not stick to those of the button"
    await arrived.evaluate("(one) => one.classList.remove('sending')")
    await arrived.click()
    await expect(page.locator("#tile-linde-1 .state")).to_have_text("bezet")
    await expect(page.locator("#asked-before")).to_contain_text("1 aanvraag geregeld")
    await look(page)
    assert await page.evaluate("window.sameDocument") is True
    assert complaints(page) == []
    await page.context.close()


async def test_a_press_whose_answer_is_lost_says_so_and_is_the_same_press_when_it_is_pressed_again(
    browser: Browser, site: Site
) -> None:
    page = await open_page(browser, site, "sanne", PHONE)
    case_id = await begin(site, "linde", **WOMAN)
    await expect(ask(page, case_id)).to_be_visible()
    await settled(page)
    sent: list[dict[str, list[str]]] = []

    async def lose(route: Route) -> None:
        sent.append(parse_qs(route.request.post_data or ""))
        await route.abort()

    await page.route("**/answer", lose)
    await page.route("**/staff/linde/requests", lambda route: route.abort())
    await page.locator(f"#discuss-{case_id} > summary").press("Enter")
    press = page.locator(f"#discuss-{case_id} button")
    await press.dblclick()
    await expect(page.locator("#notice")).to_contain_text("Er kwam geen antwoord.")
    await expect(page.locator("#notice")).to_be_in_viewport()
    assert len(sent) == 1, "a second tap on the same is no second press"
    await page.wait_for_timeout(1_000)  # a tap at the same spot is heard again after the pause in web/static/js/strip.js
    await page.unroute("**/answer")
    await page.unroute("**/staff/linde/requests")
    async with page.expect_request("**/answer") as again:
        await press.press("Enter")  # a tap on the same spot is not heard for a moment
    request: Request = await again.value
    assert parse_qs(request.post_data or "")["key"] == sent[0]["key"]
    await expect(ask(page, case_id)).to_contain_text("Uw antwoord: in overleg.")
    await expect(page.locator("#notice")).to_be_empty()
    complaints(page).clear()  # the browser itself complains of the cut line
    await page.context.close()


async def test_while_something_is_open_others_come_in_below_and_it_rings_for_each_and_for_silence(
    browser: Browser, site: Site, board_database: Database
) -> None:
    page = await open_page(browser, site, "anneke", PHONE, path="/staff/linde")
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    await page.evaluate("""() => {
      window.tones = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...given) { window.tones++; return start.apply(this, given); };
    }""")
    await page.get_by_role("switch", name="Geluid").click()
    await page.wait_for_function("() => window.tones === 2")
    first = await begin(site, "linde", **WOMAN)
    await page.wait_for_function("() => window.tones === 4")
    await settled(page)
    await page.locator(f"#no-{first} > summary").click()
    button = page.locator(f"#no-{first} .whys button").first
    await button.evaluate("(button) => { window.button = button }")
    second = await begin(site, "linde", adults={"woman": 1})
    await expect(ask(page, second)).to_have_count(1)
    await page.wait_for_function("() => window.tones === 6")
    await expect(page.locator(f"#no-{first}")).to_have_attribute("open", "")
    assert await page.evaluate("window.button.isConnected"), "the very same button, under the same finger"
    await page.keyboard.press("Escape")
    await expect(page.locator(f"#no-{first} > summary")).to_be_focused()
    await begin(site, "ceder", adults={"man": 1})
    await expect(page.locator(".elsewhere")).to_have_text("Ceder: 1 aanvraag")
    await page.wait_for_function("() => window.tones === 8")

    await page.locator(".sound").scroll_into_view_if_needed()
    async with board_database.transaction() as tx:
        statement = "update ask set step = 1 where case_id = :id"
        await (await tx.connection()).execute(text(statement), {"id": first})
    site.process.news.tell("person:anneke")
    reminded = page.locator("#bell").get_by_role("link", name="Nog geen antwoord aan Stichting Oever (politie)")
    await expect(reminded).to_be_in_viewport()
    await page.wait_for_function("() => window.tones === 10")
    await reminded.click()
    await expect(ask(page, first)).to_be_in_viewport()
    await expect(reminded).to_have_count(0)
    assert complaints(page) == []
    await page.context.close()


async def test_a_shelters_phone_can_be_woken_and_says_in_words_what_for(
    browser: Browser, site: Site, board_database: Database
) -> None:
    async with serving() as service:
        page = await open_page(browser, site, "sanne", PHONE, workers="allow")
        await page.context.grant_permissions(["notifications"], origin=site.url)
        await page.add_init_script(fake_push(service))
        await page.reload()
        await page.locator("[data-way=push-on]").click()
        await expect(page.locator("[data-way=push-off]")).to_be_focused()
        worker = await page.evaluate("navigator.serviceWorker.ready.then((one) => one.active.scriptURL)")
        assert worker == f"{site.url}/sw.js?lang=nl&for=shelter"
        await begin(site, "linde", **WOMAN)
        await until(has(service, 1), "it is woken")
        said = service.read(service.got[0][2]).decode()

        devtools = await page.context.new_cdp_session(page)
        registrations: asyncio.Queue[str] = asyncio.Queue()

        def note(event: dict[str, Any]) -> None:
            for one in event["registrations"]:
                registrations.put_nowait(one["registrationId"])

        devtools.on("ServiceWorker.workerRegistrationUpdated", note)
        await devtools.send("ServiceWorker.enable")
        registration = await asyncio.wait_for(registrations.get(), PATIENCE)
        asked, news = "asked: Er wordt een plek gevraagd", "news: Er is nieuws over een aanvraag"
        for data, expected in ((said, asked), ('{"what":"news"}', f"{asked},{news}")):
            message = {"origin": site.url, "registrationId": registration, "data": data}
            await devtools.send("ServiceWorker.deliverPushMessage", message)
            await page.wait_for_function(NOTIFICATIONS, arg=expected)
        assert complaints(page) == []
        await page.context.close()


async def test_an_open_request_is_louder_than_still_correct_and_an_answered_one_is_small(browser: Browser, site: Site) -> None:
    case_id = await begin(site, "linde", **WOMAN)
    page = await open_page(browser, site, "sanne", PHONE)
    fill = "(element) => getComputedStyle(element).backgroundColor"
    one, confirm = ask(page, case_id), page.locator(".confirm button")
    asking, quiet = await box(one), await confirm.evaluate(fill)
    loud = await one.locator(".reply.yes > summary").evaluate(fill)
    assert loud not in (quiet, await one.locator(".reply.discuss > summary").evaluate(fill))
    await look(page)
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", {"answer": "yes", "place": "linde-1"})
    await expect(one).to_contain_text("Uw antwoord: ja")
    assert await box(one) < 0.8 * asking, "though the reference and the number stay in sight"
    await expect(one.locator("h3")).to_have_count(0)
    assert await confirm.evaluate(fill) != quiet
    await page.context.close()


async def box(locator: Locator) -> float:
    found = await locator.bounding_box()
    assert found is not None
    return found["height"]
