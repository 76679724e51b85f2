"""A detective's search at half past two, on a phone: a scarce place is not first, and every row says who decides."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from bedboard.seeds import load_seeds, read_seed_file
from bedboard.settings import SEEDS
from bedboard.store.database import Database
from tests.build import PATIENCE, SEAL, FixedClock
from tests.build.cases import NIGHT
from tests.build.rows import do
from tests.build.screens import PHONE, complaints, open_page
from tests.build.site import Site, served


@pytest.fixture
async def site(database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The demo's own board at half past two on a Thursday: the desk is closed."""
    clock.at = NIGHT.replace(minute=30)
    seeds = read_seed_file(SEEDS / "demo.toml")
    await do(database, lambda tx: load_seeds(tx, seeds, SEAL, clock.at, demo=True))
    async with served(database.url, clock) as site:
        yield site


@pytest.fixture
async def detective(browser: Browser, site: Site) -> AsyncIterator[Page]:
    expect.set_options(timeout=PATIENCE * 1000)
    page = await open_page(browser, site, "mark", PHONE, "dark")
    yield page
    assert complaints(page) == []
    await page.context.close()


async def test_for_a_woman_of_whom_nothing_else_is_known_scarce_places_come_last(detective: Page, site: Site) -> None:
    await detective.goto(f"{site.url}/search")
    await expect(detective.locator("#live")).to_have_attribute("data-state", "live")
    await detective.locator('label:has(input[name="adults.woman"][value="1"])').click()
    rows = detective.locator("#list .match:not(.stale)")
    await expect(rows.first.locator(".decides")).to_contain_text("u beslist zelf")
    found = [(await row.locator(".what").inner_text(), await row.locator(".decides").inner_text()) for row in await rows.all()]
    kinds = ["OMM" in what for what, _ in found]
    assert len(found) > 5 and all(says for _, says in found)
    assert not any(kinds[:3]) and any(kinds), "OMM is for people with several needs"
    assert {says for _, says in found} >= {"u beslist zelf", "de opvang beslist"}
