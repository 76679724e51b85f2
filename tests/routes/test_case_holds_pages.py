"""From a place that one holds to a request for it, by forms alone."""

import re

import httpx
import pytest

from tests.build.api import part, sql
from tests.build.api import see as see_by_api
from tests.build.forms import FORM, WOMAN, People, begin, done, main, offer, people, press, see, site, status_of
from tests.build.site import Site, facts

__all__ = ["people", "site"]  # fixtures

ASK = "Vraag deze plek aan"
NOTHING = "Geen enkele vrije plek past nu."


async def hold(browser: httpx.AsyncClient, place: str, **profile: str) -> str:
    """Give the page that answers."""
    data = {"key": f"hold-{place}", "page": "search" if profile else "shelter"}
    reply = await browser.post(f"/places/{place}/hold", data=data | profile, follow_redirects=True)
    assert reply.status_code == 200, reply.text
    return reply.text


def ticked(page: str) -> dict[str, bool]:
    boxes = re.findall(r'<input type="checkbox" name="ask\.([a-z]+)" value="[a-z]+"( checked)?>', page)
    return {name: bool(checked) for name, checked in boxes}


async def test_a_held_place_is_asked_for_with_the_choices_of_the_search(site: Site, people: People) -> None:
    mark = await people("mark")
    page = await hold(mark, "beuk-1", **WOMAN)
    strip = page.partition('id="strip"')[2].partition("</section>")[0]
    reply = await press(mark, strip, "new")
    words = main(reply.text)
    assert reply.status_code == 200 and "Welke locaties vraagt u?" in words and "1 vrouw" in words
    assert ticked(reply.text)["beuk"] and not any(is_on for name, is_on in ticked(reply.text).items() if name != "beuk")
    assert next(iter(ticked(reply.text))) == "beuk" and words.count("u houdt deze plek vast") == 1
    case = await begin(mark, "beuk")
    page = await see(mark, case)
    words = main(page)
    assert "u houdt hier plek 1 vast tot 14:30" in words
    assert f"Voor aanvraag {case}" in words and "Vraag deze plek aan" not in words, "it is asked for already"
    [(held_id,)] = await sql(site, "select id from claim where type = 'hold'")
    assert part(await see_by_api(site, "demo-police", case), "beuk")["hold"] == {
        "id": held_id,
        "place": "beuk-1",
        "places": ["beuk-1"],
        "expires_at": "2026-03-11T13:30:00Z",
    }
    await offer(site, "beuk-1", case)
    words = main(await see(mark, case))
    assert "voor u gereserveerd tot 15:00" in words and "u houdt hier" not in words


async def test_a_place_that_the_requester_holds_is_not_called_full(site: Site, people: People) -> None:
    mark = await people("mark")
    async with site.api("demo-shelter-linde") as linde:
        assert (await linde.patch("/places/linde-2", json={"status": "occupied"})).status_code == 200
    case = await begin(mark, "linde", key="before")
    await hold(await people("lucia"), "linde-1")
    assert "nu niet vrij" in main(await see(mark, case)), "others hold the last place there"
    [(held_id,)] = await sql(site, "select id from claim where type = 'hold'")
    assert (await (await people("lucia")).post(f"/holds/{held_id}/release", data={"key": "r"})).status_code == 303
    await hold(mark, "linde-1")
    case = await begin(mark, "linde")
    words = main(await see(mark, case))
    assert "u houdt hier plek 1 vast" in words and "nu niet vrij" not in words
    words = main(await see(await people("hanneke"), case))
    assert "plek 1 is vastgehouden tot" in words and "nu niet vrij" not in words


async def test_without_a_search_the_household_is_asked_first(site: Site, people: People) -> None:
    mark = await people("mark")
    page = await hold(mark, "beuk-1")
    assert page.count(ASK) >= 3, "on the card of the hold, at the held place, and at the free one"
    reply = await press(mark, page, "new")
    words = main(reply.text)
    assert reply.status_code == 200 and "Voor wie zoekt u een plek?" in words
    assert "Beuk · plek 1: kies hieronder voor wie het is" in words
    reply = await mark.post("/requests/new", data=WOMAN | {"place": "beuk-1"})
    assert ticked(reply.text)["beuk"]


async def test_each_result_and_each_free_place_of_a_shelter_can_be_asked_for(site: Site, people: People) -> None:
    mark = await people("mark")
    page = (await mark.post("/search", data=WOMAN)).text
    rows = re.findall(r'<article class="match.*?</article>', page, re.DOTALL)
    assert rows and all(ASK in row and 'formaction="/requests/new"' in row for row in rows)
    page = (await mark.post("/requests/new", data=WOMAN | {"place": "beuk-1"})).text
    assert ticked(page)["beuk"] and "u houdt deze plek vast" not in page
    shelter = (await mark.get("/shelters/linde")).text
    assert re.findall(r'<button name="place" value="([a-z0-9-]+)">', shelter) == ["linde-1", "linde-2"]


async def test_with_the_only_fitting_place_held_it_can_still_be_asked_for(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    async with site.api("demo-shelter-linde") as linde:
        for place in ("linde-1", "linde-2"):
            assert (await linde.patch(f"/places/{place}", json={"status": "occupied"})).status_code == 200
    await hold(mark, "beuk-1")
    await hold(mark, "beuk-2")
    page = (await mark.post("/requests/new", data=WOMAN)).text
    assert ticked(page)["beuk"] and NOTHING not in page
    assert not ticked((await lucia.post("/requests/new", data=WOMAN)).text)["beuk"], "to others it is held, so full"


async def test_a_place_that_is_asked_for_by_name_is_shown_even_if_it_does_not_fit(site: Site, people: People) -> None:
    mark = await people("mark")
    await hold(mark, "beuk-1")
    man = {"adults.man": "1", "arrival": "open"}
    assert "beuk" not in ticked((await mark.post("/requests/new", data=man)).text)
    page = (await mark.post("/requests/new", data=man | {"place": "beuk-1"})).text
    assert ticked(page)["beuk"] and "past niet: man" in main(page)
    reply = await mark.post("/requests", data=man | {"place": "beuk-1", "ask.beuk": "women", "key": "k"})
    assert reply.status_code == 303
    assert part(await see_by_api(site, "demo-police", reply.headers["location"].rpartition("/")[2]), "beuk")["kind"] == "women"


async def test_a_place_that_was_just_given_to_others_is_not_asked_for(site: Site, people: People) -> None:
    await hold(await people("lucia"), "beuk-1")
    mark = await people("mark")
    reply = await mark.post("/requests/new", data=WOMAN | {"place": "beuk-1"})
    assert reply.status_code == 409 and "deze plek is niet meer vrij" in reply.text and ticked(reply.text)
    assert (await mark.post("/requests/new", data=WOMAN | {"place": "nowhere"})).status_code == 404
    assert (await mark.post("/requests/new", data={"place": "x\x00"})).status_code == 404


async def test_choosing_elsewhere_offers_to_give_the_other_holds_back(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    await hold(mark, "linde-1")
    case = await begin(mark, "linde", "beuk")
    await offer(site, "beuk-1", case)
    assert "U houdt nog vast" not in await see(mark, case), "it may still be needed"
    page = await done(mark, case, "choose", shelter="beuk")
    assert "U houdt nog vast Linde · plek 1 · tot 14:30" in main(page)
    before = await facts(site)
    stranger = await lucia.post(f"/requests/{case}/release-holds", data={"key": "x"}, headers={"Content-Type": FORM})
    assert stranger.status_code == 404 and await facts(site) == before
    page = await done(mark, case, "release-holds")
    assert "U houdt nog vast" not in page and "Linde vastgehouden plek vrijgegeven" in main(page)
    assert await status_of(site, "linde-1") == "free"
    again = await mark.post(f"/requests/{case}/release-holds", data={"key": "again"}, headers={"Content-Type": FORM})
    assert again.status_code == 409


@pytest.mark.parametrize("language", ["nl", "en"])
async def test_a_program_sees_and_gives_back_the_holds_of_its_request(site: Site, language: str) -> None:
    async with site.api("demo-police") as police:
        police.headers["Accept-Language"] = language
        held = (await police.post("/places/linde-1/holds")).json()
        begun = (await police.post("/requests", json={"adults": {"woman": 1}, "shelters": ["linde"]})).json()
        assert part(begun, "linde")["hold"]["id"] == held["id"]
        given = await police.post(f"/requests/{begun['id']}/release-holds")
        assert given.status_code == 200 and part(given.json(), "linde")["hold"] is None
        again = await police.post(f"/requests/{begun['id']}/release-holds")
        assert (again.status_code, again.json()["code"]) == (409, "hold_over")
        assert again.json()["present"]["id"] == begun["id"]
        wrong = await police.post(f"/requests/{begun['id']}/release-holds", json={"shelter": 7})
        assert wrong.status_code in (200, 409, 422)
    assert await status_of(site, "linde-1") == "free"
