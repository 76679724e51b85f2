"""Those who are on the road with a household that others have now hear at once that its place is lost, or off."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from bedboard.actions.occupancy import change_place
from bedboard.rules.places import PlaceChange
from tests.build.api import call
from tests.build.cases import ILSE, arrive
from tests.build.forms import FORM, FRAGMENT, People, done, main, offered, people, press, see, shown, site
from tests.build.lines import hear, page_line, until_pulse
from tests.build.rows import do
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures

OFF = "De plek in Beuk gaat niet door. Rijd er niet heen; bel Stichting Oever."
LOST = {"occupied": "Let op: de opvang zegt nu bezet", "closed": "Let op: de opvang zegt nu dicht"}


async def handed_over(mark: httpx.AsyncClient, lucia: httpx.AsyncClient, site: Site) -> str:
    case = await offered(site, mark)
    await done(mark, case, "choose", shelter="beuk")
    await mark.post(f"/requests/{case}/hand-over", data={"to": "oever coordinator", "key": "k"})
    await done(lucia, case, "take-over")
    return case


async def told(site: Site, browser: httpx.AsyncClient, act: Callable[[], Awaitable[object]]) -> None:
    """Act, and hear of it on an open page of this person."""
    async with page_line(site, browser, "view=own") as line:
        await line.send("{}")
        assert (await hear(line))["type"] == "snapshot"
        await until_pulse(site, line)
        await act()
        assert await hear(line) == {"type": "own"}


async def left(browser: httpx.AsyncClient) -> str:
    text = (await browser.get("/requests")).text.partition('id="left"')[2].partition("</section>")[0]
    return main(f"<main{text}</main>")


@pytest.mark.parametrize("status", ["occupied", "closed"])
async def test_they_read_that_the_shelter_says_something_else(site: Site, people: People, status: str) -> None:
    mark, lucia = await people("mark"), await people("lucia")
    case = await handed_over(mark, lucia, site)
    change = PlaceChange("occupied") if status == "occupied" else PlaceChange("closed", "repair")

    async def lose() -> None:
        await do(site.process.database, lambda tx: change_place(tx, ILSE, "beuk-1", change, site.clock.at))
        await shown(site, "beuk-1", status)

    await told(site, mark, lose)
    for browser in (mark, lucia):
        words = main(await see(browser, case))
        assert LOST[status] in words and "Bel de opvang voordat u gaat." in words
    assert LOST[status] in await left(mark) and LOST[status] not in main(await see(mark, case)).partition("Beuk")[2]


@pytest.mark.parametrize("what", ["resume", "no_place", "not_needed", "missed"])
async def test_they_read_that_the_place_is_off_until_another_is_chosen(site: Site, people: People, what: str) -> None:
    mark, lucia, noor = await people("mark"), await people("lucia"), await people("noor")
    case = await handed_over(mark, lucia, site)

    async def call_off() -> None:
        page = await see(lucia, case)
        if what == "missed":
            await arrive(site.process.database, "beuk", case_id=case, who=ILSE, arrived=False)
        elif what == "resume":
            assert (await press(lucia, page, "resume")).status_code == 303
        else:
            assert (await press(lucia, page, "withdraw", why=what)).status_code == 303

    await told(site, mark, call_off)
    words = main(await see(mark, case))
    assert OFF in words and "Toon het adres" not in words and "overgedragen" in words
    assert OFF in await left(mark) and "het adres" not in await left(mark)
    assert OFF not in main(await see(lucia, case)) and (await noor.get(f"/requests/{case}")).status_code == 404
    reply = await mark.post(f"/requests/{case}/address", headers=FRAGMENT | {"Content-Type": FORM})
    assert reply.status_code == 403 and "Rijd er niet heen." in reply.text and "CANARY" not in reply.text
    assert (await call(site, "demo-police", f"/requests/{case}/address", status=403))["code"] == "place_off"
    if what == "resume":
        await shown(site, "beuk-1", "free")
        await lucia.post(f"/requests/{case}/shelters", data={"ask.beuk": "women", "key": "again"})
        assert OFF in main(await see(mark, case)), "nothing else is chosen yet"
        await done(await people("hanneke"), case, "answer", shelter="beuk", answer="yes", place="beuk-1")
        await shown(site, "beuk-1", "reserved")
        site.pass_time(minutes=1)
        await site.stay()
        await told(site, mark, lambda: done(lucia, case, "choose", shelter="beuk"))
        assert OFF not in main(await see(mark, case)) and await left(mark) == ""
    elif what != "missed":
        site.pass_time(hours=24)
        await site.stay()
        assert await left(await people("mark")) == "", "it is over, a day ago"
