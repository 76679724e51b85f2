"""Every step of a case is heard by the pages and programs of its parties, in every process, and by no others.

Nothing of what is asked is kept in memory for it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect

from bedboard.actions.occupancy import change_place
from bedboard.jobs import make_scheduler
from bedboard.rules.places import PlaceChange
from bedboard.store.database import Database
from tests.build import NOW, PATIENCE, FixedClock, until
from tests.build.cases import (
    EMRE,
    HANNEKE,
    LUCIA,
    MARK,
    MINUTE,
    NEEDS,
    NOOR,
    SANNE,
    add_case_board,
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
    told,
    withdraw,
)
from tests.build.lines import hear, pulse
from tests.build.rows import do, every_row, run
from tests.build.site import Site, start_site, stop_site

PEOPLE = {"mark": "own", "emre": "own", "hanneke": "own", "lucia": "own", "noor": "own", "sanne": "linde", "kofi": "ceder"}
PROGRAMS = ("demo-police", "demo-shelter-linde", "demo-shelter-wilg")
ASKERS = {"mark", "emre", "hanneke"}
INSIDE = ASKERS | {"sanne"}  # of mark's case with linde
PROGRAMS_INSIDE = {"demo-police", "demo-shelter-linde"}


@pytest.fixture
async def field(board: Database) -> Database:
    async with board.transaction() as tx:
        await add_case_board(tx)
    await run(board, "update person set demo = true")
    return board


@asynccontextmanager
async def process(database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """Run one more process on the database; only the test rings its pulse."""
    site, server, running = await start_site(database.url, clock, own_pulse=False, session_idle_minutes=600)
    try:
        yield site
    finally:
        await stop_site(server, running)


@pytest.fixture
async def site(field: Database, clock: FixedClock) -> AsyncIterator[Site]:
    async with process(field, clock) as site:
        yield site


class Listeners:
    """A line of every person and program to one process."""

    def __init__(self, site: Site, lines: dict[str, ClientConnection]) -> None:
        self._site = site
        self._lines = lines

    async def heard(self) -> dict[str, set[str]]:
        """Return by listener the types of message heard since the last call, but for those about shelters."""
        await settled(self._site)
        await until(lambda: pulse(self._site), "a pulse goes out")
        said: dict[str, set[str]] = {}
        for name, line in self._lines.items():
            while (message := await hear(line))["type"] != "pulse":
                if message["type"] in ("own", "requests"):
                    assert message.keys() == {"type"}  # and not what
                    said.setdefault(name, set()).add(message["type"])
        return said


async def settled(site: Site) -> None:
    """Wait until every bell so far has been followed by reading."""

    async def knows_all() -> bool:
        async with site.process.database.transaction() as tx:
            rows = (await tx.exec(text("select id, version from case_record"))).all()  # type: ignore[call-overload]
        return all(site.process.cases._versions.get(case_id) == version for case_id, version in rows)

    await until(knows_all, "every case is known as it is")


@asynccontextmanager
async def listening(site: Site) -> AsyncIterator[Listeners]:
    lines: dict[str, ClientConnection] = {}
    async with AsyncExitStack() as stack:
        for name, view in PEOPLE.items():
            browser = await stack.enter_async_context(aclosing(await site.sign_in(name)))
            headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in browser.cookies.items()), "Origin": site.url}
            address = f"{site.live_url}/live?view=" + (view if view == "own" else f"staff&shelter={view}")
            lines[name] = await stack.enter_async_context(connect(address, additional_headers=headers))
            await lines[name].send("{}")
        for token in PROGRAMS:
            headers = {"Authorization": f"Bearer {token}"}
            lines[token] = await stack.enter_async_context(connect(f"{site.live_url}/api/v1/live", additional_headers=headers))
        for line in lines.values():
            assert (await hear(line))["type"] == "snapshot"
        listeners = Listeners(site, lines)
        await listeners.heard()
        yield listeners


def who(heard: dict[str, set[str]], kind: str) -> set[str]:
    return {name for name, kinds in heard.items() if kind in kinds}


Step = Callable[[Database], Awaitable[object]]

LIFE: list[tuple[str, Step]] = [
    ("asked", ask),
    ("no", lambda field: say(field, "linde", "no", None, "no_staff")),
    ("discuss", lambda field: say(field, "linde", "discuss", who=HANNEKE)),
    ("yes", lambda field: offer(field, "linde-1")),
    ("chosen", lambda field: choose(field, "linde")),
    ("refused", refuse),
    ("asked again", lambda field: ask_also(field, "linde", who=EMRE)),
    ("yes again", lambda field: offer(field, "linde-2", claim="again")),
    ("chosen again", lambda field: choose(field, "linde", who=EMRE)),
    ("confirmed", confirm),
    ("missed", lambda field: miss(field, "linde")),
    ("withdrawn", withdraw),
    ("ended", tell),
]


async def test_its_parties_hear_every_step_of_a_case_and_nobody_else_does(field: Database, site: Site) -> None:
    async with listening(site) as listeners:
        for what, step in LIFE:
            await step(field)
            heard = await listeners.heard()
            assert who(heard, "own") == INSIDE, what
            assert who(heard, "requests") == PROGRAMS_INSIDE, what


async def test_in_another_process_they_hear_it_just_as_well(field: Database, site: Site, clock: FixedClock) -> None:
    async with process(field, clock) as other, listening(other) as listeners:
        for _, step in LIFE[:4]:
            await step(site.process.database)
            heard = await listeners.heard()
            assert (who(heard, "own"), who(heard, "requests")) == (INSIDE, PROGRAMS_INSIDE)


async def test_a_shelter_that_is_asked_later_hears_it_from_then_on(field: Database, site: Site) -> None:
    async with listening(site) as listeners:
        await ask(field)
        assert "kofi" not in await listeners.heard()
        await ask_also(field, "ceder")
        assert who(await listeners.heard(), "own") == INSIDE | {"kofi"}
        await offer(field, "ceder-1")
        assert who(await listeners.heard(), "own") == INSIDE | {"kofi"}


async def test_a_step_that_is_refused_or_changes_nothing_is_not_heard(field: Database, site: Site) -> None:
    async with listening(site) as listeners:
        await ask(field)
        await offer(field, "linde-1")
        await listeners.heard()
        await offer(field, "linde-1", claim="the same again")
        with pytest.raises(Exception, match="no_such_request"):
            await withdraw(field, who=NOOR)
        with pytest.raises(Exception, match="no_offer"):
            await choose(field, "ceder")
        assert await listeners.heard() == {}


async def test_the_seeker_hears_that_the_offered_place_is_given_away_or_has_run_out(field: Database, site: Site) -> None:
    """The case itself does not change: a tap on the place, and time alone."""
    async with listening(site) as listeners:
        await ask(field)
        await offer(field, "linde-1")
        await listeners.heard()
        await do(field, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW))
        await until_shown(site, "linde-1", "occupied")
        assert who(await listeners.heard(), "own") >= {"mark", "emre", "hanneke"}
        await do(field, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("free"), NOW))
        await until_shown(site, "linde-1", "reserved")
        await listeners.heard()
        site.clock.move(minutes=60)
        site.process.board.age()
        await until_shown(site, "linde-1", "free")
        heard = who(await listeners.heard(), "own")
        assert heard >= {"mark", "emre", "hanneke"} and not heard & {"lucia", "noor", "kofi"}


async def until_shown(site: Site, place_id: str, status: str) -> None:
    async def is_shown() -> bool:
        card = site.process.board.cards[place_id.rpartition("-")[0]]
        return next(place.status for place in card.places if place.id == place_id) == status

    await until(is_shown, f"{place_id} is {status}")


# ---- memory


async def test_a_process_knows_the_parties_of_a_case_until_nothing_is_left_to_do(field: Database, site: Site) -> None:
    cases = site.process.cases
    await bring_to(field, "ended", case_id="over")
    await settled(site)
    assert not any(cases.has_any(one) for one in (MARK, EMRE, HANNEKE, LUCIA, NOOR, SANNE))
    await ask(field)
    await settled(site)
    assert [cases.has_any(one) for one in (MARK, EMRE, HANNEKE, LUCIA, NOOR, SANNE)] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    await withdraw(field)  # where the person sleeps has still to be said
    await settled(site)
    assert cases.has_any(MARK)
    await tell(field)
    await settled(site)
    assert not cases.has_any(MARK) and not cases._open


async def test_nothing_of_what_is_asked_is_kept_in_memory(field: Database, site: Site) -> None:
    await bring_to(field, "chosen")
    await settled(site)
    kept = repr(list(vars(site.process.cases).items()))
    assert "r1" in kept and "linde" in kept
    assert not any(word in kept for word in (NEEDS.decode(), "lvb", "contra_indication", "mark"))


async def test_a_process_that_starts_later_knows_them_too(field: Database, site: Site, clock: FixedClock) -> None:
    await ask(field)
    async with process(field, clock) as later, listening(later) as listeners:
        assert later.process.cases.has_any(MARK)
        await offer(field, "linde-1")
        assert who(await listeners.heard(), "own") == INSIDE


async def test_after_a_lost_line_everything_is_read_again_and_heard(field: Database, site: Site) -> None:
    await ask(field)
    async with listening(site) as listeners:
        # behind the back of the bell: nobody is told
        await run(
            field, "update case_record set version = version + 1, state = 'withdrawn', over_at = now(), needs_sealed = null"
        )
        await run(field, "update ask set settled = 'withdrawn', settled_at = now()")
        lost = "select pg_terminate_backend(pid) from pg_stat_activity"
        await run(field, f"{lost} where application_name = 'bedboard bell' and datname = current_database()")

        async def is_known() -> bool:
            return site.process.cases._versions.get("r1") == 2 and site.process.board.live

        await until(is_known, "everything has been read again")
        assert who(await listeners.heard(), "own") >= INSIDE


async def test_waiting_for_a_step_ends_when_it_is_shown_or_after_its_time(field: Database, site: Site) -> None:
    case = await ask(field)
    begun = asyncio.get_running_loop().time()
    await site.process.cases.reached("r1", case.record.version, PATIENCE)
    assert site.process.cases._versions["r1"] == 1
    await site.process.cases.reached("r1", 99, 0.05)  # nobody has saved that: gives up, without an error
    assert asyncio.get_running_loop().time() - begun < PATIENCE
    await bring_to(field, "ended", case_id="over")
    await site.process.cases.reached("over", 5, PATIENCE)
    assert site.process.cases._versions["over"] == 5


# ---- by the clock


async def follow(*sites: Site) -> None:
    """Run the scheduler's job of every five seconds in all of these processes at once."""
    jobs = [make_scheduler(site.process).get_job("follow_cases") for site in sites]
    assert {job.trigger.interval for job in jobs} == {timedelta(seconds=5)}
    await asyncio.gather(*(job.func(*job.args) for job in jobs))


async def test_silence_is_told_once_though_two_processes_look_at_the_clock(
    field: Database, site: Site, clock: FixedClock
) -> None:
    for n in range(6):
        await ask(field, case_id=f"r{n}", at=NOW)
    async with process(field, clock) as other, listening(site) as listeners:
        for minutes, what in ((5, "reminder"), (10, "second_line"), (15, "desk")):
            clock.at = NOW + minutes * MINUTE
            await follow(site, other)
            await follow(other, site)
            assert who(await listeners.heard(), "own") == INSIDE
            lines = [line for line in told(await every_row(field)) if line[0] == what]
            assert lines == [(what, "linde", "clock", "machine")] * 6
        await follow(site, other)
        assert await listeners.heard() == {}


async def test_lateness_and_a_week_are_told_once_too(field: Database, site: Site, clock: FixedClock) -> None:
    await bring_to(field, "confirmed")
    async with process(field, clock) as other:
        clock.move(hours=2)
        await follow(site, other)
        clock.move(days=7)
        await follow(site, other)
    whats = [what for what, *_ in told(await every_row(field))]
    assert (whats.count("late"), whats.count("lapsed")) == (1, 1)


async def test_one_case_that_fails_does_not_keep_the_others_from_being_told(field: Database, site: Site) -> None:
    for case_id in ("a", "b", "c"):
        await ask(field, case_id=case_id)
    await run(field, "alter table case_event add constraint ck_broken check (case_id <> 'a' or what = 'asked')")
    site.clock.move(minutes=5)
    await follow(site)
    steps = {key[1]: row["step"] for key, row in (await every_row(field)).items() if key[0] == "ask"}
    assert steps == {"a": 0, "b": 1, "c": 1}
    await run(field, "alter table case_event drop constraint ck_broken")
    await follow(site)
    steps = {key[1]: row["step"] for key, row in (await every_row(field)).items() if key[0] == "ask"}
    assert steps == {"a": 1, "b": 1, "c": 1}


async def test_an_arrival_is_heard_by_all_and_then_the_case_concerns_nobody(field: Database, site: Site) -> None:
    await bring_to(field, "confirmed")
    async with listening(site) as listeners:
        await arrive(field, "linde")
        assert who(await listeners.heard(), "own") == INSIDE | {"kofi"}  # ceder was asked as well
        assert not site.process.cases.has_any(MARK)
