"""A quarter of an hour without a touch: the page is covered, keeps what was typed, and comes back with one tap."""

import re
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from bedboard.actions.holds import release_hold
from tests.build.api import begin
from tests.build.cases import MARK
from tests.build.holds import hold
from tests.build.rows import do, run
from tests.build.screens import (
    LAPTOP,
    PHONE,
    choice,
    complaints,
    open_page,
    open_search,
    sign_in,
    violations_in_both_schemes,
)
from tests.build.site import Site

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
TELEPHONE = "CANARY-TEL-linde"
READABLE = "document.body.innerText"


async def idle(site: Site, **by: float) -> None:
    """Let the time pass for the server, which tells every open page with its next pulse."""
    site.pass_time(**by or {"minutes": 15})
    await site.process.pulse.beat()


async def is_covered(page: Page) -> None:
    """Nothing of the page can be read, by eye or otherwise, and the cover says who is signed in."""
    await expect(page.locator("#lock")).to_be_visible()
    await expect(page.locator("html")).to_have_attribute("data-cover", "locked")
    for said in (await page.evaluate(READABLE), await page.locator("body").aria_snapshot(), await page.title()):
        assert [word for word in ("CANARY", "Linde", "Ceder", "tel:", "vrij") if word in said] == []
    await expect(page.locator("#lock")).to_contain_text("Mark")
    await expect(page.locator("#lock")).to_contain_text("Proef")
    await expect(page).to_have_title(re.compile("^Vergrendeld"))
    assert await page.evaluate("document.querySelector('#main')?.checkVisibility() ?? false") is False
    await page.keyboard.press("Tab")
    assert await page.evaluate("!!document.activeElement.closest('#lock')"), "the keyboard stays on the cover"


async def is_open(page: Page) -> None:
    await expect(page.locator("#lock")).to_be_hidden()
    await expect(page.locator("#main")).to_be_visible()
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")


async def unlock(page: Page) -> None:
    await page.get_by_role("button", name="Ontgrendel").click()


@SIZES
async def test_a_search_with_holds_is_covered_and_all_still_there_after_unlocking(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_search(browser, site, size=size)
    await hold(site.process.database)
    await expect(page.locator("#strip .hold")).to_contain_text(TELEPHONE)
    for name, value in (("adults.woman", "1"), ("children.boy_12_17", "1"), ("needs.lvb", "on")):
        box = page.locator(f'#profile [name="{name}"][value="{value}"]' if value != "on" else f'#profile [name="{name}"]')
        await box.evaluate("one => one.closest('details') && (one.closest('details').open = true)")
        await choice(page, name, value).click()
    await page.locator('[name="oldest_son"]').evaluate("one => (one.value = '14')")
    rows = await page.locator("#list > article").count()
    await page.evaluate("window.sameDocument = true")
    await idle(site)
    await is_covered(page)
    await do(site.process.database, lambda tx: release_hold(tx, MARK, "h1", site.clock.now()))
    await expect(page.locator("#lock [role=status]")).to_have_text(re.compile(r"U hebt nieuws \([1-9]\)"))
    await unlock(page)
    await is_open(page)
    assert await page.evaluate("window.sameDocument"), "the page was covered, and not left"
    for name, value in (("adults.woman", "1"), ("children.boy_12_17", "1")):
        await expect(page.locator(f'#profile [name="{name}"][value="{value}"]')).to_be_checked()
    await expect(page.locator('#profile [name="needs.lvb"]')).to_be_checked()
    await expect(page.locator('[name="oldest_son"]')).to_have_value("14")
    await expect(page.locator("#list > article")).to_have_count(rows)
    await expect(page.locator("#strip .hold.lapsed")).to_have_count(1)  # what happened meanwhile is told now
    await expect(page).to_have_title(re.compile("^Zoeken"))
    assert complaints(page) == []
    await page.context.close()


@SIZES
async def test_all_tabs_of_a_session_are_covered_and_open_together(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await open_page(browser, site, "mark", size, path="/")
    other = await page.context.new_page()
    await other.goto(f"{site.url}/requests")
    await expect(other.locator("#live")).to_have_attribute("data-state", "live")
    await idle(site)
    for one in (page, other):
        await is_covered(one)
    await unlock(page)
    for one in (page, other):
        await is_open(one)
    assert complaints(page) == []
    await page.context.close()


async def test_a_page_that_hears_nothing_covers_itself_in_time(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", path="/")
    await page.clock.install()
    await page.goto(f"{site.url}/shelters/linde")
    await page.context.set_offline(True)
    site.process.hub.close_where(lambda viewer: True, 1012)
    await page.clock.fast_forward(899_000)
    await expect(page.locator("#main")).to_be_visible()
    await page.clock.fast_forward(2_000)
    await is_covered(page)
    await unlock(page)
    await expect(page.locator("#lock [role=alert]")).to_contain_text("Er kwam geen antwoord")
    await is_covered(page)
    await page.context.set_offline(False)
    await unlock(page)
    await is_open(page)
    await page.context.close()


async def test_a_touch_in_one_tab_counts_for_the_others(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", path="/")
    await page.clock.install()
    await page.goto(f"{site.url}/")
    other = await page.context.new_page()
    await other.goto(f"{site.url}/requests")
    await page.clock.fast_forward(890_000)
    await other.mouse.click(5, 5)
    await page.wait_for_function("() => !('cover' in document.documentElement.dataset)")
    await page.clock.fast_forward(60_000)
    await expect(page.locator("#main")).to_be_visible()
    await page.clock.fast_forward(850_000)
    await is_covered(page)
    await page.context.close()


async def test_a_device_that_slept_covers_before_the_first_touch_counts(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", path="/")
    await page.clock.install()
    await page.goto(f"{site.url}/")
    await page.clock.pause_at(await page.evaluate("Date.now() + 1200e3"))
    await page.mouse.click(5, 5)
    await is_covered(page)
    await page.context.close()


async def test_a_page_that_only_shows_a_form_is_covered_too(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "anneke", LAPTOP, path="/manage/linde/criteria")
    await expect(page.locator("#lock")).to_be_hidden()
    await page.locator("#limit-min_age").fill("21")
    await idle(site)
    await expect(page.locator("#lock")).to_be_visible()
    assert "Linde" not in await page.evaluate(READABLE)
    await unlock(page)
    await expect(page.locator("#limit-min_age")).to_have_value("21")
    await page.context.close()


@SIZES
async def test_axe_finds_nothing_on_a_covered_page_and_on_the_page_of_a_lock(
    browser: Browser, site: Site, size: ViewportSize
) -> None:
    page = await open_page(browser, site, "mark", size, path="/")
    await idle(site)
    await is_covered(page)
    assert await violations_in_both_schemes(page) == []
    await page.goto(f"{site.url}/shelters/linde?x=1")
    await is_covered(page)
    assert await violations_in_both_schemes(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    heights = await page.locator("#lock button").evaluate_all("all => all.map((one) => one.getBoundingClientRect().height)")
    assert min(heights) >= 48
    await unlock(page)
    await expect(page).to_have_url(f"{site.url}/shelters/linde?x=1")
    await is_open(page)
    await page.context.close()


async def test_it_works_without_scripts(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "mark", scripts=False, path="/search")
    site.pass_time(minutes=15)
    await page.locator('button[formaction="/search/alert"]').click()
    await expect(page.locator("#lock")).to_contain_text("Er is niets gedaan")
    await page.goto(f"{site.url}/shelters/linde")
    await is_covered(page)
    await unlock(page)
    await expect(page).to_have_url(f"{site.url}/shelters/linde")
    await expect(page.locator("#lock")).to_be_hidden()
    await page.context.close()


async def test_the_page_of_a_shelter_with_its_sound_hears_a_request_after_an_hour(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne")
    await page.evaluate("window.rung = 0; window.bedboard.ring = () => { window.rung++ }")
    await page.get_by_role("switch", name=re.compile("Geluid als iemand")).click()
    rung = int(await page.evaluate("window.rung"))
    await idle(site, hours=1)
    await begin(site, "linde")
    await expect(page).to_have_title(re.compile("^● 1 – Linde"))
    await page.wait_for_function(f"() => window.rung > {rung}")
    await expect(page.locator("#lock")).to_be_hidden()
    await page.context.close()


async def test_a_manager_hears_of_a_request_through_the_cover(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "anneke", path="/staff/linde")
    await page.evaluate("window.rung = 0; window.bedboard.ring = () => { window.rung++ }")
    await page.get_by_role("switch", name=re.compile("Geluid als iemand")).click()
    rung = int(await page.evaluate("window.rung"))
    await idle(site)
    await expect(page.locator("#lock")).to_be_visible()
    await begin(site, "linde")
    await expect(page.locator("#lock [role=status]")).to_contain_text("U hebt nieuws")
    await page.wait_for_function(f"() => window.rung > {rung}")
    assert "Linde" not in await page.evaluate(READABLE) + await page.title()
    await unlock(page)
    await expect(page).to_have_title(re.compile("^● 1 – Linde"))
    await page.context.close()


async def signed_out_elsewhere(page: Page, site: Site) -> None:
    async with site.client() as thief:
        cookies = {one["name"]: one["value"] for one in await page.context.cookies()}
        await thief.post("/sign-out", headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())})


async def disabled(page: Page, site: Site) -> None:
    await run(site.process.database, "update person set ended_at = now() where id = 'mark'")
    await site.process.pulse.beat()


async def past_its_hours(page: Page, site: Site) -> None:
    await idle(site, hours=8)


@pytest.mark.parametrize("end", [signed_out_elsewhere, disabled, past_its_hours])
async def test_nothing_stays_on_the_glass_when_a_session_ends(
    browser: Browser, site: Site, end: Callable[[Page, Site], Awaitable[None]]
) -> None:
    page = await open_page(browser, site, "mark", path="/shelters/wilg")
    await hold(site.process.database)
    await expect(page.locator("#strip .hold")).to_contain_text(TELEPHONE)
    await end(page, site)
    await expect(page.locator("html")).to_have_attribute("data-cover", "ended")
    assert await page.evaluate("document.documentElement.outerHTML.includes('CANARY')") is False
    said = await page.evaluate(READABLE)
    assert "U bent uitgelogd" in said and re.search(r"Niet live — stand van \S*\s*\d\d:\d\d", said)
    assert await violations_in_both_schemes(page) == []
    await page.get_by_role("link", name="Opnieuw inloggen").click()
    await expect(page).to_have_url(re.compile("/sign-in"))
    await page.context.close()


async def test_a_screen_becomes_a_wall_and_nothing_else(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "hanneke", LAPTOP, path="/")
    await page.add_init_script(
        "window.asked = 0; navigator.wakeLock.request = async () => { window.asked++ };"
        "Object.defineProperty(document, 'hidden', { get: () => !!window.isHidden })"
    )
    await page.get_by_role("link", name="Wandscherm").click()
    await page.get_by_role("button", name="Open wandscherm op dit scherm").click()
    await expect(page).to_have_url(f"{site.url}/?wall=1")
    await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    await page.wait_for_function("() => window.asked === 1")
    await page.evaluate("window.isHidden = true; document.dispatchEvent(new Event('visibilitychange'))")
    await page.evaluate("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))")
    await page.wait_for_function("() => window.asked === 2")
    await idle(site, hours=11)
    await hold(site.process.database, at=site.clock.now())
    await expect(page.locator("#shelter-linde .marks .held, #shelter-linde .marks .unknown").first).to_be_visible()
    await expect(page.locator("#lock")).to_be_hidden()
    assert await page.locator("#main :is(a, form)").count() == 0
    await page.goto(f"{site.url}/search")
    await expect(page).to_have_url(f"{site.url}/?wall=1")
    assert await violations_in_both_schemes(page) == []
    await idle(site, hours=1)
    await expect(page.locator("html")).to_have_attribute("data-cover", "ended")
    await sign_in(page.context, site, "hanneke")
    await page.goto(f"{site.url}/?wall=1")
    await page.get_by_role("button", name="Open wandscherm op dit scherm").click()
    await page.get_by_role("button", name="Verlaat het wandscherm").click()
    await expect(page).to_have_url(f"{site.url}/sign-in")
    await page.context.close()
