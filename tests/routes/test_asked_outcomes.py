"""After the choice: the page of the shelter tells of the decision, of the arrival and of what came of it."""

import re
from contextlib import aclosing
from datetime import timedelta

import httpx

from tests.build import NOW
from tests.build.api import begin, call, see, sql
from tests.build.asked import NOTHING, WOMAN, answer, answers, asked, chosen, told
from tests.build.pages import follow, forms, press, state
from tests.build.site import Site


async def test_the_desk_decides_then_they_arrive_and_the_place_is_occupied(site: Site, sanne: httpx.AsyncClient) -> None:
    case_id = await chosen(site, sanne, arrives_at=(NOW + timedelta(hours=1)).isoformat())
    page = await sanne.get("/staff/linde")
    assert "Gekozen: ze komen om 15:00 (plek 1)" in asked(page)
    assert "De plaatsingsdesk beslist nog." in asked(page)
    assert told(page) == ["Gekozen: plek 1. De plaatsingsdesk beslist nog."]
    assert answers(page, case_id) == []

    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    page = await sanne.get("/staff/linde")
    assert "Dit is definitief." in asked(page) and "1 vrouw, EU-burger, LVB" in asked(page)
    assert told(page) == ["Gekozen: ze komen om 15:00 (plek 1)"]
    [came] = forms(page, f"/staff/linde/requests/{case_id}/arrival", arrived="yes")
    page = await follow(sanne, await press(sanne, came))
    assert await state(site, "linde-1") == "occupied"
    assert asked(page).startswith("1 aanvraag geregeld") and "→ aangekomen" in asked(page)
    assert "vrouw" not in asked(page), "the household is nobody's business any more"
    assert told(page) == []
    again = await press(sanne, came, typed={"key": "once more"})
    assert again.status_code == 409 and "Ze zijn al aangekomen." in again.text


async def test_when_the_hour_has_passed_it_asks_loudly_and_who_did_not_come_frees_the_place(
    site: Site, board_database: object, sanne: httpx.AsyncClient
) -> None:
    async with aclosing(await site.sign_in("kofi")) as kofi:
        case_id = await begin(site, "ceder", adults={"man": 1})
        await answer(kofi, case_id, "ceder", answer="yes", place="ceder-1")
        await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "ceder"})
        page = await kofi.get("/staff/ceder")
        assert "Gekozen: ze komen om 16:00 (plek 1)" in asked(page) and 'data-count="0"' in page.text
        assert "Het is nog geen 16:00." in asked(page) and "Ze komen niet meer" in asked(page)
        assert "Nee, niet gekomen" not in asked(page), "nobody can know that before the hour"
    site.clock.move(hours=2, minutes=1)
    async with aclosing(await site.sign_in("kofi")) as kofi:
        page = await kofi.get("/staff/ceder")
        assert "Het is 16:00 geweest. Zijn ze er?" in asked(page) and 'data-count="1"' in page.text
        assert "Nee, niet gekomen" in asked(page) and "Het is nog geen" not in asked(page)
        assert told(page) == ["Zijn ze er? 16:00 is geweest: plek 1"]
        [missed] = forms(page, "/staff/ceder/requests/" + case_id + "/arrival", arrived="no")
        page = await follow(kofi, await press(kofi, missed))
        assert await state(site, "ceder-1") == "free"
        assert "ja, plek 1 → niet gekomen" in asked(page) and told(page) == []
    assert (await see(site, "demo-police", case_id))["state"] == "asking"


async def test_at_night_it_counts_at_once_and_the_desk_is_still_to_look(site: Site, sanne: httpx.AsyncClient) -> None:
    await sql(site, "update kind set desk_hours = 'mon-mon 00:00-00:01', outside_hours = 'provisional' where code = 'cosm'")
    case_id = await chosen(site, sanne)
    page = await sanne.get("/staff/linde")
    assert "Dit geldt nu. De plaatsingsdesk kijkt er in kantooruren nog naar." in asked(page)
    [came] = forms(page, f"/staff/linde/requests/{case_id}/arrival", arrived="yes")
    page = await follow(sanne, await press(sanne, came))
    assert "→ aangekomen, de plaatsingsdesk kijkt er nog naar" in asked(page)
    assert "vrouw" not in asked(page)


async def test_what_became_of_it_stays_to_be_read_for_twelve_hours(site: Site, sanne: httpx.AsyncClient) -> None:
    refused = await chosen(site, sanne)
    await call(site, "demo-desk", f"/requests/{refused}/decide", {"decision": "refuse", "reason": "not_eligible"})
    other = await begin(site, "linde", "wilg", **WOMAN)
    await answer(sanne, other, answer="yes", place="linde-1")
    await call(site, "demo-shelter-wilg", f"/requests/{other}/answers", {"answer": "yes", "place": "wilg-1"})
    await call(site, "demo-police", f"/requests/{other}/choose", {"shelter": "wilg"})
    silent = await begin(site, "linde", **WOMAN)
    await call(site, "demo-police", f"/requests/{silent}/withdraw", {"why": "no_place"})
    page = await sanne.get("/staff/linde")
    words = asked(page)
    assert words.startswith("3 aanvragen geregeld")
    assert f"{refused} Uw antwoord: ja, plek 1 → de plaatsingsdesk zei nee: geen recht op deze soort plek" in words
    assert f"{other} Uw antwoord: ja, plek 1 → een andere opvang is gekozen" in words
    assert f"{silent} Uw antwoord: geen → de aanvraag is ingetrokken" in words
    assert "vrouw" not in words and "Wilg" not in words
    assert sorted(told(page)) == [
        "Stichting Oever (politie): de plaatsingsdesk zei nee",
        "Stichting Oever (politie): een andere opvang is gekozen",
    ]
    assert await state(site, "linde-1") == "free"
    site.clock.move(hours=13)
    async with aclosing(await site.sign_in("sanne")) as later:
        assert asked(await later.get("/staff/linde")) == NOTHING


async def test_the_reason_of_the_desk_is_told_to_the_shelter_that_it_is_about(site: Site, sanne: httpx.AsyncClient) -> None:
    """The case goes on, and the desk refuses another shelter for another reason."""
    await sql(site, "update kind set decides = 'desk'")
    case_id = await begin(site, "linde", "wilg", **WOMAN)
    for shelter, reason in (("linde", "not_safe"), ("wilg", "better_place")):
        if shelter == "wilg":
            site.clock.move(minutes=1)
            await call(site, "demo-police", f"/requests/{case_id}/shelters", {"shelters": ["wilg"]})
        await call(site, f"demo-shelter-{shelter}", f"/requests/{case_id}/answers", {"answer": "yes", "place": f"{shelter}-1"})
        await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": shelter})
        await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "refuse", "reason": reason})
        words = asked(await sanne.get("/staff/linde"))
        assert "de plaatsingsdesk zei nee" in words
        assert ("daar niet veilig" in words) == (shelter == "linde")
        assert "een andere plek past beter" not in words


async def test_an_arrival_long_before_the_hour_is_asked_about_with_the_hour_and_the_household(
    site: Site, sanne: httpx.AsyncClient
) -> None:
    case_id = await chosen(site, sanne, arrives_at=(NOW + timedelta(hours=2)).isoformat())

    def sheet(page: httpx.Response) -> str:
        inside = page.text.partition(f'id="came-{case_id}"')[2].partition("</details>")[0]
        return " ".join(re.sub(r"<[^>]+>", " ", inside).split())

    words = sheet(await sanne.get("/staff/linde"))
    assert "Het is nog geen 16:00. Zijn ze er al? 1 vrouw" in words and "Dit kunt u niet terugdraaien." in words
    site.clock.move(hours=1)
    words = sheet(await sanne.get("/staff/linde"))
    assert "Zijn ze er? 1 vrouw" in words and "nog geen" not in words and "terugdraaien" not in words


async def test_who_did_not_come_frees_no_place_that_the_shelter_calls_occupied(site: Site, sanne: httpx.AsyncClient) -> None:
    await chosen(site, sanne, arrives_at=(NOW + timedelta(hours=1)).isoformat())
    assert "plek 1 komt dan weer vrij" in asked(await sanne.get("/staff/linde"))
    async with site.api("demo-shelter-linde") as linde:
        assert (await linde.patch("/places/linde-1", json={"status": "occupied"})).status_code == 200
    words = asked(await sanne.get("/staff/linde"))
    assert "Ze komen niet meer" in words and "komt dan weer vrij" not in words and "De aanvrager ziet het meteen." in words
