"""The slider through a night: with scripts the board follows it, and without them there are links and a button."""

from playwright.async_api import Browser, expect

from tests.build.screens import open_page
from tests.build.site import Site


async def an_hour(site: Site) -> None:
    """linde-1 becomes occupied after half an hour."""
    site.pass_time(minutes=30)
    async with site.api("demo-shelter-linde") as linde:
        assert (await linde.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
    site.pass_time(minutes=30)


async def test_the_board_follows_the_slider_which_keeps_the_focus(browser: Browser, site: Site) -> None:
    await an_hour(site)
    page = await open_page(browser, site, "hanneke", path="/monitor/board")
    await expect(page.locator(".past-at")).to_have_text("11 maart 2026 15:00")
    linde = page.locator("#stood article", has_text="Linde").locator(".figure b")
    await expect(linde).to_have_text("1")
    slider = page.locator("#quarter")
    await slider.focus()
    for clock in ("14:45", "14:30", "14:15"):
        await slider.press("ArrowLeft")
        await expect(page.locator(".past-at")).to_have_text(f"11 maart 2026 {clock}")
    await expect(linde).to_have_text("2")
    await expect(slider).to_be_focused()
    await page.go_back()
    await expect(page.locator(".past-at")).to_have_text("11 maart 2026 14:30")
    await page.context.close()


async def test_without_scripts_the_links_and_the_button_do_the_same(browser: Browser, site: Site) -> None:
    await an_hour(site)
    page = await open_page(browser, site, "sanne", scripts=False, path="/staff/linde/past")
    await expect(page.locator("tbody").first).to_contain_text("bezet")
    await page.get_by_role("link", name="60 minuten eerder").click()
    await expect(page.locator(".past-at")).to_have_text("11 maart 2026 14:00")
    await page.locator("#quarter").press("ArrowRight")
    await page.locator("#quarter").locator("xpath=..").get_by_role("button").click()
    await expect(page.locator(".past-at")).to_have_text("11 maart 2026 14:15")
    await page.context.close()
