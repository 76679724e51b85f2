"""Cases by forms alone, as a browser without scripts has them: the people signed in, the forms of a page, and pressing them."""

import re
from collections.abc import AsyncIterator, Mapping

import httpx
import pytest

from bedboard.store.database import Database
from tests import build
from tests.build import FixedClock
from tests.build.cases import ILSE
from tests.build.cases import offer as act_offer
from tests.build.rows import run
from tests.build.site import Site, served

WOMAN = {"adults.woman": "1", "needs.pregnant": "on", "near": "noord", "arrival": "open"}
FRAGMENT = {"HX-Request": "true"}
FORM = "application/x-www-form-urlencoded"  # as a browser says also of a form without fields


class People(dict[str, httpx.AsyncClient]):
    """Browsers without scripts, by the name of the person who has signed in."""

    def __init__(self, site: Site) -> None:
        self.site = site

    async def __call__(self, name: str) -> httpx.AsyncClient:
        if name not in self:
            self[name] = await self.site.sign_in(name)
        return self[name]


@pytest.fixture
async def site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The board on which everybody who may decide decides on something; everybody may sign in."""
    await run(case_database, "update person set demo = true")
    async with served(case_database.url, clock) as site:
        yield site


@pytest.fixture
async def people(site: Site) -> AsyncIterator[People]:
    people = People(site)
    yield people
    for browser in people.values():
        await browser.aclose()


async def begin(browser: httpx.AsyncClient, *shelters: str, key: str = "open", needs: Mapping[str, str] = WOMAN) -> str:
    """The reference of the case."""
    reply = await browser.post(
        "/requests", data={**needs, "key": key} | {f"ask.{shelter_id}": "women" for shelter_id in shelters}
    )
    assert reply.status_code == 303, reply.text
    return reply.headers["location"].removeprefix("/requests/")


async def see(browser: httpx.AsyncClient, case: str) -> str:
    reply = await browser.get(f"/requests/{case}")
    assert reply.status_code == 200, reply.text
    return reply.text


async def press(browser: httpx.AsyncClient, page: str, what: str, **choice: str) -> httpx.Response:
    """The form of a page that does this with these choices, with the other fields as the page gives them."""
    for found in re.finditer(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', page, re.DOTALL):
        action, inside = found.groups()
        if not action.endswith(f"/{what}"):
            continue
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', inside))
        offered = set(re.findall(r'name="([^"]+)" value="([^"]*)"', inside)) | hidden.items()
        if all((name, value) in offered or name == "arrives_at" for name, value in choice.items()):
            return await browser.post(action, data=hidden | choice, headers={"Content-Type": FORM})
    raise AssertionError(f"the page has no form that does {what} with {choice}")


async def offer(site: Site, place: str, case: str) -> None:
    """Its shelter says yes, and this process shows it."""
    await act_offer(site.process.database, place, case_id=case, who=ILSE)
    await shown(site, place, "reserved")


async def offered(site: Site, browser: httpx.AsyncClient) -> str:
    """Begin a case with beuk alone, which says yes with beuk-1; give its reference."""
    case = await begin(browser, "beuk")
    await offer(site, "beuk-1", case)
    return case


async def shown(site: Site, place: str, status: str) -> None:
    async def is_so() -> bool:
        return await status_of(site, place) == status

    await build.until(is_so, f"{place} is {status}")


async def done(browser: httpx.AsyncClient, case: str, what: str, **choice: str) -> str:
    """Presses it on the page as it now is; gives the page after it."""
    reply = await press(browser, await see(browser, case), what, **choice)
    assert (reply.status_code, reply.headers.get("location")) == (303, f"/requests/{case}"), reply.text
    return await see(browser, case)


async def handed_over_on_the_way(mark: httpx.AsyncClient, lucia: httpx.AsyncClient, site: Site) -> str:
    """Begin a case, choose beuk, and let another group take it over while they are on the road; give its reference."""
    case = await offered(site, mark)
    await done(mark, case, "choose", shelter="beuk")
    await mark.post(f"/requests/{case}/hand-over", data={"to": "oever coordinator", "key": "k"})
    await done(lucia, case, "take-over")
    return case


def main(page: str) -> str:
    """Return the words that a page says, without the parts around them."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2].partition("</main>")[0]))


async def status_of(site: Site, place: str) -> str:
    async with site.api("demo-police") as api:
        shelters = (await api.get("/board")).json()["shelters"]
    return str(next(one["status"] for shelter in shelters for one in shelter["places"] if one["id"] == place))
