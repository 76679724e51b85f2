"""Text at twice its size, on narrow phones: no page is wider than the screen, and no word is broken."""

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from bedboard.references import WORDS
from tests.build.screens import BROKEN_WORDS, open_page
from tests.build.site import Site

PAGES = {
    "mark": ["/", "/?kind=cosm", "/search", "/shelters/linde", "/requests"],
    "sanne": ["/staff/linde", "/totals"],
    "anneke": ["/staff/linde/criteria"],
    "hanneke": ["/", "/requests"],
    "gerda": ["/"],
}

WIDE = """() => {
  const root = document.documentElement
  if (root.scrollWidth <= root.clientWidth) return []
  const isWide = (one) => one.getBoundingClientRect().right > root.clientWidth + 1 && !one.closest('.scroll')
  const say = (one) => `${one.tagName} ${one.className} ${one.textContent.trim().slice(0, 40)}`
  return [`${root.scrollWidth} px`, ...[...document.querySelectorAll('body *')].filter(isWide).slice(0, 8).map(say)]
}"""
OVERFLOWING = """() => [...document.querySelectorAll('button, summary, label, .button, nav a')]
  .filter((one) => one.checkVisibility() && getComputedStyle(one).display !== 'inline' && one.scrollWidth > one.clientWidth + 1)
  .map((one) => `${one.textContent.trim().replace(/\\s+/g, ' ').slice(0, 40)} leaves its ${one.tagName} ${one.className}`)"""

WIDE_LETTERS, NARROW_LETTERS = "mw", "fijlrt"


def width(word: str) -> float:
    return sum(1.6 if one in WIDE_LETTERS else 0.5 if one in NARROW_LETTERS else 1 for one in word)


WIDEST = """(widest) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    node.data = node.data.replace(/\\b([a-z]{3,9}-){3}[a-z]{3,9}\\b/g, widest)
  }
}"""


async def faults(page: Page, name: str) -> list[str]:
    """Return what does not fit, with the widest reference in the place of each one: they are drawn by lot."""
    await page.evaluate(WIDEST, "-".join(4 * [max(WORDS, key=width)]))
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    return [
        f"{name}: {one}"
        for one in [
            *await page.evaluate(WIDE),
            *map(repr, await page.evaluate(BROKEN_WORDS)),
            *await page.evaluate(OVERFLOWING),
        ]
    ]


@pytest.mark.parametrize("width", [360, 320])
async def test_at_twice_the_text_size_nothing_is_too_wide_and_no_word_is_broken(
    browser: Browser, demo_site: Site, width: int
) -> None:
    size: ViewportSize = {"width": width, "height": 740}
    found: list[str] = []
    page = await open_page(browser, demo_site, None, size)
    found += await faults(page, "/sign-in")
    await page.context.close()
    async with demo_site.api("demo-police") as api:
        profile = {"adults": {"woman": 1}, "needs": ["lvb"], "statuses": ["third_country"]}
        reply = await api.post("/requests", json={**profile, "shelters": ["linde", "meidoorn"]})
        assert reply.status_code == 201, reply.text
        other = await api.post("/requests", json={**profile, "shelters": ["linde"]})
    async with demo_site.api("demo-shelter-linde") as linde:
        answer = await linde.post(f"/requests/{other.json()['id']}/answers", json={"answer": "discuss"})
        assert answer.status_code == 200, answer.text
    for person, paths in PAGES.items():
        page = await open_page(browser, demo_site, person, size)
        if person == "mark":
            await page.goto(f"{demo_site.url}/shelters/linde")
            await page.get_by_role("button", name="Houd vast en bel").first.click()
            await page.locator(".hold").first.wait_for()
            found += await faults(page, "/shelters/linde with a hold")
        for path in [*paths, *([f"/requests/{reply.json()['id']}"] if person == "mark" else [])]:
            await page.goto(demo_site.url + path)
            found += await faults(page, f"{path} as {person}")
        await page.context.close()
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("width", [360, 320])
async def test_news_at_twice_the_text_size_fits_and_leaves_the_page_to_be_read(
    browser: Browser, demo_site: Site, width: int
) -> None:
    page = await open_page(browser, demo_site, "sanne", {"width": width, "height": 740})
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")  # news in view needs no line of its own
    await expect(page.locator("#bell")).to_have_css("top", "0px")
    async with demo_site.api("demo-police") as police, demo_site.api("demo-shelter-linde") as linde:
        reply = await police.post("/requests", json={"adults": {"woman": 1}, "shelters": ["linde"]})
        case_id = reply.json()["id"]
        place = next(one["id"] for one in (await linde.get("/shelters/linde")).json()["places"] if one["status"] == "free")
        answer = await linde.post(f"/requests/{case_id}/answers", json={"answer": "yes", "place": place})
        assert answer.status_code == 200, answer.text
        chosen = await police.post(f"/requests/{case_id}/choose", json={"shelter": "linde"})
        assert chosen.status_code == 200, chosen.text
    await expect(page.locator("#bell a")).to_contain_text("Gekozen:")
    assert await faults(page, "news") == []
    top = float((await page.locator("#bell").evaluate("(one) => getComputedStyle(one).top")).removesuffix("px"))
    assert top < -1000, "it moves with the page"
    await page.context.close()
