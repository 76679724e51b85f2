"""A narrow phone: a telephone number stays in one piece, and a wide table scrolls by itself, with its hidden words."""

import pytest
from playwright.async_api import Browser, expect

from tests.build.screens import PHONE, choice, open_page, open_search, violations_in_both_schemes
from tests.build.site import Site

# Of each telephone number on the page, the number of lines in which it stands.
LINES = """() => [...document.querySelectorAll('[href^="tel:"] b, .telephone')].filter((one) => one.offsetWidth).map((one) => {
  const range = document.createRange()
  range.selectNodeContents(one)
  return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size
})"""


@pytest.mark.parametrize("width", [320, 360])
async def test_a_telephone_number_stays_in_one_piece(browser: Browser, site: Site, width: int) -> None:
    page = await open_search(browser, site, size={"width": width, "height": 740})
    await page.locator('#list button[formaction*="/hold"]').first.click()
    number = page.locator("#strip .hold .tel b")
    await expect(number).to_be_visible()
    assert await page.evaluate(LINES) == [1]
    await page.goto(f"{site.url}/who-to-call")
    assert set(await page.evaluate(LINES)) <= {1}
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.context.close()


async def test_the_hidden_words_of_a_wide_table_do_not_widen_the_page(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE, path="/totals")
    await page.locator(".scroll").first.evaluate("""(part) => {
      const cell = part.querySelector('tr').appendChild(document.createElement('td'))
      const [wide, words] = ['div', 'span'].map((name) => cell.appendChild(document.createElement(name)))
      wide.style.width = '900px'
      cell.style.textAlign = 'right'
      words.className = 'hidden'
      words.textContent = 'words that nobody sees'
    }""")
    assert await page.locator(".scroll").first.evaluate("(part) => part.scrollWidth > part.clientWidth")
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    await page.context.close()


async def test_a_held_place_is_named_where_the_list_has_nothing_else(browser: Browser, site: Site) -> None:
    page = await open_search(browser, site)
    empty = "document.querySelector('#list').replaceChildren()"
    await page.evaluate(empty)
    await expect(page.locator("#count .besides")).to_be_hidden()
    await page.reload()
    await page.locator('#list button[formaction*="/hold"]').first.click()
    await expect(page.locator("#strip .hold")).to_have_count(1)
    await page.evaluate(empty)
    await expect(page.locator("#count .besides")).to_have_text("naast wat u vasthoudt")
    await expect(page.locator("#none .besides")).to_be_visible()
    assert await violations_in_both_schemes(page) == []
    await page.context.close()


async def test_a_group_that_no_shelter_takes_whole_is_told_what_to_do(browser: Browser, site: Site) -> None:
    page = await open_search(browser, site)
    await page.locator("#group > summary").click()
    await page.locator("#group .larger > summary").click()
    await choice(page, "group", "20").click()
    await expect(page.locator("#figures .too-large")).to_be_visible()
    await expect(page.locator("#apart")).to_be_hidden()
    await choice(page, "split").click()
    await expect(page.locator("#figures .too-large")).to_contain_text("Zoek voor elk deel")
    await expect(page.locator("#apart")).to_contain_text("Elk deel is een aanvraag.")
    await expect(page.locator("#apart a[href='/who-to-call'] >> visible=true")).to_have_count(1)
    assert await violations_in_both_schemes(page) == []
    await page.context.close()
