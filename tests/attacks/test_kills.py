"""Promise 1: an acknowledged update is never lost, though processes and the database are killed under the writers' hands."""

import asyncio
from collections import Counter
from pathlib import Path
from time import monotonic

import pytest

from bedboard.embedded import keeper
from tests.attacks.stage import Server, folder, is_long, lines_of, server_in, tell
from tests.attacks.writers import KEPT, Update, lost, updates_in, write
from tests.build import PATIENCE, until

PLACES = ("linde-1", "linde-2", "linde-3", "ceder-1", "ceder-2")
KILLS = {"short": 3, "long": 51}
TOLD_EVERY = 5
MOST_IN_FLIGHT = len(PLACES)


async def kept_in(server: Server) -> set[Update]:
    return updates_in(await server.rows(KEPT))


async def test_no_acknowledged_update_is_lost_when_processes_and_database_are_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server that ends again and again is started after up to ten seconds: the kills would mostly meet a server that is down.
    monkeypatch.setattr(keeper, "LONGEST_PAUSE_SECONDS", keeper.FIRST_PAUSE_SECONDS)
    kills = KILLS["long" if is_long(request) else "short"]
    acknowledged: list[Update] = []
    begun = monotonic()
    with folder() as place:
        async with server_in(place) as server, server.serve(tmp_path / "log") as process:
            writers = [asyncio.create_task(write(process, place, acknowledged, Counter())) for place in PLACES]

            async def go_on(count: int) -> None:
                async def is_so() -> bool:
                    for writer in writers:
                        if writer.done():
                            writer.result()
                    return len(acknowledged) >= count

                await until(is_so, "the writers are told that it is saved", 2 * PATIENCE)

            for number in range(kills):
                await go_on(len(acknowledged) + 5 + 7 * number % 20)
                if number % TOLD_EVERY == TOLD_EVERY - 1:
                    told = list(acknowledged)
                    assert lost(told, await kept_in(server)) == []
                    tell(capsys, f"  after {number} kills and {monotonic() - begun:.0f} s: {len(told)} acknowledged, 0 lost")
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
    assert lost(acknowledged, kept - {acknowledged[3]}) == [acknowledged[3]], "a dropped update is seen"
    assert lost(acknowledged, kept) == []
    assert len(kept) - len(acknowledged) <= MOST_IN_FLIGHT * (kills + 1), "what is there besides was under way at a kill"
    assert "bug" not in {line["event"] for line in lines_of(process.log)}
    tell(capsys, f"kills: {kills} of processes and of the database, {len(acknowledged)} acknowledged, 0 lost")
