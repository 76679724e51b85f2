"""Five men who may be split, at night on a phone: five single beds of one house, held, asked for, offered and decided."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from bedboard.actions.setup import add_shelter
from bedboard.store.database import Database
from tests.build import PATIENCE, SEAL, FixedClock, place, shelter
from tests.build.cases import NIGHT
from tests.build.rows import run
from tests.build.screens import PHONE, complaints, open_page, violations
from tests.build.site import Site, served

DEAF_MS = 1_000  # longer than the pause in web/static/js/search.js


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The board for cases at two in the night, and Wilgen: five single beds for men."""
    clock.at = NIGHT
    async with case_database.transaction() as tx:
        beds = [place(f"wilgen-{number}", "men") for number in range(1, 6)]
        await add_shelter(tx, shelter("wilgen", beds, criteria={"man": "yes", "group": "yes"}), SEAL, NIGHT)
        await (await tx.connection()).execute(text("insert into membership values ('sanne', 'wilgen')"))
    await run(case_database, "update person set demo = true")
    await run(case_database, "update shelter set confirmed_at = :at", at=NIGHT.replace(hour=0))
    async with served(case_database.url, clock, session_idle_minutes=600) as site:
        yield site


@pytest.fixture
async def people(browser: Browser, site: Site) -> AsyncIterator[tuple[Page, Page]]:
    """A detective with a phone, and staff of Wilgen, in this order."""
    expect.set_options(timeout=PATIENCE * 1000)
    pages = (await open_page(browser, site, "mark", PHONE, "dark"), await open_page(browser, site, "sanne", PHONE))
    yield pages
    for page in pages:
        assert [one for one in complaints(page) if "422" not in one] == []  # one refused press is on purpose
        await page.context.close()


async def is_live(page: Page) -> None:
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")


async def test_five_men_who_may_be_split_get_five_beds_of_one_house(people: tuple[Page, Page], site: Site) -> None:
    detective, wilgen = people
    await detective.goto(f"{site.url}/search")
    await is_live(detective)
    await detective.locator("#group > summary").click()
    await detective.locator('label:has(input[name="group"][value="5"])').click()
    await expect(detective.locator("#figures .too-large")).to_contain_text("Voor een groep van 5 is er geen plek")
    await expect(detective.locator(".warn")).to_be_hidden()
    await detective.locator('label:has(input[name="split"])').click()
    row = detective.locator('[id^="lot-wilgen-1+"]')
    await expect(row).to_contain_text("1 + 2 + 3 + 4 + 5 samen: 5 bedden")
    assert await violations(detective) == []
    await row.get_by_role("button", name=re.compile("Houd vast en bel")).click()
    hold = detective.locator("#strip .hold")
    await expect(hold).to_contain_text("plekken 1 + 2 + 3 + 4 + 5")

    await detective.wait_for_timeout(DEAF_MS)  # the page takes no second tap at once: it may have been meant for the row
    await hold.get_by_role("button", name=re.compile("Vraag deze plek aan")).click()
    await expect(detective.locator(".candidates")).to_contain_text("u houdt deze plekken vast")
    await detective.get_by_role("button", name=re.compile("Vraag deze locaties")).click()
    await detective.wait_for_url(re.compile(r"/requests/[a-z]+(-[a-z]+)+$"))
    await is_live(detective)
    case_id = detective.url.rpartition("/")[2]

    await wilgen.goto(f"{site.url}/staff/wilgen")
    await is_live(wilgen)
    await wilgen.locator(f"#yes-{case_id} > summary").click()
    ticks = wilgen.locator(f"#yes-{case_id} input[type=checkbox]")
    await expect(ticks).to_have_count(5)
    await ticks.first.uncheck()
    offer = wilgen.get_by_role("button", name="Bied deze plekken samen aan")
    await offer.click()
    await expect(wilgen.locator("#notice")).to_contain_text("te klein: 4 bedden voor 5 mensen")
    if not await offer.is_visible():
        await wilgen.locator(f"#yes-{case_id} > summary").click()
    await ticks.first.check()
    await offer.click()
    part = detective.locator("#case #ask-wilgen")
    await expect(part).to_contain_text("voor u gereserveerd tot")
    await expect(part).to_contain_text("plekken 1 + 2 + 3 + 4 + 5")
    await detective.get_by_role("button", name="1 ja — toon").click()
    await part.get_by_role("button", name=re.compile("Kies deze plek")).press("Enter")
    await expect(detective.locator("#case")).to_have_attribute("data-state", "confirmed")
    assert await violations(detective) == []
    assert await violations(wilgen) == []
    await wilgen.locator(f"#came-{case_id} > summary").click()
    await wilgen.get_by_role("button", name="Ja, ze zijn er").click()
    await expect(detective.locator("#case")).to_have_attribute("data-state", "arrived")
    for number in range(1, 6):
        await expect(wilgen.locator(f"#tile-wilgen-{number}")).to_have_class(re.compile("occupied"))
