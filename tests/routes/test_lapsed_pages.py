"""A placement of which nobody has said anything for a week, and people who come after all: on the pages and in the API."""

from tests.build.api import call
from tests.build.clock import At
from tests.build.forms import People, done, main, offered, people, see, site, status_of
from tests.build.pages import follow, forms, press
from tests.build.rows import run
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures


async def lapse(site: Site, people: People) -> str:
    """Let mark's case with beuk lapse; give its reference."""
    mark = await people("mark")
    case_id = await offered(site, mark)
    await done(mark, case_id, "choose", shelter="beuk", within="60")
    site.pass_time(days=7, hours=1)
    await site.stay()
    await At(site).pass_on()
    await run(site.process.database, "update shelter set confirmed_at = :now", now=site.clock.now())
    assert await status_of(site, "beuk-1") == "closed"
    assert "Waar slapen ze vannacht?" in await see(mark, case_id)
    return case_id


async def test_a_shelter_may_still_say_that_they_have_come(site: Site, people: People) -> None:
    case_id = await lapse(site, people)
    ilse = await people("ilse")
    page = await ilse.get("/staff/beuk")
    assert "na 7 dagen automatisch gestopt" in main(page.text) and "de aanvraag is ingetrokken" not in main(page.text)
    [arrival] = forms(page, f"/staff/beuk/requests/{case_id}/arrival", arrived="yes")
    page = await follow(ilse, await press(ilse, arrival))
    assert "aangekomen" in main(page.text)
    assert forms(page, f"/staff/beuk/requests/{case_id}/arrival") == []
    assert await status_of(site, "beuk-1") == "occupied"
    words = main(await see(await people("mark"), case_id))
    assert "Waar slapen ze" not in words and "aangekomen" in words


async def test_a_press_that_waited_on_the_phone_for_a_week_is_taken_too(site: Site, people: People) -> None:
    case_id = await lapse(site, people)
    told = await call(site, "demo-desk", f"/requests/{case_id}/arrival", {"arrived": True})
    assert told["state"] == "arrived"
    again = await call(site, "demo-desk", f"/requests/{case_id}/arrival", {"arrived": True}, status=409)
    assert again["code"] == "request_arrived"


async def test_a_case_that_was_withdrawn_by_a_person_takes_no_arrival(site: Site, people: People) -> None:
    mark, ilse = await people("mark"), await people("ilse")
    case_id = await offered(site, mark)
    await done(mark, case_id, "choose", shelter="beuk", within="60")
    await done(mark, case_id, "withdraw", why="no_place")
    page = await ilse.get("/staff/beuk")
    assert "de aanvraag is ingetrokken" in main(page.text)
    assert forms(page, f"/staff/beuk/requests/{case_id}/arrival") == []
    told = await call(site, "demo-desk", f"/requests/{case_id}/arrival", {"arrived": True}, status=409)
    assert told["code"] == "request_over"
