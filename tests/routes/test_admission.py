"""One token, one person or one address may ask much, and still keeps nobody waiting."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress

import httpx
import pytest
from sqlalchemy import event
from websockets.exceptions import ConnectionClosed

from bedboard.admission import NO_LIMITS, Admission, Limits, Rates
from bedboard.clock import Clock
from bedboard.rules.refusals import TooMany
from bedboard.settings import Settings
from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock, until
from tests.build.lines import cookie, hear, page_line
from tests.build.site import TRUST, Site, served

FLOOD = 200


class Steps(Clock):
    """A clock that stands until it is moved."""

    at = 0.0

    def monotonic(self) -> float:
        return self.at


async def answers(client: httpx.AsyncClient, count: int, path: str = "/board") -> list[httpx.Response]:
    return list(await asyncio.gather(*(client.get(path) for _ in range(count))))


@contextmanager
def questions(database: Database) -> Iterator[list[str]]:
    """The statements that go to the database from here on."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


def test_a_rate_lets_a_burst_through_and_then_so_many_a_second() -> None:
    clock = Steps()
    rates = Rates(20, 60, clock)

    def passed(key: str, tries: int = 100) -> int:
        count = 0
        for _ in range(tries):
            try:
                rates.check(key)
            except TooMany as refusal:
                assert (refusal.code, refusal.retry_after_seconds) == ("too_many_calls", 1)
            else:
                count += 1
        return count

    assert (passed("a"), passed("a"), passed("b")) == (60, 0, 60)
    clock.at += 1
    assert passed("a") == 20
    clock.at += 3600
    assert passed("a") == 60
    rates = Rates(NO_LIMITS.calls_a_second, NO_LIMITS.calls_in_burst, clock)
    assert passed("a", 1000) == 1000


def test_the_settings_name_the_limits_of_a_deployment() -> None:
    limits = Limits.of(Settings(live_pages=50, token_calls=5))
    assert (limits.sockets, limits.calls_a_second, limits.calls_in_burst) == (50, 5, 15)
    assert Limits.of(Settings()) == Limits()


async def test_a_token_that_asks_too_often_hears_when_to_come_back_and_others_are_answered(
    board_database: Database, clock: FixedClock
) -> None:
    heard: dict[str, Counter[int]] = {}
    for name, limits in (("with limits", Limits()), ("without", NO_LIMITS)):
        async with served(board_database.url, clock, limits=limits) as site:
            async with aclosing(site.api("demo-coordinator")) as loud, aclosing(site.api("demo-police")) as quiet:
                assert (await loud.get("/board")).status_code == 200
                replies = await answers(loud, FLOOD)
                assert (await quiet.get("/board")).status_code == 200
        heard[name] = Counter(reply.status_code for reply in replies)
        refused = [reply for reply in replies if reply.status_code == 429]
        assert {reply.headers["retry-after"] for reply in refused} <= {"1"}
        assert {reply.json()["code"] for reply in refused} <= {"too_many_calls"}
    print(f"{FLOOD} calls of one token: {heard}")  # noqa: T201
    assert heard["without"] == {200: FLOOD}
    assert heard["with limits"][200] + heard["with limits"][429] == FLOOD
    assert heard["with limits"][429] > 0 and heard["with limits"][200] >= 59


@pytest.mark.parametrize(
    ("language", "words"),
    [("nl", "Dit zijn te veel vragen tegelijk."), ("en", "These are too many questions at once.")],
)
async def test_the_refusal_of_a_rate_is_said_in_both_languages(
    board_database: Database, clock: FixedClock, language: str, words: str
) -> None:
    limits = Limits(calls_a_second=1, calls_in_burst=1)
    async with served(board_database.url, clock, limits=limits) as site, aclosing(site.api("demo-police")) as api:
        api.headers["accept-language"] = language
        assert (await api.get("/board")).status_code == 200
        problem = (await asyncio.gather(*(api.get("/board") for _ in range(5))))[-1]
    assert (problem.status_code, problem.headers["content-type"]) == (429, "application/problem+json")
    assert problem.json()["detail"].startswith(words)


async def test_tokens_that_nobody_has_cost_the_database_next_to_nothing(board_database: Database, clock: FixedClock) -> None:
    async with served(board_database.url, clock, limits=Limits()) as site:
        strangers = [site.api(site.clock.new_token()) for _ in range(FLOOD)]
        misshapen = site.api("X" * 42)
        async with aclosing(site.api("demo-police")) as known:
            assert (await known.get("/board")).status_code == 200
            with questions(site.process.pools.callers) as asked:
                assert {reply.status_code for reply in await answers(misshapen, 20)} == {401}
                assert asked == []
                replies = await asyncio.gather(*(one.get("/board") for one in strangers))
                heard = Counter(reply.status_code for reply in replies)
                assert (await known.get("/board")).status_code == 200
        for one in (*strangers, misshapen):
            await one.aclose()
    print(f"{FLOOD} unknown tokens: {heard}, {len(asked)} questions to the database")  # noqa: T201
    assert heard[401] >= 49 and heard[401] + heard[429] == FLOOD and heard[429] > 0
    assert len(asked) < heard[401] < FLOOD


async def test_an_unknown_token_is_refused_from_memory_for_some_seconds_and_one_that_was_made_counts_at_once(
    site: Site,
) -> None:
    async with aclosing(site.api(site.clock.new_token())) as stranger:
        with questions(site.process.pools.callers) as asked:
            assert [reply.status_code for reply in await answers(stranger, 5)] == [401] * 5
            assert (await stranger.get("/board")).status_code == 401
    assert len(asked) == 1


@asynccontextmanager
async def at_work(site: Site, crowd: httpx.AsyncClient, count: int) -> AsyncIterator[None]:
    """So many searches of the crowd are at work while open: they wait for a turn that nobody gives them."""
    async with site.process.turns.of("person:somebody"):
        searches = [asyncio.create_task(crowd.post("/search", json={"adults": {"woman": 1}})) for _ in range(count)]

        async def are_there() -> bool:
            return len(site.process.turns) == count

        await until(are_there, "the searches are at work")
        yield
    assert {reply.status_code for reply in await asyncio.gather(*searches)} == {200}


async def test_with_too_many_calls_at_work_the_next_is_refused_from_memory_and_health_and_pulse_go_on(
    board_database: Database, clock: FixedClock
) -> None:
    async with served(board_database.url, clock, own_pulse=False, limits=Limits(calls=3)) as site:
        sanne, crowd = await site.sign_in("sanne"), site.api("demo-police")
        assert (await sanne.get("/staff/linde")).status_code == 200
        async with at_work(site, crowd, 3):
            with questions(site.process.pools.callers) as callers, questions(site.process.database) as rest:
                page = await sanne.get("/staff/linde")
                problem = await crowd.get("/board")
                health = await sanne.get("/health")
            assert callers == rest == []
            await until(site.process.pulse.beat, "a pulse goes out")
        assert (await sanne.get("/staff/linde")).status_code == 200
        await sanne.aclose()
        await crowd.aclose()
    assert (page.status_code, page.headers["retry-after"]) == (503, "2") and "Nu te druk" in page.text
    assert (problem.status_code, problem.json()["code"], health.status_code) == (503, "busy", 200)


async def test_the_calls_of_one_address_leave_room_for_others(board_database: Database, clock: FixedClock) -> None:
    """The test's own address is 127.0.0.1; the crowd comes from another one of loopback."""
    statuses: dict[str, tuple[int, int]] = {}
    for name, limits in (("with limits", Limits(calls_of_address=2)), ("without", Limits(calls=2))):
        async with served(board_database.url, clock, limits=limits) as site:
            transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2", verify=TRUST)
            crowd = httpx.AsyncClient(base_url=f"{site.url}/api/v1", transport=transport, timeout=PATIENCE, verify=TRUST)
            crowd.headers["authorization"] = "Bearer demo-police"
            async with aclosing(crowd), aclosing(site.api("demo-coordinator")) as other, at_work(site, crowd, 2):
                statuses[name] = ((await crowd.get("/board")).status_code, (await other.get("/board")).status_code)
    print(f"one more of the crowd, and one of others: {statuses}")  # noqa: T201
    assert statuses == {"with limits": (503, 200), "without": (503, 503)}


async def test_six_calls_of_one_person_are_at_work_and_the_others_wait_in_their_order() -> None:
    admission = Admission(Limits(), Clock())
    begun, done, go_on = list[int](), list[int](), asyncio.Event()

    async def call(number: int) -> None:
        async with admission.lane("person:mark"):
            begun.append(number)
            await go_on.wait()
        done.append(number)

    calls = [asyncio.create_task(call(number)) for number in range(66)]
    await asyncio.sleep(0)
    assert begun == list(range(6))
    with pytest.raises(TooMany):
        await call(66)
    async with asyncio.timeout(5), admission.lane("person:hanneke"), admission.lane(None):
        pass  # others do not wait
    calls[10].cancel()
    go_on.set()
    await asyncio.gather(*calls, return_exceptions=True)
    assert begun == [number for number in range(66) if number != 10] and len(done) == 65
    assert admission._lanes == {}
    free = Admission(NO_LIMITS, Clock())
    begun.clear()
    go_on.clear()
    admission = free
    calls = [asyncio.create_task(call(number)) for number in range(66)]
    await asyncio.sleep(0)
    assert len(begun) == 66  # without the protection all of them are
    go_on.set()
    await asyncio.gather(*calls)


async def test_a_person_with_too_many_live_pages_is_told_and_others_are_not_kept_out(
    board_database: Database, clock: FixedClock
) -> None:
    opened: dict[str, int] = {}
    for name, limits in (("with limits", Limits(sockets=3)), ("without", NO_LIMITS)):
        async with served(board_database.url, clock, own_pulse=False, limits=limits) as site:
            mark, hanneke = await site.sign_in("mark"), await site.sign_in("hanneke")
            lines = [await page_line(site, mark) for _ in range(6)]
            codes: list[int] = []
            for line in lines:
                try:
                    await line.send('{"type":"hello","known":{}}')
                    assert (await hear(line))["type"] == "snapshot"
                except ConnectionClosed as closed:
                    codes.append(closed.rcvd.code if closed.rcvd else 0)
            opened[name] = len(lines) - len(codes)
            assert codes == [4429] * len(codes)
            async with page_line(site, hanneke) as other:
                await other.send('{"type":"hello","known":{}}')
                assert (await hear(other))["type"] == "snapshot"
            await lines[0].close()

            async def is_gone() -> bool:
                return site.process.admission._sockets["person:mark"] == opened[name] - 1  # noqa: B023  (this round's)

            await until(is_gone, "the closed page is forgotten")
            async with page_line(site, mark) as again:  # so there is room for another one
                await again.send('{"type":"hello","known":{}}')
                assert (await hear(again))["type"] == "snapshot"
            for line in lines:
                with suppress(ConnectionClosed):
                    await line.close()
            assert cookie(mark) != cookie(hanneke)
            await mark.aclose()
            await hanneke.aclose()
    print(f"of 6 live pages of one person: {opened}")  # noqa: T201
    assert opened == {"with limits": 3, "without": 6}
