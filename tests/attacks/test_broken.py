"""Promise 13: broken requests and frames by the thousand do no harm: no error of ours, and everybody else goes on."""

import asyncio
from contextlib import suppress
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.attacks.stage import HANDSHAKE, is_long, lines_of, planted, tell
from tests.build import PATIENCE
from tests.build.processes import Process

BROKEN = {"short": 400, "long": 10_000}
AT_ONCE = 20
PEOPLE = {"short": 8, "long": 50}
WITH_BUG = """
from bedboard.schemas import parse
from bedboard.routes import call
def parse_json(model, body):
    return parse.parse_json(model, body) if body.isascii() else {}[b"broken"]
call.parse_json = parse_json
"""


def frame(random: Random) -> bytes:
    """Return bytes that may look like the frame of a client, and are mostly none."""
    length = random.choice([0, 1, 5, 125, 126, 127])
    head = bytes([random.randrange(256), random.choice([length, 128 + length])])
    return head + random.randbytes(random.choice([0, 3, 8, 200]))


def patch(random: Random, host: str) -> bytes:
    """Return a call whose body is no document that anybody can read."""
    body = random.choice([b"[" * 3000, b'{"status":"\xff"}', b"\x00", random.randbytes(60), b'{"status":NaN}', b'{"a":' * 500])
    length = random.choice([len(body), len(body), -1, 10**30, 70_000])
    head = f"PATCH /api/v1/places/linde-1 HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer demo-shelter-linde\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode() + body


def noise(random: Random, host: str) -> bytes:
    """Return something that is no request."""
    return random.choice(
        [
            random.randbytes(300),
            b"GET / HTTP/1.1\r\nHost: " + random.randbytes(20) + b"\r\n\r\n",
            f"GET /{'%2e%2e/' * random.randrange(40)} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode(),
            f"POST /sign-in/demo HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n".encode(),
            f"GET /board HTTP/1.1\r\nHost: {host}\r\nX: {'x' * 70_000}\r\n\r\n".encode(),
            f"GET / HTTP/9.9\r\nHost: {host}\r\n\r\n".encode(),
        ]
    )


async def attack(process: Process, number: int) -> bytes:
    """Send one broken thing, leave, and return what was answered."""
    random, host = Random(number), f"127.0.0.1:{process.port}"  # noqa: S311
    what = (
        HANDSHAKE.format(host=host).encode() + frame(random) * random.choice([1, 40]),
        patch(random, host),
        noise(random, host),
    )[number % 3]
    heard = b""
    with suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
        try:
            writer.write(what)
            if random.random() < 0.5:
                writer.write_eof()
            async with asyncio.timeout(0.5):
                while data := await reader.read(65_536):
                    heard += data
        except TimeoutError:
            pass
        finally:
            writer.transport.abort()
    return heard


async def work(process: Process, waits: list[float]) -> None:
    """Be a person at work, until cancelled: everything is answered."""
    async with process.api("demo-coordinator") as api:
        while True:
            begun = monotonic()
            reply = await api.get("/board")
            assert reply.status_code in (200, 429), reply.text
            waits.append(monotonic() - begun)
            await asyncio.sleep(0.5)


def errors_in(heard: list[bytes], log: Path) -> int:
    """Count what was our fault: in answers, and in the log."""
    answers: int = sum(b"HTTP/1.1 500" in one for one in heard)
    return answers + sum(bool("exception" in line or line["event"] == "bug") for line in lines_of(log))


@pytest.mark.parametrize("has_bug", [True, False], ids=["with a bug", "as it is"])
async def test_broken_requests_and_frames_hurt_nobody(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest, has_bug: bool
) -> None:
    size = "long" if is_long(request) and not has_bug else "short"
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    program = planted(tmp_path, WITH_BUG) if has_bug else None
    waits: list[float] = []
    process = Process(tmp_path / "log", "serve", program=program, DATABASE_URL=database.url, BEDBOARD_DEMO="true")
    async with process:
        people = [asyncio.create_task(work(process, waits)) for _ in range(PEOPLE[size])]
        heard: list[bytes] = []
        gate = asyncio.Semaphore(AT_ONCE)

        async def send(number: int) -> None:
            async with gate:
                heard.append(await attack(process, number))

        await asyncio.gather(*(send(number) for number in range(BROKEN[size])))
        assert not [person for person in people if person.done()], "everybody is still at work"
        for person in people:
            person.cancel()
        await asyncio.gather(*people, return_exceptions=True)
        async with process.line() as line, asyncio.timeout(PATIENCE):
            assert b"snapshot" in await line.recv(decode=False)
    if has_bug:
        assert errors_in(heard, process.log), "a mistake of ours is seen"
        return
    assert errors_in(heard, process.log) == 0
    assert "Traceback" not in process.log.read_text()
    late = sorted(waits)[int(len(waits) * 0.99)]
    tell(
        capsys,
        f"broken: {len(heard)} broken requests and frames, 0 errors; {len(waits)} calls of {PEOPLE[size]} people, "
        f"p99 {late * 1000:.0f} ms",
    )
