"""Every step of a case is heard by the pages and programs of its parties, in every process, and by no others.

Nothing of what is asked is kept in memory for it.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bedboard.actions.occupancy import change_place
from bedboard.rules.places import PlaceChange
from bedboard.store.database import Database
from tests.build import NOW, PATIENCE, FixedClock, until
from tests.build.cases import (
    EMRE,
    HANNEKE,
    LUCIA,
    MARK,
    NEEDS,
    NOOR,
    SANNE,
    arrive,
    ask,
    ask_also,
    bring_to,
    choose,
    confirm,
    miss,
    offer,
    refuse,
    say,
    tell,
    withdraw,
)
from tests.build.listeners import INSIDE, PROGRAMS_INSIDE, demo_database, listening, process, settled, site, until_shown, who
from tests.build.rows import do, run
from tests.build.site import Site

__all__ = ["demo_database", "site"]  # fixtures

Step = Callable[[Database], Awaitable[object]]

LIFE: list[tuple[str, Step]] = [
    ("asked", ask),
    ("no", lambda demo_database: say(demo_database, "linde", "no", None, "no_staff")),
    ("discuss", lambda demo_database: say(demo_database, "linde", "discuss", who=HANNEKE)),
    ("yes", lambda demo_database: offer(demo_database, "linde-1")),
    ("chosen", lambda demo_database: choose(demo_database, "linde")),
    ("refused", refuse),
    ("asked again", lambda demo_database: ask_also(demo_database, "linde", who=EMRE)),
    ("yes again", lambda demo_database: offer(demo_database, "linde-2", claim="again")),
    ("chosen again", lambda demo_database: choose(demo_database, "linde", who=EMRE)),
    ("confirmed", confirm),
    ("missed", lambda demo_database: miss(demo_database, "linde")),
    ("withdrawn", withdraw),
    ("ended", tell),
]


async def test_its_parties_hear_every_step_of_a_case_and_nobody_else_does(demo_database: Database, site: Site) -> None:
    async with listening(site) as listeners:
        for what, step in LIFE:
            await step(demo_database)
            heard = await listeners.heard()
            assert who(heard, "own") == INSIDE, what
            assert who(heard, "requests") == PROGRAMS_INSIDE, what


async def test_in_another_process_they_hear_it_just_as_well(demo_database: Database, site: Site, clock: FixedClock) -> None:
    async with process(demo_database, clock) as other, listening(other) as listeners:
        for _, step in LIFE[:4]:
            await step(site.process.database)
            heard = await listeners.heard()
            assert (who(heard, "own"), who(heard, "requests")) == (INSIDE, PROGRAMS_INSIDE)


async def test_a_shelter_that_is_asked_later_hears_it_from_then_on(demo_database: Database, site: Site) -> None:
    async with listening(site) as listeners:
        await ask(demo_database)
        assert "kofi" not in await listeners.heard()
        await ask_also(demo_database, "ceder")
        assert who(await listeners.heard(), "own") == INSIDE | {"kofi"}
        await offer(demo_database, "ceder-1")
        assert who(await listeners.heard(), "own") == INSIDE | {"kofi"}


async def test_a_step_that_is_refused_or_changes_nothing_is_not_heard(demo_database: Database, site: Site) -> None:
    async with listening(site) as listeners:
        await ask(demo_database)
        await offer(demo_database, "linde-1")
        await listeners.heard()
        await offer(demo_database, "linde-1", claim="the same again")
        with pytest.raises(Exception, match="no_such_request"):
            await withdraw(demo_database, who=NOOR)
        with pytest.raises(Exception, match="no_offer"):
            await choose(demo_database, "ceder")
        assert await listeners.heard() == {}


async def test_the_seeker_hears_that_the_offered_place_is_given_away_or_has_run_out(
    demo_database: Database, site: Site
) -> None:
    """The case itself does not change: a tap on the place, and time alone."""
    async with listening(site) as listeners:
        await ask(demo_database)
        await offer(demo_database, "linde-1")
        await listeners.heard()
        await do(demo_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW))
        await until_shown(site, "linde-1", "occupied")
        assert who(await listeners.heard(), "own") >= {"mark", "emre", "hanneke"}
        await do(demo_database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("free"), NOW))
        await until_shown(site, "linde-1", "reserved")
        await listeners.heard()
        site.clock.move(minutes=60)
        site.process.board.age()
        await until_shown(site, "linde-1", "free")
        heard = who(await listeners.heard(), "own")
        assert heard >= {"mark", "emre", "hanneke"} and not heard & {"lucia", "noor", "kofi"}


# ---- memory


async def test_a_process_knows_the_parties_of_a_case_until_nothing_is_left_to_do(demo_database: Database, site: Site) -> None:
    cases = site.process.cases
    await bring_to(demo_database, "ended", case_id="over")
    await settled(site)
    assert not any(cases.has_any(one) for one in (MARK, EMRE, HANNEKE, LUCIA, NOOR, SANNE))
    await ask(demo_database)
    await settled(site)
    assert [cases.has_any(one) for one in (MARK, EMRE, HANNEKE, LUCIA, NOOR, SANNE)] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    await withdraw(demo_database)  # where the person sleeps has still to be said
    await settled(site)
    assert cases.has_any(MARK)
    await tell(demo_database)
    await settled(site)
    assert not cases.has_any(MARK) and not cases._open


async def test_nothing_of_what_is_asked_is_kept_in_memory(demo_database: Database, site: Site) -> None:
    await bring_to(demo_database, "chosen")
    await settled(site)
    kept = repr(list(vars(site.process.cases).items()))
    assert "r1" in kept and "linde" in kept
    assert not any(word in kept for word in (NEEDS.needs.decode(), "lvb", "contra_indication", "mark"))


async def test_a_process_that_starts_later_knows_them_too(demo_database: Database, site: Site, clock: FixedClock) -> None:
    await ask(demo_database)
    async with process(demo_database, clock) as later, listening(later) as listeners:
        assert later.process.cases.has_any(MARK)
        await offer(demo_database, "linde-1")
        assert who(await listeners.heard(), "own") == INSIDE


async def test_after_a_lost_line_everything_is_read_again_and_heard(demo_database: Database, site: Site) -> None:
    await ask(demo_database)
    async with listening(site) as listeners:
        # behind the back of the bell: nobody is told
        await run(
            demo_database,
            "update case_record set version = version + 1, state = 'withdrawn', over_at = now(), needs_sealed = null",
        )
        await run(demo_database, "update ask set settled = 'withdrawn', settled_at = now()")
        lost = "select pg_terminate_backend(pid) from pg_stat_activity"
        await run(demo_database, f"{lost} where application_name = 'bedboard bell' and datname = current_database()")

        async def is_known() -> bool:
            return site.process.cases._versions.get("r1") == 2 and site.process.board.live

        await until(is_known, "everything has been read again")
        assert who(await listeners.heard(), "own") >= INSIDE


async def test_waiting_for_a_step_ends_when_it_is_shown_or_after_its_time(demo_database: Database, site: Site) -> None:
    case = await ask(demo_database)
    begun = asyncio.get_running_loop().time()
    await site.process.cases.reached("r1", case.record.version, PATIENCE)
    assert site.process.cases._versions["r1"] == 1
    await site.process.cases.reached("r1", 99, 0.05)  # nobody has saved that: gives up, without an error
    assert asyncio.get_running_loop().time() - begun < PATIENCE
    await bring_to(demo_database, "ended", case_id="over")
    await site.process.cases.reached("over", 5, PATIENCE)
    assert site.process.cases._versions["over"] == 5


async def test_an_arrival_is_heard_by_all_and_then_the_case_concerns_nobody(demo_database: Database, site: Site) -> None:
    await bring_to(demo_database, "confirmed")
    async with listening(site) as listeners:
        await arrive(demo_database, "linde")
        assert who(await listeners.heard(), "own") == INSIDE | {"kofi"}  # ceder was asked as well
        assert not site.process.cases.has_any(MARK)
