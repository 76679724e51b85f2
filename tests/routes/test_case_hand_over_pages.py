"""Handing a case over: on the pages of both sides, in their strips, and by the API."""

from typing import Any

import httpx
import pytest

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.api import begin as begin_by_api
from tests.build.api import call, kept, seen, sql
from tests.build.api import see as see_by_api
from tests.build.cases import ILSE, arrive
from tests.build.forms import (
    FORM,
    FRAGMENT,
    People,
    begin,
    done,
    handed_over_on_the_way,
    main,
    offer,
    offered,
    people,
    press,
    see,
    site,
)
from tests.build.lines import hear, page_line, until_pulse
from tests.build.rows import run
from tests.build.site import Site, served

__all__ = ["people", "site"]  # fixtures


async def test_police_hand_a_case_to_a_coordinator_who_takes_it_over_with_one_press(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await offered(site, mark)
    assert (await lucia.get(f"/requests/{case}")).status_code == 404
    page = await see(mark, case)
    assert 'value="oever coordinator"' in page and 'value="oever police"' not in page
    reply = await mark.post(f"/requests/{case}/hand-over", data={"to": "oever coordinator", "key": "k"})
    assert reply.status_code == 303
    words = main(await see(mark, case))
    assert "Aangeboden aan Stichting Oever (zorgcoördinator) om 14:00." in words and "blijft de aanvraag van u" in words
    assert "aangeboden aan een andere organisatie of rol politie" in words
    for path in ("/", "/requests", "/strip"):
        page = (await lucia.get(path)).text
        assert case in page and "aan u aangeboden: neem over" in page, path
    page = await see(lucia, case)
    words = main(page)
    assert "Stichting Oever (politie) draagt deze aanvraag aan u over." in words and "1 vrouw" in words
    assert "Kies deze plek" not in words and "Trek deze aanvraag in" not in words and "Draag deze aanvraag over" not in words
    assert (await lucia.get(f"/requests/{case}/more")).status_code == 404
    page = await done(lucia, case, "take-over")
    assert "Kies deze plek" in page and "overgenomen" in page
    assert case not in (await mark.get("/strip")).text
    page = await done(lucia, case, "choose", shelter="beuk")
    assert "<b>bevestigd</b>" in page


async def test_the_first_keeps_it_as_long_as_nobody_takes_over(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await offered(site, mark)
    await mark.post(f"/requests/{case}/hand-over", data={"to": "oever coordinator", "key": "k"})
    assert (await lucia.post(f"/requests/{case}/choose", data={"shelter": "beuk", "key": "c"})).status_code == 404
    assert (await lucia.post(f"/requests/{case}/address", headers={"Content-Type": FORM})).status_code == 404
    page = await done(mark, case, "hand-over")
    assert "Aangeboden aan" not in page and "aanbod teruggenomen" in page
    assert (await lucia.get(f"/requests/{case}")).status_code == 404
    assert (await press(mark, page, "choose", shelter="beuk")).status_code == 303


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"organization": "oever"}, "role", "missing"),
        ({"role": "coordinator"}, "organization", "missing"),
        ({"organization": 7, "role": "coordinator"}, "organization", "not_text"),
        ({"organization": "Oever!", "role": "coordinator"}, "organization", "wrong"),
        ({"organization": "oever", "role": "staff"}, "role", "not_one_of"),
        ({"organization": "oever", "role": ["desk"]}, "role", "not_one_of"),
        ({"organization": "oever", "role": "police"}, "organization", "yours_already"),
        ({"organization": "nowhere", "role": "police"}, "organization", "unknown_caller"),
        ({"to": "oever coordinator"}, "to", "unknown_field"),
    ],
)
async def test_an_impossible_hand_over_is_refused_with_its_field(
    site: Site, body: dict[str, Any], field: str, code: str
) -> None:
    case_id = await begin_by_api(site, "linde")
    before = await kept(site)
    told = await call(site, "demo-police", f"/requests/{case_id}/hand-over", body, 422)
    assert [(one["field"], one["code"]) for one in told["errors"]] == [(field, code)]
    assert await kept(site) == before


async def test_programs_hand_over_and_take_over(site: Site) -> None:
    case_id = await begin_by_api(site, "ceder")
    await call(site, "demo-shelter-ceder", f"/requests/{case_id}/answers", {"answer": "discuss"})
    assert (await call(site, "demo-coordinator", f"/requests/{case_id}/take-over", status=404))["code"] == "no_such_request"
    body = {"organization": "oever", "role": "coordinator"}
    case = await call(site, "demo-police", f"/requests/{case_id}/hand-over", body)
    assert (case["handed_to"], case["role"]) == (body, "police")
    offered = await see_by_api(site, "demo-coordinator", case_id)
    assert offered["handed_to"] == body and [one["telephone"] for one in offered["shelters"]] == [None]
    assert [one["id"] for one in await seen(site, "demo-coordinator")] == [case_id]
    assert await sql(site, "select count(*) from disclosure where actor_id = 'demo-coordinator'") == [(0,)]
    case = await call(site, "demo-coordinator", f"/requests/{case_id}/take-over")
    assert (case["handed_to"], case["role"]) == (None, "coordinator")
    assert [one["telephone"] for one in case["shelters"]] == ["CANARY-TEL-ceder"]
    await see_by_api(site, "demo-police", case_id, 404)
    assert await seen(site, "demo-police") == []
    back = await call(site, "demo-coordinator", f"/requests/{case_id}/hand-over", {}, 409)
    assert back["code"] == "not_handed_over"


@pytest.mark.parametrize("arrival", ["now", "open"])
async def test_a_household_that_comes_at_once_is_not_announced_in_two_hours(site: Site, people: People, arrival: str) -> None:
    mark = await people("mark")
    reply = await mark.post("/requests", data={"adults.woman": "1", "arrival": arrival, "ask.beuk": "women", "key": "k"})
    case = reply.headers["location"].rpartition("/")[2]
    await offer(site, "beuk-1", case)
    page = await see(mark, case)
    chosen = {"now": 'value="30" checked', "open": 'value="120" checked'}[arrival]
    assert chosen in page and page.count('" checked') == 1
    words = main(await done(mark, case, "choose", shelter="beuk", within="30" if arrival == "now" else "120"))
    assert ("aankomst 14:30" if arrival == "now" else "aankomst 16:00") in words


async def test_who_is_offered_a_case_may_leave_it_with_its_requester_who_is_told(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await offered(site, mark)
    await mark.post(f"/requests/{case}/hand-over", data={"to": "oever coordinator", "key": "k"})
    reply = await press(lucia, await see(lucia, case), "decline")
    assert (reply.status_code, reply.headers["location"]) == (303, "/requests")
    assert (await lucia.get(f"/requests/{case}")).status_code == 404
    page = await see(mark, case)
    assert "wij nemen deze aanvraag niet over. De aanvraag blijft van u." in main(page) and "niet overgenomen" in main(page)
    again = await mark.post(f"/requests/{case}/hand-over", data={"to": "oever coordinator", "key": "again"})
    assert again.status_code == 303, "it may be offered again"
    assert "wij nemen deze aanvraag niet over" not in main(await see(mark, case))


async def test_programs_decline(site: Site) -> None:
    case_id = await begin_by_api(site, "ceder")
    async with site.api("demo-coordinator") as api:
        assert (await api.post(f"/requests/{case_id}/decline")).status_code == 404, "nobody offered it"
        body = {"organization": "oever", "role": "coordinator"}
        await call(site, "demo-police", f"/requests/{case_id}/hand-over", body)
        key = {"Idempotency-Key": "once"}
        replies = [await api.post(f"/requests/{case_id}/decline", headers=key) for _ in range(2)]
        assert [(reply.status_code, reply.content) for reply in replies] == [(204, b"")] * 2
        assert (await api.post(f"/requests/{case_id}/decline")).status_code == 404
    kept_by = await see_by_api(site, "demo-police", case_id)
    assert (kept_by["handed_to"], kept_by["role"]) == (None, "police")


async def test_those_who_handed_it_over_read_who_has_it_and_nothing_else(site: Site, people: People) -> None:
    mark, lucia, noor = await people("mark"), await people("lucia"), await people("noor")
    case = await offered(site, mark)
    await mark.post(f"/requests/{case}/hand-over", data={"to": "oever coordinator", "key": "k"})
    site.pass_time(minutes=33)
    await site.stay()
    await done(lucia, case, "take-over")
    site.pass_time(minutes=7)
    for headers in ({}, FRAGMENT):
        reply = await mark.get(f"/requests/{case}", headers=headers)
        words = main(reply.text) if not headers else reply.text
        assert reply.status_code == 200
        assert "Deze aanvraag is van Stichting Oever (zorgcoördinator), sinds 14:33." in words
        for secret in ("Beuk", "vrouw", "zwanger", "CANARY", "Kies deze plek", "gevraagd"):
            assert secret not in words.replace("Aanvraag", ""), secret
    assert (await noor.get(f"/requests/{case}")).status_code == 404, "a stranger learns nothing, not even that it exists"
    for path, fields in (("choose", {"shelter": "beuk", "key": "c"}), ("withdraw", {"why": "no_place", "key": "w"})):
        assert (await mark.post(f"/requests/{case}/{path}", data=fields)).status_code == 404
    reply = await mark.post(f"/requests/{case}/address", headers={"Content-Type": FORM})
    assert "Deze aanvraag is van" in reply.text and "CANARY" not in reply.text
    assert (await mark.get(f"/requests/{case}/more")).status_code == 404
    await see_by_api(site, "demo-police", case, 404)


async def test_after_two_hand_overs_the_first_reads_of_the_last_and_who_takes_it_back_has_it(
    site: Site, people: People
) -> None:
    mark, lucia, noor = await people("mark"), await people("lucia"), await people("noor")
    case = await offered(site, mark)
    await mark.post(f"/requests/{case}/hand-over", data={"to": "oever coordinator", "key": "k"})
    await done(lucia, case, "take-over")
    await lucia.post(f"/requests/{case}/hand-over", data={"to": "elsewhere police", "key": "k"})
    await done(noor, case, "take-over")
    for browser in (mark, lucia):
        assert "Deze aanvraag is van Elders (politie), sinds 14:00." in main((await browser.get(f"/requests/{case}")).text)
    await noor.post(f"/requests/{case}/hand-over", data={"to": "oever police", "key": "k"})
    page = await done(mark, case, "take-over")
    assert "Kies deze plek" in page
    assert "Deze aanvraag is van Stichting Oever (politie)" in main((await noor.get(f"/requests/{case}")).text)


async def test_those_who_handed_it_over_can_call_those_who_have_it(case_database: Database, clock: FixedClock) -> None:
    """They may be on their way with the household."""
    numbers = '{"coordinator": "088 000 77 77", "police": "088 000 66 66"}'
    await run(case_database, "update person set demo = true")
    await run(case_database, "update organization set telephones = :numbers where id = 'oever'", numbers=numbers)
    async with served(case_database.url, clock) as site:
        people = People(site)
        mark, lucia = await people("mark"), await people("lucia")
        case = await offered(site, mark)
        await mark.post(f"/requests/{case}/hand-over", data={"to": "oever coordinator", "key": "k"})
        await done(lucia, case, "take-over")
        for headers in ({}, FRAGMENT):
            text = (await mark.get(f"/requests/{case}", headers=headers)).text
            assert 'href="tel:0880007777"' in text and "Bel Stichting Oever <b>088 000 77 77</b>" in text
            assert "088 000 66 66" not in text
        for browser in people.values():
            await browser.aclose()


async def test_a_hold_of_those_who_handed_it_over_is_called_theirs_and_is_not_for_others_to_give_back(
    site: Site, people: People
) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    await mark.post("/places/linde-1/hold", data={"key": "hold", "page": "shelter"})
    case = await begin(mark, "beuk", "linde")
    await offer(site, "beuk-1", case)
    await done(mark, case, "choose", shelter="beuk")
    page = await see(mark, case)
    assert "U houdt nog vast" in page and f'action="/requests/{case}/release-holds"' in page
    await mark.post(f"/requests/{case}/hand-over", data={"to": "oever coordinator", "key": "k"})
    page = await done(lucia, case, "take-over")
    assert "U houdt nog vast" not in page and "release-holds" not in page
    words = main(page)
    assert "Nog vastgehouden door anderen" in words and "tot 14:30 · Stichting Oever (politie)" in words


async def test_those_who_are_on_the_road_with_them_still_have_the_address_on_request(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await handed_over_on_the_way(mark, lucia, site)
    words = main(await see(mark, case))
    assert "Toon het adres" in words and "dat u het heeft gezien" in words
    assert "Beuk aankomst 16:00" in words and "Bel de opvang voordat u gaat" not in words
    for secret in ("vrouw", "zwanger", "CANARY"):
        assert secret not in words, secret
    reply = await mark.post(f"/requests/{case}/address", headers={"Content-Type": FORM})
    assert "Adres van Beuk CANARY-ADR-beuk" in main(reply.text), "without scripts the page itself shows it, once"
    assert "CANARY" not in main(await see(mark, case))
    reply = await mark.post(f"/requests/{case}/address", headers=FRAGMENT | {"Content-Type": FORM})
    assert "CANARY-ADR-beuk" in reply.text
    async with site.api("demo-police") as api:
        told = (await api.post(f"/requests/{case}/address")).json()
    assert told == {"shelter": "beuk", "address": "CANARY-ADR-beuk"}
    looks = await sql(site, "select actor_id, why, result from disclosure where what = 'address' order by id")
    assert looks == [("mark", "request", "shown")] * 2 + [("demo-police", "request", "shown")]


async def test_those_who_bring_them_find_the_case_again_in_their_list(site: Site, people: People) -> None:
    mark, lucia, noor = await people("mark"), await people("lucia"), await people("noor")

    async def left(browser: httpx.AsyncClient) -> str:
        return (await browser.get("/requests")).text.partition('id="left"')[2].partition("</section>")[0]

    case = await handed_over_on_the_way(mark, lucia, site)
    assert f'href="/requests/{case}"' in await left(mark) and "Stichting Oever (zorgcoördinator)" in await left(mark)
    assert [await left(browser) for browser in (lucia, noor)] == ["", ""]
    await arrive(site.process.database, "beuk", case_id=case, who=ILSE)
    assert "Zij zijn er, sinds" in await left(mark)
    assert [await left(browser) for browser in (lucia, noor)] == ["", ""]


async def test_once_they_are_there_the_address_is_gone_from_an_open_page(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await handed_over_on_the_way(mark, lucia, site)
    async with page_line(site, mark, "view=own") as line:
        await line.send("{}")
        assert (await hear(line))["type"] == "snapshot"
        await until_pulse(site, line)
        await arrive(site.process.database, "beuk", case_id=case, who=ILSE)
        assert await hear(line) == {"type": "own"}
    fragment = (await mark.get(f"/requests/{case}", headers=FRAGMENT)).text
    assert "Toon het adres" not in fragment and "data-addressed" not in fragment
    reply = await mark.post(f"/requests/{case}/address", headers=FRAGMENT | {"Content-Type": FORM})
    assert reply.status_code == 403 and "Deze aanvraag is van" in reply.text and "CANARY" not in reply.text
