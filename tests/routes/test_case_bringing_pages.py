"""Those who bring a household after they have handed its case over: its shelter's number, and another hour."""

from datetime import datetime, timedelta

from bedboard.actions.notify import list_people_to_notify
from tests.build import NOW
from tests.build.api import sql
from tests.build.cases import ILSE, arrive
from tests.build.forms import People, done, handed_over_on_the_way, main, people, see, site
from tests.build.rows import do
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures


async def test_the_driver_says_that_they_come_later_and_everybody_reads_it(site: Site, people: People) -> None:
    mark, lucia, ilse = await people("mark"), await people("lucia"), await people("ilse")
    case = await handed_over_on_the_way(mark, lucia, site)
    words = main(await done(mark, case, "arrival-time", within="240"))
    assert "Deze aanvraag is van" in words and "aankomst 18:00" in words and "vrouw" not in words
    assert "aankomst 18:00" in main(await see(lucia, case)) and "nieuwe aankomsttijd" in main(await see(lucia, case))
    assert "18:00" in main((await ilse.get("/staff/beuk")).text)
    assert await sql(site, "select role from claim where ended_at is null") == [("coordinator",)], (
        "it stays of those who have it"
    )


async def test_a_program_of_the_drivers_says_another_hour_as_their_page_does(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await handed_over_on_the_way(mark, lucia, site)
    async with site.api("demo-police") as api, site.api("demo-auditor") as stranger:
        at = (NOW + timedelta(hours=5)).isoformat()
        reply = await api.post(f"/requests/{case}/arrival-time", json={"arrives_at": at})
        assert reply.status_code == 200, reply.text
        said = reply.json()
        assert [one["shelter"] for one in said["shelters"]] == ["beuk"] and said["needs"] is None and "CANARY" not in reply.text
        assert datetime.fromisoformat(said["arrives_at"]) == NOW + timedelta(hours=5)
        assert (await api.get(f"/requests/{case}")).json()["version"] == said["version"]
        assert (await stranger.get(f"/requests/{case}")).status_code in (403, 404)
    assert "aankomst 19:00" in main(await see(lucia, case))
    await arrive(site.process.database, "beuk", case_id=case, who=ILSE)
    async with site.api("demo-police") as api:
        assert (await api.get(f"/requests/{case}")).status_code == 404, "the journey is over"


async def test_the_driver_sees_the_number_of_the_shelter_and_that_is_written_down(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await handed_over_on_the_way(mark, lucia, site)
    assert "CANARY" not in await see(mark, case)
    assert "Toon het nummer" in main(await see(mark, case))
    reply = await mark.post(f"/requests/{case}/call", data={"shelter": "beuk"})
    assert reply.status_code == 303
    page = await see(mark, case)
    assert "CANARY-TEL-beuk" in page and "CANARY-TEL" not in await see(lucia, case)
    looks = await sql(site, "select actor_id, shelter_id, why, result from disclosure where what = 'telephone'")
    assert set(looks) == {("mark", "beuk", "request", "shown")}


async def test_both_end_with_the_journey_and_are_for_nobody_else(site: Site, people: People) -> None:
    mark, lucia, noor = await people("mark"), await people("lucia"), await people("noor")
    case = await handed_over_on_the_way(mark, lucia, site)
    presses = {"arrival-time": {"within": "240", "key": "later"}, "call": {"shelter": "beuk"}}
    for path, fields in presses.items():
        assert (await noor.post(f"/requests/{case}/{path}", data=fields)).status_code == 404
    assert (await mark.post(f"/requests/{case}/call", data={"shelter": "linde"})).status_code == 404, "not the one they go to"
    await arrive(site.process.database, "beuk", case_id=case, who=ILSE)
    page = await see(mark, case)
    assert "arrival-time" not in page and "/call" not in page
    for path, fields in presses.items():
        assert (await mark.post(f"/requests/{case}/{path}", data=fields)).status_code == 404
    assert await sql(site, "select count(*) from disclosure where what = 'telephone' and result = 'shown'") == [(0,)]


async def test_the_driver_learns_that_they_have_arrived(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await handed_over_on_the_way(mark, lucia, site)
    assert "zijn er sinds" not in main(await see(mark, case))
    await arrive(site.process.database, "beuk", case_id=case, who=ILSE)
    words = main(await see(mark, case))
    assert "aangekomen" in words and "De mensen die u bracht, zijn er sinds 14:00." in words and "Brengt u ze nog?" not in words
    listed = main((await mark.get("/requests")).text)
    assert case in listed and "aangekomen" in listed and "Zij zijn er, sinds 14:00" in listed
    told = await do(site.process.database, lambda tx: list_people_to_notify(tx, case, "arrived", ("beuk",), is_desk_open=True))
    assert told == {"mark", "lucia"}
