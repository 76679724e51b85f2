"""Sound that tells the truth: a browser that plays nothing before a touch, and a bell that does not give up.

The browser blocks sound as browsers do by default. A tone counts only when its context runs: otherwise nobody hears it.
Playwright's own looks at a page count as a touch, so an untouched page is looked at in another way (`Untouched`).
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakKeyDictionary

import pytest
from playwright.async_api import Browser, CDPSession, Locator, Page, Request, ViewportSize, async_playwright, expect

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock, until
from tests.build.api import begin, call
from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations_in_both_schemes
from tests.build.site import Site, served

COUNT_TONES = """() => {
  window.tones = 0
  const start = OscillatorNode.prototype.start
  OscillatorNode.prototype.start = function (...given) {
    if (this.context.state === 'running') window.tones++
    return start.apply(this, given)
  }
}"""
MINUTE_MS = 60_000
STEP_MS = 5_000
SWITCH = "[...document.querySelectorAll('[data-way=sound]')].find((one) => one.checkVisibility())"


@pytest.fixture(scope="module")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A Chromium that needs a touch before it plays, whatever the default of its version is."""
    options = ["--autoplay-policy=document-user-activation-required", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=options)
        yield browser
        await browser.close()


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    expect.set_options(timeout=PATIENCE * 1000)
    async with served(board_database.url, clock, session_idle_minutes=600) as site:
        yield site


def switch(page: Page) -> Locator:
    return page.locator("[data-way=sound]:visible").first


_unanswered: WeakKeyDictionary[Page, set[Request]] = WeakKeyDictionary()


async def open_counting(browser: Browser, site: Site, person: str, size: ViewportSize = PHONE, path: str | None = None) -> Page:
    page = await open_page(browser, site, person, size, path=path)
    unanswered = _unanswered.setdefault(page, set())

    def begins(request: Request) -> None:
        unanswered.add(request)

    def ends(request: Request) -> None:
        unanswered.discard(request)

    page.on("request", begins)
    page.on("requestfinished", ends)
    page.on("requestfailed", ends)
    await page.context.add_init_script(f"({COUNT_TONES})()")
    await page.reload()
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    return page


class Untouched:
    """A page after a reload, before anybody has touched it."""

    def __init__(self, devtools: CDPSession) -> None:
        self._devtools = devtools

    @classmethod
    async def reload(cls, page: Page) -> "Untouched":
        untouched = cls(await page.context.new_cdp_session(page))
        await page.reload()
        await untouched.becomes("document.querySelector('#live').dataset.state", "live")
        return untouched

    async def get(self, expression: str) -> Any:
        found = await self._devtools.send("Runtime.evaluate", {"expression": expression, "returnByValue": True})
        return found["result"].get("value")

    async def becomes(self, expression: str, value: object) -> None:
        async def is_so() -> bool:
            return bool(await self.get(expression) == value)

        await until(is_so, f"{expression} is {value}")

    async def is_blocked(self) -> None:
        """Wait until the page says so, and check that this is true."""
        await self.becomes(f"{SWITCH}.innerText.endsWith('Tik om geluid weer aan te zetten')", True)
        await self.becomes(f"{SWITCH}.getAttribute('aria-checked')", "false")
        assert await self.get("navigator.userActivation.hasBeenActive") is False, "the control"


async def tones(page: Page, count: int) -> None:
    await page.wait_for_function("(count) => window.tones === count", arg=count)


async def test_after_a_reload_the_switch_says_that_the_sound_waits_and_any_touch_starts_it(
    browser: Browser, site: Site
) -> None:
    page = await open_counting(browser, site, "sanne")
    await expect(switch(page)).to_have_attribute("aria-checked", "false")
    await expect(switch(page)).to_contain_text("uit")
    await switch(page).click()
    await expect(switch(page)).to_have_attribute("aria-checked", "true")
    await tones(page, 2)

    await page.evaluate("scrollTo(0, 0)")  # a reload comes back to where the page was
    untouched = await Untouched.reload(page)
    await untouched.is_blocked()
    await begin(site, "linde", adults={"woman": 1})
    await untouched.becomes("document.querySelectorAll('.ask').length", 1)
    assert await untouched.get("window.tones") == 0, "the control: this browser is silent"
    box = f"JSON.stringify({SWITCH}.getBoundingClientRect())"
    before = await untouched.get(box)
    assert 0 < await untouched.get(f"{SWITCH}.getBoundingClientRect().top") < PHONE["height"], "the top of the page says so"

    await page.touchscreen.tap(180, 20)  # the header, where nothing is to be pressed
    await untouched.becomes(f"{SWITCH}.getAttribute('aria-checked')", "true")
    await untouched.becomes(f"{SWITCH}.innerText", "Geluid aan")
    assert await untouched.get(box) == before, "nothing moved under the finger"
    await begin(site, "linde", adults={"woman": 1})
    await tones(page, 2)
    assert complaints(page) == []
    await page.context.close()


async def test_the_blocked_switch_has_enough_contrast_in_both_themes(browser: Browser, site: Site) -> None:
    page = await open_counting(browser, site, "sanne")
    await page.evaluate("Object.assign(document.documentElement.dataset, {sound: 'blocked', unheard: ''})")
    await expect(switch(page)).to_be_in_viewport()
    assert await violations_in_both_schemes(page) == []
    await page.context.close()


@pytest.mark.parametrize("way", ["press", "key"])
async def test_a_press_of_the_blocked_switch_turns_the_sound_on_and_not_off(browser: Browser, site: Site, way: str) -> None:
    page = await open_counting(browser, site, "sanne", LAPTOP)
    await switch(page).click()
    await tones(page, 2)
    untouched = await Untouched.reload(page)
    await untouched.is_blocked()
    x, y = await untouched.get(f"(({{ x, y }}) => [x + 20, y + 20])({SWITCH}.getBoundingClientRect())")
    if way == "key":
        await untouched.get(f"{SWITCH}.focus()")
        await page.keyboard.press("Enter")
    else:
        await page.mouse.click(x, y)
    await expect(switch(page)).to_have_attribute("aria-checked", "true")
    await tones(page, 2)
    await switch(page).click()
    await expect(switch(page)).to_have_attribute("aria-checked", "false")
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("data-sound", "off")
    await page.context.close()


async def pass_minutes(phone: Page, minutes: int) -> None:
    """Move its clock, in steps that are shorter than its patience with an answer, and wait for each answer."""
    for _ in range(minutes * MINUTE_MS // STEP_MS):
        async with asyncio.timeout(PATIENCE):
            while _unanswered[phone]:
                await phone.title()
        await phone.clock.run_for(STEP_MS)


async def test_a_request_rings_each_minute_until_somebody_of_the_shelter_opens_it(browser: Browser, site: Site) -> None:
    phones = [await open_counting(browser, site, "sanne"), await open_counting(browser, site, "anneke", path="/staff/linde")]
    for phone in phones:
        await phone.clock.install()
        await switch(phone).click()
        await tones(phone, 2)
    case_id = await begin(site, "linde", adults={"woman": 1})
    for heard in (4, 6, 8):  # when it comes, and after each minute
        for phone in phones:
            await tones(phone, heard)
            await expect(phone).to_have_title(re.compile("^● 1 – "))
            await pass_minutes(phone, 1)
    for phone in phones:
        await tones(phone, 10)
    async with phones[1].expect_response(f"**/requests/{case_id}/open"):  # its clock stands still until then
        await phones[1].locator(f"#ask-{case_id} h3").tap()
    for phone in phones:
        await expect(phone.locator(f"#ask-{case_id}")).not_to_have_attribute("data-rings", "")
        await pass_minutes(phone, 2)
        await expect(phone.locator(f"#ask-{case_id}")).to_be_visible()
        assert await phone.evaluate("window.tones") == 10
        await expect(phone).to_have_title(re.compile("^● 1 – "))  # it still waits for an answer
        assert complaints(phone) == []
        await phone.context.close()


async def test_an_answer_by_any_way_ends_the_ringing_and_another_shelter_of_the_same_people_rings_too(
    browser: Browser, site: Site
) -> None:
    phone = await open_counting(browser, site, "anneke", path="/staff/linde")
    await phone.clock.install()
    await switch(phone).click()
    await tones(phone, 2)
    case_id = await begin(site, "ceder", adults={"man": 1})
    await expect(phone.locator(".elsewhere")).to_be_visible()
    await tones(phone, 4)
    await pass_minutes(phone, 1)
    await tones(phone, 6)
    await call(site, "demo-shelter-ceder", f"/requests/{case_id}/answers", {"answer": "discuss"})
    await expect(phone.locator(".elsewhere")).to_have_count(0)
    await pass_minutes(phone, 2)
    assert await phone.evaluate("window.tones") == 6
    await phone.context.close()


async def test_the_requesters_page_rings_for_a_yes_with_the_same_switch(browser: Browser, site: Site) -> None:
    case_id = await begin(site, "linde", adults={"woman": 1})
    page = await open_counting(browser, site, "mark", LAPTOP, "/")
    await expect(switch(page)).to_contain_text("uit")
    await switch(page).click()
    await tones(page, 2)
    await (await Untouched.reload(page)).is_blocked()
    await page.keyboard.press("Tab")
    await expect(switch(page)).to_contain_text("aan")
    body = {"answer": "yes", "place": "linde-1"}
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", body)
    await expect(page).to_have_title(re.compile("^● Een opvang zegt ja – "))
    await tones(page, 2)
    assert complaints(page) == []
    await page.context.close()
