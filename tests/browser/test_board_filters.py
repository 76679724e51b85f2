"""The board's filters in a browser: the numbers are those of the choice, also after news and after Back."""

from playwright.async_api import Browser, Page, expect

from tests.build.screens import LAPTOP, complaints, open_page
from tests.build.site import Site


async def expect_free(page: Page, **numbers: int) -> None:
    for name, number in numbers.items():
        await expect(page.locator(f"#total-{name.replace('_', '-')} b")).to_have_text(str(number))


async def test_every_number_follows_the_choice_and_stays_right_with_live_news(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", LAPTOP, path="/")
    await expect_free(page, free=4, kind_cosm=2, kind_men=2, unit_noord=2, unit_zuid=2)
    await page.locator("#kind-men").click()
    await expect_free(page, free=2, kind_cosm=2, kind_men=2, unit_noord=0, unit_zuid=2)
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    async with site.api("demo-shelter-linde") as linde, site.api("demo-shelter-ceder") as ceder:
        await linde.patch("/places/linde-1", json={"status": "occupied"})
        await ceder.patch("/places/ceder-1", json={"status": "occupied"})
    await expect_free(page, free=1, kind_cosm=1, kind_men=1, unit_noord=0, unit_zuid=1, takes_men=1, takes_women=0)
    await page.go_back()
    await expect(page.locator("article")).to_have_count(3)
    async with site.api("demo-shelter-linde") as linde:
        await linde.patch("/places/linde-2", json={"status": "occupied"})
    await expect_free(page, free=1, kind_cosm=0, kind_men=1, unit_noord=0, unit_zuid=1)
    assert complaints(page) == []
    await page.context.close()
