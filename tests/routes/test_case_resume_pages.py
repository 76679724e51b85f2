"""A place that is lost after the choice, by forms and by the API: the headline follows the board, and the search goes on."""

import pytest

from bedboard.actions.occupancy import change_place
from bedboard.rules.places import PlaceChange
from tests.build.api import begin as begin_by_api
from tests.build.api import call, confirmed, kept, part
from tests.build.cases import ILSE, arrive
from tests.build.forms import FORM, People, begin, done, main, offer, offered, people, press, see, shown, site
from tests.build.rows import do
from tests.build.site import Site, facts

__all__ = ["people", "site"]  # fixtures

WORDS = {"occupied": "Let op: de opvang zegt nu bezet", "closed": "Let op: de opvang zegt nu dicht"}


@pytest.mark.parametrize("status", ["occupied", "closed"])
async def test_the_headline_follows_the_board_and_the_search_goes_on_with_its_needs(
    site: Site, people: People, status: str
) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    page = await done(mark, case, "choose", shelter="beuk")
    assert "<b>bevestigd</b>" in page
    change = PlaceChange("occupied") if status == "occupied" else PlaceChange("closed", "repair")
    await do(site.process.database, lambda tx: change_place(tx, ILSE, "beuk-1", change, site.clock.at))
    await shown(site, "beuk-1", status)
    page = await see(mark, case)
    assert WORDS[status] in page and "<b>bevestigd</b>" not in page
    listed = (await mark.get("/requests")).text
    assert listed.count(WORDS[status]) == 2 and "bevestigd</b>" not in listed, "in the list and in the strip"
    reply = await press(mark, page, "resume")
    assert (reply.status_code, reply.headers["location"]) == (303, f"/requests/{case}/more")
    more = (await mark.get(reply.headers["location"])).text
    assert "1 vrouw" in more and 'name="ask.beuk"' in more
    words = main(await see(mark, case))
    assert "plek gaat niet door: zoek verder" in words and "Uw zoekvraag staat er nog." in words
    assert "Beuk plek gaat niet door, verder gezocht" in words
    assert "Waar slapen ze" not in words


async def test_after_a_no_of_the_desk_and_after_nobody_came_the_way_on_is_the_same(site: Site, people: People) -> None:
    mark, hanneke = await people("mark"), await people("hanneke")
    case = await begin(mark, "linde")
    await done(hanneke, case, "answer", shelter="linde", answer="yes", place="linde-1")
    await done(mark, case, "choose", shelter="linde")
    await done(hanneke, case, "decide", decision="refuse", reason="not_safe")
    for _ in range(2):
        page = await see(mark, case)
        assert "plek gaat niet door: zoek verder" in page and f'href="/requests/{case}/more">Zoek verder<' in page
        await mark.post(f"/requests/{case}/shelters", data={"ask.beuk": "women", "key": "beuk"})
        if "Beuk: niet gekomen" in main(page):
            break
        await offer(site, "beuk-1", case)
        await done(mark, case, "choose", shelter="beuk")
        await arrive(site.process.database, "beuk", case_id=case, who=ILSE, arrived=False)
        await shown(site, "beuk-1", "free")


async def test_a_place_that_is_kept_can_be_given_up_too_and_strangers_cannot(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await offered(site, mark)
    early = await mark.post(f"/requests/{case}/resume", data={"key": "early"})
    assert early.status_code == 409 and "Er is nog geen plek gekozen." in early.text
    page = await done(mark, case, "choose", shelter="beuk")
    assert "Gaat deze plek niet door? Zoek verder" in page
    before = await facts(site)
    assert (await lucia.post(f"/requests/{case}/resume", data={"key": "a"}, headers={"Content-Type": FORM})).status_code == 404
    assert (await mark.post(f"/requests/{case}/resume", data={"key": "b", "why": "no"})).status_code == 422
    assert await facts(site) == before
    assert (await press(mark, page, "resume")).status_code == 303
    await shown(site, "beuk-1", "free")


async def test_a_program_resumes_and_its_shelter_hears_of_it(site: Site) -> None:
    case_id = await begin_by_api(site, "beuk")
    before = await kept(site)
    early = await call(site, "demo-police", f"/requests/{case_id}/resume", status=409)
    assert (early["code"], early["present"]["state"]) == ("request_not_chosen", "asking")
    assert (await call(site, "demo-coordinator", f"/requests/{case_id}/resume", status=404))["code"] == "no_such_request"
    assert await kept(site) == before
    case_id = await confirmed(site)
    case = await call(site, "demo-police", f"/requests/{case_id}/resume")
    assert (case["state"], case["needs"], case["chosen"]) == ("asking", {"adults": {"woman": 1}}, None)
    assert part(case, "linde")["settled"] == "resumed"
    async with site.api("demo-shelter-linde") as linde:
        asked = (await linde.get(f"/requests/{case_id}")).json()
    assert (part(asked, "linde")["settled"], asked["needs"]) == ("resumed", None)
