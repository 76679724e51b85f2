"""No text from outside is kept or logged: personal data in every place of every call, and then a search of all that is kept."""

import json
import logging
import random
import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bedboard import embedded
from bedboard.log import set_up_log
from bedboard.migrations.run import migrate
from bedboard.store.database import Database
from tests.build import SEAL, FixedClock, add_board
from tests.build.cases import add_case_board
from tests.build.embedded import data_dir
from tests.build.outside import CORPUS, files_of, found_in
from tests.build.outside_calls import (
    Sender,
    send_at_the_end_of_sessions,
    send_devices,
    send_in_right_forms,
    send_on_sockets,
    send_to_every_route,
)
from tests.build.push import KEYS, serving
from tests.build.rows import everything, run
from tests.build.site import Site, served

__all__ = ["data_dir"]  # fixtures


@pytest.fixture
async def site(data_dir: Path, clock: FixedClock) -> AsyncIterator[Site]:
    """A site on a PostgreSQL of its own, whose files nobody else writes."""
    with embedded.start(data_dir) as server:
        await migrate(server.url)
        database = Database(server.url, SEAL.marks)
        async with database.transaction() as tx:
            await add_board(tx)
            await add_case_board(tx)
        async with served(server.url, clock, own_pulse=False, **KEYS) as site:
            yield site
        await database.dispose()


async def test_no_text_from_outside_is_kept_or_logged(
    site: Site, data_dir: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    set_up_log("debug")
    caplog.set_level(logging.INFO)
    database = site.process.database
    browsers = {person: await site.sign_in(person) for person in ("mark", "sanne", "anneke", "hanneke", "wouter")}
    programs = {token: site.api(token) for token in ("demo-police", "demo-shelter-linde")}
    sender = Sender(site)
    try:
        async with serving() as service:
            await send_devices(sender, browsers["mark"], service)
            await send_on_sockets(sender, browsers["mark"])
            await send_in_right_forms(sender, browsers)
            await send_to_every_route(sender, browsers | programs)
            await send_at_the_end_of_sessions(sender)
    finally:
        set_up_log("warning")
        for client in (*browsers.values(), *programs.values()):
            await client.aclose()

    async def places() -> list[tuple[str, bytes]]:
        await run(database, "checkpoint")
        out = capsys.readouterr()
        logs = (out.out + out.err + caplog.text).encode()
        return [("log", logs), ("tables", (await everything(database)).encode()), *files_of(data_dir)]

    kept = await places()
    assert b'"refused"' in kept[0][1] and b"person:mark" in kept[1][1], "there is something to search"
    found, searched = found_in(kept)
    with capsys.disabled():
        print(f"\n{sender.calls:,} calls {sender.statuses}, {searched:,} bytes searched, {len(found)} stored")  # noqa: T201
    assert found == []
    assert sender.calls > 1_000 and sum(sender.statuses.get(good, 0) for good in (200, 201, 204, 303)) > 150
    assert sender.statuses[401] + sender.statuses[403] < sender.calls / 5, "the texts came as far as the handlers"

    # The control: one that is kept somewhere is found there.
    logging.getLogger("bedboard").warning(CORPUS[0])
    await run(database, "update person set name = :said where id = 'gerda'", said=CORPUS[5])
    found, _ = found_in(await places())
    assert {("log", CORPUS[0]), ("tables", CORPUS[5])} <= set(found)
    assert any("pg_wal" in name for name, _ in found) and any("base/" in name for name, _ in found)


def proper(dice: random.Random) -> dict[str, Any]:
    """Return a household as it could be."""
    party: dict[str, Any] = dice.choice(
        [
            {"adults": {"woman": dice.randint(1, 4)}},
            {"adults": {"man": dice.randint(1, 4), "other_gender": dice.randint(0, 1)}},
            {"adults": {"woman": 1}, "children": {"child_0_3": dice.randint(0, 2), "child_4_11": dice.randint(0, 3)}},
            {"group": dice.randint(2, 20), "split": dice.choice([True, False])},
        ]
    )
    return party | {
        "statuses": dice.choice([[], ["dutch"], ["eu"], ["third_country"], ["dublin", "reflection"], ["undocumented"], ["b8"]]),
        "exploitation": dice.choice(["sexual", "labour", "criminal", "other", "serious_wrong", "unknown"]),
        "needs": dice.sample(["lvb", "psychiatric", "addiction", "medical", "wheelchair", "pets"], dice.randint(0, 3)),
        "languages": dice.sample(["nl", "en", "ti", "ar", "pl", "vi"], dice.randint(0, 2)),
    }


async def test_a_thousand_proper_inputs_are_taken_and_give_no_alarm(site: Site) -> None:
    dice = random.Random(7)  # noqa: S311
    keys = (
        lambda: str(uuid.uuid4()),
        lambda: uuid.uuid4().hex,
        lambda: secrets.token_urlsafe(24),
        lambda: f'"{uuid.uuid4()}"',
        lambda: f"tap-{dice.randrange(10**6)}",
        lambda: f"order 14:05 plek 2.{dice.randrange(1000):03}",
    )
    agents = ("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "OpvangSysteem/7.2 (+https://opvang.example)", "curl/8.9.1")
    sent: list[tuple[str, bytes]] = []
    refused = []
    async with site.api("demo-police") as police, site.api("demo-shelter-linde") as linde:
        for number in range(1_000):
            key, agent = dice.choice(keys)(), dice.choice(agents)
            headers = {"Idempotency-Key": key, "User-Agent": agent, "X-Request-Id": uuid.uuid4().hex}
            if number % 5:
                body = proper(dice)
                reply = await police.post("/search", json=body, headers=headers)
            else:
                body = {"status": dice.choice(["occupied", "free"])}
                reply = await linde.patch(f"/places/linde-{dice.randint(1, 3)}", json=body, headers=headers)
            sent.append((str(number), f"{key} {agent} {json.dumps(body)}".encode()))
            if reply.status_code != 200:
                refused.append((body, headers, reply.text))
    assert refused == []
    assert found_in(sent)[0] == []
    async with site.process.database.transaction() as tx:
        kept = (await (await tx.connection()).execute(text("select count(*) from stored_reply"))).scalar_one()
    assert kept == 200
    async with aclosing(await site.sign_in("mark")) as mark:
        assert (await mark.post("/search", data={"adults.woman": "1"})).status_code == 200
