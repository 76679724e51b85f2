"""Pages of a real browser under attack: how old their news is while they call it live."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import monotonic

import httpx
from playwright.async_api import Browser, Page, Route, expect

from bedboard.settings import WEB
from tests.attacks.wire import BrowserWire
from tests.build import PATIENCE
from tests.build.processes import Process
from tests.build.site import TRUST

SILENCE_SECONDS = 15.0
"""What a page calls live is no older."""

GRACE_SECONDS = 5.0
"""A page looks at its clock each second, and a busy machine does it later."""

LOOK_SECONDS = 0.25
LOOK = "() => [document.getElementById('live').dataset.state, document.getElementById('shelter-linde').dataset.stamp]"
SILENCE_IN_SCRIPT = "const SILENCE = 15e3;"
PERSON = "lucia"


class Truth:
    """The versions of the shelter `linde`, each with the moment at which its writer was told that it is saved."""

    def __init__(self) -> None:
        self._told: list[tuple[float, int]] = []

    @property
    def newest(self) -> int:
        return max((version for _, version in self._told), default=0)

    async def write(self, process: Process) -> None:
        """Change a place about once a second, until cancelled."""
        status = "free"
        async with process.api("demo-shelter-linde") as api:
            while True:
                status = "occupied" if status == "free" else "free"
                with suppress(httpx.TransportError):
                    reply = await api.patch("/places/linde-1", json={"status": status})
                    assert reply.status_code in (200, 429, 503), reply.text
                    if reply.status_code == 200:
                        self._told.append((monotonic(), reply.json()["version"]))
                await asyncio.sleep(1)

    def age(self, version: int, at: float) -> float:
        """Return for how long the oldest change that a page with this version lacks had been saved; 0 if it lacks none."""
        return max((at - told for told, newer in self._told if newer > version and told <= at), default=0.0)


class Screen:
    """A page with the board, looked at four times a second.

    `oldest`: the greatest age of what it called live. `said`: the states that it has shown.
    """

    def __init__(self, page: Page, truth: Truth) -> None:
        self._page = page
        self._truth = truth
        self.oldest = 0.0
        self.state = ""
        self.version = 0
        self.said: set[str] = set()

    async def watch(self) -> None:
        """Look at the page, until cancelled."""
        while True:
            at = monotonic()
            self.state, stamp = await self._page.evaluate(LOOK)
            self.version = int(stamp.partition(".")[0])
            self.said.add(self.state)
            if self.state == "live":
                self.oldest = max(self.oldest, self._truth.age(self.version, at))
            await asyncio.sleep(LOOK_SECONDS)

    async def has_lied(self) -> bool:
        """Return whether it has called something live that was certainly too old."""
        return self.oldest > SILENCE_SECONDS + GRACE_SECONDS

    async def is_lost(self) -> bool:
        return self.state == "lost"

    async def shows_truth(self) -> bool:
        return self.state == "live" and self.version >= self._truth.newest - 1


async def never_silent(route: Route) -> None:
    """Answer with the page's script as it would be without its patience: the planted fault."""
    script = (WEB / "static" / "js" / "live.js").read_text(encoding="utf-8")
    assert SILENCE_IN_SCRIPT in script
    body = script.replace(SILENCE_IN_SCRIPT, "const SILENCE = 15e9;")
    await route.fulfill(body=body, content_type="text/javascript")


@asynccontextmanager
async def screen_of(
    browser: Browser, process: Process, truth: Truth, way: BrowserWire | None = None, *, is_never_silent: bool = False
) -> AsyncIterator[Screen]:
    """A page of the board, signed in, live and watched; by way of the wire, if there is one."""
    proxy = None if way is None else {"server": way.url}
    context = await browser.new_context(proxy=proxy, service_workers="block", locale="nl-NL")  # type: ignore[arg-type]
    try:
        if is_never_silent:
            await context.route("**/live*.js*", never_silent)
        headers = {"Origin": process.url}
        async with httpx.AsyncClient(base_url=process.url, headers=headers, timeout=PATIENCE, verify=TRUST) as client:
            reply = await client.post("/sign-in/demo", data={"person": PERSON})
            assert reply.status_code == 303, reply.text
            await context.add_cookies(
                [
                    {"name": name, "value": value, "url": process.url, "httpOnly": True, "sameSite": "Strict"}
                    for name, value in client.cookies.items()
                ]
            )
        page = await context.new_page()
        await page.goto(f"{process.url}/", timeout=PATIENCE * 1000)
        await expect(page.locator("#live")).to_have_attribute("data-state", "live", timeout=PATIENCE * 1000)
        screen = Screen(page, truth)
        watching = asyncio.create_task(screen.watch())
        try:
            yield screen
            assert not watching.done(), "the page is still looked at"
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    finally:
        await context.close()
