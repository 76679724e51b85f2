"""No text from outside is kept or logged: personal data in every place of every call, and then a search of all that is kept."""

import json
import logging
import random
import secrets
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from itertools import count, cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from pydantic import BaseModel
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bedboard import embedded
from bedboard.log import set_up_log
from bedboard.migrations.run import migrate
from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from bedboard.store.database import Database
from tests.build import NOW, FixedClock, add_board
from tests.build.api import correct
from tests.build.cases import add_case_board
from tests.build.embedded import data_dir
from tests.build.lines import cookie
from tests.build.outside import CORPUS, files_of, found_in
from tests.build.push import KEYS, Service, serving
from tests.build.rows import everything, run
from tests.build.site import Site, served

__all__ = ["data_dir"]  # fixtures

WOMAN = {"adults": {"woman": 1}}
TOKENS = {"places": "demo-shelter-linde", "shelters": "demo-shelter-linde", "search": "demo-police", "requests": "demo-police"}
HEADERS = (
    *("X-Request-Id", "User-Agent", "Referer", "Accept-Language", "Accept", "If-Match", "If-None-Match"),
    *("X-Forwarded-For", "X-Real-Ip", "HX-Current-URL", "Idempotency-Key"),
)


@pytest.fixture
async def site(data_dir: Path, clock: FixedClock) -> AsyncIterator[Site]:
    """A site on a PostgreSQL of its own, whose files nobody else writes."""
    with embedded.start(data_dir) as server:
        await migrate(server.url)
        database = Database(server.url)
        async with database.transaction() as tx:
            await add_board(tx)
            await add_case_board(tx)
        async with served(server.url, clock, own_pulse=False, **KEYS) as site:
            yield site
        await database.dispose()


def shapes(model: type[BaseModel] = BaseModel) -> Iterator[type[BaseModel]]:
    """Yield every form and body that the program reads."""
    for one in model.__subclasses__():
        if one.__module__.startswith("bedboard.schemas"):
            yield one
        yield from shapes(one)


FIELDS = sorted({name for shape in shapes() for name in shape.model_fields})
FORMS: Mapping[str, dict[str, str]] = {  # one right form for each kind of press, by its path
    "/staff/linde/places/linde-1": {"status": "closed", "reason": "repair"},
    "/staff/linde/confirm": {"version": "1"},
    "/staff/linde/occupancy": {"empty.cosm": "1"},
    "/staff/linde/undo": {"change": "1"},
    "/search": {"adults.woman": "1", "near": "noord", "statuses.dublin": "on"},
    "/search/nothing": {"adults.woman": "1", "slept": "hotel"},
    "/search/alert": {"adults.woman": "1", "page": "search"},
    "/places/linde-2/hold": {"page": "search", "adults.woman": "1"},
    "/requests": {"adults.woman": "1", "ask.ceder": "men"},
    "/language": {"language": "nl"},
    "/theme": {"theme": "dark"},
    "/sign-in/demo": {"person": "mark"},
}
BODIES: Mapping[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "/places/linde-1"): {"status": "closed", "reason": "other", "observed_at": NOW.isoformat()},
    ("PUT", "/shelters/linde/occupancy"): {"kinds": {"cosm": {"empty": 1}}, "observed_at": NOW.isoformat()},
    ("POST", "/shelters/linde/confirm"): correct("cosm"),
    ("POST", "/search"): {**WOMAN, "statuses": ["dublin"], "needs": ["lvb"], "languages": ["ti"], "near": "noord"},
    ("POST", "/requests"): {**WOMAN, "shelters": ["ceder"]},
    ("POST", "/places/linde-2/holds"): {},
}


class Sender:
    """Sends personal data, and counts the calls. Every call has some in all its headers too."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.texts = cycle(CORPUS)
        self.calls = 0
        self.statuses: dict[int, int] = {}

    def headers(self) -> dict[str, bytes]:
        sent = {name: next(self.texts).encode() for name in HEADERS}
        ascii_only = [said for said in CORPUS if said.isascii() and " " not in said]
        sent["Idempotency-Key"] = random.choice(ascii_only).encode() + b"%d" % self.calls  # noqa: S311
        sent["Accept-Encoding"] = b"identity"
        return sent

    async def send(self, method: str, path: str, client: httpx.AsyncClient, **how: Any) -> int:
        client.cookies.set("theme", quote(next(self.texts)))
        client.cookies.set(next(said for said in self.texts if said.isascii() and " " not in said), "1")
        headers: Any = self.headers() | {name: value.encode() for name, value in how.pop("headers", {}).items()}
        self.calls += 1
        with suppress(httpx.InvalidURL):
            reply = await client.request(method, path, headers=headers, **how)
            assert reply.status_code < 500, (method, path, how, reply.text)
            self.statuses[reply.status_code] = self.statuses.get(reply.status_code, 0) + 1
            return reply.status_code
        return 0


def right(part: str) -> str:
    """Return a part of a path as it could be: `part` as the table of routes has it."""
    if not part.startswith("{"):
        return part
    return "linde" if part.startswith("{shelter") else "linde-1"


def who_may(row: Row) -> str:
    """Return somebody who may call this route: a browser by its person, or a program by its token."""
    if row.is_api:
        return TOKENS.get(row.path.split("/")[3], "demo-police")
    if row.path.startswith(("/staff", "/totals")):
        return "sanne"
    if row.path.startswith("/manage"):
        return "anneke"
    return "hanneke" if row.path.endswith(("/answer", "/decide", "/arrival")) else "mark"


async def send_to_every_route(sender: Sender, clients: Mapping[str, httpx.AsyncClient]) -> None:
    """Send a text in every part of every path, in every field and as a parameter and a key, each of another kind."""
    fields = cycle(FIELDS)
    for row in ROWS:
        if not isinstance(row, Row) or row.name == "sign_out":  # after that, nobody would be let in any more
            continue
        client, parts = clients[who_may(row)], row.path.split("/")
        for place, part in enumerate(parts):
            for said in CORPUS if part.startswith("{") else ():
                one = [*map(right, parts[:place]), quote(said, safe=""), *map(right, parts[place + 1 :])]
                await sender.send(row.method, f"{sender.site.url}{'/'.join(one)}", client)
        url = sender.site.url + "/".join(map(right, parts))
        for said in CORPUS:
            await sender.send(row.method, url, client, params={"q": said, next(fields): said, said: "1"})
            if row.method != "GET":
                await sender.send(row.method, url, client, json={said: said, next(fields): said, next(fields): said})
        if row.method == "POST" and not row.is_api:
            for some in batched(FIELDS, 8):
                await sender.send("POST", url, client, data=dict.fromkeys(some, next(sender.texts)) | {"key": uuid.uuid4().hex})


def batched(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (names[start : start + size] for start in range(0, len(names), size))


async def send_in_right_forms(sender: Sender, browsers: Mapping[str, httpx.AsyncClient]) -> None:
    """Send a text as the value of each field of a right form or body in turn, as another field, and as its key."""
    numbers = count()
    for path, form in FORMS.items():
        browser = browsers["sanne" if path.startswith("/staff") else "mark"]
        for said in CORPUS:
            for name in form:
                await sender.send("POST", path, browser, data={**form, name: said, "key": f"k{next(numbers)}"})
            await sender.send("POST", path, browser, data={**form, "name": said, "key": f"k{next(numbers)}"})
            await sender.send("POST", path, browser, data={**form, f"needs.{said}": "on", "key": f"k{next(numbers)}"})
            await sender.send("POST", path, browser, data={**form, "key": said})
    for (method, path), body in BODIES.items():
        async with sender.site.api(TOKENS[path.split("/")[1]]) as api:
            for said in CORPUS:
                for changed in [body | {name: said} for name in body] + [body | {"name": said}, body | {said: 1}]:
                    await sender.send(method, f"{sender.site.url}/api/v1{path}", api, json=changed)
                await sender.send(method, f"{sender.site.url}/api/v1{path}", api, content=said.encode())
                wrong = {"Authorization": f"Bearer {said}"}
                await sender.send(method, f"{sender.site.url}/api/v1{path}", api, json=body, headers=wrong)


async def send_on_sockets(sender: Sender, browser: httpx.AsyncClient) -> None:
    site, headers = sender.site, cookie(browser) | {"Origin": sender.site.url}
    for said in CORPUS:
        hello = {"type": "hello", "known": {said: said}, "search": {"n": 1, "fields": {"adults.woman": said, said: said}}}
        messages = [said, *map(json.dumps, (said, {"type": said}, hello, {"type": "hello", said: said}))]
        for view in ("view=search", "view=board", f"view={quote(said)}", f"view=staff&shelter={quote(said)}"):
            for message in messages:
                sender.calls += 1
                with suppress(ConnectionClosed):
                    async with connect(
                        f"{site.live_url}/live?{view}", additional_headers=headers, user_agent_header="x"
                    ) as line:
                        await line.send(message)
                        await line.recv()
                        await line.send(message)
        with suppress(ConnectionClosed):
            token = {"Authorization": "Bearer demo-police", "X-Request-Id": quote(said)}
            async with connect(f"{site.live_url}/api/v1/live", additional_headers=token) as line:
                await line.send(said)
                await line.recv()


async def send_devices(sender: Sender, browser: httpx.AsyncClient, service: Service) -> None:
    """Add devices whose addresses have a name in them: these are proper addresses, so they are kept, and sealed."""
    for said in CORPUS:
        form = service.subscription(said)
        status = await sender.send("POST", "/push", browser, data=form)
        assert status == (204 if said.isascii() and not set(said) & set(" @+") else 422), said


async def test_no_text_from_outside_is_kept_or_logged(
    site: Site, data_dir: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    set_up_log("debug")
    caplog.set_level(logging.INFO)
    database = site.process.database
    browsers = {person: await site.sign_in(person) for person in ("mark", "sanne", "anneke", "hanneke", "gerda")}
    programs = {token: site.api(token) for token in ("demo-police", "demo-shelter-linde")}
    sender = Sender(site)
    try:
        async with serving() as service:
            await send_devices(sender, browsers["mark"], service)
            await send_on_sockets(sender, browsers["mark"])
            await send_in_right_forms(sender, browsers)
            await send_to_every_route(sender, browsers | programs)
            for said in CORPUS:
                await sender.send("POST", "/sign-out", browsers["gerda"], data={"key": said, said: said})
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
    assert sender.calls > 2_000 and sum(sender.statuses.get(good, 0) for good in (200, 201, 204, 303)) > 250
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
