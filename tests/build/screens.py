"""People at their screens: a page of a real browser, signed in as somebody, on a phone or a laptop, light or dark."""

from importlib.resources import files
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, ViewportSize, expect

from tests.build import PATIENCE
from tests.build.site import Site

PHONE: ViewportSize = {"width": 360, "height": 740}
LAPTOP: ViewportSize = {"width": 1440, "height": 900}
Scheme = Literal["light", "dark"]
DEVICES = pytest.mark.parametrize(("size", "language"), [(PHONE, "nl-NL"), (LAPTOP, "en-GB")], ids=["phone", "laptop"])
"""Each size once, and each language once: axe is slow, and what it looks at differs little between languages."""

# A word in two lines that is not written with a hyphen.
BROKEN_WORDS = """() => {
  const found = []
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const range = document.createRange()
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement
    if (!parent.checkVisibility() || parent.closest('.hidden, script, noscript, [hidden]')) continue
    if (getComputedStyle(parent).clipPath !== 'none') continue
    for (const word of node.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
      range.setStart(node, word.index)
      range.setEnd(node, word.index + word[0].length)
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)))
      if (lines.size > 1) found.push(`${word[0]} in ${parent.tagName} ${parent.className}`)
    }
  }
  return found
}"""


async def open_page(
    browser: Browser,
    site: Site,
    person: str | None,
    size: ViewportSize = PHONE,
    scheme: Scheme = "light",
    *,
    scripts: bool = True,
    language: str = "nl-NL",
    path: str | None = None,
    workers: Literal["allow", "block"] = "block",
) -> Page:
    """A device of its own; `person` None is nobody yet, `path` None the page that follows signing in.

    `workers`: a service worker calls past the routes that a test sets, so only a test of one allows it.
    """
    context = await browser.new_context(
        viewport=size,
        color_scheme=scheme,
        java_script_enabled=scripts,
        locale=language,
        has_touch=size is PHONE,
        service_workers=workers,
    )
    context.set_default_timeout(PATIENCE * 1000)
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints(page).append(str(error)))
    page.on("console", lambda message: complaints(page).append(message.text) if message.type == "error" else None)
    first = "/sign-in" if person is None else await sign_in(page.context, site, person)
    await page.goto(site.url + (path or first))
    if scripts and await page.locator("#live").count():
        await expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE * 1000)
    return page


async def open_search(browser: Browser, site: Site, person: str = "mark", **rest: Any) -> Page:
    page = await open_page(browser, site, person, path="/search", **rest)
    if rest.get("scripts", True):
        await expect(page.locator("#live")).to_have_attribute("data-state", "live")
    return page


def choice(page: Page, name: str, value: str = "on") -> Locator:
    of = f'[value="{value}"]' if value != "on" else ""
    return page.locator(f'#profile label:has([name="{name}"]{of})')


async def sign_in(context: BrowserContext, site: Site, person: str | None) -> str:
    """Sign in as `person`, or out for None, and return the path of the page that follows.

    It takes no page: a browser would work as long on that one as on the page that the test is about. The page itself is
    tested in tests/browser/test_journey.py.
    """
    await context.clear_cookies()
    if person is None:
        return "/sign-in"
    async with site.client() as client:
        reply = await client.post("/sign-in/demo", data={"person": person})
        assert reply.status_code == 303, reply.text
        await context.add_cookies(
            [
                {"name": name, "value": value, "url": site.url, "httpOnly": True, "sameSite": "Strict"}
                for name, value in client.cookies.items()
            ]
        )
    return reply.headers["location"]


_complaints: dict[Page, list[str]] = {}


def complaints(page: Page) -> list[str]:
    """Errors of the page's scripts and console so far (a refused policy is one)."""
    return _complaints.setdefault(page, [])


AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


STRUCTURE = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLORS = ["color-contrast", "link-in-text-block"]
"""Of the rules of `STRUCTURE`, those whose outcome depends on colors."""


async def violations(page: Page) -> list[str]:
    """Return what axe finds on the page as it is now, in its present colors."""
    await page.evaluate(AXE)
    return await _run_axe(page, STRUCTURE)


async def violations_in_both_schemes(page: Page) -> list[str]:
    """Return what axe finds on a light page, and what it finds in its colors once they are dark; leave the page light.

    Between the schemes only colors differ, so everything else is looked at once."""
    found = await violations(page)
    await page.emulate_media(color_scheme="dark")
    found += [f"dark: {one}" for one in await _run_axe(page, COLORS)]
    await page.emulate_media(color_scheme="light")
    return found


# Half faded in, everything has too little contrast. It is finished within the same call: between two, news may come in.
RUN_AXE = """(rules) => {
  document.getAnimations().forEach((one) => one.effect.getTiming().iterations < 2 && one.finish())
  return axe.run({runOnly: rules, resultTypes: ['violations']})
}"""


async def _run_axe(page: Page, rules: list[str]) -> list[str]:
    found = await page.evaluate(RUN_AXE, rules)
    return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]


async def open_wall(page: Page, site: Site) -> None:
    """Make the screen of somebody who is signed in a wall screen."""
    await page.goto(f"{site.url}/wall")
    await page.locator('form[action="/wall"] button').click()
    await expect(page.locator("body.wall")).to_be_visible()
