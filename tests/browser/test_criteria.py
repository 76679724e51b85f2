"""Wie past hier, in a browser: a manager with a phone, with the keyboard alone, without scripts; and axe on all of it."""

import re

from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.build.screens import DEVICES, LAPTOP, PHONE, complaints, open_page, sign_in, violations_in_both_schemes
from tests.build.site import Site

LINDE, PLACE = "/manage/linde/criteria", "/manage/linde/places/linde-1/criteria"


async def open_terms(
    browser: Browser,
    site: Site,
    path: str = LINDE,
    size: ViewportSize = PHONE,
    *,
    scripts: bool = True,
    language: str = "nl-NL",
) -> Page:
    return await open_page(browser, site, "anneke", size, scripts=scripts, language=language, path=path)


async def test_the_preview_follows_each_change_and_nothing_is_saved_before_the_button(browser: Browser, site: Site) -> None:
    page = await open_terms(browser, site)
    await page.evaluate("window.sameDocument = true")
    man = page.locator("#outcome-man")
    await expect(man).to_contain_text("past niet")
    await page.locator('.answer:has([name="criteria.man"][value="discuss"])').tap()
    await expect(man).to_contain_text("in overleg")
    await expect(page.locator("#preview")).to_contain_text("nog niet opgeslagen")
    await page.locator("#limit-max_adults").fill("1")
    await page.locator("#limit-max_adults").blur()
    await expect(page.locator("#outcome-couple")).to_contain_text("hoogstens 1 volwassene")
    await page.locator("#limit-min_age").fill("200")
    await page.locator("#limit-min_age").blur()
    await expect(page.locator("#preview")).to_contain_text("hoogstens 99")
    await page.locator("#limit-min_age").fill("")
    await page.locator("#limit-min_age").blur()
    await expect(man).to_contain_text("in overleg")
    assert await page.evaluate("window.sameDocument") is True
    await page.get_by_role("button", name="Opslaan").tap()
    await expect(page.locator(".is-saved")).to_have_text(re.compile("Opgeslagen"))
    await expect(page.locator('[name="criteria.man"][value="discuss"]')).to_be_checked()
    assert [one for one in complaints(page) if "422" not in one] == []
    await page.context.close()


async def test_it_can_be_done_with_the_keyboard_alone(browser: Browser, site: Site) -> None:
    page = await open_terms(browser, site, size=LAPTOP)
    await page.locator('[name="criteria.woman"]:checked').focus()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator('[name="criteria.woman"][value="discuss"]')).to_be_checked()
    await expect(page.locator("#outcome-woman")).to_contain_text("in overleg")
    assert await page.evaluate("document.activeElement.value") == "discuss", "the focus stays where it was"
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.name") == "criteria.man"
    await page.locator("#limit-min_age").focus()
    await page.keyboard.type("21")
    await page.keyboard.press("Enter")  # changes nothing: shows who fits
    await expect(page).to_have_url(re.compile("#trial$"))
    await expect(page.locator("#limit-min_age")).to_have_value("21")
    await expect(page.locator("#preview")).to_contain_text("nog niet opgeslagen")
    await page.get_by_role("button", name="Opslaan").focus()
    await page.keyboard.press("Space")
    await expect(page.locator(".is-saved")).to_be_visible()
    await expect(page.locator("#limit-min_age")).to_have_value("21")
    assert complaints(page) == []
    await page.context.close()


async def test_it_works_without_scripts_from_mijn_opvang_to_a_place_and_back(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "anneke", PHONE, scripts=False, path="/staff/linde")
    await page.get_by_role("link", name="Wie past hier?").click()
    await page.locator('.answer:has([name="criteria.man"][value="yes"])').click()
    await page.get_by_role("button", name="Bekijk wie past").click()
    await expect(page.locator("#outcome-man")).to_contain_text("in 4 van 4 plekken")
    await page.get_by_role("button", name="Opslaan").click()
    await expect(page.locator(".is-saved")).to_be_visible()
    await page.locator(f'a[href="{PLACE}"]').click()
    await expect(page.locator("fieldset", has=page.locator('[name="criteria.man"]'))).to_contain_text("zoals de locatie (ja)")
    await page.locator('.answer:has([name="criteria.man"][value="no"])').click()
    await page.get_by_role("button", name="Opslaan").click()
    await expect(page.locator(".is-saved")).to_be_visible()
    await page.get_by_role("link", name="Terug naar de hele locatie").click()
    await expect(page.locator("#outcome-man")).to_contain_text("in 3 van 4 plekken")
    await page.context.close()


async def test_who_is_signed_out_meanwhile_hears_it(browser: Browser, site: Site) -> None:
    page = await open_terms(browser, site)
    async with site.client() as other:
        cookies = {one["name"]: one["value"] for one in await page.context.cookies()}
        await other.post("/sign-out", headers={"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())})
    await expect(page.locator("#lock")).to_contain_text("U bent uitgelogd")
    await page.context.close()


@DEVICES
async def test_axe_finds_nothing_and_nothing_is_too_wide(
    browser: Browser, site: Site, size: ViewportSize, language: str
) -> None:
    page = await open_terms(browser, site, LINDE, size, language=language)
    assert await violations_in_both_schemes(page) == []
    await page.locator('[name="criteria.man"][value="yes"]').check(force=True)
    await page.locator("#limit-min_age").fill("30")
    await page.locator("#limit-max_age").fill("20")
    await page.locator('button[value="preview"]').click()
    await expect(page.locator("#notice .notice")).to_be_visible()
    assert await violations_in_both_schemes(page) == []
    await page.goto(site.url + PLACE)
    assert await violations_in_both_schemes(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    await page.context.close()


async def test_it_fits_a_screen_of_320_pixels_and_a_thumb(browser: Browser, site: Site) -> None:
    for path in (LINDE, PLACE):
        page = await open_terms(browser, site, path, {"width": 320, "height": 640})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
        for target in await page.locator("main :is(button, .answer, .tick, select, input[type=number], li > a):visible").all():
            box = await target.bounding_box()
            assert box is not None
            assert box["height"] >= 47.5, await target.inner_text()
        await page.context.close()


async def test_the_first_load_is_at_most_60_kilobytes(browser: Browser, site: Site) -> None:
    fresh = await browser.new_context()
    await sign_in(fresh, site, "anneke")
    other = await fresh.new_page()
    client = await fresh.new_cdp_session(other)
    sizes: list[int] = []
    await client.send("Network.enable")
    client.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    await other.goto(site.url + LINDE, wait_until="load")
    assert 0 < sum(sizes) <= 60 * 1024, sizes
    await fresh.close()
