"""Moving a city's nights through the API: of a real board, and of servers that misbehave."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bedboard.city.programmes import Day, Programme, choose_days
from bedboard.city.replay import CONNECTIONS, Summary, replay
from bedboard.store.database import Database
from tests.build import NOW, PATIENCE, FixedClock
from tests.build.site import served, stop_site
from tests.city.rows import FIRST, Row, bed_row, load, on, read, room_row, shelters_in


async def test_a_replay_moves_a_real_board_to_the_last_day(database: Database, tmp_path: Path) -> None:
    days = read(
        tmp_path,
        bed_row("1"),  # 8 beds: 5 occupied, 1 free, 2 closed
        room_row("2"),  # 5 rooms
        on(1, bed_row("1", occupied=4, free=4, closed=0)),
        on(1, room_row("2", occupied=1, free=1)),  # three rooms fewer than there are
        on(1, bed_row("9")),  # appeared after the import
        on(2, bed_row("1", occupied=9, free=1, closed=0)),  # two beds more than there are
        on(2, room_row("2", occupied=0, free=6)),  # more free rooms than there are
    )
    await load(database, days[FIRST])
    heard: list[int] = []
    async with served(database.url, FixedClock(NOW + timedelta(minutes=1))) as site:
        moved = choose_days(days, date(2024, 1, 2), date(2024, 1, 31))
        summary = await replay(moved[:1], site.url, clock=site.clock)
        rooms = (await shelters_in(database))["t2"].places
        assert [place.state for place in rooms].count("closed") == 3
        assert (summary.days, summary.sent, summary.accepted, summary.unknown, summary.stopped) == (1, 2, 2, 1, None)

        summary = await replay(moved, site.url, clock=site.clock, progress=lambda now: heard.append(now.done))
    assert (summary.days, summary.total, summary.sent, summary.accepted, summary.clamped) == (2, 5, 4, 3, 1)
    assert summary.refused == {"422 more_than_places": 1}
    assert (summary.unknown, summary.unanswered, summary.network_errors) == (1, 0, 0)
    assert heard == [1, 2, 3, 4, 5]
    assert len(summary.latencies_ms) == 4
    beds = [place.state for place in (await shelters_in(database))["t1"].places]
    assert (beds.count("open"), beds.count("occupied"), beds.count("closed")) == (1, 7, 0)


async def test_a_second_replay_is_not_taken_for_a_repetition_of_the_first(database: Database, tmp_path: Path) -> None:
    days = read(tmp_path, bed_row("1"), on(1, bed_row("1", occupied=2, free=4)))
    await load(database, days[FIRST])
    async with served(database.url, FixedClock(NOW + timedelta(minutes=1))) as site:
        for _ in range(2):
            assert (await replay(list(days.values()), site.url, clock=site.clock)).accepted == 2
    assert (await shelters_in(database))["t1"].version == 5
    assert [place.state for place in (await shelters_in(database))["t1"].places].count("open") == 4


async def test_tokens_that_do_not_count_end_the_replay_with_a_sentence(board_database: Database, tmp_path: Path) -> None:
    days = read(tmp_path, bed_row("1"), bed_row("2"), on(1, bed_row("1")))
    async with served(board_database.url, FixedClock()) as site:
        summary = await replay(list(days.values()), site.url)
    assert summary.stopped == "the server knows none of these shelters with these tokens"
    assert (summary.days, summary.sent, summary.unknown) == (0, 0, 2)


Answer = Callable[[Request, int], Awaitable[Response]]  # the request, and how many updates came before it


@asynccontextmanager
async def serve(app: Starlette) -> AsyncIterator[str]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    running = asyncio.create_task(server.serve([listening]))
    try:
        async with asyncio.timeout(PATIENCE):
            while not server.started:
                assert not running.done()
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        await stop_site(server, running)


@asynccontextmanager
async def serving(answer: Answer, seen: list[Request]) -> AsyncIterator[str]:
    """A server that knows every shelter, with eight beds, and answers updates as told. `seen`: the updates."""

    async def shelter(request: Request) -> Response:
        return JSONResponse({"counts": {"men-bed": {"total": 8}}})

    async def update(request: Request) -> Response:
        seen.append(request)
        await request.body()
        return await answer(request, len(seen) - 1)

    path = "/api/v1/shelters/{id}"
    async with serve(Starlette(routes=[Route(path, shelter), Route(f"{path}/occupancy", update, methods=["PUT"])])) as url:
        yield url


def problem(status: int, code: str, headers: dict[str, str] | None = None, **more: Any) -> Response:
    return JSONResponse({"code": code, **more}, status, headers)


def days_of(*rows: Row) -> list[Day]:
    """Without a file: one day of eight-bed programmes with these ids, twice."""
    template = {"sector": "Men", "measure": "bed", "beds": 1, "occupied": 5, "free": 1, "closed": 2, "organization": "Maple"}
    programmes = [
        Programme(id=f"t{row['PROGRAM_ID']}", organization_id="o7", name=row["PROGRAM_NAME"], city="", address="", **template)  # type: ignore[arg-type]
        for row in rows
    ]
    return [Day(FIRST, programmes, []), Day(date(2024, 1, 2), programmes, [])]


async def replayed(answer: Answer, seen: list[Request], number: int = 1, **options: Any) -> Summary:
    async with serving(answer, seen) as url:
        return await replay(days_of(*(bed_row(str(n)) for n in range(number))), url, pause=0.01, **options)


@pytest.mark.parametrize(
    ("first", "waits"),
    [
        (problem(429, "too_many", {"Retry-After": "1"}), 1.0),
        (problem(503, "database_away", {"Retry-After": "0"}), 0.0),
        (problem(503, "database_away", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), 0.0),
        (problem(503, "busy", {"Retry-After": "0"}), 0.0),
        (problem(409, "key_in_use"), 0.0),
    ],
)
async def test_a_server_that_asks_to_wait_is_asked_again_with_the_same_key(first: Response, waits: float) -> None:
    seen: list[Request] = []

    async def answer(request: Request, before: int) -> Response:
        return first if before == 0 else JSONResponse({})

    began = monotonic()
    summary = await replayed(answer, seen)
    assert monotonic() - began >= waits
    assert (summary.sent, summary.accepted, summary.retries, summary.unanswered) == (2, 2, 1, 0)
    keys = [request.headers["idempotency-key"] for request in seen]
    assert keys[0] == keys[1] != keys[2]
    assert {request.headers["authorization"] for request in seen} == {"Bearer demo-shelter-t0"}


async def test_a_server_that_never_has_time_is_given_up_after_five_times_and_counted() -> None:
    seen: list[Request] = []

    async def answer(request: Request, before: int) -> Response:
        return problem(503, "database_away", {"Retry-After": "0"})

    summary = await replayed(answer, seen)
    assert (len(seen), summary.refused, summary.stopped) == (10, {"503 database_away": 2}, None)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (problem(401, "sign_in_needed"), "401 sign_in_needed"),
        (problem(404, "no_such_shelter"), "404 no_such_shelter"),
        (problem(409, "overtaken"), "409 overtaken"),
        (problem(422, "invalid", errors=[{"field": "x", "code": "kind_not_here"}]), "422 kind_not_here"),
        (problem(422, "invalid", errors=["odd"]), "422 invalid"),
        (PlainTextResponse("no", 500), "500"),
        (JSONResponse([1], 400), "400"),
    ],
)
async def test_a_refusal_is_counted_by_its_code_and_not_repeated(reply: Response, reason: str) -> None:
    seen: list[Request] = []

    async def answer(request: Request, before: int) -> Response:
        return reply

    summary = await replayed(answer, seen)
    assert (len(seen), summary.refused, summary.accepted, summary.stopped) == (2, {reason: 2}, 0, None)


async def test_a_server_that_is_gone_ends_the_replay_with_a_sentence() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        summary = await replay(days_of(bed_row("1")), url, pause=0.001)
    assert summary.stopped is not None and f"{url}/ does not answer" in summary.stopped
    assert (summary.days, summary.accepted) == (0, 0)
    assert summary.network_errors == 5


async def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key() -> None:
    keys: list[str] = []

    async def cut_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answers a question; takes an update and hangs up the first time."""
        with_body = (await reader.readuntil(b"\r\n\r\n")).decode()
        body = b'{"counts": {"men-bed": {"total": 8}}}'
        if with_body.startswith("PUT"):
            keys.append(next(line for line in with_body.splitlines() if line.lower().startswith("idempotency-key")))
        if len(keys) != 1:
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(cut_off, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        summary = await replay(days_of(bed_row("1"))[:1], url, pause=0.01)
    assert (summary.accepted, summary.network_errors, summary.stopped) == (1, 1, None)
    assert len(keys) == 2 and keys[0] == keys[1]


async def test_another_server_than_bedboard_is_recognised() -> None:
    async with serve(Starlette(routes=[Route("/{path:path}", lambda request: PlainTextResponse("hello"))])) as url:
        summary = await replay(days_of(bed_row("1")), url)
    assert summary.stopped is not None and summary.stopped.endswith("answers, but not as bedboard does")


async def test_eight_updates_are_under_way_at_once_and_never_more() -> None:
    seen: list[Request] = []
    full, waiting, most = asyncio.Event(), 0, 0

    async def answer(request: Request, before: int) -> Response:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        if waiting == CONNECTIONS:
            full.set()
        async with asyncio.timeout(PATIENCE):
            await full.wait()
        waiting -= 1
        return JSONResponse({})

    summary = await replayed(answer, seen, number=20)
    assert (most, summary.accepted) == (CONNECTIONS, 40)


async def test_the_speed_spreads_the_updates_of_a_day_over_its_time() -> None:
    seen: list[Request] = []
    arrived: list[float] = []
    began = monotonic()

    async def answer(request: Request, before: int) -> Response:
        arrived.append(monotonic() - began)
        return JSONResponse({})

    summary = await replayed(answer, seen, number=4, speed=120)  # half a second per day
    assert summary.seconds >= 0.5 + 0.5 * 3 / 4
    assert all(at >= 0.5 * n / 4 for n, at in enumerate(sorted(arrived)))


def test_the_figures_of_a_summary_are_what_was_measured() -> None:
    summary = Summary(total=0)
    assert summary.latency_ms(0.5) == 0
    summary.latencies_ms = [float(n) for n in range(100, 0, -1)]
    assert [summary.latency_ms(share) for share in (0.5, 0.99, 1.0)] == [51, 100, 100]
    assert dict(summary.lines())["latency p50 / p99 / max"] == "51.0 / 100.0 / 100.0 ms"
