"""Only the one policy of fragments.js turns text into elements: a browser refuses what any other script plants.

That nothing is refused on the journeys of people is asked of every test in this folder, by the fixture `refused`.
"""

import pytest
from playwright.async_api import Browser, Error, Page, Route, expect

from bedboard.routes import frontdoor
from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.screens import open_page
from tests.build.site import Site, served

PLANTED = {
    "inner": "document.body.innerHTML = WORM",
    "outer": "document.getElementById('main').outerHTML = WORM",
    "beside": "document.body.insertAdjacentHTML('beforeend', WORM)",
    "of a range": "document.createRange().createContextualFragment(WORM)",
    "in a template": "document.createElement('template').innerHTML = WORM",
    "parsed": "new DOMParser().parseFromString(WORM, 'text/html')",
    "written": "document.write(WORM)",
    "a frame": "document.createElement('iframe').srcdoc = WORM",
    "a script": "document.createElement('script').text = 'window.planted = true'",
    "a script from elsewhere": "document.createElement('script').src = '/static/js/sound.js'",
    "evaluated": "setTimeout('window.planted = true')",
    "a second policy": "trustedTypes.createPolicy('second', { createHTML: (html) => html })",
    "the same policy again": "trustedTypes.createPolicy('fragments', { createHTML: (html) => html })",
    "a default policy": "trustedTypes.createPolicy('default', { createHTML: (html) => html })",
    "another worker": "bedboard.registerWorker('/static/js/sound.js')",
    "a worker from elsewhere": "bedboard.registerWorker('https://evil.example/sw.js?lang=nl')",
}
WORM = "<b id=worm>planted</b>"


async def planted(page: Page, name: str) -> str:
    """Plant it as a script of the page would, and return the error that the script got."""
    try:
        await page.evaluate(f"(WORM) => {{ {PLANTED[name]} }}", WORM)
    except Error as refusal:
        return refusal.message
    return ""


async def test_text_that_another_script_plants_is_refused(browser: Browser, site: Site, refused: list[str]) -> None:
    page = await open_page(browser, site, "mark")
    taken = [name for name in PLANTED if "TypeError" not in await planted(page, name)]
    assert taken == []
    await expect(page.locator("#worm")).to_have_count(0)
    assert await page.evaluate("window.planted") is None
    assert any("TrustedHTML" in said for said in refused)
    refused.clear()
    await page.context.close()


async def test_without_the_policy_the_same_text_is_placed(
    browser: Browser, board_database: Database, monkeypatch: pytest.MonkeyPatch, refused: list[str]
) -> None:
    """The control of the test above, and the page of a browser that does not know Trusted Types: it works."""
    trusted = frontdoor.TRUSTED_TYPES
    monkeypatch.setattr(frontdoor, "TRUSTED_TYPES", "")
    async with served(board_database.url, FixedClock()) as site:
        async with site.client() as stranger:
            policy = (await stranger.get("/sign-in")).headers["content-security-policy"]
        assert trusted not in policy
        page = await open_page(browser, site, "mark")
        assert await planted(page, "beside") == ""
        await expect(page.locator("#worm")).to_have_count(1)
        await page.context.close()
    assert refused == []


async def test_a_browser_without_trusted_types_goes_on(browser: Browser, site: Site) -> None:
    context = await browser.new_context(base_url=site.url)
    await context.add_init_script("delete window.trustedTypes")
    page = await context.new_page()
    await page.goto("/sign-in")
    assert await page.evaluate("window.trustedTypes") is None
    await expect(page.locator("#main")).to_be_visible()
    await context.close()


SCRIPTS = {
    "element": "<script>window.planted = true</script>",
    "attribute": '<img src="x" onerror="window.planted = true">',
    "address": '<a id="address" href="javascript:window.planted = true">x</a>',
}


@pytest.mark.parametrize("kind", SCRIPTS)
async def test_no_answer_brings_a_script_that_runs(browser: Browser, site: Site, refused: list[str], kind: str) -> None:
    """Not even an answer of our own server, in either way. htmx does not place an answer with a whole script at all."""
    page = await open_page(browser, site, "mark")
    await page.evaluate("(html) => document.body.append(bedboard.parse(html))", f'<p id="came">came</p>{SCRIPTS[kind]}')
    await expect(page.locator("#came")).to_be_visible()

    async def answer(route: Route) -> None:
        await route.fulfill(content_type="text/html", body=f'<p id="swapped">swapped</p>{SCRIPTS[kind]}')

    await page.route("**/strip", answer)
    async with page.expect_response("**/strip"):
        await page.evaluate("htmx.ajax('GET', '/strip', { target: '#main', swap: 'innerHTML' }).catch(() => null)")
    await expect(page.locator("#swapped")).to_have_count(0 if kind == "element" else 1)
    if kind == "address":
        await page.evaluate("for (const one of document.querySelectorAll('#address')) one.click()")
    await page.evaluate("new Promise((done) => setTimeout(done))")
    assert await page.evaluate("window.planted") is None
    refused.clear()
    await page.context.close()
