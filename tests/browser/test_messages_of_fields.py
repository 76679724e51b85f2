"""messages.js: the message of a refused form lies over none of the fields that it names, and the first has the focus."""

import pytest
from playwright.async_api import Browser, expect

from tests.build.screens import LAPTOP, PHONE, complaints, open_page, violations_in_both_schemes
from tests.build.site import Site

SMALL = {"width": 360, "height": 480}  # a phone with its keyboard open
OVER = """() => {
  const message = document.querySelector("#messages .notice").getBoundingClientRect()
  const field = document.activeElement.closest("p, fieldset").getBoundingClientRect()
  const isApart = field.bottom <= message.top || field.top >= message.bottom || field.right <= message.left
  return isApart || field.left >= message.right ? "" : JSON.stringify([field, message])
}"""
FORMS = {
    "organization": ("wouter", "/manage/organizations", {"name": "Jan <x", "telephone_police": "abc"}, "save"),
    "place": ("wouter", "/manage/shelters/linde/places", {"label": "Fatima", "beds": "1"}, "save"),
    "shelter": ("anneke", "/manage/shelters/linde", {"name": "Jan 12 x", "telephone": "x", "address": "x"}, "preview"),
    "criteria": ("anneke", "/manage/linde/criteria", {"limits.max_adults": "99"}, "save"),
}


@pytest.mark.parametrize("size", [PHONE, SMALL, LAPTOP], ids=["phone", "keyboard", "laptop"])
@pytest.mark.parametrize("form", FORMS)
async def test_a_message_covers_no_field_that_it_speaks_of(
    browser: Browser, site: Site, size: dict[str, int], form: str
) -> None:
    person, path, typed, button = FORMS[form]
    page = await open_page(browser, site, person, size, path=path)  # type: ignore[arg-type]
    await page.evaluate("() => { for (const one of document.forms) one.noValidate = true }")
    for name, value in typed.items():
        await page.locator(f'form:has(button[value="{button}"]) [name="{name}"]').fill(value)
    await page.locator(f'button[value="{button}"]').last.click()
    message = page.locator("#messages .notice, .terms #notice .notice")
    await expect(message).to_be_visible()
    first = page.locator(f'[name="{next(iter(typed))}"]').last
    await expect(first).to_be_focused()
    await expect(first).to_be_in_viewport()
    if await page.locator("#messages .notice").count():
        assert await page.evaluate(OVER) == ""
        await expect(message).to_be_in_viewport(ratio=1)
        assert await message.locator("li").count() == 0, "the fields say it themselves"
    described = await first.get_attribute("aria-describedby")
    assert described and await page.locator(f"#{described} .wrong-field").inner_text() != ""
    if size is not SMALL:
        assert await violations_in_both_schemes(page) == []
    complaints(page).clear()  # a browser writes down every 422
    await page.context.close()
