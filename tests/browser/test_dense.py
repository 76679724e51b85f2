"""Many shelters on one screen: the board of a laptop, the wall screen, and paper."""

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.build.api import begin
from tests.build.screens import BROKEN_WORDS, LAPTOP, choice, open_page, open_search, open_wall, sign_in
from tests.build.site import Site

IN_SIGHT = """() => [...document.querySelectorAll('.card')]
  .filter((one) => one.getBoundingClientRect().bottom <= innerHeight).length"""


async def test_a_laptop_shows_14_shelters_also_under_a_hold(browser: Browser, demo_site: Site) -> None:
    page = await open_page(browser, demo_site, "lucia", LAPTOP)
    assert await page.evaluate(IN_SIGHT) >= 14
    await expect(page.locator(".card .ago").first).not_to_be_empty()
    heights = await page.locator(".card .age").evaluate_all("all => all.map((one) => one.offsetHeight)")
    assert max(heights) < 2 * min(heights), "the age of each is one line"
    await page.goto(f"{demo_site.url}/shelters/linde")
    await page.get_by_role("button", name="Houd vast en bel").first.click()
    await page.locator(".hold").wait_for()
    await page.goto(demo_site.url)
    await expect(page.locator("#strip .hold")).to_be_visible()
    assert await page.evaluate(IN_SIGHT) >= 14
    await page.context.close()


WALL = """() => {
  const root = document.documentElement
  const isText = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
  const isSeen = (one) => one.offsetWidth && getComputedStyle(one).clipPath === 'none'
  const texts = [...document.querySelectorAll('body *')].filter((one) => isSeen(one) && isText(one))
  return {
    fits: root.scrollHeight <= innerHeight && root.scrollWidth <= innerWidth,
    letters: Math.min(...texts.map((one) => parseFloat(getComputedStyle(one).fontSize))),
  }
}"""
WHOLE = """() => {
  const frame = document.getElementById('cards').getBoundingClientRect()
  const isIn = ({ left, right, bottom }) => left >= frame.left - 1 && right <= frame.right + 1 && bottom <= frame.bottom + 1
  return [...document.querySelectorAll('.card')].filter((one) => isIn(one.getBoundingClientRect())).map(({ id }) => id)
}"""


async def turned(page: Page) -> set[str]:
    """Turn to the next page of the wall, and give the shelters that are whole on it."""
    before = await page.locator("#turning span").inner_text()
    await page.clock.run_for(12_000)
    await expect(page.locator("#turning span")).not_to_have_text(before)
    return set(await page.evaluate(WHOLE))


@pytest.mark.parametrize(("width", "height", "letters"), [(1920, 1080, 24), (1440, 900, 18), (3840, 2160, 48)])
async def test_the_wall_fits_its_screen_and_turns_its_pages(
    browser: Browser, demo_site: Site, width: int, height: int, letters: int
) -> None:
    size: ViewportSize = {"width": width, "height": height}
    page = await open_page(browser, demo_site, "hanneke", size)
    await page.clock.install()
    await open_wall(page, demo_site)
    assert await page.evaluate(WALL) == {"fits": True, "letters": letters}
    first = set(await page.evaluate(WHOLE))
    assert len(first) >= 10
    second = await turned(page)
    assert second - first
    assert len(first | second) == 24
    again, other = await turned(page), await turned(page)
    assert again & first and len(again | other) == 24  # a card that grew meanwhile may have moved to the next page
    await page.get_by_role("button", name="Blijf op deze pagina").click()
    text = await page.locator("#turning span").inner_text()
    await page.clock.run_for(30_000)
    assert await page.locator("#turning span").inner_text() == text
    await page.context.close()


async def test_the_wall_keeps_its_screen_awake(browser: Browser, demo_site: Site) -> None:
    page = await open_page(browser, demo_site, "hanneke", LAPTOP)
    await page.add_init_script("window.asked = []; navigator.wakeLock.request = async (kind) => { window.asked.push(kind) }")
    await page.goto(demo_site.url)
    assert await page.evaluate("window.asked") == []
    await open_wall(page, demo_site)
    await page.wait_for_function("window.asked[0] === 'screen'")
    await page.context.close()


async def test_on_paper_the_board_is_one_dated_table(browser: Browser, demo_site: Site) -> None:
    page = await open_page(browser, demo_site, "lucia", {"width": 718, "height": 1047})
    await page.emulate_media(media="print")
    await expect(page.locator("#live .paper")).to_have_text("Stand van woensdag 11 maart 2026 om 14:00")
    assert await page.locator("#live").inner_text() == await page.locator("#live .paper").inner_text()
    for part in ("h2", ".kinds", ".age"):
        lefts = await page.locator(f".card > {part}").evaluate_all("all => all.map((one) => one.getBoundingClientRect().left)")
        assert len(lefts) == 24 and max(lefts) - min(lefts) < 1, part
    assert await page.evaluate("document.documentElement.scrollWidth") <= 718
    await page.context.close()


async def test_on_paper_the_choices_of_a_search_are_bold(browser: Browser, demo_site: Site) -> None:
    page = await open_search(browser, demo_site)
    await choice(page, "adults.woman", "1").click()
    await choice(page, "needs.lvb").click()
    await page.emulate_media(media="print")
    looks = "one => [getComputedStyle(one).fontWeight, getComputedStyle(one).color]"
    for name, value in (("adults.woman", "1"), ("needs.lvb", "on")):
        assert await choice(page, name, value).locator("span").evaluate(looks) == ["700", "rgb(0, 0, 0)"]
    assert (await choice(page, "adults.woman", "2").locator("span").evaluate(looks))[0] != "700"
    await page.context.close()


async def test_no_word_is_broken_on_the_wall_and_on_paper(browser: Browser, demo_site: Site) -> None:
    """Also where a system has confirmed, which the card says in a whole sentence."""
    for shelter in ("lijster", "nachtegaal"):
        async with demo_site.api(f"demo-shelter-{shelter}") as system:
            board = (await system.get("/board")).json()["shelters"][0]
            news = {"kinds": sorted(board["counts"]), "observed_at": demo_site.clock.now().isoformat()}
            assert (await system.post(f"/shelters/{shelter}/confirm", json=news)).status_code == 200
    page = await open_page(browser, demo_site, "hanneke", {"width": 1920, "height": 1080})
    await open_wall(page, demo_site)
    assert await page.evaluate(BROKEN_WORDS) == []
    await page.goto(demo_site.url + await sign_in(page.context, demo_site, "hanneke"))
    await page.set_viewport_size({"width": 718, "height": 1047})
    await page.emulate_media(media="print")
    assert await page.evaluate(BROKEN_WORDS) == []
    await page.context.close()


BARS = """() => [...document.querySelectorAll('.top, #bar, #address, #fresh')]
  .filter((one) => /sticky|fixed/.test(getComputedStyle(one).position) && one.checkVisibility())
  .map((one) => one.getBoundingClientRect())
  .filter(({ top }) => top < innerHeight / 2)
  .reduce((most, { bottom }) => Math.max(most, bottom), 0)"""


async def test_the_bars_of_a_laptop_leave_room_for_the_results_also_when_they_may_be_old(
    browser: Browser, demo_site: Site
) -> None:
    page = await open_search(browser, demo_site, "lucia", size=LAPTOP)
    await choice(page, "adults.woman", "1").click()
    await expect(page.locator(".match").nth(8)).to_be_visible()
    await page.locator("#more").evaluate("(one) => { one.textContent = '3 plekken erbij — toon'; one.hidden = false }")
    for is_lost in (False, True):
        await page.context.set_offline(is_lost)
        await expect(page.locator("#live")).to_have_attribute("data-state", "lost" if is_lost else "live")
        await page.evaluate("scrollTo(0, 700)")
        await page.wait_for_function("() => scrollY > 600")
        assert await page.evaluate(BARS) <= 102
    hidden = """() => {
      const { x, y } = document.querySelector(".doubt b").getBoundingClientRect()
      return document.elementFromPoint(x + 9, y + 9).closest(".doubt")
    }"""
    assert await page.evaluate(f"!!({hidden})()"), "the doubt about the list is not under the line that says so too"
    await page.context.close()


async def test_the_words_of_a_button_stand_in_its_middle(browser: Browser, demo_site: Site) -> None:
    page = await open_search(browser, demo_site, "lucia", size=LAPTOP)
    await choice(page, "adults.woman", "1").click()
    button = page.locator(".match .ask-this").first
    await expect(button).to_be_visible()
    above, below = await button.evaluate("""(button) => {
      const range = new Range()
      range.selectNodeContents(button.firstChild)
      const [words, box] = [range.getBoundingClientRect(), button.getBoundingClientRect()]
      return [words.top - box.top, box.bottom - words.bottom]
    }""")
    assert abs(above - below) <= 2
    await page.context.close()


async def test_the_desks_switches_take_the_whole_width_when_nothing_stands_beside_them(
    browser: Browser, demo_site: Site
) -> None:
    await begin(demo_site, "linde", adults={"woman": 1})
    page = await open_page(browser, demo_site, "hanneke", LAPTOP, path="/requests")
    await expect(page.locator("#strip > .ways")).to_be_visible()
    widths = await page.locator("#strip > :visible").evaluate_all("all => all.map((one) => one.offsetWidth)")
    assert sum(widths) >= 1420 and len(widths) == 1
    await page.context.close()
