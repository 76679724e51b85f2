"""Another hour of arrival: said on the page of the case without scripts and by the API, and read by the shelter."""

from tests.build.api import call
from tests.build.api import see as see_by_api
from tests.build.asked import asked, chosen, told
from tests.build.forms import FORM, FRAGMENT, People, done, main, offered, people, see, site
from tests.build.rows import run
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures

AT = "2026-03-11T{}"


async def test_people_on_the_way_say_another_hour_and_may_say_one_more(site: Site, people: People) -> None:
    mark, hanneke = await people("mark"), await people("hanneke")
    case = await offered(site, mark)
    assert "Andere aankomsttijd" not in main(await see(mark, case)), "nothing is agreed yet"
    await done(mark, case, "choose", shelter="beuk", within="60")
    form = (await see(mark, case)).partition('/arrival-time"')[2].partition("</form>")[0]
    assert 'name="within"' in form and " checked" not in form, "another hour is said, and not left as it stands"
    page = await done(mark, case, "arrival-time", within="240")
    words = main(page)
    assert "aankomst 18:00" in words and "Beuk nieuwe aankomsttijd politie" in words
    words = main(await done(mark, case, "arrival-time", arrives_at=AT.format("15:30")))
    assert "aankomst 15:30" in words
    words = main(await done(hanneke, case, "arrival-time", arrives_at=AT.format("19:00")))
    assert "aankomst 19:00" in words and "nieuwe aankomsttijd plaatsingsdesk" in words


async def test_what_cannot_be_agreed_is_refused_with_its_reason(site: Site, people: People) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await offered(site, mark)
    await done(mark, case, "choose", shelter="beuk", within="60")
    for form, words in (
        ({"arrives_at": AT.format("13:00")}, "dit tijdstip is al voorbij"),
        ({"arrives_at": "2026-03-12T15:00"}, "dit is meer dan 24 uur van nu"),
        ({}, "Aankomst"),
    ):
        data = form | {"key": f"k{words}"}
        reply = await mark.post(f"/requests/{case}/arrival-time", data=data, headers=FRAGMENT | {"Content-Type": FORM})
        assert reply.status_code == 422 and words in reply.text, words
    assert (await lucia.post(f"/requests/{case}/arrival-time", data={"within": "60", "key": "l"})).status_code == 404
    assert "aankomst 15:00" in main(await see(mark, case))


async def test_who_is_late_is_asked_for_another_hour_and_then_is_late_no_more(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    await done(mark, case, "choose", shelter="beuk", within="60")
    assert '<details class="fold" open><summary>Andere aankomsttijd' not in await see(mark, case)
    site.clock.move(hours=1)
    await people.pop("mark").aclose()
    mark = await people("mark")
    page = await see(mark, case)
    assert "Die tijd is voorbij" in page and '<details class="fold" open><summary>Andere aankomsttijd' in page
    words = main(await done(mark, case, "arrival-time", within="60"))
    assert "Die tijd is voorbij" not in words and "aankomst 16:00" in words
    assert "te laat" not in (await mark.get("/strip")).text


async def test_an_hour_outside_the_hours_of_intake_is_said_to_both_sides(site: Site, people: People) -> None:
    hours = "update shelter set intake_from_minutes = 480, intake_until_minutes = 1320 where id = 'beuk'"
    await run(site.process.database, hours)
    mark, ilse = await people("mark"), await people("ilse")
    case = await offered(site, mark)  # with this change the board reads the shelter again
    page = await done(mark, case, "choose", shelter="beuk", within="60")
    assert "Bel de opvang of het op die tijd kan" not in main(page)
    assert "buiten uw opname-uren" not in asked(await ilse.get("/staff/beuk"))
    page = await done(mark, case, "arrival-time", arrives_at=AT.format("22:30"))
    assert "Opname 08:00–22:00. Bel de opvang of het op die tijd kan." in main(page)
    words = asked(await ilse.get("/staff/beuk"))
    assert "Nieuwe tijd: ze komen om 22:30 (plek 1)" in words
    assert "Dat is buiten uw opname-uren. Kan het niet op die tijd? Bel de aanvrager." in words


async def test_each_new_hour_is_news_to_the_shelter(site: Site, people: People) -> None:
    mark, ilse = await people("mark"), await people("ilse")
    case = await offered(site, mark)
    await done(mark, case, "choose", shelter="beuk", within="60")
    heard = [told(await ilse.get("/staff/beuk"))]
    codes = []
    for at in ("16:00", "17:00"):
        await done(mark, case, "arrival-time", arrives_at=AT.format(at))
        page = await ilse.get("/staff/beuk")
        heard.append(told(page))
        codes.append(page.text.partition('data-news="')[2].partition('"')[0])
    assert heard == [
        ["Gekozen: ze komen om 15:00 (plek 1)"],
        ["Nieuwe tijd: ze komen om 16:00 (plek 1)"],
        ["Nieuwe tijd: ze komen om 17:00 (plek 1)"],
    ]
    assert len(set(codes)) == 2, "a page that is open hears of each"


async def test_programs_say_and_read_the_new_hour(site: Site, people: People) -> None:
    sanne = await people("sanne")
    case = await chosen(site, sanne)
    told_at = "2026-03-11T18:30:00Z"
    case_object = await call(site, "demo-police", f"/requests/{case}/arrival-time", {"arrives_at": told_at})
    assert (case_object["arrives_at"], case_object["state"]) == (told_at, "chosen")
    assert (await see_by_api(site, "demo-shelter-linde", case))["arrives_at"] == told_at
    for body, code in (({}, "missing"), ({"arrives_at": "2026-03-12T18:30:00Z"}, "more_than_a_day")):
        refusal = await call(site, "demo-police", f"/requests/{case}/arrival-time", body, 422)
        assert [(one["field"], one["code"]) for one in refusal["errors"]] == [("arrives_at", code)]
