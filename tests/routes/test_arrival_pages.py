"""The usual hour of arrival: never sooner than the journey takes, on the page and in the API alike."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.api import begin, call
from tests.build.forms import People, done, main, offer, people, see
from tests.build.rows import run
from tests.build.site import Site, served

__all__ = ["people"]  # a fixture

YES = {"answer": "yes", "place": "nood-1", "shelter": "nood"}


@pytest.fixture(params=[60, 150])
async def minutes(request: pytest.FixtureRequest) -> int:
    """The journey from Noord to Zuid, where Nood is."""
    return int(request.param)


@pytest.fixture
async def site(case_database: Database, clock: FixedClock, minutes: int) -> AsyncIterator[Site]:
    await run(case_database, "update person set demo = true")
    await run(case_database, "insert into travel values ('noord', 'zuid', :minutes)", minutes=minutes)
    async with served(case_database.url, clock) as site:
        yield site


@pytest.mark.parametrize(
    ("arrival", "near", "of_60", "of_150"),
    [
        ("now", "noord", "15:00", "16:30"),
        ("now", "zuid", "14:30", "14:30"),
        ("now", "", "14:30", "14:30"),
        ("open", "noord", "16:00", "16:30"),
        ("open", "zuid", "16:00", "16:00"),
    ],
)
async def test_a_choice_promises_no_arrival_sooner_than_the_journey(
    site: Site, people: People, minutes: int, arrival: str, near: str, of_60: str, of_150: str
) -> None:
    at = of_60 if minutes == 60 else of_150
    mark = await people("mark")
    needs = {"adults.woman": "1", "arrival": arrival, **({"near": near} if near else {})}
    reply = await mark.post("/requests", data={**needs, "ask.nood": "emergency", "key": "k"})
    case = reply.headers["location"].rpartition("/")[2]
    await offer(site, "nood-1", case)
    page = await see(mark, case)
    [within] = [
        one.partition('"')[0] for one in page.split('name="within" value="')[1:] if one.partition(">")[0].endswith("checked")
    ]
    words = main(await done(mark, case, "choose", shelter="nood", within=within))
    assert f"aankomst {at}" in words

    profile: dict[str, Any] = (
        {"adults": {"woman": 1}} | ({"near": near} if near else {}) | ({"arrives_after": "now"} if arrival == "now" else {})
    )
    case = await begin(site, "nood", **profile)
    await call(site, "demo-desk", f"/requests/{case}/answers", YES | {"place": "nood-2"})
    told = await call(site, "demo-police", f"/requests/{case}/choose", {"shelter": "nood"})
    hour, minute = int(at[:2]) - 1, at[3:]
    assert told["arrives_at"].startswith(f"2026-03-11T{hour:02}:{minute}")


async def test_nothing_is_offered_that_is_sooner_than_the_journey(site: Site, people: People, minutes: int) -> None:
    mark = await people("mark")
    reply = await mark.post("/requests", data={"adults.woman": "1", "near": "noord", "ask.nood": "emergency", "key": "k"})
    case = reply.headers["location"].rpartition("/")[2]
    await offer(site, "nood-1", case)
    page = await see(mark, case)
    offered = [int(one.partition('"')[0]) for one in page.split('name="within" value="')[1:]]
    assert min(offered) == minutes and offered == sorted(set(offered))
    assert f"meteen {minutes} min" in main(page)
