"""The question where people went, on a phone: one low row, deaf at first, that gives way to a request and leaves in time."""

import asyncio

from playwright.async_api import Browser, expect

from tests.build.api import begin
from tests.build.screens import PHONE, open_page
from tests.build.site import Site

ANSWER = '#departure [value="moved_on"]'


async def test_the_question_is_low_and_deaf_at_first_and_gives_way_and_leaves(browser: Browser, site: Site) -> None:
    page = await open_page(browser, site, "sanne", PHONE)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.url.endswith("/departure") else None)
    tile = page.locator("#tile-linde-1")
    # The second click comes as soon as the question is there: a real click at the spot of its first answer.
    spot = f"""new Promise((done) => document.addEventListener("bedboard:placed", () => {{
      const box = document.querySelector('{ANSWER}')?.getBoundingClientRect();
      if (box) done([box.x + 9, box.y + 9]);
    }}))"""
    for status, word in (("occupied", "bezet"), ("free", "vrij")):
        await tile.locator("summary").first.click()
        task = asyncio.ensure_future(page.evaluate(spot)) if status == "free" else None
        await tile.locator(f'form:has([value="{status}"]) button').first.click()
        if task is not None:
            await page.mouse.click(*await task)
        await expect(tile.locator(".state")).to_have_text(word)
    question = page.locator("#departure form")
    await expect(question).to_be_visible()
    box = await question.bounding_box()
    assert box is not None and box["height"] <= 72
    assert sent == []

    await begin(site, "linde", adults={"woman": 1})
    await expect(page.locator(".asked .reply.yes > summary")).to_be_visible()
    await expect(question).to_be_hidden()
    site.clock.move(minutes=11)
    site.process.news.tell("person:sanne")
    await expect(question).to_have_count(0)
    await page.context.close()
