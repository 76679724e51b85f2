"""A push service that is away gets its message later, once, from one of all processes, unless it is too old by then."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from bedboard.rules.outgoing import LASTS, LEASE, LONGEST_WAIT
from bedboard.store.database import Database
from tests.build import FixedClock, until
from tests.build.push import KEYS, devices, has, mark, quiet, ready, serving, site, waiting
from tests.build.rows import run
from tests.build.site import Site, served

__all__ = ["site"]  # a fixture
SOON = timedelta(seconds=10)


async def deliver(*sites: Site) -> None:
    """Let all these processes look at once for messages whose turn has come, and wait until nothing is under way."""
    for _ in range(5):
        await asyncio.gather(*(one.process.push.deliver() for one in sites if one.process.push))
    await quiet(*sites)


async def test_a_service_that_is_away_for_a_while_is_told_once_by_two_processes(site: Site, board_database: Database) -> None:
    async with served(board_database.url, site.clock, own_pulse=False, **KEYS) as other:
        async with serving(status=503) as service:
            await ready(site, service)
            await mark(site, "free")
            await until(has(service, 1), "it was tried")
            await quiet(site, other)
            for tries in (2, 3):
                await deliver(site, other)
                assert len(service.got) == tries - 1, "not before its time"
                site.pass_time(seconds=SOON.seconds)
                await deliver(site, other)
                assert len(service.got) == tries
            service.status = 201
            for _ in range(5):
                site.pass_time(minutes=1)
                await deliver(site, other)
            assert len(service.got) == 4
            assert service.read(service.got[3][2]) == b'{"what":"found"}'
            assert await waiting(board_database) == []


async def test_without_the_lease_two_processes_would_send_it_twice(
    site: Site, board_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the test above."""
    monkeypatch.setattr("bedboard.push.LEASE", timedelta(0))
    async with served(board_database.url, site.clock, own_pulse=False, **KEYS) as other:
        async with serving(hangs=True) as service:
            await ready(site, service)
            await mark(site, "free")
            await until(has(service, 1), "one has called")
            assert other.process.push is not None and site.process.push is not None
            await asyncio.gather(other.process.push.deliver(), site.process.push.deliver())
            await until(has(service, 2), "and so has another, while the first call goes on")


async def test_a_message_outlives_the_process_that_should_have_sent_it(board_database: Database, clock: FixedClock) -> None:
    async with serving(hangs=True) as service:
        async with served(board_database.url, clock, own_pulse=False, **KEYS) as site:
            await ready(site, service)
            await mark(site, "free")
            await until(has(service, 1), "it is being sent")
        service.hangs = False
        assert len(await waiting(board_database)) == 1
        clock.at += LEASE
        async with served(board_database.url, clock, own_pulse=False, **KEYS) as site:
            await until(has(service, 2), "the next process sends it when it begins")
            await quiet(site)
            assert await waiting(board_database) == []


async def test_a_message_is_saved_with_its_change_also_when_nobody_can_send_it(
    board_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving() as service:
        async with served(board_database.url, clock, own_pulse=False, **KEYS) as site:
            assert site.process.push is not None
            await ready(site, service)
            site.process.push._room = 0  # as while twenty others are under way
            await mark(site, "free")

            async def is_saved() -> bool:
                return len(await waiting(board_database)) == 1

            await until(is_saved, "it waits")
            assert service.got == []
            site.process.push._room = 1
            await deliver(site)
            assert len(service.got) == 1


async def test_what_is_too_old_is_dropped_and_counted(
    site: Site, board_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(status=503) as service:
        await ready(site, service)
        await mark(site, "free")
        await until(has(service, 1), "it was tried")
        await quiet(site)
        site.pass_time(seconds=LASTS["found"].seconds - 1)
        await deliver(site)
        assert len(service.got) == 2, "a second before its end it is tried once more"
        assert service.got[1][1]["ttl"] == "1", "and the push service keeps it no longer"
        service.status = 201
        site.pass_time(seconds=1)
        await deliver(site)
        assert len(service.got) == 2
        assert await waiting(board_database) == []
        (line,) = [line for line in capsys.readouterr().out.splitlines() if '"push_too_old"' in line]
        assert '"code": "found"' in line and '"count": 1' in line


@pytest.mark.parametrize("status", [404, 410])
async def test_a_device_that_is_no_more_takes_its_messages_with_it(site: Site, board_database: Database, status: int) -> None:
    async with serving(status=503) as service:
        await ready(site, service)
        await mark(site, "free")
        await until(has(service, 1), "it was tried")
        await quiet(site)
        assert len(await waiting(board_database)) == 1
        service.status = status
        site.pass_time(seconds=SOON.seconds)
        await deliver(site)
        assert await devices(board_database) == [] and await waiting(board_database) == []


@pytest.mark.parametrize(("asked", "seconds"), [("20", 20), ("9999999", 2), ("86400", LONGEST_WAIT.seconds), ("soon", 2)])
async def test_a_service_that_says_when_is_asked_then(site: Site, board_database: Database, asked: str, seconds: int) -> None:
    async with serving(status=429, retry_after=asked) as service:
        await ready(site, service)
        await mark(site, "free")
        await until(has(service, 1), "it was tried")
        await quiet(site)
        ((_, tries, made_at, due_at),) = await waiting(board_database)
        assert tries == 1
        assert timedelta(seconds=seconds) <= due_at - made_at <= timedelta(seconds=seconds * 1.5)


async def test_a_person_who_has_left_gets_no_new_message(site: Site, board_database: Database) -> None:
    async with serving() as service:
        await ready(site, service)
        await run(board_database, "update person set ended_at = now() where id = 'mark'")
        await mark(site, "free")
        await quiet(site)
        assert service.got == [] and await waiting(board_database) == []


async def test_a_device_that_is_being_forgotten_holds_up_no_change(site: Site, board_database: Database) -> None:
    async with serving() as service, serving() as there:
        await ready(site, service, there)
        async with board_database.transaction() as tx:
            await (await tx.connection()).execute(
                text("delete from push_subscription where endpoint_hash = sha256(:endpoint)"),
                {"endpoint": service.subscription()["endpoint"].encode()},
            )
            await mark(site, "free")
            await until(has(there, 1), "the other device is woken while the first is being forgotten")
        await quiet(site)
        assert service.got == []
