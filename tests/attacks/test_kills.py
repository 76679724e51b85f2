"""Promise 1: an acknowledged update is never lost, though processes and the database are killed under the writers' hands."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.attacks.stage import Server, folder, is_long, lines_of, server_in
from tests.build import PATIENCE, until
from tests.build.processes import Process

PLACES = ("linde-1", "linde-2", "linde-3", "ceder-1", "ceder-2")
KILLS = {"short": 3, "long": 51}
MOST_IN_FLIGHT = len(PLACES)

Update = tuple[str, int, str]
"""A place, the version of its shelter, and the status."""


def lost(acknowledged: Iterable[Update], kept: Iterable[Update]) -> list[Update]:
    """Return the updates that a client was told to be saved, and that the database does not have."""
    return sorted(set(acknowledged) - set(kept))


async def kept_in(server: Server) -> set[Update]:
    rows = await server.rows("select place_id, version, after->>'state' from journal where action = 'place'")
    return {(place, version, "free" if state == "open" else state) for place, version, state in rows}


async def write(process: Process, place: str, acknowledged: list[Update]) -> None:
    """Change the place until cancelled, and note each answer that says it is saved. A lost connection is opened again."""
    status = "free"
    while True:
        async with process.api(f"demo-shelter-{place.partition('-')[0]}") as api:
            with suppress(httpx.TransportError):
                while True:
                    status = "occupied" if status == "free" else "free"
                    reply = await api.patch(f"/places/{place}", json={"status": status})
                    if reply.status_code == 200:
                        acknowledged.append((place, reply.json()["version"], status))
                    else:
                        assert reply.status_code in (429, 503), reply.text
                        await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)


async def test_no_acknowledged_update_is_lost_when_processes_and_database_are_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    kills = KILLS["long" if is_long(request) else "short"]
    acknowledged: list[Update] = []
    with folder() as place:
        async with server_in(place) as server:
            process = server.serve(tmp_path / "log")
            await process.start()
            writers = [asyncio.create_task(write(process, place, acknowledged)) for place in PLACES]

            async def go_on(count: int) -> None:
                async def is_so() -> bool:
                    assert not [writer for writer in writers if writer.done()]
                    return len(acknowledged) >= count

                await until(is_so, "the writers are told that it is saved", 2 * PATIENCE)

            for number in range(kills):
                await go_on(len(acknowledged) + 5 + 7 * number % 20)
                if number % 3 != 1:
                    server.kill()
                if number % 3 != 0:
                    process.kill()
                    await process.start()
            await go_on(len(acknowledged) + 10)
            for writer in writers:
                writer.cancel()
            await asyncio.gather(*writers, return_exceptions=True)
            kept = await kept_in(server)
            await process.__aexit__()
    assert lost(acknowledged, kept - {acknowledged[3]}) == [acknowledged[3]], "a dropped update is seen"
    assert lost(acknowledged, kept) == []
    assert len(kept) - len(acknowledged) <= MOST_IN_FLIGHT * (kills + 1), "what is there besides was under way at a kill"
    assert "bug" not in {line["event"] for line in lines_of(process.log)}
    with capsys.disabled():
        print(f"\nkills: {kills} of processes and of the database, {len(acknowledged)} acknowledged, 0 lost")  # noqa: T201
