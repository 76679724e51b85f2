"""staff.js: taps that cannot be sent wait in the outbox, and are applied once."""

import json

import pytest
from playwright.async_api import BrowserContext, Page, expect
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tests.build.scripted_pages import notice, section
from tests.build.scripted_server import Post, Server, accepted, away
from tests.build.scripted_tabs import expect_outbox, leave_waiting, open_staff_page, tap


async def test_while_the_server_is_away_a_tap_waits_and_is_then_applied_once(server: Server, tab: Page) -> None:
    connection = await open_staff_page(server, tab)
    await leave_waiting(server, tab)
    await expect(tab.locator("#tile-p1")).to_have_class("tile free queued")
    await server.post()
    await connection.pulse()
    await server.post()
    await expect_outbox(tab, "p1 occupied: waiting")
    server.answer = accepted
    await connection.pulse()
    await expect_outbox(tab, "p1 occupied: sent")
    await expect(tab.locator("#tile-p1")).to_have_class("tile occupied")
    assert len({(post.path, post.fields["key"], post.fields["status"]) for post in server.posts}) == 1, (
        "the same tap every time"
    )
    assert len({post.fields["observed_at"] for post in server.posts[1:]}) == 1, "and when it was tapped stays the same"
    sent = len(server.posts)
    await connection.pulse()
    await tab.clock.run_for(11_000)
    await expect_outbox(tab)
    assert len(server.posts) == sent


async def test_offline_taps_go_out_in_order_when_the_network_is_back(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    await tab.context.set_offline(True)
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    await tab.clock.run_for(1_000)
    await tab.get_by_role("button", name="still right").click()
    await tab.clock.run_for(1_000)
    await tap(tab, "p2", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting", "confirm: waiting", "p2 occupied: waiting")
    assert server.posts == []
    await tab.context.set_offline(False)
    await expect_outbox(tab, "p1 occupied: sent", "confirm: sent", "p2 occupied: sent")
    assert [post.path.rsplit("/", 1)[1] for post in server.posts] == ["p1", "confirm", "p2"]
    times = [post.fields["observed_at"] for post in server.posts]
    assert times == sorted(times)
    assert times[0] != times[1]


async def test_what_waits_survives_a_reload(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    await leave_waiting(server, tab)
    first = await server.post()
    await tab.reload()
    connection = await server.socket()
    await expect_outbox(tab, "p1 occupied: waiting")
    await expect(tab.locator("#tile-p1")).to_have_class("tile free queued")
    server.answer = accepted
    await connection.snapshot()
    await expect_outbox(tab, "p1 occupied: sent")
    assert {post.fields["key"] for post in server.posts} == {first.fields["key"]}


async def test_refused_and_overtaken_taps_stay_to_be_read(server: Server, tab: Page) -> None:
    connection = await open_staff_page(server, tab)
    server.answer = away
    await tap(tab, "p1", "occupied")
    await tap(tab, "p2", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting", "p2 occupied: waiting")

    def refuse(post: Post) -> Response:
        now = section("9.0", p1="free", p2="free")
        if post.path.endswith("p1"):
            return HTMLResponse(now + notice("overtaken", "something newer"), 409)
        return HTMLResponse(now + notice("invalid", "too far away"), 422)

    server.answer = refuse
    await connection.pulse()
    await expect_outbox(tab, "p1 occupied: overtaken: something newer", "p2 occupied: refused: too far away")
    await expect(tab.locator(".sending")).to_have_count(0)
    await tab.reload()
    await expect_outbox(tab, "p1 occupied: overtaken: something newer", "p2 occupied: refused: too far away")
    await tab.locator(".queue summary").click()
    await tab.locator("#outbox li").first.get_by_role("button", name="close").click()
    await expect_outbox(tab, "p2 occupied: refused: too far away")


@pytest.mark.parametrize(("code", "status"), [("busy", 503), ("key_in_use", 409), ("too_many", 429)])
async def test_a_refusal_that_passes_is_tried_again_and_not_called_a_lost_connection(
    server: Server, tab: Page, code: str, status: int
) -> None:
    connection = await open_staff_page(server, tab)
    server.answer = lambda _: HTMLResponse(notice(code), status)
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: later")
    server.answer = away
    await connection.pulse()
    await expect_outbox(tab, "p1 occupied: waiting")
    server.answer = accepted
    await connection.pulse()
    await expect_outbox(tab, "p1 occupied: sent")


async def test_a_tap_older_than_a_day_is_refused_and_not_sent(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    await leave_waiting(server, tab)
    server.answer = accepted
    posted = len(server.posts)
    await tab.clock.fast_forward("25:00:00")
    await expect_outbox(tab, "p1 occupied: refused")
    assert len(server.posts) == posted


async def test_signed_out_the_tap_is_kept_until_somebody_is_signed_in(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    server.answer = lambda _: HTMLResponse(notice("sign_in_needed"), 401)
    await tap(tab, "p1", "occupied")
    await tab.wait_for_url("**/sign-in?ended=1")
    server.answer = accepted
    await tab.goto("/staff/a")
    await expect_outbox(tab, "p1 occupied: sent")
    assert len({post.fields["key"] for post in server.posts}) == 1


async def test_without_storage_the_form_is_sent_by_the_browser(server: Server, context: BrowserContext) -> None:
    await context.add_init_script("Storage.prototype.setItem = () => { throw new Error('full') }")
    tab = await context.new_page()
    await open_staff_page(server, tab)
    async with tab.expect_navigation():
        await tap(tab, "p1", "occupied")
    assert (await server.post()).fields["key"] == "drawn"


async def test_no_person_is_in_what_waits(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    await leave_waiting(server, tab)
    entry = json.loads(await tab.evaluate("Object.values(localStorage)[0]"))
    assert set(entry) == {"key", "url", "fields", "observed", "tapped", "label", "tile", "state", "isSent", "faults"}


async def test_an_answer_that_is_not_the_servers_own_is_no_answer(server: Server, tab: Page) -> None:
    connection = await open_staff_page(server, tab)
    server.answer = lambda _: HTMLResponse("<html><body>Welcome to our hotel</body></html>")
    await tap(tab, "p1", "occupied")
    await expect_outbox(tab, "p1 occupied: waiting")
    server.answer = lambda _: RedirectResponse("/sign-in", 302)
    await connection.pulse()
    await server.post()
    await server.post()
    await expect_outbox(tab, "p1 occupied: waiting")
    server.answer = accepted
    await connection.pulse()
    await expect_outbox(tab, "p1 occupied: sent")


async def test_the_pages_own_label_is_what_a_tap_on_confirm_is_called(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    server.answer = away
    await tab.get_by_role("button", name="still right").dblclick()
    await expect_outbox(tab, "confirm: waiting")
    await expect(tab.locator("form.confirm")).to_have_attribute("aria-busy", "true")


async def test_a_second_tap_is_none_also_when_the_first_waits_already(server: Server, tab: Page) -> None:
    await open_staff_page(server, tab)
    server.answer = away
    await tab.evaluate("""async () => {
        const button = document.querySelector("form.confirm button");
        button.click();
        while (!document.querySelector("#outbox li")) await new Promise((done) => setTimeout(done, 1));
        button.click();
    }""")
    await expect_outbox(tab, "confirm: waiting")
    await tab.clock.run_for(2_000)
    await tab.get_by_role("button", name="still right").click()  # later it has been looked at again
    await expect_outbox(tab, "confirm: waiting", "confirm: waiting")
