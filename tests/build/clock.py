"""A site at one moment, looked at on every level, and the situations that the clock changes by itself."""

import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from bedboard.actions.alerts import add_alert
from bedboard.actions.idempotency import Reply, apply_once, make_key
from bedboard.actions.manage.places import PlaceFacts, open_places
from bedboard.actions.occupancy import change_place
from bedboard.actions.reminders import remind_shelters
from bedboard.jobs import make_scheduler
from bedboard.rules.departures import ASKED_FOR
from bedboard.rules.fit import ARRIVAL_WINDOW_MINUTES, Profile, fit_of, judge, make_terms
from bedboard.rules.managing import Nights
from bedboard.rules.places import PlaceChange
from bedboard.rules.refusals import Refusal
from bedboard.store.database import Transaction
from bedboard.store.seal import SealedNeeds
from bedboard.views.cards import Card, PlaceView
from tests.build import NOW, actor, until
from tests.build.cases import HOUR, MARK, MINUTE, SANNE, TICK, ZONE, ask, bring_to, choose, offer, withdraw
from tests.build.holds import hold as act_hold
from tests.build.listeners import settled
from tests.build.rows import do, run
from tests.build.site import Site

JOBS = ("show_age", "follow_cases", "remind", "end_alerts", "tidy", "count_up", "drop_keys", "hold_keys")
DAY = 24 * HOUR
CLOSES = NOW + 3 * HOUR  # 17:00 in Amsterdam


class Undone(Exception):
    """Takes back what a look has done."""


class At(NamedTuple):
    """A site at the moment at which its clock stands."""

    site: Site

    @property
    def now(self) -> datetime:
        return self.site.clock.at

    async def pass_on(self) -> None:
        """Run every job of a process, and wait until the board shows what came of it."""
        await run(self.site.process.database, "delete from job_slot")  # as if each job had its turn again
        scheduler = make_scheduler(self.site.process)
        for name in JOBS:
            job = scheduler.get_job(name)
            await job.func(*job.args)
        await settled(self.site)

        async def is_shown() -> bool:
            async with self.site.process.database.transaction() as tx:
                rows = (await (await tx.connection()).execute(text("select id, version from shelter"))).all()
            return not any(self.site.process.board.is_behind(row.id, row.version) for row in rows)

        await until(is_shown, "the board shows every shelter as it is")

    def card(self, shelter_id: str = "linde") -> Card:
        return self.site.process.board.cards[shelter_id]

    def place(self, place_id: str = "linde-1") -> PlaceView:
        return next(place for place in self.card(place_id.rpartition("-")[0]).places if place.id == place_id)

    async def page(self, person: str, path: str) -> str:
        """Return the words of a page, as this person reads it after signing in."""
        self.site.process.identity._people.clear()
        async with aclosing(await self.site.sign_in(person)) as browser:
            reply = await browser.get(path)
        assert reply.status_code == 200, reply.text
        return " ".join(re.sub(r"<[^>]+>", " ", reply.text).split())

    async def api(self, method: str, path: str, body: object = None, token: str = "demo-police") -> Any:  # noqa: S107
        """Return the answer of the API to a program, or its status when that is none of success."""
        async with self.site.api(token) as api:
            reply = await api.request(method, path, json=body)
        return reply.json() if reply.is_success else reply.status_code

    async def one(self, statement: str) -> Any:
        """Return the one value of this statement."""
        async with self.site.process.database.transaction() as tx:
            return (await (await tx.connection()).execute(text(statement), {"now": self.now})).scalar_one_or_none()

    async def tried(self, work: Callable[[Transaction], Awaitable[object]]) -> str:
        """Return the code of the refusal of this work, or "may"; nothing of it stays."""
        try:
            async with self.site.process.database.transaction() as tx:
                await work(tx)
                raise Undone
        except Refusal as refusal:
            return refusal.code
        except Undone:
            return "may"


Look = Callable[[At], Awaitable[object]]


class Row(NamedTuple):
    """A value of docs/clock.md. `begin`: makes the situation and returns the moment of its change.

    `looks`: by level a look, and what it finds before the moment, then and a second later, five hours later, and five days
    later; those that are left out are as the one before. `prepared`: a statement that changes the board first.
    """

    name: str
    begin: Callable[[Site], Awaitable[datetime]]
    looks: Mapping[str, tuple[Look, tuple[Any, ...]]]
    prepared: str = ""


def rule(value: Callable[[datetime], object]) -> Look:
    async def look(at: At) -> object:
        return value(at.now)

    return look


def fit_now(now: datetime) -> str:
    """Return the fit of a woman who comes at once, which is within an hour, in a house with intake until 17:00."""
    local = now.astimezone(ZONE)
    minutes = local.hour * 60 + local.minute
    profile = Profile(woman=1, arrives_after=minutes)
    return fit_of(judge(make_terms({"woman": "yes"}, {}, (9 * 60, 17 * 60), ()), profile))


def board(value: Callable[[At], object]) -> Look:
    async def look(at: At) -> object:
        return value(at)

    return look


def stored(statement: str) -> Look:
    return lambda at: at.one(statement)


def says(person: str, path: str, words: str) -> Look:
    async def look(at: At) -> object:
        return words in await at.page(person, path)

    return look


def asked(path: str, value: Callable[[Any], object], body: object = None, method: str = "GET") -> Look:
    async def look(at: At) -> object:
        answer = await at.api(method, path, body)
        return answer if isinstance(answer, int) else value(answer)

    return look


# ---- situations; each returns the moment at which time alone changes something


async def a_hold(site: Site) -> datetime:
    await act_hold(site.process.database)
    return NOW + HOUR / 2


async def an_offer(site: Site) -> datetime:
    await ask(site.process.database, "beuk")
    await offer(site.process.database, "beuk-1")
    return NOW + HOUR


async def a_placement(site: Site) -> datetime:
    """Agreed to arrive in two hours."""
    await bring_to(site.process.database, "confirmed")
    return NOW + 2 * HOUR


async def an_arrival_that_is_near(site: Site) -> datetime:
    await bring_to(site.process.database, "confirmed")
    return NOW + HOUR


async def a_choice_for_the_desk(site: Site) -> datetime:
    at, database = CLOSES - 2 * HOUR / 60, site.process.database
    await ask(database, at=at)
    await offer(database, "linde-1", at=at)
    await choose(database, "linde", at=at)
    return CLOSES


async def an_old_case(site: Site) -> datetime:
    await bring_to(site.process.database, "confirmed")
    return NOW + 2 * HOUR + 7 * 24 * HOUR


async def a_withdrawn_case(site: Site) -> datetime:
    await ask(site.process.database)
    await withdraw(site.process.database)
    return NOW + 14 * 24 * HOUR


async def a_silent_shelter(site: Site) -> datetime:
    await ask(site.process.database)
    return NOW + HOUR / 12


async def a_decided_case(site: Site) -> datetime:
    await bring_to(site.process.database, "confirmed")
    return NOW + 12 * HOUR


async def a_case_that_is_over(site: Site) -> datetime:
    await bring_to(site.process.database, "cancelled")
    return NOW + 24 * HOUR


async def many_cases(site: Site) -> datetime:
    for n in range(12):
        await ask(site.process.database, case_id=f"r{n}")
    return NOW + HOUR


async def an_alert(site: Site) -> datetime:
    await do(site.process.database, lambda tx: add_alert(tx, MARK, "w1", SealedNeeds(b"?", None), (), NOW))
    return NOW + 24 * HOUR


async def a_session(site: Site) -> datetime:
    async with aclosing(await site.sign_in("mark")):  # and then nobody touches it
        return NOW + HOUR / 4


async def a_kept_answer(site: Site) -> datetime:
    key = make_key("k", "POST", "/")

    async def work(tx: Transaction) -> None:
        """Nothing."""

    await apply_once(site.process.database, MARK, key, NOW, work, lambda _: Reply(200, b"kept"))
    return NOW + 24 * HOUR + TICK


async def a_sent_reminder(site: Site) -> datetime:
    await do(site.process.database, lambda tx: remind_shelters(tx, ZONE, NOW + 2 * HOUR))
    return NOW + 2 * HOUR + 30 * 24 * HOUR + TICK


async def an_hour(site: Site) -> datetime:
    """Return the moment at which the desk closes."""
    return CLOSES


async def an_arrival(site: Site) -> datetime:
    """Return the moment from which an arrival "now" may be after 17:00."""
    return CLOSES - ARRIVAL_WINDOW_MINUTES * MINUTE + MINUTE


async def news_of_linde(site: Site) -> datetime:
    """linde confirmed its board an hour ago."""
    return NOW + HOUR


async def a_moment_to_confirm(site: Site) -> datetime:
    """Return the moment of the first reminder for 16:00."""
    return NOW + 1.5 * HOUR


async def a_closure(site: Site) -> datetime:
    """linde-4 is closed for a day."""
    return NOW + 24 * HOUR


async def a_temporary_place(site: Site) -> datetime:
    """A place of linde that is there until noon of tomorrow."""
    anneke, facts = actor("manager", "anneke"), PlaceFacts("kamer 9", "women", 1, 0, Nights(NOW.date(), NOW.date() + DAY))
    await do(site.process.database, lambda tx: open_places(tx, anneke, "linde", facts, ["temporary"], NOW, ZONE))
    await do(site.process.database, lambda tx: change_place(tx, SANNE, "temporary", PlaceChange("free"), NOW))
    return NOW.replace(day=12, hour=11)


async def a_tap(site: Site) -> datetime:
    await do(site.process.database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("occupied"), NOW))
    return NOW + 15 * HOUR / 3600 + TICK


async def a_place_left(site: Site) -> datetime:
    await a_tap(site)
    await do(site.process.database, lambda tx: change_place(tx, SANNE, "linde-1", PlaceChange("free"), NOW))
    return NOW + ASKED_FOR + TICK
