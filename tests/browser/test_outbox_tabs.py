"""staff.js: several tabs share one outbox, and each waiting tap is sent once."""

import asyncio
import re

import pytest
from playwright.async_api import BrowserContext, expect

from tests.build.scripted_server import Server, accepted, away
from tests.build.scripted_tabs import after, expect_outbox, open_staff_page, pulse_and_flush, tap


async def test_two_tabs_send_a_waiting_tap_once(server: Server, context: BrowserContext) -> None:
    one, other = await context.new_page(), await context.new_page()
    first, second = await open_staff_page(server, one), await open_staff_page(server, other)
    server.answer = away
    await tap(one, "p1", "occupied")
    await expect_outbox(other, "p1 occupied: waiting")
    server.posts.clear()
    server.answer = accepted
    await asyncio.gather(first.pulse(), second.pulse())
    await expect_outbox(one, "p1 occupied: sent")
    await expect_outbox(other, "p1 occupied: sent")
    assert len(server.posts) == 1


LATE = """(() => {
  const { getItem, setItem, removeItem } = Storage.prototype, { keys } = Object;
  let seen = null;
  window.lag = () => { seen = { ...localStorage } };
  window.catchUp = () => { seen = null, dispatchEvent(new Event("storage")) };
  Object.assign(Storage.prototype, {
    getItem(name) { return seen ? seen[name] ?? null : getItem.call(this, name) },
    setItem(name, value) { seen = null, setItem.call(this, name, value) },
    removeItem(name) { seen = null, removeItem.call(this, name) },
  });
  Object.keys = (object) => keys(object === localStorage && seen ? seen : object);
})()"""


@pytest.mark.parametrize("state", ["new", "waiting"])
async def test_a_tab_that_sees_late_what_another_has_stored_does_not_send_it_again(
    server: Server, context: BrowserContext, state: str
) -> None:
    """Tabs are processes, and what one has stored the other sees some milliseconds later, or here: when it is told to."""
    await context.add_init_script(LATE)
    one, other = await context.new_page(), await context.new_page()
    first, second = await open_staff_page(server, one), await open_staff_page(server, other)
    sent = asyncio.Event()
    await one.route("**/places/**", lambda route: after(sent, route))
    if state == "waiting":
        server.answer = away
        sent.set()
    await tap(one, "p1", "occupied")
    await expect(other.locator("#tile-p1")).to_have_class(re.compile("tile free (sending|queued)"))
    await expect_outbox(other, *["p1 occupied: waiting"] * (state == "waiting"))
    await other.evaluate("lag()")
    server.posts.clear()
    server.answer = accepted
    sent.set()
    await first.pulse()
    await expect(one.locator("#tile-p1")).to_have_class("tile occupied")
    await pulse_and_flush(other, second)
    assert len(server.posts) == 1
    await other.evaluate("catchUp()")
    await expect(other.locator(".sending")).to_have_count(0)
    await expect_outbox(other, *["p1 occupied: sent"] * (state == "waiting"))
    await tap(other, "p2", "occupied")  # and it can still send what is its own
    while (await server.post()).path != "/staff/a/places/p2":
        pass
