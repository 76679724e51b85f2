"""An administrator's first day, a manager's changes, and axe on the pages of the administration."""

import re

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.build.screens import DEVICES, LAPTOP, PHONE, complaints, open_page, sign_in, violations_in_both_schemes
from tests.build.site import Site

SIZES = pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])


async def add(page: Page, **fields: str) -> None:
    """Fill in the form that adds something, and press its button."""
    form = page.locator(".manage-add form").first
    for name, value in fields.items():
        field = form.locator(f'[name="{name}"]')
        if await field.evaluate("field => field.tagName") == "SELECT":
            await field.select_option(value)
        else:
            await field.fill(value)
    await form.get_by_role("button", name="Toevoegen").click()
    await expect(page.locator(".is-saved")).to_be_visible()


@SIZES
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_the_first_day_of_an_administrator(browser: Browser, site: Site, size: ViewportSize, scripts: bool) -> None:
    page = await open_page(browser, site, "wouter", size, scripts=scripts)
    await page.get_by_role("link", name="Beheer", exact=True).click()
    await page.get_by_role("main").get_by_role("link", name="Organisaties").click()
    await add(page, name="Stichting Kade")
    await page.get_by_role("navigation").get_by_role("link", name="Beheer", exact=True).click()
    await page.get_by_role("main").get_by_role("link", name="Opvanglocaties").click()
    new = {"name": "Beuk", "unit": "zuid", "telephone": "010 123 45", "address": "Kade 3, Zwolle"}
    await page.locator('.manage-add [name="organization"]').select_option(label="Stichting Kade")
    await add(page, **new, confirm_times="08:00, 20:00")
    await expect(page.locator("#main")).not_to_contain_text("Kade 3")
    await page.get_by_role("navigation").get_by_role("link", name="Plekken", exact=True).click()
    await add(page, label="kamer", kind="women", beds="2", count="3")
    await expect(page.locator(".manage-rows li")).to_have_count(3)
    for name, role in (("Ada Bos", "manager"), ("Bo Vos", "staff")):
        await page.goto(f"{site.url}/manage/people")
        await page.locator(".manage-add label", has_text=re.compile("^ ?Beuk$")).locator("input").check()
        await page.locator('.manage-add [name="organization"]').select_option(label="Stichting Kade")
        await add(page, name=name, role=role)
        await expect(page.locator("#main h1")).to_have_text(name)
    assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"] if scripts else True
    assert complaints(page) == []
    await page.context.close()


async def test_a_manager_sees_old_and_new_and_what_to_do_first(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "anneke", path="/manage/shelters/linde/places")
    await page.locator(".manage-rows a").first.click()
    await page.locator("#field-beds").fill("3")
    await page.get_by_role("button", name="Bekijk wat verandert").click()
    await expect(page.locator(".replacing")).to_contain_text("Nu: 1 → Straks: 3")
    await page.go_back()
    await page.go_forward()
    await expect(page.locator(".replacing")).to_contain_text("Nu: 1 → Straks: 3")
    await page.get_by_role("button", name="Opslaan", exact=True).click()
    await expect(page.locator(".is-saved")).to_be_visible()
    async with site.api("demo-police") as api:
        assert (await api.post("/places/linde-1/holds", json={})).status_code == 201
    await page.goto(f"{site.url}/manage/shelters/linde/places/linde-1")
    await page.locator(".ending summary").click()
    await page.get_by_role("button", name="Sluit deze plek voorgoed").click()
    await expect(page.locator("#notice")).to_contain_text("Geef hem eerst vrij")
    assert [one for one in complaints(page) if "409" not in one] == []
    await page.context.close()


@DEVICES
async def test_axe_finds_nothing_and_nothing_is_too_wide(
    browser: Browser, site: Site, size: ViewportSize, language: str
) -> None:
    found: list[str] = []
    pages = {
        "wouter": [
            "",
            "/organizations",
            "/organizations/oever",
            "/people",
            "/people/sanne",
            "/shelters",
            "/contacts",
            "/tokens",
            "/import",
            "/kinds/cosm",
            "/units/noord",
            "/days",
        ],
        "anneke": [
            "",
            "/shelters/linde",
            "/shelters/linde/places",
            "/shelters/linde/places/linde-1",
            "/shelters/linde/staff",
            "/linde/tokens",
        ],
    }
    page = await open_page(browser, site, None, size, language=language)
    for person, paths in pages.items():
        await sign_in(page.context, site, person)
        for path in paths:
            await page.goto(f"{site.url}/manage{path}")
            assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
            found += [f"{path}: {one}" for one in await violations_in_both_schemes(page)]
    await page.goto(f"{site.url}/manage/shelters/linde")
    await page.locator("#field-name").fill("Lindehof")
    await page.locator('button[value="preview"]').click()
    await expect(page.locator(".replacing")).to_be_visible()
    found += await violations_in_both_schemes(page)
    await page.locator("#field-name").fill("Linde 12 x")
    await page.locator('button[value="preview"]').click()
    await expect(page.locator("#notice .notice")).to_be_visible()
    found += await violations_in_both_schemes(page)
    await page.context.close()
    assert found == []


async def test_it_fits_a_screen_of_320_pixels_and_a_thumb(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "wouter", {"width": 320, "height": 640}, path="/manage/people/sanne")
    for path in (
        "/manage",
        "/manage/people/sanne",
        "/manage/shelters",
        "/manage/shelters/linde",
        "/manage/tokens",
        "/manage/import",
    ):
        await page.goto(site.url + path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, path
        targets = "#main :is(button, select, input:not([type=checkbox], .hidden), .file-button, .tick, summary, li > a):visible"
        for target in await page.locator(targets).all():
            box = await target.bounding_box()
            assert box is not None
            assert box["height"] >= 47.5, await target.inner_text()
    await page.context.close()
