"""The monitor with the demo's past: every picture and table on a phone and a laptop, light and dark, and on paper."""

from playwright.async_api import Browser, ViewportSize

from bedboard.seed_past import play_past
from bedboard.seeds import read_seed_file
from bedboard.settings import SEEDS
from tests.build import NOW
from tests.build.screens import DEVICES, LAPTOP, open_page, violations_in_both_schemes
from tests.build.site import Site, as_owner

YEAR = 2026


async def put_past(site: Site) -> None:
    async with as_owner(site.process.database) as tx:
        await play_past(tx, read_seed_file(SEEDS / "demo.toml"), NOW)


@DEVICES
async def test_axe_finds_nothing_in_any_picture_or_table_and_none_is_too_wide(
    browser: Browser, site: Site, size: ViewportSize, language: str
) -> None:
    await put_past(site)
    found = []
    for who, path in (
        ("hanneke", "/monitor"),
        ("femke", "/monitor?unit=noord&kind=cosm"),
        ("femke", f"/monitor/report?year={YEAR}"),
    ):
        page = await open_page(browser, site, who, size, language=language)
        await page.goto(site.url + path)
        assert await page.locator(".picture svg").count() >= 5, path
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        found += [f"{path}: {one}" for one in await violations_in_both_schemes(page)]
        await page.close()
    assert found == []


async def test_no_words_leave_a_picture(browser: Browser, site: Site) -> None:
    await put_past(site)
    page = await open_page(browser, site, "hanneke", LAPTOP)
    await page.goto(f"{site.url}/monitor")
    outside = await page.evaluate("""() => [...document.querySelectorAll('.picture svg')].flatMap((picture) => {
      const frame = picture.getBoundingClientRect()
      return [...picture.querySelectorAll('text')].filter((one) => {
        const box = one.getBoundingClientRect()
        return box.left < frame.left - 4 || box.right > frame.right + 24 || box.bottom > frame.bottom + 4
      }).map((one) => one.textContent)
    })""")
    assert outside == []


async def test_the_report_of_a_year_is_a_few_sheets_of_paper(browser: Browser, site: Site) -> None:
    await put_past(site)
    page = await open_page(browser, site, "femke", LAPTOP)
    await page.goto(f"{site.url}/monitor/report?year={YEAR}")
    paper = await page.pdf(prefer_css_page_size=True)
    assert 1 <= paper.count(b"/Type /Page\n") <= 3
    assert await page.locator(".tabled").count() >= 2, "how places became free, and how long they were occupied"
    assert await page.locator(".tabled:not(:has(tbody tr))").count() == 0
    assert b"/MediaBox [0 0 595" in paper or b"/MediaBox [0 0 594" in paper, "A4"
