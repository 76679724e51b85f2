"""Slow senders, slow readers and crowds of connections: each wait ends, and everybody else goes on."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from math import inf

import httpx
import pytest

from bedboard.doorway import FILES_KEPT, Door, Patience
from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock, until
from tests.build.lines import hear, page_line
from tests.build.site import TRUST, Site, served

SHORT = 0.2
FOREVER = Patience(head_seconds=3600, body_seconds=3600, answer_seconds=3600, head_bytes=inf, of_address=inf)
HEAD = b"POST /sign-in/demo HTTP/1.1\r\nHost: %s\r\nOrigin: http://%s\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nperson="

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def host(site: Site) -> bytes:
    return site.url.removeprefix("http://").encode()


@asynccontextmanager
async def line(site: Site, address: str = "127.0.0.1") -> AsyncIterator[Line]:
    name, port = host(site).decode().split(":")
    reader, writer = await asyncio.open_connection(name, int(port), local_addr=(address, 0))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def is_closed(reader: asyncio.StreamReader, seconds: float = PATIENCE) -> bool:
    """Return whether the server has closed the connection within so much time."""
    try:
        async with asyncio.timeout(seconds):
            while await reader.read(65_536):
                pass
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True
    return True


async def drip(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send single bytes until the connection is closed."""
    for byte in data * 1000:
        if writer.transport.is_closing():
            return
        writer.write(bytes([byte]))
        await asyncio.sleep(SHORT / 10)


async def goes_on(site: Site) -> bool:
    async with aclosing(site.api("demo-police")) as api:
        return (await api.get("/board")).status_code == 200


@pytest.mark.parametrize(
    "slow", ["nothing at all", "a header in single bytes", "empty lines", "a body that stops", "a body in single bytes"]
)
async def test_a_slow_sender_is_cut_and_without_the_limit_it_stays(
    board_database: Database, clock: FixedClock, slow: str
) -> None:
    async def is_cut(patience: Patience, seconds: float) -> bool:
        async with served(board_database.url, clock, patience=patience) as site, line(site) as (reader, writer):
            drops: asyncio.Task[None] | None = None
            if slow == "a header in single bytes":
                drops = asyncio.create_task(drip(writer, b"GET /health HTTP/1.1\r\nX: "))
            elif slow == "empty lines":
                drops = asyncio.create_task(drip(writer, b"\r\n"))
            elif slow.startswith("a body"):
                writer.write(HEAD % (host(site), host(site)) + FORM)
                drops = asyncio.create_task(drip(writer, b"x")) if slow.endswith("bytes") else None
            cut = await is_closed(reader, seconds)
            assert await goes_on(site)
            if drops is not None:
                drops.cancel()
            return cut

    assert await is_cut(Patience(head_seconds=SHORT, body_seconds=SHORT), PATIENCE)
    assert not await is_cut(FOREVER, 4 * SHORT)


async def test_the_end_of_a_wait_counts_for_each_request_and_not_for_the_connection(
    board_database: Database, clock: FixedClock
) -> None:
    async with served(board_database.url, clock, patience=Patience(head_seconds=SHORT)) as site, line(site) as (reader, writer):
        ask = b"GET /health HTTP/1.1\r\nHost: %s\r\n\r\n" % host(site)
        for _ in range(3):
            writer.write(ask)
            async with asyncio.timeout(PATIENCE):
                assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
            assert not await is_closed(reader, 2 * SHORT)  # idle, and longer than a header may take
        writer.write(ask[:10])
        assert await is_closed(reader)


async def test_headers_that_do_not_end_are_cut_at_their_size(board_database: Database, clock: FixedClock) -> None:
    long = b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 200_000
    for patience, seconds, expected in ((None, PATIENCE, True), (FOREVER, 4 * SHORT, False)):
        async with served(board_database.url, clock, patience=patience) as site, line(site) as (reader, writer):
            writer.write(long)
            assert await is_closed(reader, seconds) is expected
            assert await goes_on(site)


async def test_an_answer_that_nobody_reads_is_given_up(board_database: Database, clock: FixedClock) -> None:
    """Many questions on one connection whose answers stay unread."""
    for patience, expected in ((Patience(answer_seconds=SHORT), True), (FOREVER, False)):
        async with served(board_database.url, clock, patience=patience) as site, line(site) as (_, writer):
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            ask = b"GET /static/vendor/htmx.min.js HTTP/1.1\r\nHost: %s\r\n\r\n" % host(site)
            asking = asyncio.create_task(_ask_on(writer, ask))

            async def is_cut(asking: asyncio.Task[None] = asking) -> bool:
                return asking.done()

            if expected:
                await until(is_cut, "the connection is cut")
            else:
                await asyncio.sleep(4 * SHORT)  # a control: nothing is to happen
                assert not asking.done()
                asking.cancel()
            assert await goes_on(site)


async def _ask_on(writer: asyncio.StreamWriter, ask: bytes) -> None:
    """Ask until the connection is lost."""
    try:
        while True:
            writer.write(ask)
            await writer.drain()
            await asyncio.sleep(SHORT / 20)
    except ConnectionError:
        return


async def test_the_connections_of_one_address_leave_room_for_others(board_database: Database, clock: FixedClock) -> None:
    """127.0.0.2 is no proxy of ours; 127.0.0.1 is one, and brings the connections of everybody."""
    closed: dict[float, int] = {}
    for most in (5.0, inf):
        async with served(board_database.url, clock, patience=Patience(of_address=most)) as site:
            lines = [await asyncio.open_connection(*_at(site), local_addr=("127.0.0.2", 0)) for _ in range(10)]
            closed[most] = sum(
                [await is_closed(reader, PATIENCE if at >= most else SHORT / 10) for at, (reader, _) in enumerate(lines)]
            )
            assert await goes_on(site)
            for _, writer in lines:
                writer.transport.abort()

            async def is_forgotten(site: Site = site) -> bool:
                transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2", verify=TRUST)
                async with httpx.AsyncClient(transport=transport, verify=TRUST) as client:
                    return (await client.get(f"{site.url}/health")).status_code == 200

            await until(is_forgotten, "there is room again")
    assert closed == {5.0: 5, inf: 0}


def _at(site: Site) -> tuple[str, int]:
    name, port = host(site).decode().split(":")
    return name, int(port)


async def test_before_the_open_files_end_new_callers_are_turned_away_and_open_boards_go_on(
    board_database: Database, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(board_database.url, clock, own_pulse=False, patience=Patience(connections=6)) as site:
        mark = await site.sign_in("mark")
        async with page_line(site, mark) as board:
            await board.send('{"type":"hello","known":{}}')
            assert (await hear(board))["type"] == "snapshot"
            await mark.aclose()
            lines = [await asyncio.open_connection(*_at(site)) for _ in range(8)]
            assert await is_closed(lines[-1][0])
            await until(site.process.pulse.beat, "a pulse goes out")
            assert (await hear(board))["type"] == "pulse"
            for _, writer in lines:
                writer.transport.abort()

            async def has_room() -> bool:
                return await goes_on(site)

            await until(has_room, "there is room again")


def test_the_log_says_once_that_connections_become_scarce(capsys: pytest.CaptureFixture[str]) -> None:
    door = Door(Patience(connections=10))
    assert [door.has_room(count, None) for count in (7, 8, 9, 8, 10, 11)] == [True] * 5 + [False]
    said = capsys.readouterr()
    assert (said.out + said.err).count("connections_near_limit") == 1
    assert door.has_room(2, None) and door.has_room(8, None)
    said = capsys.readouterr()
    assert (said.out + said.err).count("connections_near_limit") == 1


@pytest.mark.parametrize(("soft", "hard", "raised"), [(256, 4096, 4096), (1024, 1024, 1024)])
def test_a_process_raises_its_open_files_at_the_start(soft: int, hard: int, raised: int) -> None:
    script = f"""
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
from bedboard.doorway import Door, Patience, raise_open_files
print(raise_open_files(), resource.getrlimit(resource.RLIMIT_NOFILE)[0], Door(Patience()).most)
"""
    done = subprocess.run([sys.executable, "-c", script], env=os.environ, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(raised), str(raised), str(raised - FILES_KEPT)]


ODD_HANDSHAKES = {
    "a long header": ("/api/v1/live", "X-Pad: " + "x" * 9000),
    "many headers": ("/api/v1/live", "\r\n".join(f"X-{number}: 1" for number in range(140))),
    "a long address": ("/api/v1/live?x=" + "a" * 9000, "X-Pad: 1"),
    "a body that does not come": ("/api/v1/live", "Content-Length: 5"),
}


@pytest.mark.parametrize("name", ODD_HANDSHAKES)
async def test_a_handshake_that_nobody_can_read_is_closed_at_once(
    board_database: Database, clock: FixedClock, name: str
) -> None:
    path, more = ODD_HANDSHAKES[name]
    key = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    )
    async with served(board_database.url, clock) as site, line(site) as (reader, writer):
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host(site).decode()}\r\n{key}\r\n{more}\r\n\r\n".encode())
        assert await is_closed(reader)
