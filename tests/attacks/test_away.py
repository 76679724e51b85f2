"""Promise 14: the database is out of reach for a minute. Pages say so, nothing is wrongly "saved", all comes back by itself."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from time import monotonic

import pytest
from playwright.async_api import Browser
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bedboard.clock import Clock
from bedboard.store.database import Database
from tests import build
from tests.attacks.pages import GRACE_SECONDS, SILENCE_SECONDS, Screen, Truth, screen_of
from tests.attacks.stage import is_long, planted, tell
from tests.attacks.wire import Wire
from tests.attacks.writers import KEPT, Update, lost, updates_in, write
from tests.build import until
from tests.build.processes import Process

HOLE_SECONDS = {"short": SILENCE_SECONDS + GRACE_SECONDS + 4, "long": 60.0}
PLACES = ("ceder-1", "ceder-2")
NOT_SAVED = {"database_away", "perhaps_saved", "busy", "too_many_calls"}
ASKS_NOBODY = """
from bedboard.live.pulse import Pulse
from bedboard.live.watch import Watch
from bedboard.views.objects import to_json
async def beat(self):
    self._hub.publish_everywhere("pulse", to_json({"type": "pulse", "at": self._clock.now()}))
    return True
async def look(self):
    return True
Pulse.beat, Watch.look = beat, look
"""
"""Without what keeps a page from being live then: no pulse without an answer, and no socket whose right nobody can check."""


async def kept_in(database: Database) -> set[Update]:
    async with database.transaction() as tx:
        rows = (await (await tx.connection()).execute(text(KEPT))).all()
    return {update for update in updates_in(rows) if update[0] in PLACES}


def way_to(database: Database) -> Wire:
    """A way to the server of this database, whether it listens on a socket in a folder or on a port."""
    url = make_url(database.url)
    return Wire(str(url.query.get("host") or url.host), int(str(url.query.get("port") or url.port or 5432)))


def by_way_of(wire: Wire, database: Database) -> str:
    url = make_url(database.url).set(host="127.0.0.1", port=wire.port, query={})
    return url.render_as_string(hide_password=False)


@pytest.mark.browser
async def test_while_the_database_is_away_pages_say_so_and_nothing_is_wrongly_saved(
    browser: Browser, database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    hole_seconds = HOLE_SECONDS["long" if is_long(request) else "short"]
    truth, acknowledged, refused = Truth(), list[Update](), Counter[str]()
    async with database.transaction() as tx:
        await build.add_board(tx, Clock().now())
    async with (
        way_to(database) as wire,
        Process.serve(tmp_path / "near.log", database.url) as near,  # a machine whose way is whole
        Process.serve(tmp_path / "far.log", by_way_of(wire, database)) as far,
        screen_of(browser, far, truth) as screen,
        AsyncExitStack() as planted_ones,
    ):
        wrong: Screen | None = None
        if is_long(request):
            faulty = Process(
                tmp_path / "log",
                program=planted(tmp_path, ASKS_NOBODY),
                DATABASE_URL=by_way_of(wire, database),
                BEDBOARD_DEMO="true",
            )
            await planted_ones.enter_async_context(faulty)
            wrong = await planted_ones.enter_async_context(screen_of(browser, faulty, truth))
        writers = [asyncio.create_task(write(far, place, acknowledged, refused)) for place in PLACES]
        writing = asyncio.create_task(truth.write(near))

        async def go_on(count: int) -> None:
            async def is_so() -> bool:
                for task in (*writers, writing):
                    if task.done():
                        task.result()
                return len(acknowledged) >= count and truth.newest > 0

            await until(is_so, "presses are saved")

        await go_on(10)
        before, begun = Counter(refused), monotonic()
        wire.hole()
        await until(screen.is_lost, "the page says that it is not live")
        told = monotonic() - begun
        await asyncio.sleep(max(0.0, hole_seconds - told))
        if wrong is not None:
            await until(wrong.has_lied, "a page that is told in a hole that it is live is seen")
        wire.heal()
        healed = monotonic()
        await until(screen.shows_truth, "the page is live again")
        back = monotonic() - healed
        await go_on(len(acknowledged) + 10)
        for task in (*writers, writing):
            task.cancel()
        await asyncio.gather(*writers, writing, return_exceptions=True)
        kept = await kept_in(database)
    assert lost(acknowledged, kept - {acknowledged[3]}) == [acknowledged[3]], "a dropped update is seen"
    assert lost(acknowledged, kept) == []
    unsure = refused["perhaps_saved"] + len(PLACES)  # and those that were under way at the end
    assert len(kept) - len(acknowledged) <= unsure, "what was refused is not there"
    assert (refused - before).total() > 0 and set(refused) <= NOT_SAVED, refused
    assert told <= SILENCE_SECONDS + GRACE_SECONDS
    assert not await screen.has_lied()
    assert '"bug"' not in far.log.read_text()
    tell(
        capsys,
        f"away: {hole_seconds:.0f} s; the page said so after {told:.1f} s and was live {back:.1f} s after the end; "
        f"{len(acknowledged)} acknowledged, 0 lost, {refused.total()} refused, {refused['perhaps_saved']} perhaps saved",
    )
