"""staff.js and outbox.js: a tap that waits gives way to a newer one on the same place, or is taken back, never by half."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect
from starlette.responses import HTMLResponse, Response

from tests.build.scripted_pages import notice, section
from tests.build.scripted_server import Answer, Post, Server, Socket, accepted, away
from tests.build.scripted_tabs import after, expect_outbox, open_staff_page, pulse_and_flush, tap


async def offline(tab: Page) -> None:
    await tab.context.set_offline(True)
    await expect(tab.locator("#live")).to_have_attribute("data-state", "lost")


async def row(tab: Page, number: int = 0) -> Any:
    await tab.locator(".queue").evaluate("(one) => (one.open = true)")
    return tab.locator("#outbox li").nth(number)


def sent(server: Server) -> list[tuple[str, str]]:
    return [(post.path.rsplit("/", 1)[1], post.fields.get("status", "")) for post in server.posts]


async def test_offline_a_correction_replaces_the_mistake_which_is_never_sent(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    await offline(tab)
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    await tab.clock.run_for(2_000)
    await tap(tab, "p1", "free")
    await expect_outbox(tab, "p1 free: waiting")
    await tab.context.set_offline(False)
    await expect_outbox(tab, "p1 free: sent")
    assert sent(server) == [("p1", "free")]


async def test_a_correction_goes_when_the_mistake_would_have_gone(server: Server, tab: Page) -> None:
    """Without that, the confirmation between the two would say that the place is as it was before both."""
    await open_staff_page(server, tab)
    await offline(tab)
    for press in ("p1", "confirm", "p2", "p1"):
        if press == "confirm":
            await tab.get_by_role("button", name="still right").click()
        else:
            await tap(tab, press, "free" if len(await tab.locator("#outbox li").all()) > 2 else "occupied")
        await tab.clock.run_for(2_000)
    await expect_outbox(tab, "confirm: waiting", "p2 occupied: waiting", "p1 free: waiting")
    await tab.context.set_offline(False)
    await expect_outbox(tab, "confirm: sent", "p2 occupied: sent", "p1 free: sent")  # no row moves
    assert sent(server) == [("p1", "free"), ("confirm", ""), ("p2", "occupied")]


async def test_a_tap_that_was_never_sent_is_taken_back_and_gone(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    await offline(tab)
    await tap(tab, "p1", "occupied")
    await tap(tab, "p2", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting", "p2 occupied: waiting")
    await (await row(tab)).get_by_role("button", name="cancel").click()
    await expect_outbox(tab, "p2 occupied: waiting")
    await expect(tab.locator("#tile-p1")).to_have_class("tile free")
    await tab.context.set_offline(False)
    await expect_outbox(tab, "p2 occupied: sent")
    assert sent(server) == [("p2", "occupied")]


async def lose(server: Server, tab: Page, *, is_done: bool) -> Socket:
    """Tap, and lose the answer: nobody here knows whether the server has done it."""
    connection = await open_staff_page(server, tab)

    async def lost(route: Route) -> None:
        if is_done:
            await route.fetch()
        await route.abort()

    await tab.route("**/places/**", lost)
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    await tab.unroute("**/places/**")
    return connection


def taking_back(*, is_done: bool) -> Answer:
    """As the server answers: it had done the tap before, or it takes it back."""

    def answer(post: Post) -> Response:
        if "void" not in post.fields:
            return accepted(post)
        if is_done:
            return HTMLResponse(section("9.0", p1="occupied", p2="free") + notice("done_already", "before you stopped it"), 409)
        return HTMLResponse(section("8.0", p1="free", p2="free") + notice())

    return answer


@pytest.mark.parametrize("is_done", [False, True])
async def test_a_tap_that_was_perhaps_sent_is_taken_back_at_the_server(server: Server, tab: Page, is_done: bool) -> None:
    connection = await lose(server, tab, is_done=is_done)
    server.answer = away
    await (await row(tab)).get_by_role("button", name="cancel").click()
    await expect_outbox(tab, "p1 occupied: stopping")
    server.posts.clear()
    server.answer = taking_back(is_done=is_done)
    await connection.pulse()
    post = await server.post()
    while "void" not in post.fields:  # those from before
        post = await server.post()
    assert (post.fields["void"], post.fields["status"]) == ("yes", "occupied"), "under its own key and as itself"
    await expect_outbox(tab, *(["p1 occupied: done: before you stopped it"] if is_done else []))
    await expect(tab.locator("#tile-p1")).to_have_class(f"tile {'occupied' if is_done else 'free'}")
    assert [post.fields["key"] for post in server.posts] == [post.fields["key"]], "it was told once"


async def test_a_newer_tap_takes_back_first_what_was_perhaps_sent(server: Server, tab: Page) -> None:
    connection = await lose(server, tab, is_done=False)
    server.answer = taking_back(is_done=False)
    await tab.clock.run_for(2_000)
    await tap(tab, "p1", "free")
    await expect_outbox(tab)
    await expect(tab.locator(".sending, .queued")).to_have_count(0)
    await connection.pulse()
    assert [(post.fields["status"], post.fields.get("void")) for post in server.posts] == [("occupied", "yes"), ("free", None)]
    assert len({post.fields["key"] for post in server.posts}) == 2


async def test_what_the_server_has_surely_not_done_may_still_be_dropped(server: Server, tab: Page) -> None:
    connection = await open_staff_page(server, tab)
    server.answer = away
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    await (await row(tab)).get_by_role("button", name="cancel").click()
    await expect_outbox(tab)
    server.posts.clear()
    server.answer = accepted
    await pulse_and_flush(tab, connection)
    assert server.posts == []


async def test_while_a_tap_is_on_its_way_a_newer_one_on_another_tab_waits_for_its_fate(
    server: Server, context: BrowserContext
) -> None:
    one, other = await context.new_page(), await context.new_page()
    await open_staff_page(server, one)
    await open_staff_page(server, other)
    answers = asyncio.Event()
    await one.route("**/places/**", lambda route: after(answers, route))
    await tap(one, "p1", "occupied")
    await expect(one.locator("#tile-p1")).to_have_class("tile free sending")
    await tap(other, "p1", "free")
    answers.set()
    await expect(one.locator(".sending")).to_have_count(0)
    await expect(other.locator(".sending")).to_have_count(0)
    assert [(post.fields["status"], post.fields.get("void")) for post in server.posts] == [("occupied", None), ("free", None)]


async def test_what_was_sent_goes_by_itself_but_not_under_a_finger(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    await offline(tab)
    await tap(tab, "p1", "occupied")
    await tap(tab, "p2", "occupied")

    def half(post: Post) -> Response:
        return accepted(post) if post.path.endswith("p1") else away(post)

    server.answer = half
    await tab.context.set_offline(False)
    await expect_outbox(tab, "p1 occupied: sent", "p2 occupied: waiting")
    await row(tab)
    await tab.clock.run_for(12_000)
    await expect(tab.locator("#outbox [data-is=sent]")).to_have_count(1)  # it is open
    await expect_outbox(tab, "p1 occupied: sent", "p2 occupied: waiting")
    await tab.locator(".queue").evaluate("(one) => (one.open = false)")
    await expect_outbox(tab, "p2 occupied: waiting")
    server.answer = accepted
    while not await tab.locator("#outbox [data-is=sent]").count():  # by itself it goes ten seconds later
        await tab.clock.run_for(1_000)
    await expect_outbox(tab, "p2 occupied: sent")
    await tab.clock.run_for(12_000)
    await expect(tab.locator(".queue")).to_be_hidden()
