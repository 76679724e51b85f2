"""Busy is not away: pages and programs hear that others came first for too long, and may send the same thing again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

import httpx
import pytest

from bedboard.store.shelters import lock_shelter
from tests.build.site import Site, facts

Why = Literal["the row is locked", "no connection is free"]
Reply = Awaitable[httpx.Response]
PLACE = "/staff/linde/places/linde-1"
SCRIPT = {"HX-Request": "true"}


@asynccontextmanager
async def crowded(site: Site, why: Why) -> AsyncIterator[None]:
    """Somebody else has the row of linde, or everything that the process has of connections."""
    async with AsyncExitStack() as others:
        if why == "the row is locked":
            await lock_shelter(await others.enter_async_context(site.process.database.transaction()), "linde")
        else:
            for pool in (site.process.pools.presses, site.process.pools.rest):
                for _ in range(site.process.settings.pool_size // 2):
                    await others.enter_async_context(pool.transaction())
        yield


@pytest.mark.parametrize("why", ["the row is locked", "no connection is free"])
async def test_a_page_a_script_and_a_program_hear_that_it_is_busy_and_the_same_call_then_goes_through(
    site: Site, why: Why
) -> None:
    dutch, english = await site.sign_in("sanne"), await site.sign_in("anneke")
    english.cookies.set("language", "en")
    linde = site.api("demo-shelter-linde")

    def calls() -> tuple[Reply, ...]:
        return (
            dutch.post(PLACE, data={"key": "1", "status": "occupied"}),
            english.post(PLACE, data={"key": "2", "status": "occupied"}),
            english.post(PLACE, data={"key": "3", "status": "free"}, headers=SCRIPT),
            linde.patch("/places/linde-1", json={"status": "free"}, headers={"Idempotency-Key": "4", "Accept-Language": "en"}),
        )

    for first in (dutch.get("/staff/linde"), english.get("/staff/linde"), linde.get("/board")):
        assert (await first).status_code == 200  # from here on the process knows them, for some seconds
    before = await facts(site)
    async with crowded(site, why):
        replies = await asyncio.gather(*calls())
    assert [(reply.status_code, reply.headers["retry-after"]) for reply in replies] == [(503, "2")] * 4
    in_dutch, in_english, fragment, problem = replies
    assert "<h1>Nu te druk</h1>" in in_dutch.text and "Het is nu te druk. Er is niets opgeslagen." in in_dutch.text
    assert "<h1>Too busy right now</h1>" in in_english.text
    assert "It is too busy right now. Nothing was saved." in in_english.text
    assert '<div id="notice" role="alert" data-code="busy">' in fragment.text
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json() == {
        "type": "urn:bedboard:refusal:busy",
        "title": "Too busy right now",
        "status": 503,
        "detail": "It is too busy right now. Nothing was saved. Please try again in a moment.",
        "code": "busy",
    }
    assert await facts(site) == before
    assert [(await call).status_code for call in calls()] == [303, 303, 200, 200]
    for caller in (dutch, english, linde):
        await caller.aclose()


async def test_what_is_ones_own_is_not_shown_as_out_of_reach_when_it_is_only_busy(site: Site) -> None:
    mark = await site.sign_in("mark")
    held = await mark.post("/places/linde-1/hold", data={"key": "1"}, headers=SCRIPT)
    assert held.status_code == 200 and "CANARY-TEL-linde" in held.text
    for language, busy, away in [("nl", "te druk", "niet bereikbaar"), ("en", "too busy", "cannot be reached")]:
        mark.cookies.set("language", language)
        async with crowded(site, "no connection is free"):
            strip = await mark.get("/strip")
        assert strip.status_code == 200 and "data-away" in strip.text
        assert busy in strip.text and away not in strip.text
    await mark.aclose()
