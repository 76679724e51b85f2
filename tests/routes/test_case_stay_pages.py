"""The desk ends a stay: on its page, at the requester, at the shelter, and by the API."""

from typing import Any

import pytest

from tests.build.api import begin as begin_by_api
from tests.build.api import call, kept, part, sql
from tests.build.forms import People, main, people, press, see, site
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures


async def housed(site: Site) -> str:
    """Open a case by the API that is provisional and has arrived at linde-1, and is in the hands of the desk."""
    statement = "update kind set desk_hours = 'mon-fri 20:00-22:00', outside_hours = 'provisional' where code = 'cosm'"
    await sql(site, statement)
    case_id = await begin_by_api(site, "linde")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", {"answer": "yes", "place": "linde-1"})
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/arrival", {"arrived": True})
    return case_id


async def test_the_desk_ends_a_stay_and_everybody_reads_until_when_they_may_stay(site: Site, people: People) -> None:
    case = await housed(site)
    mark, hanneke, sanne = await people("mark"), await people("hanneke"), await people("sanne")
    page = await see(hanneke, case)
    assert "Keur deze plaatsing achteraf goed" in page and "Beëindig het verblijf" in page
    assert 'name="stays_until" required min="2026-03-11" max="2026-03-18"' in page
    reply = await press(hanneke, page, "decide", decision="end_stay", reason="better_place")
    assert reply.status_code == 422 and "Mogen blijven tot en met" in main(reply.text)
    data = {"decision": "end_stay", "reason": "better_place", "stays_until": "2026-03-14", "key": "k"}
    reply = await hanneke.post(f"/requests/{case}/decide", data=data)
    assert reply.status_code == 303
    words = main(await see(mark, case))
    assert "verblijf beëindigd: zoek verder" in words
    assert "Linde: de plaatsingsdesk beëindigde het verblijf, een andere plek past beter." in words
    assert "Ze mogen blijven tot en met zaterdag 14 maart." in words
    assert "Linde verblijf beëindigd door de plaatsingsdesk" in words
    words = main((await sanne.get("/staff/linde")).text)
    assert "de plaatsingsdesk beëindigde het verblijf: een andere plek past beter" in words
    assert "Ze mogen blijven tot en met zaterdag 14 maart." in words
    assert (await mark.post("/language", data={"language": "en", "back": "/"})).status_code == 303
    assert "They may stay up to and including Saturday 14 March." in main(await see(mark, case))


async def test_where_the_desk_ended_a_stay_is_no_place_that_fits_and_the_last_night_is_kept(site: Site, people: People) -> None:
    case = await housed(site)
    mark = await people("mark")
    body = {"decision": "end_stay", "reason": "not_safe", "stays_until": "2026-03-14"}
    await call(site, "demo-desk", f"/requests/{case}/decide", body)
    night = "Ze mogen blijven tot en met zaterdag 14 maart."
    page = (await mark.get(f"/requests/{case}/more")).text
    [linde] = [one for one in page.split("<li ") if 'name="ask.linde"' in one]
    words = main(f"<main{linde}</main>")
    assert f"eerder gevraagd: de plaatsingsdesk beëindigde het verblijf. {night}" in words
    assert "daar niet veilig" in words and linde.startswith('class="excluded')
    reply = await mark.post(f"/requests/{case}/shelters", data={"ask.linde": "cosm", "key": "again"})
    assert reply.status_code == 303
    words = main(await see(mark, case))
    assert f"Linde verblijf beëindigd door de plaatsingsdesk, daar niet veilig. {night}" in words, "the shelter was asked again"


async def test_a_shelter_that_filled_a_decided_place_reads_when_they_were_to_come(site: Site, people: People) -> None:
    """A placement has no end by the clock, so the page must not ask for one."""
    case_id = await begin_by_api(site, "linde")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", {"answer": "yes", "place": "linde-1"})
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    sanne = await people("sanne")
    for place in ("linde-2", "linde-1"):  # otherwise the other one can stand in
        reply = await sanne.post(f"/staff/linde/places/{place}", data={"status": "occupied", "key": place})
        assert reply.status_code == 303
    words = main((await sanne.get("/staff/linde")).text)
    assert "1 toegezegd zonder plek — bel" in words and "gereserveerd verwacht wo 11 mrt" in words


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"decision": "end_stay", "stays_until": "2026-03-14"}, "reason", "needed_to_refuse"),
        ({"decision": "end_stay", "reason": "other"}, "stays_until", "missing"),
        ({"decision": "end_stay", "reason": "other", "stays_until": "soon"}, "stays_until", "not_a_time"),
        ({"decision": "end_stay", "reason": "other", "stays_until": 14}, "stays_until", "not_a_time"),
        ({"decision": "end_stay", "reason": "other", "stays_until": "2026-03-10"}, "stays_until", "in_the_past"),
        ({"decision": "end_stay", "reason": "other", "stays_until": "9999-12-31"}, "stays_until", "stays_too_long"),
        ({"decision": "confirm", "stays_until": "2026-03-14"}, "stays_until", "only_with_end_stay"),
        ({"decision": "end", "reason": "other"}, "decision", "not_one_of"),
    ],
)
async def test_an_impossible_end_of_a_stay_is_refused_with_its_field(
    site: Site, body: dict[str, Any], field: str, code: str
) -> None:
    case_id = await housed(site)
    before = await kept(site)
    told = await call(site, "demo-desk", f"/requests/{case_id}/decide", body, 422)
    assert [(one["field"], one["code"]) for one in told["errors"]] == [(field, code)]
    assert await kept(site) == before


async def test_a_program_ends_a_stay_and_the_parties_see_it(site: Site) -> None:
    case_id = await housed(site)
    body = {"decision": "end_stay", "reason": "not_eligible", "stays_until": "2026-03-14"}
    said = await call(site, "demo-desk", f"/requests/{case_id}/decide", body)
    assert (said["state"], said["refusal"], said["stays_until"]) == ("asking", "not_eligible", "2026-03-14")
    assert said["needs"] == {"adults": {"woman": 1}} and part(said, "linde")["settled"] == "stay_ended"
    async with site.api("demo-shelter-linde") as linde:
        asked = (await linde.get(f"/requests/{case_id}")).json()
    assert (asked["stays_until"], asked["needs"]) == ("2026-03-14", None)


async def test_what_is_erased_by_approving_a_stay_is_said_before_it_goes(site: Site, people: People) -> None:
    case, hanneke = await housed(site), await people("hanneke")
    page = await see(hanneke, case)
    form = page.partition('value="confirm"')[2].partition("</form>")[0]
    assert "worden gewist" in form.partition("<button")[0] and "niet terugdraaien" in form.partition("<button")[0]
    assert "1 vrouw" in main(page)
    assert (await press(hanneke, page, "decide", decision="confirm")).status_code == 303
    assert "1 vrouw" not in main(await see(hanneke, case)) and "zijn gewist" in main(await see(hanneke, case))


@pytest.mark.parametrize("is_decided", [True, False])
async def test_an_arrival_says_what_is_erased_only_where_it_ends_the_case(site: Site, people: People, is_decided: bool) -> None:
    if not is_decided:
        await sql(site, "update kind set desk_hours = 'mon-fri 20:00-22:00', outside_hours = 'provisional' where code = 'cosm'")
    case = await begin_by_api(site, "linde")
    await call(site, "demo-shelter-linde", f"/requests/{case}/answers", {"answer": "yes", "place": "linde-1"})
    await call(site, "demo-police", f"/requests/{case}/choose", {"shelter": "linde"})
    if is_decided:
        await call(site, "demo-desk", f"/requests/{case}/decide", {"decision": "confirm"})
    hanneke, sanne = await people("hanneke"), await people("sanne")
    at_desk = (await see(hanneke, case)).partition('/arrival"')[0].rpartition("<summary>")[2]
    own = (await sanne.get("/staff/linde")).text.partition(f'id="came-{case}"')[2].partition("<button")[0]
    assert ["worden gewist" in one for one in (at_desk, own)] == [is_decided] * 2
    await call(site, "demo-shelter-linde", f"/requests/{case}/arrival", {"arrived": True})
    assert await sql(site, f"select needs_sealed is null from case_record where id = '{case}'") == [(is_decided,)]  # noqa: S608
