"""A person with too many live pages reads that on the newest one, and it is live as soon as another one is closed."""

from dataclasses import replace

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock
from tests.build.lines import hear, page_line
from tests.build.screens import LAPTOP, PHONE, Scheme, open_page
from tests.build.site import PATIENT, served


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_one_page_too_many_says_so_and_is_live_when_another_one_is_closed(
    browser: Browser, board_database: Database, clock: FixedClock, size: ViewportSize, scheme: Scheme
) -> None:
    async with served(board_database.url, clock, pulse_seconds=1, limits=replace(PATIENT, sockets=1)) as site:
        mark = await site.sign_in("mark")
        async with page_line(site, mark) as other:
            await other.send('{"type":"hello","known":{}}')
            assert (await hear(other))["type"] == "snapshot"
            page = await open_page(browser, site, None, size, scheme)
            cookies = [{"name": name, "value": value, "url": site.url} for name, value in mark.cookies.items()]
            await page.context.add_cookies(cookies)  # type: ignore[arg-type]  # as a dict each
            await page.goto(f"{site.url}/")
            live = page.locator("#live")
            await expect(live).to_have_attribute("data-state", "full", timeout=PATIENCE * 1000)
            await expect(live).to_contain_text("u hebt te veel pagina’s open: sluit er een")
        await expect(live).to_have_attribute("data-state", "live", timeout=PATIENCE * 1000)
        await page.context.close()
        await mark.aclose()
