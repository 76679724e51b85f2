"""Several places for a caller, on the real page of a shelter: ticked, held in one press, and back when one press ends it."""

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from tests.build.screens import LAPTOP, PHONE, open_page
from tests.build.site import Site

LEAST = 48  # pixels of a touch target


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
async def test_ticked_places_are_held_for_a_caller_in_one_press(browser: Browser, site: Site, size: ViewportSize) -> None:
    page = await open_page(browser, site, "sanne", size)
    form = page.locator('form[action="/staff/linde/holds"]')
    await page.get_by_text("Houd meer plekken vast voor een beller").click()
    for label in await form.locator("label").all():
        box = await label.bounding_box()
        assert box is not None and box["height"] >= LEAST
        await label.click()
    await form.get_by_role("button", name="Stichting Oever").first.click()
    for place in ("linde-1", "linde-2"):
        await expect(page.locator(f"#tile-{place} .state")).to_have_text("vastgehouden")
    await expect(form).to_have_count(0)
    await page.context.close()
