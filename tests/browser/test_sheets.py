"""sheets.js: the Back button of a phone closes an open sheet, and leaves the page only when there is none."""

from playwright.async_api import Browser, Page, expect

from tests.build.api import begin
from tests.build.asked import WOMAN
from tests.build.screens import PHONE, complaints, open_page
from tests.build.site import Site

IS_NOTED = "() => !!history.state?.sheet"


async def open_sheet(page: Page, selector: str) -> None:
    await page.locator(f"{selector} > summary").press("Enter")  # a second tap on the same spot is not heard for a moment
    await expect(page.locator(f"{selector} > .sheet")).to_be_visible()
    await page.wait_for_function(IS_NOTED)


async def test_back_closes_an_open_sheet_and_then_leaves_the_page(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE, path="/who-to-call")
    await page.goto(f"{site.url}/staff/linde")
    await page.evaluate("window.same = true")
    for selector in ("#tile-linde-1", "#tile-linde-3"):
        await open_sheet(page, selector)
        await page.go_back()
        await expect(page.locator("details[open] > .sheet")).to_have_count(0)
        await expect(page.locator(f"{selector} > summary")).to_be_focused()
        assert page.url.endswith("/staff/linde") and await page.evaluate("window.same")
    await page.go_back()
    await page.wait_for_url("**/who-to-call")
    assert complaints(page) == []
    await page.context.close()


async def test_a_sheet_that_has_done_its_work_leaves_no_step_in_the_history(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE, path="/who-to-call")
    await page.goto(f"{site.url}/staff/linde")
    await open_sheet(page, "#tile-linde-1")
    await page.locator("#tile-linde-1 .choice.occupied").click()
    await expect(page.locator("#tile-linde-1")).to_have_class("tile occupied")
    await page.wait_for_function("() => !history.state?.sheet")
    await open_sheet(page, "#tile-linde-2")
    await page.keyboard.press("Escape")
    await expect(page.locator("#tile-linde-2 > summary")).to_be_focused()
    await page.wait_for_function("() => !history.state?.sheet")
    await page.go_back()
    await page.wait_for_url("**/who-to-call")
    await page.context.close()


async def test_many_steps_at_once_leave_neither_the_page_nor_a_second_entry(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE, path="/who-to-call")
    await page.goto(f"{site.url}/staff/linde")
    before = await page.evaluate("history.length")
    await open_sheet(page, "#tile-linde-1")
    await page.evaluate("""() => {
      document.getElementById("tile-linde-1").open = false
      for (let n = 0; n < 5; n++) document.dispatchEvent(new Event("bedboard:placed"))
      document.getElementById("tile-linde-2").open = true  // before the browser has gone back
    }""")
    await expect(page.locator("#tile-linde-2 > .sheet")).to_be_visible()
    await page.wait_for_function(IS_NOTED)
    assert page.url.endswith("/staff/linde") and await page.evaluate("history.length") == before + 1
    await page.go_back()
    await expect(page.locator("details[open] > .sheet")).to_have_count(0)
    assert page.url.endswith("/staff/linde")
    await page.context.close()


async def test_back_closes_the_sheet_of_an_answer_and_a_reload_keeps_no_sheet(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE, path="/who-to-call")
    await page.goto(f"{site.url}/staff/linde")
    case_id = await begin(site, "linde", **WOMAN)
    await expect(page.locator(f"#ask-{case_id}")).to_be_visible()
    await open_sheet(page, f"#no-{case_id}")
    await page.go_back()
    await expect(page.locator("details[open] > .sheet")).to_have_count(0)
    await open_sheet(page, f"#no-{case_id}")
    await page.reload()
    await page.wait_for_function("() => !history.state?.sheet")
    await page.go_back()
    await page.wait_for_url("**/who-to-call")
    await page.context.close()
