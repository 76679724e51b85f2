"""Push messages on one device, through the sessions of its people."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from bedboard.store.database import Database
from tests.build import FixedClock, until
from tests.build.push import KEYS, devices, fake_push, serving
from tests.build.screens import open_page
from tests.build.site import Site, served

KEPT = "localStorage.getItem('bedboard:push')"


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    async with served(board_database.url, clock, **KEYS) as site:
        yield site


async def wait_for_a_man(page: Page) -> None:
    await page.locator('#profile label:has([name="adults.man"][value="1"])').click()
    await page.locator('button[formaction="/search/alert"]').click()
    await expect(page.locator("#strip .waiting")).to_have_count(1)


async def sign_in(page: Page, site: Site, person: str) -> None:
    await page.goto(f"{site.url}/sign-in")
    await page.locator(f'button[value="{person}"]').click()
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")


async def test_a_device_comes_back_with_its_person_and_not_with_another(
    browser: Browser, site: Site, board_database: Database
) -> None:
    async with serving() as service:
        page = await open_page(browser, site, "mark", path="/search", workers="allow")
        present = fake_push(service).replace("let present = null;", "let present = null; window.drop = () => present;")
        await page.add_init_script(present)
        await page.reload()
        await wait_for_a_man(page)
        await page.locator("[data-way=push-on]").click()
        await expect(page.locator("[data-way=push-off]")).to_be_visible()
        first = await page.evaluate(KEPT)
        assert len(await devices(board_database)) == 1

        # A new session of the same person, as after its hours. The browser still has its subscription.
        subscribed = "PushManager.prototype.subscribe({ applicationServerKey: key() })"
        key = "const key = () => Uint8Array.from(atob(KEY), (one) => one.charCodeAt(0));"
        public = site.process.push.public_key if site.process.push else ""
        plain = public.replace("-", "+").replace("_", "/") + "=" * (-len(public) % 4)
        await page.add_init_script(f"{{ {key.replace('KEY', repr(plain))} {subscribed}; }}")
        await page.context.clear_cookies()
        await sign_in(page, site, "mark")
        await page.wait_for_function(f"() => {KEPT} !== {first!r}")

        async def is_there() -> bool:
            return len(await devices(board_database)) == 1

        await until(is_there, "the device belongs to the new session")

        # Another person signs in on it, whose browser has lost the cookie of the first.
        await page.context.clear_cookies()
        await sign_in(page, site, "lucia")
        await page.wait_for_function(f"() => {KEPT} === null && window.drop() === null")
        await page.context.close()
