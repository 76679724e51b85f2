"""A kept picture ages by itself: hours later it does not call old news up to date."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.build import PATIENCE
from tests.build.screens import PHONE, open_page
from tests.build.site import Site


async def open_later(page: Page, hours: float) -> None:
    """Open the picture without a network, on a phone whose clock has gone on for so long."""
    later = f"(() => {{ const now = Date.now; Date.now = () => now() + {int(hours * 3600_000)} }})()"
    await page.add_init_script(later)  # the worker, which has kept it, has a clock of its own
    await page.context.set_offline(True)
    await page.reload()
    await expect(page.locator("#kept")).to_contain_text("Geen verbinding.")


@pytest.mark.parametrize(
    ("hours", "freshness", "says"),
    [(0.5, "fresh", "actueel"), (1.5, "ageing", "minder actueel"), (9, "stale", "niet bevestigd sinds")],
)
async def test_hours_later_the_picture_says_how_old_its_news_is(
    browser: Browser, site: Site, hours: float, freshness: str, says: str
) -> None:
    """Linde was confirmed an hour before the picture was kept."""
    page = await open_page(browser, site, "sanne", PHONE, path="/staff/linde", workers="allow")
    await expect(page.locator("#offline[data-kept=yes]")).to_be_attached(timeout=PATIENCE * 1000)
    await open_later(page, hours)
    await expect(page.locator("#staff-linde .age")).to_contain_text(says)
    await expect(page.locator("#staff-linde")).to_have_class(freshness)
    if freshness != "fresh":
        age = " ".join((await page.locator("#staff-linde .age").inner_text()).split())
        assert not age.startswith("actueel"), age
    await page.context.close()
