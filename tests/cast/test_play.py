"""The cast on a real board, through its API: it answers after a while, and never for a shelter with a visitor."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import text

from bedboard.app import make_cast
from bedboard.cast.play import Cast
from bedboard.store.database import Database
from tests import build
from tests.build import FixedClock
from tests.build.api import YES, begin, call, see
from tests.build.forms import shown
from tests.build.site import Site, facts, served


@pytest.fixture
async def case_site(case_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    async with served(case_database.url, clock) as site:
        yield site


def cast_of(site: Site) -> Cast:
    """The cast of the site, at the speed of people, that looks only when the test says so."""
    return make_cast(site.process, 1.0)


async def look(site: Site, cast: Cast, **later: float) -> None:
    site.clock.move(**later)
    async with cast.client() as client:
        await cast.look(client)


async def says(site: Site, case_id: str) -> dict[str, str]:
    return {one["shelter"]: one["says"] for one in (await see(site, "demo-police", case_id))["shelters"]}


async def state(site: Site, case_id: str) -> str:
    return str((await see(site, "demo-police", case_id))["state"])


async def choose(site: Site, case_id: str, shelter: str) -> None:
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": shelter})


async def test_a_place_is_asked_for_answered_decided_and_reached(case_site: Site) -> None:
    cast = cast_of(case_site)
    case_id = await begin(case_site, "linde", "ceder")
    await look(case_site, cast)
    await look(case_site, cast, seconds=19)
    assert await says(case_site, case_id) == {"linde": "silent", "ceder": "silent"}, "people need a while"
    await look(case_site, cast, seconds=71)
    assert await says(case_site, case_id) == {"linde": "yes", "ceder": "discuss"}
    await choose(case_site, case_id, "linde")
    await look(case_site, cast)
    assert await state(case_site, case_id) == "chosen"
    await look(case_site, cast, seconds=60)
    assert await state(case_site, case_id) == "confirmed"
    await look(case_site, cast)
    await look(case_site, cast, seconds=120)
    assert await state(case_site, case_id) == "arrived"


OFFERED = {"organization": "oever", "role": "coordinator"}


@pytest.mark.parametrize("lost", [{"status": "occupied"}, {"status": "closed", "reason": "repair"}, None], ids=str)
async def test_nobody_arrives_while_the_place_is_lost_or_the_case_is_offered_to_others(
    case_site: Site, lost: dict[str, str] | None
) -> None:
    cast = cast_of(case_site)
    case_id = await begin(case_site, "linde")
    await call(case_site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    await choose(case_site, case_id, "linde")
    await call(case_site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    await look(case_site, cast)
    if lost is None:
        await call(case_site, "demo-police", f"/requests/{case_id}/hand-over", OFFERED)
    else:
        async with case_site.api("demo-shelter-linde") as shelter:
            reply = await shelter.patch(f"/places/{YES['place']}", json=lost)
        assert reply.is_success, reply.text
        await shown(case_site, YES["place"], lost["status"])
    for _ in range(2):
        await look(case_site, cast, seconds=120)
    assert await state(case_site, case_id) == "confirmed"
    if lost is None:
        await call(case_site, "demo-police", f"/requests/{case_id}/hand-over", {})
        for _ in range(2):
            await look(case_site, cast, seconds=120)
        assert await state(case_site, case_id) == "arrived", "they keep it themselves"


async def test_a_visitor_keeps_the_own_shelter_and_the_decisions_of_the_desk(case_site: Site) -> None:
    cast = cast_of(case_site)
    for visitor in ("kofi", "hanneke"):
        await (await case_site.sign_in(visitor)).aclose()
    case_id = await begin(case_site, "linde", "ceder")
    await look(case_site, cast)
    await look(case_site, cast, seconds=90)
    assert await says(case_site, case_id) == {"linde": "yes", "ceder": "silent"}
    await choose(case_site, case_id, "linde")
    await look(case_site, cast)
    await look(case_site, cast, seconds=60)
    assert await state(case_site, case_id) == "chosen"
    await look(case_site, cast, hours=1)
    assert await state(case_site, case_id) == "chosen", "they may only have looked away"
    case_site.pass_time(hours=11)  # both have left without a word
    await look(case_site, cast)
    assert await state(case_site, case_id) == "confirmed"


@pytest.mark.parametrize("has_come", [False, True])
async def test_the_desk_looks_at_a_provisional_placement_when_it_is_open(case_site: Site, has_come: bool) -> None:
    case_site.clock.at = datetime(2026, 3, 12, 1, 0, tzinfo=UTC)  # at night, with the desk closed
    cast = cast_of(case_site)
    case_id = await begin(case_site, "linde")
    await call(case_site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    await choose(case_site, case_id, "linde")
    assert await state(case_site, case_id) == "provisional"
    await look(case_site, cast)
    if has_come:
        await look(case_site, cast, seconds=120)
        assert await state(case_site, case_id) == "housed"
    case_site.clock.at = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)
    await look(case_site, cast)
    await look(case_site, cast, seconds=599)
    assert await state(case_site, case_id) == "housed", "a visitor may decide first"
    await look(case_site, cast, seconds=601)
    assert await state(case_site, case_id) == "arrived"


async def versions(site: Site) -> set[tuple[str, int]]:
    async with site.process.database.transaction() as tx:
        rows = await (await tx.connection()).execute(text("select id, version from shelter"))
        return {(row.id, row.version) for row in rows}


async def test_shelters_report_one_after_another_but_never_one_with_a_visitor(site: Site) -> None:
    cast = cast_of(site)
    await (await site.sign_in("sanne")).aclose()
    await look(site, cast)
    for n in range(12):
        before = await versions(site)
        site.clock.dice = 0.1 if n % 2 else 0.9
        await look(site, cast, seconds=45)
        assert dict(await versions(site) - before).keys() == {"ceder"}, "linde has a visitor, and wilg never confirmed anything"


async def test_after_a_night_without_the_demo_shelters_confirm_together(site: Site) -> None:
    cast = cast_of(site)
    site.clock.move(hours=10)
    site.process.board.age()
    await look(site, cast)
    before = await versions(site)
    await look(site, cast, seconds=45)
    assert dict(await versions(site) - before).keys() == {"linde", "ceder"}, "wilg never confirmed anything"


async def test_outside_a_demo_nothing_is_played(database: Database, clock: FixedClock) -> None:
    async with database.transaction() as tx:
        await build.add_board(tx, demo=False)
    async with served(database.url, clock) as site:
        before = await facts(site)
        cast = cast_of(site)
        with pytest.raises(httpx.HTTPStatusError, match="401"):
            await look(site, cast)
        assert await facts(site) == before
