"""Staff hold several places for a caller with a group, in one press: all of them, or none."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.build.api import begin
from tests.build.api import status_of as state
from tests.build.pages import follow, forms, press
from tests.build.site import Site

CALLER = ("caller", "oever police")
HOLD = "/staff/linde/holds"


@pytest.fixture
async def three(site: Site, sanne: httpx.AsyncClient) -> AsyncIterator[httpx.AsyncClient]:
    """Sanne's browser; linde-3 is free as well."""
    await sanne.post("/staff/linde/places/linde-3", data={"status": "free", "key": "free"})
    yield sanne


async def states(site: Site) -> list[str]:
    return [await state(site, f"linde-{number}") for number in (1, 2, 3)]


async def test_the_ticked_places_are_held_together_and_given_back_together(site: Site, three: httpx.AsyncClient) -> None:
    [form] = forms(await three.get("/staff/linde"), HOLD)
    assert [name for name in form.fields if name.startswith("places.")] == [
        "places.linde-1",
        "places.linde-2",
        "places.linde-3",
    ]
    del form.fields["places.linde-2"]
    form.fields |= {"places.linde-1": "on", "places.linde-3": "on"}  # ticked
    page = await follow(three, await press(three, form, CALLER))
    assert await states(site) == ["held", "free", "held"]
    assert forms(page, HOLD) == [], "one free place is left, and that is held on its own sheet"
    claims = {
        one for one in ("linde-1", "linde-3") if "Stichting Oever (politie)" in page.text.partition(f'id="tile-{one}"')[2]
    }
    assert claims == {"linde-1", "linde-3"}
    release = next(one for one in page.text.split('action="') if "/release" in one.partition('"')[0]).partition('"')[0]
    await three.post(release, data={"key": "back"})
    assert await states(site) == ["free", "free", "free"]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"places.linde-1": "on", "places.linde-4": "on"}, 409),  # linde-4 is closed
        ({"places.linde-1": "on", "places.ceder-1": "on"}, 422),
        ({"places.ceder-1": "on", "places.ceder-2": "on"}, 404),
        ({}, 422),
    ],
)
async def test_all_or_none(site: Site, three: httpx.AsyncClient, fields: dict[str, str], status: int) -> None:
    reply = await three.post(HOLD, data={"key": "several", "caller": "oever police", **fields})
    assert reply.status_code == status
    assert await states(site) == ["free", "free", "free"]


async def test_with_one_free_place_nothing_is_asked(site: Site, sanne: httpx.AsyncClient) -> None:
    await sanne.post("/staff/linde/places/linde-2", data={"status": "occupied", "key": "full"})
    assert forms(await sanne.get("/staff/linde"), HOLD) == []


@pytest.mark.parametrize("is_case", [False, True])
async def test_a_promised_place_is_called_occupied_only_after_reading_for_whom_it_is(
    site: Site, sanne: httpx.AsyncClient, is_case: bool
) -> None:
    if is_case:
        case_id = await begin(site, "linde")
        async with site.api("demo-shelter-linde") as api:
            said = await api.post(f"/requests/{case_id}/answers", json={"answer": "yes", "place": "linde-1"})
            assert said.status_code == 200, said.text
    else:
        await sanne.post("/staff/linde/places/linde-1/hold", data={"key": "k", "caller": "oever police"})
    page = (await sanne.get("/staff/linde")).text
    sheet = page.partition('id="tile-linde-1"')[2].partition('class="sheet"')[2].partition('id="tile-')[0]
    open_at_once, _, folded = sheet.partition('<details class="caller promised"')
    assert "/places/linde-1" not in open_at_once.replace("/places/linde-1/hold", ""), "nothing ends the promise at one tap"
    before = folded.partition("<form")[0]
    assert "toegezegd aan" in before and "(politie)" in before and ("bij de aanvraag" in before) is is_case
    [form] = [one for one in forms(await sanne.get("/staff/linde"), "/staff/linde/places/linde-1", status="occupied")][:1]
    reply = await follow(sanne, await press(sanne, form))
    assert "/staff/linde/undo" in reply.text and await state(site, "linde-1") == "occupied"
    [undo] = forms(reply, "/staff/linde/undo")
    await press(sanne, undo)
    assert await state(site, "linde-1") == ("reserved" if is_case else "held")


async def test_a_tap_that_ends_a_hold_says_whose_it_was(site: Site, sanne: httpx.AsyncClient) -> None:
    """Such as one that waited for a connection: the hold came meanwhile."""
    async with site.api("demo-police") as police:
        assert (await police.post("/places/linde-1/holds", json={})).status_code == 201
    tap = {"status": "occupied", "key": "waited"}
    for is_first in (True, False):  # the second is the same tap again
        reply = await sanne.post("/staff/linde/places/linde-1", data=tap, headers={"HX-Request": "true"})
        bar = " ".join(reply.text.partition('id="undo"')[2].split())
        assert "is nu" in bar and ("(politie) had deze plek, en ziet dat nu." in bar) == is_first
    reply = await sanne.post("/staff/linde/places/linde-2", data=tap | {"key": "other"}, headers={"HX-Request": "true"})
    assert "had deze plek" not in reply.text
