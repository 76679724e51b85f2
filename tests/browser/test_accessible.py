"""axe on every page, phone and laptop, light and dark, both languages; and what axe cannot see: width, targets, keyboard."""

from collections.abc import AsyncIterator

from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.build.screens import DEVICES, LAPTOP, PHONE, complaints, open_page, sign_in, violations, violations_in_both_schemes
from tests.build.site import Site

PAGES = [  # who, where
    (None, "/sign-in"),
    (None, "/enrol"),
    ("mark", "/"),
    ("mark", "/?kind=cosm"),
    ("mark", "/?kind=cosm&unit=zuid"),
    ("mark", "/shelters/linde"),
    ("mark", "/shelters/wilg"),
    ("hanneke", "/wall"),
    ("hanneke", "/requests"),
    ("hanneke", "/regions"),
    ("sanne", "/staff/linde"),
    ("anneke", "/staff"),
    ("anneke", "/staff/ceder"),
    ("sanne", "/totals"),
    ("gerda", "/"),
    ("gerda", "/regions"),
    ("hanneke", "/monitor/board"),
    ("sanne", "/staff/linde/past"),
    ("gerda", "/audit"),
    ("hanneke", "/monitor"),
    ("gerda", "/audit/sign-ins"),
    ("anneke", "/manage/linde/looks"),
    ("anneke", "/people"),
    ("anneke", "/devices"),
    ("anneke", "/manage/shelters/linde/places"),
    ("wouter", "/manage/people"),
    ("mark", "/no-such-page"),
]


async def pages(page: Page, site: Site) -> AsyncIterator[str]:
    """Go through all pages on one device, which their readers share; give the name of each."""
    reader: str | None = None
    for person, path in PAGES:
        if person != reader:
            await sign_in(page.context, site, person)
            reader = person
        await page.goto(site.url + path)
        yield f"{path} as {person}"


HIDDEN_LINKS = """() => [...document.querySelectorAll("main a[href]")]
  .filter((link) => getComputedStyle(link).display === "none").map((link) => link.outerHTML)"""


async def width(page: Page) -> int:
    return int(await page.evaluate("document.documentElement.scrollWidth"))


@DEVICES
async def test_axe_finds_nothing_on_any_page_and_none_is_too_wide(
    browser: Browser, site: Site, size: ViewportSize, language: str
) -> None:
    found: list[str] = []
    page = await open_page(browser, site, None, size, language=language)
    async for name in pages(page, site):
        assert await width(page) <= size["width"], name
        assert await page.evaluate(HIDDEN_LINKS) == [], name
        found += [f"{name}: {one}" for one in await violations_in_both_schemes(page)]
    await page.context.close()
    assert found == []


async def test_no_english_page_is_wider_than_a_phone(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, None, PHONE, language="en-GB")
    async for name in pages(page, site):
        assert await width(page) <= PHONE["width"], name
    await page.context.close()


async def test_axe_finds_nothing_while_a_tile_is_open_and_after_a_tap(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    await page.locator("#tile-linde-1 summary").first.click()
    assert await violations(page) == []
    await page.locator(
        '#tile-linde-1 button[value="occupied"], #tile-linde-1 form:has([value="occupied"]) button'
    ).first.click()
    await expect(page.locator("#undo button").first).to_be_visible()
    assert await violations(page) == []
    assert complaints(page) == []
    await page.context.close()


async def test_pages_fit_a_screen_of_320_pixels(browser: Browser, site: Site) -> None:
    for person, path in [("mark", "/"), ("sanne", "/staff/linde"), ("sanne", "/totals"), (None, "/sign-in")]:
        page = await open_page(browser, site, person, {"width": 320, "height": 640}, path=path)
        assert await width(page) <= 320, path
        await page.context.close()


async def test_what_a_thumb_must_hit_is_48_pixels_high(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    await page.locator("#tile-linde-1 summary").first.click()
    for target in await page.locator("main button:visible, main summary:visible").all():
        box = await target.bounding_box()
        assert box is not None
        assert box["height"] >= 47.5, await target.inner_text()
    await page.context.close()


async def test_a_place_is_changed_with_the_keyboard_alone(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", LAPTOP)
    await page.locator("#tile-linde-1 summary").first.focus()
    await page.keyboard.press("Enter")
    for _ in range(10):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.closest('form')?.querySelector('[name=status]')?.value") == "occupied":
            break
    await page.keyboard.press("Enter")
    await expect(page.locator("#tile-linde-1 summary").first).to_contain_text("bezet")
    await page.context.close()


async def test_first_load_of_any_page_is_at_most_60_kilobytes(browser: Browser, site: Site) -> None:
    for person, path in PAGES:
        fresh = await browser.new_context()
        await sign_in(fresh, site, person)
        page = await fresh.new_page()
        sizes: list[int] = []
        client = await fresh.new_cdp_session(page)
        await client.send("Network.enable")
        client.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(int(event["encodedDataLength"])))
        await page.goto(site.url + path, wait_until="load")
        assert sizes
        assert sum(sizes) <= 60 * 1024, f"{path} as {person}: {sum(sizes)} bytes"
        await fresh.close()
