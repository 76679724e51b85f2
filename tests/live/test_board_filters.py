"""The numbers on the board's filters, as they come over the socket: those of the page's own filter."""

import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection

from tests.build.lines import hear, page_line
from tests.build.site import Site

FIGURE = re.compile(r'id="(total-[^"]+)"><b>(\d+)</b>')


def numbers(html: str) -> dict[str, int]:
    return {key: int(number) for key, number in FIGURE.findall(html)}


async def of_page(browser: httpx.AsyncClient, chosen: str) -> dict[str, int]:
    return numbers((await browser.get(f"/?{chosen}")).text)


async def test_the_totals_of_a_socket_are_those_of_its_own_filter(site: Site) -> None:
    browser = await site.sign_in("mark")
    chosen = ("", "kind=cosm", "kind=men", "unit=zuid&takes=men", "exploitation=labour")
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(page_line(site, browser, f"view=board&{query}")) for query in chosen]
        await check(site, browser, dict(zip(chosen, opened, strict=True)))
    men = await of_page(browser, "kind=men")
    assert (men["total-free"], men["total-unit-noord"]) == (2, 0), "a tile leads to what it counts"
    assert men["total-kind-cosm"] == 1, "what choosing another kind would give"
    await browser.aclose()


async def check(site: Site, browser: httpx.AsyncClient, lines: Mapping[str, ClientConnection]) -> None:
    for query, line in lines.items():
        await line.send("{}")
        first: dict[str, Any] = await hear(line)
        assert numbers(first["totals"]) == await of_page(browser, query), query
    async with site.api("demo-shelter-linde") as linde:
        await linde.patch("/places/linde-1", json={"status": "occupied"})
    for query, line in lines.items():
        said = await hear(line)
        assert numbers(said["totals"]) == await of_page(browser, query), query
        assert "Linde" in said["fragments"][0]["html"], "the cards are those of every filter"
