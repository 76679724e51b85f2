"""The facts beside an offer on the page of a case, and the number of the requester for those who call back."""

from bedboard.store.bell import CHANNEL
from tests.build import until
from tests.build.forms import WOMAN, People, begin, done, main, offer, people, see, shown, site
from tests.build.rows import run
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures

NUMBER = "088 000 09 09"


async def terms(site: Site) -> None:
    """Let beuk ask about pregnancy, and take people in until 22:00 and for 30 days; give the police a number."""
    await run(
        site.process.database,
        "update shelter set criteria = cast(:criteria as jsonb), limits = cast(:limits as jsonb), intake_from_minutes = 480,"
        " intake_until_minutes = 1320 where id = 'beuk'",
        criteria='{"woman": "yes", "pregnant": "discuss", "dublin": "no"}',
        limits='{"longest_stay_days": 30}',
    )
    await run(
        site.process.database,
        "update organization set telephones = jsonb_build_object('police', cast(:number as text)) where id = 'oever'",
        number=NUMBER,
    )
    await run(site.process.database, "select pg_notify(:channel, 'catalogue 0 all')", channel=CHANNEL)

    async def is_read() -> bool:
        catalogue = site.process.board.catalogue
        return catalogue is not None and any(caller.telephone for caller in catalogue.callers)

    await until(is_read, "the board has the number")


def part(page: str, shelter: str) -> str:
    return main("<main>" + page.partition(f'id="ask-{shelter}"')[2].partition("</article>")[0] + "</main>")


async def test_fit_questions_hours_and_stay_stand_beside_an_offer(site: Site, people: People) -> None:
    await terms(site)
    mark, hanneke = await people("mark"), await people("hanneke")
    case = await begin(mark, "linde", "beuk")
    await offer(site, "beuk-1", case)
    for browser in (mark, hanneke):
        words = part(await see(browser, case), "beuk")
        assert "in overleg: zwanger" in words
        assert "nog vragen: status (niet: Dublinclaimant)" in words
        assert "Opname 08:00–22:00 · hoogstens 30 dagen" in words
    assert NUMBER in await see(hanneke, case) and NUMBER not in await see(mark, case)
    ilse = await people("ilse")
    assert NUMBER in (await ilse.get("/staff/beuk")).text, "the shelter can call the requester back"


async def test_the_desk_decides_with_the_other_offers_in_sight(site: Site, people: People) -> None:
    mark, hanneke = await people("mark"), await people("hanneke")
    case = await begin(mark, "linde", "beuk")
    await offer(site, "beuk-1", case)
    await done(hanneke, case, "answer", shelter="linde", answer="yes", place="linde-1")
    await done(mark, case, "choose", shelter="linde")
    page = await see(hanneke, case)
    assert '<details class="fold" open><summary>Nog 1 locatie gevraagd' in page
    assert "plek 1 · Vrouwen" in part(page, "beuk")
    assert "Opname" in page.partition('id="chosen"')[2].partition("</article>")[0]
    assert '<details class="fold"><summary>Nog 1 locatie gevraagd' in await see(mark, case)


async def test_a_full_shelter_says_when_a_place_is_expected_to_be_free(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await begin(mark, "beuk")
    ilse = await people("ilse")
    for place, at in (("beuk-1", "2026-03-12T09:00"), ("beuk-2", "2026-03-13T09:00")):
        taken = {"status": "occupied", "expected_free_at": at, "key": place}
        assert (await ilse.post(f"/staff/beuk/places/{place}", data=taken)).status_code == 303
    assert "nu niet vrij · verwacht vrij: do 12 mrt 09:00" in part(await see(mark, case), "beuk")


async def test_a_shelter_that_suits_and_is_full_may_be_asked_and_says_when_it_expects_a_place(
    site: Site, people: People
) -> None:
    mark, ilse = await people("mark"), await people("ilse")
    for place in ("beuk-1", "beuk-2"):
        taken = {"status": "occupied", "expected_free_at": "2026-03-12T09:00", "key": place}
        assert (await ilse.post(f"/staff/beuk/places/{place}", data=taken)).status_code == 303
    await shown(site, "beuk-2", "occupied")
    assert "Vraag ook locaties zonder vrije plek" in (await mark.post("/search", data=WOMAN)).text
    page = (await mark.post("/requests/new", data=WOMAN)).text
    row = page.partition('name="ask.beuk"')[2].partition("</li>")[0]
    assert "nu niet vrij" in row and "do 12 mrt 09:00" in row
    assert "checked" not in row, "a full shelter is not ticked beforehand"
    assert page.index("ask.linde") < page.index("ask.beuk"), "after those with a free place"
    case = await begin(mark, "beuk")
    assert "verwacht vrij: do 12 mrt 09:00" in part(await see(mark, case), "beuk")
