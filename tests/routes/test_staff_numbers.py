"""Numbers per kind on the pages and in the API: more is promised than there is, and everybody concerned hears it."""

from tests.build import NOW
from tests.build.pages import forms, press
from tests.build.site import Site

OCCUPANCY = "/shelters/linde/occupancy"


async def test_more_promised_than_there_is_stands_on_the_board_the_staff_page_and_the_holders_page(site: Site) -> None:
    mark, sanne = await site.sign_in("mark"), await site.sign_in("sanne")
    [hold] = forms(await mark.get("/shelters/linde"), "/places/linde-1/hold")
    await press(mark, hold)
    async with site.api("demo-shelter-linde") as machine:
        answer = await machine.put(
            OCCUPANCY, json={"kinds": {"cosm": {"empty": 0, "closed": 0}}, "observed_at": NOW.isoformat()}
        )
    counts = answer.json()["counts"]["cosm"]
    assert counts == {"free": 0, "held": 0, "reserved": 0, "occupied": 3, "closed": 0, "total": 3, "unplaced": 1}
    staff = (await sanne.get("/staff/linde")).text
    assert "COSM: 1 toegezegd zonder plek — bel" in staff
    assert "Stichting Oever (politie)" in staff.split('id="unplaced-cosm"')[1].split("</div>")[0]
    assert "1 toegezegd zonder plek — bel" in (await mark.get("/")).text
    own = (await mark.get("/strip")).text
    assert "Toegezegd zonder plek — bel." in own
    assert "De opvang zegt nu: bezet." in own
    await sanne.post("/language", data={"language": "en"})
    assert "COSM: 1 promised without a place — call" in (await sanne.get("/staff/linde")).text
    await mark.aclose()
    await sanne.aclose()


async def test_the_form_for_numbers_asks_for_what_is_empty_held_places_too(site: Site) -> None:
    async with site.api("demo-police") as police:
        await police.post("/places/linde-1/holds", json={})
    browser = await site.sign_in("sanne")
    [numbers] = forms(await browser.get("/staff/linde"), "/staff/linde/occupancy")
    assert numbers.fields["empty.cosm"] == "2"
    await press(browser, numbers)  # as it was drawn, so nothing changes
    async with site.api("demo-police") as police:
        counts = (await police.get("/shelters/linde")).json()["counts"]["cosm"]
    assert (counts["free"], counts["held"], counts["unplaced"]) == (1, 1, 0)
    await browser.aclose()


async def test_the_same_numbers_again_change_nothing(site: Site) -> None:
    async with site.api("demo-shelter-linde") as machine:
        body = {"kinds": {"cosm": {"empty": 1, "closed": 1}}, "observed_at": NOW.isoformat()}
        answers = [(await machine.put(OCCUPANCY, json=body)).json() for _ in range(2)]
    assert answers[0]["places"] == answers[1]["places"]
    assert answers[0]["counts"] == answers[1]["counts"]
