"""Too many in an hour: every answer says when it can be tried again, and is right about it."""

import httpx

from bedboard.rules.cases import MOST_CASES_AN_HOUR
from tests.build.api import WOMAN as WOMAN_OF_API
from tests.build.api import begin as begin_by_api
from tests.build.api import call
from tests.build.forms import WOMAN, People, begin, done, main, people, site
from tests.build.site import Site

__all__ = ["people", "site"]  # fixtures


async def ask(browser: httpx.AsyncClient, key: str) -> httpx.Response:
    return await browser.post("/requests", data={**WOMAN, "ask.linde": "cosm", "key": key})


async def test_a_page_says_in_how_many_minutes_and_at_what_time(site: Site, people: People) -> None:
    mark = await people("mark")
    for number in range(MOST_CASES_AN_HOUR):
        case = await begin(mark, "linde", key=f"k{number}")
        await done(mark, case, "withdraw", why="by_mistake")
    site.clock.move(minutes=40)
    await site.stay()
    await begin_by_api(site, "linde")  # of somebody else, and so no reason to wait longer
    site.clock.move(minutes=8)
    await site.stay()
    refused = await ask(mark, "more")
    assert refused.status_code == 429
    assert "Dit is te vaak. Probeer het over 12 minuten opnieuw, om 15:00." in main(refused.text)
    site.clock.move(minutes=11, seconds=30)
    await site.stay()
    again = await mark.get(str(refused.url))
    assert "Probeer het over 1 minuut opnieuw, om 15:00." in main(again.text)
    assert (await ask(mark, "more")).status_code == 429
    site.clock.move(seconds=30)
    await site.stay()
    assert (await ask(mark, "more")).status_code == 303, "at that time it can"


async def test_a_program_reads_the_same_and_in_its_header(site: Site) -> None:
    for _ in range(MOST_CASES_AN_HOUR):
        case = await begin_by_api(site, "linde")
        await call(site, "demo-police", f"/requests/{case}/withdraw", {"why": "by_mistake"})
    site.clock.move(minutes=48)
    async with site.api("demo-police") as api:
        for language, words in (("nl", "over 12 minuten opnieuw, om 15:00"), ("en", "Try again in 12 minutes, at 15:00.")):
            reply = await api.post(
                "/requests", json=WOMAN_OF_API | {"shelters": ["linde"]}, headers={"Accept-Language": language}
            )
            assert (reply.status_code, reply.headers["retry-after"]) == (429, "720")
            assert words in reply.json()["detail"]
