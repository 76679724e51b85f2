"""Withdrawing a case asks why, on its page and by the API."""

import re
from typing import Any

import pytest

from bedboard.actions.occupancy import change_place
from bedboard.rules.cases import WITHDRAW_REASONS
from bedboard.rules.places import PlaceChange
from tests.build.api import begin as begin_by_api
from tests.build.api import call, kept, sql
from tests.build.cases import ILSE
from tests.build.forms import People, done, main, offered, people, press, see, shown, site, status_of
from tests.build.rows import do
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures

SLEEPS = "Waar slapen ze vannacht?"

WITHDRAWN = "select what, code from tally_waiting where what = 'withdrawn'"


async def test_a_mistake_is_asked_for_before_the_night_and_ends_the_case(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    page = await see(mark, case)
    assert "Waarom trekt u de aanvraag in?" in page and "vergissing" in page
    page = await done(mark, case, "withdraw", why="by_mistake")
    assert SLEEPS not in page and "<b>ingetrokken</b>" in page and "vergissing" not in page
    assert await status_of(site, "beuk-1") == "free"
    assert case not in (await mark.get("/strip")).text
    assert await sql(site, WITHDRAWN) == [("withdrawn", "by_mistake")]


@pytest.mark.parametrize("so_far", ["asking", "confirmed"])
async def test_the_last_press_says_what_is_lost_and_a_reason_alone_withdraws_nothing(
    site: Site, people: People, so_far: str
) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    if so_far == "confirmed":
        await done(mark, case, "choose", shelter="beuk")
    form = (await see(mark, case)).partition(f'action="/requests/{case}/withdraw"')[2].partition("</form>")[0]
    buttons = re.findall(r"<button[^>]*>([^<]*)</button>", form)
    lost = "de plek komt vrij en de gegevens worden gewist" if so_far == "confirmed" else "de gegevens worden gewist"
    assert buttons == [f"Trek in: {lost}"]
    assert form.count('type="radio"') == form.count(" required") == len(WITHDRAW_REASONS) and " checked" not in form
    reply = await press(mark, await see(mark, case), "withdraw")
    assert reply.status_code == 422, "a browser does not even send it without a reason"
    words = main(await see(mark, case))
    assert "Waarom" in words and "De gegevens over deze mensen zijn gewist" not in words
    assert "<b>ingetrokken</b>" not in await see(mark, case)


@pytest.mark.parametrize("now", ["occupied", "closed"])
async def test_a_place_that_is_lost_is_not_promised_to_come_free(site: Site, people: People, now: str) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    page = await done(mark, case, "choose", shelter="beuk")
    assert "De gekozen plek komt meteen vrij" in main(page)
    change = PlaceChange("occupied") if now == "occupied" else PlaceChange("closed", "repair")
    await do(site.process.database, lambda tx: change_place(tx, ILSE, "beuk-1", change, site.clock.at))
    await shown(site, "beuk-1", now)
    words = main(await see(mark, case))
    assert "komt meteen vrij" not in words and "plek komt vrij" not in words
    assert "De opvang ziet dat u niet komt." in words and "Trek in: de gegevens worden gewist" in words
    await done(mark, case, "withdraw", why="by_mistake")
    assert await status_of(site, "beuk-1") == now


async def test_a_night_without_a_place_can_still_turn_out_otherwise(site: Site, people: People) -> None:
    mark = await people("mark")
    case = await offered(site, mark)
    page = await done(mark, case, "withdraw", why="no_place")
    assert SLEEPS in page and "Toch niet zonder plek?" in main(page)
    page = await done(mark, case, "withdraw", why="found_otherwise")
    assert SLEEPS not in page and "<b>ingetrokken</b>" in page
    assert await sql(site, WITHDRAWN) == [("withdrawn", "found_otherwise")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing"),
        ({"why": "tired"}, "not_one_of"),
        ({"why": 3}, "not_one_of"),
        ({"why": None}, "not_one_of"),
        ({"why": ["no_place"]}, "not_one_of"),
    ],
)
@pytest.mark.parametrize("language", ["nl", "en"])
async def test_a_reason_that_is_none_is_refused_with_its_field(site: Site, body: Any, code: str, language: str) -> None:
    case_id = await begin_by_api(site, "linde")
    before = await kept(site)
    async with site.api("demo-police") as police:
        reply = await police.post(f"/requests/{case_id}/withdraw", json=body, headers={"Accept-Language": language})
    assert reply.status_code == 422
    assert [(one["field"], one["code"]) for one in reply.json()["errors"]] == [("why", code)]
    assert await kept(site) == before


async def test_a_program_withdraws_for_another_reason_than_a_night_without_a_place(site: Site) -> None:
    case_id = await begin_by_api(site, "linde")
    gone = await call(site, "demo-police", f"/requests/{case_id}/withdraw", {"why": "not_wanted"})
    assert (gone["state"], gone["needs"]) == ("cancelled", None)
    late = await call(site, "demo-police", f"/requests/{case_id}/outcome", {"slept": "hotel"}, 409)
    assert late["code"] == "request_over"
    assert await sql(site, WITHDRAWN) == [("withdrawn", "not_wanted")]
