"""A tap that was perhaps sent and is then taken back: its key is used up, so that it is done once before, or never."""

import asyncio
from itertools import permutations

import httpx
import pytest

from tests.build.pages import state
from tests.build.site import Site

PLACE = "/staff/linde/places/linde-1"
TAP = {"status": "occupied", "key": "the-tap"}
LATE = {"observed_at": "2026-03-11T12:59:00Z"}
VOID = {"void": "yes"}
SCRIPT = {"HX-Request": "true"}


async def send(browser: httpx.AsyncClient, **fields: str) -> httpx.Response:
    return await browser.post(PLACE, data=TAP | fields, headers=SCRIPT)


async def test_a_tap_that_never_came_is_void_and_does_nothing_when_it_comes_after_all(
    site: Site, sanne: httpx.AsyncClient
) -> None:
    before = site.process.board.cards["linde"].stamp.version
    back = await send(sanne, **LATE, **VOID)
    assert (back.status_code, back.text.count('id="staff-linde"')) == (200, 1)
    late = await send(sanne, **LATE)
    assert late.status_code == 200 and "/undo" not in late.text
    assert (await send(sanne)).status_code == 200, "also as it was sent first, without its time"
    assert await state(site, "linde-1") == "free"
    assert site.process.board.cards["linde"].stamp.version == before, "nothing was written, and nobody was told"


async def test_a_tap_that_had_come_is_told_to_have_been_done_with_the_present_page(
    site: Site, sanne: httpx.AsyncClient
) -> None:
    assert (await send(sanne)).status_code == 200
    back = await send(sanne, **LATE, **VOID)
    assert back.status_code == 409
    assert 'data-code="done_already"' in back.text and 'id="staff-linde"' in back.text
    assert await state(site, "linde-1") == "occupied"


@pytest.mark.parametrize("order", list(permutations(("tap", "again", "void", "newer"))))
async def test_in_whatever_order_they_come_the_newer_tap_counts_if_the_tap_is_taken_back_first(
    site: Site, sanne: httpx.AsyncClient, order: tuple[str, ...]
) -> None:
    """A phone sends the newer tap only after the other was decided; a request on its way may still come at any time."""
    sent = {"tap": {}, "again": LATE, "void": LATE | VOID, "newer": {"status": "free", "key": "newer"}}
    for name in order:
        assert (await send(sanne, **sent[name])).status_code in (200, 409)
    if order.index("void") < order.index("newer"):
        assert await state(site, "linde-1") == "free"


async def test_the_tap_and_its_taking_back_at_once_are_one_of_the_two(site: Site, sanne: httpx.AsyncClient) -> None:
    replies = await asyncio.gather(*(send(sanne, **fields) for fields in ({}, VOID, LATE, LATE | VOID)))
    assert {reply.status_code for reply in replies} <= {200, 409}
    final = await send(sanne, **VOID)
    assert (final.status_code == 409) is (await state(site, "linde-1") == "occupied")


async def test_nothing_else_can_be_taken_back_under_the_key(site: Site, sanne: httpx.AsyncClient) -> None:
    assert (await send(sanne)).status_code == 200
    assert (await send(sanne, status="free", **VOID)).status_code == 422
    assert (await send(sanne, void="no")).status_code == 422
    for path, fields in (("confirm", {}), ("occupancy", {"empty.cosm": "0"}), ("undo", {"change": "1"})):
        form = fields | {"key": f"key-{path}", "void": "yes"}
        reply = await sanne.post(f"/staff/linde/{path}", data=form, headers=SCRIPT)
        assert reply.status_code == 200, path
    assert await state(site, "linde-2") == "free", "no number was counted"


async def test_somebody_else_takes_nothing_back(site: Site, sanne: httpx.AsyncClient) -> None:
    anneke = await site.sign_in("anneke")
    assert (await send(anneke, **VOID)).status_code == 200, "a key of another person is another key"
    assert (await send(sanne)).status_code == 200
    assert await state(site, "linde-1") == "occupied"
    stranger = await site.sign_in("kofi")
    assert (await send(stranger, **VOID)).status_code == 404
    for browser in (anneke, stranger):
        await browser.aclose()
