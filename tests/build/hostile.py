"""Answers that a press may get on a bad network, and what its message must be whatever happens then."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import cycle

from playwright.async_api import Browser, Locator, Page, Route, ViewportSize, expect

from tests.build import PATIENCE
from tests.build.screens import complaints, open_page
from tests.build.site import Site

PORTAL = (
    "<!doctype html><html><body><h1>Welcome to our hotel</h1><form method=post><button>Sign in</button></form></body></html>"
)
OFFLINE = "Niet gelukt: er is geen verbinding."
RECONNECTED = "Er is weer verbinding. Er was niets verstuurd: probeer het nog eens."
UNANSWERED = "Er kwam geen antwoord."
Answer = Callable[[Route], Awaitable[None]]


def refusal(status: int, code: str) -> Answer:
    notice = f'<div id="notice" role="alert" data-code="{code}"><div class="notice"><p><b>Said: {code}</b></p></div></div>'

    async def answer(route: Route) -> None:
        await route.fulfill(status=status, content_type="text/html; charset=utf-8", body=notice)

    return answer


def foreign(status: int, body: str = PORTAL) -> Answer:
    async def answer(route: Route) -> None:
        await route.fulfill(status=status, content_type="text/html", body=body)

    return answer


async def cut(route: Route) -> None:
    await route.abort()


HOSTILE: dict[str, tuple[Answer | None, str]] = {  # the answer, and the words of the message; None: the device is offline
    "offline": (None, OFFLINE),
    "cut": (cut, UNANSWERED),
    "502 of a proxy": (foreign(502, "<html><body><h1>502 Bad Gateway</h1></body></html>"), UNANSWERED),
    "504, empty": (foreign(504, ""), UNANSWERED),
    "200 of a captive portal": (foreign(200), UNANSWERED),
    "500 of bedboard": (refusal(500, "internal"), "Said: internal"),
    "409": (refusal(409, "not_free"), "Said: not_free"),
    "422": (refusal(422, "invalid"), "Said: invalid"),
    "429": (refusal(429, "too_many"), "Said: too_many"),
    "503": (refusal(503, "busy"), "Said: busy"),
}

# The middle and the corners of the last message: in view, and not covered by anything. Gives what is wrong.
COVERED = """() => {
  const message = [...document.querySelectorAll("#messages .notice")].at(-1);
  if (!message) return ["no message"];
  const { left, top, right, bottom } = message.getBoundingClientRect();
  const spots = [[(left + right) / 2, (top + bottom) / 2], [left + 6, top + 6], [right - 6, top + 6], [left + 6, bottom - 6],
    [right - 6, bottom - 6]];
  return spots.flatMap(([x, y]) => {
    const there = document.elementFromPoint(x, y);
    return message.contains(there) ? [] : [`${x}, ${y}: ${there?.outerHTML.slice(0, 80)}`];
  });
}"""
SPOTS = 5

OVERLAP = """(pressed) => {
  const one = pressed.getBoundingClientRect(), other = document.querySelector("#messages").getBoundingClientRect();
  if (!one.height) return false;
  return one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
}"""


class Presses:
    """A page whose presses get hostile answers; `seen` counts the points at which a message was looked at."""

    def __init__(self, page: Page, pattern: str, change: Callable[[], Awaitable[object]]) -> None:
        self.page, self.pattern, self.change = page, pattern, change
        self.seen = 0

    async def live_changes(self, count: int = 3) -> None:
        for _ in range(count):
            placed: int = await self.page.evaluate("window.placed")
            await self.change()
            await self.page.wait_for_function("(before) => window.placed > before", arg=placed)

    async def look(self, words: str) -> None:
        message = self.page.locator("#messages .notice").last
        await expect(message).to_contain_text(words)
        assert await self.page.evaluate(COVERED) == []
        self.seen += SPOTS

    async def under(self, name: str, press: Callable[[], Awaitable[None]]) -> None:
        """Press under a hostile answer; the message is seen, stays through live changes, and the press is not sent later."""
        answer, words = HOSTILE[name]
        sent: list[str | None] = []
        if answer is None:
            await self.page.context.set_offline(True)
        else:
            hostile = answer

            async def count(route: Route) -> None:
                sent.append(route.request.post_data)
                await hostile(route)

            await self.page.route(self.pattern, count)
        await press()
        await self.look(words)
        if answer is None:
            await self.page.context.set_offline(False)
            await expect(self.page.locator("#live")).to_have_attribute("data-state", "live")
        else:
            assert len(sent) == 1, name
            await self.page.unroute(self.pattern)
        async with asyncio.timeout(60):
            await self.live_changes()
        await self.look(RECONNECTED if answer is None else words)
        complaints(self.page).clear()  # the browser itself complains of refusals and of a cut line


WATCH = "window.placed = 0; document.addEventListener('bedboard:placed', () => window.placed++)"


def changing(site: Site, place: str = "ceder-1") -> Callable[[], Awaitable[object]]:
    """Return a change of a place that every page of the tests shows somehow."""
    states = cycle(("occupied", "free"))

    async def change() -> None:
        async with site.api(f"demo-shelter-{place.partition('-')[0]}") as api:
            reply = await api.patch(f"/places/{place}", json={"status": next(states)})
            assert reply.status_code == 200, reply.text

    return change


async def opened(browser: Browser, site: Site, person: str, path: str | None, size: ViewportSize) -> Page:
    page = await open_page(browser, site, person, size, path=path)
    await expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE * 1000)
    await page.evaluate(WATCH)
    return page


async def press(button: Locator) -> None:
    """Press with the mouse or the finger, wherever the page has the button."""
    await button.scroll_into_view_if_needed()
    await button.click()


async def enter(button: Locator) -> None:
    """Press with the keyboard: a second tap on the same spot is not heard for a moment."""
    await button.scroll_into_view_if_needed()
    await button.press("Enter")
