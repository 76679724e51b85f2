"""Calls with personal data in every place: each route, field, header, key and socket."""

import json
import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, suppress
from itertools import count, cycle, islice
from typing import Any
from urllib.parse import quote

import httpx
from hypothesis import settings
from pydantic import BaseModel
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from tests.build import NOW
from tests.build.api import correct
from tests.build.lines import cookie
from tests.build.outside import CORPUS
from tests.build.push import Service
from tests.build.site import Site

WOMAN = {"adults": {"woman": 1}}
TOKENS = {"places": "demo-shelter-linde", "shelters": "demo-shelter-linde", "search": "demo-police", "requests": "demo-police"}
HEADERS = (
    *("X-Request-Id", "User-Agent", "Referer", "Accept-Language", "Accept", "If-Match", "If-None-Match"),
    *("X-Forwarded-For", "X-Real-Ip", "HX-Current-URL", "Idempotency-Key"),
)


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
    "/search/nothing?slept=hotel": {"adults.woman": "1"},
    "/search/alert": {"adults.woman": "1", "page": "search"},
    "/places/linde-2/hold": {"page": "search", "adults.woman": "1"},
    "/requests": {"adults.woman": "1", "ask.linde": "cosm"},
    "/language": {"language": "nl"},
    "/theme": {"theme": "dark"},
    "/sign-in/demo": {"person": "mark"},
}
BODIES: Mapping[tuple[str, str], dict[str, Any]] = {
    ("PATCH", "/places/linde-1"): {"status": "closed", "reason": "other", "observed_at": NOW.isoformat()},
    ("PUT", "/shelters/linde/occupancy"): {"kinds": {"cosm": {"empty": 1}}, "observed_at": NOW.isoformat()},
    ("POST", "/shelters/linde/confirm"): correct("cosm"),
    ("POST", "/search"): {**WOMAN, "statuses": ["dublin"], "needs": ["lvb"], "languages": ["ti"], "near": "noord"},
    ("POST", "/requests"): {**WOMAN, "shelters": ["linde"]},
    ("POST", "/places/linde-2/holds"): {},
}


SESSION_ENDS = {"sign_out", "wall_open", "shift_open"}
"""The presses that end the session: after one, nobody would be let in any more."""


class Sender:
    """Sends personal data, and counts the calls. Every call has some in all its headers too.

    In each place it sends two texts of the corpus, in turn; with `--hypothesis-profile=long` every one.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.texts = cycle(CORPUS)
        self.most = len(CORPUS) if settings.get_current_profile_name() == "long" else 2
        self._turn = cycle(CORPUS)
        self.calls = 0
        self.statuses: dict[int, int] = {}

    def some(self) -> list[str]:
        return list(islice(self._turn, self.most))

    def headers(self) -> dict[str, bytes]:
        sent = {name: next(self.texts).encode() for name in HEADERS}
        ascii_only = [said for said in CORPUS if said.isascii() and " " not in said]
        sent["Idempotency-Key"] = random.choice(ascii_only).encode() + b"%d" % self.calls  # noqa: S311
        sent["Accept-Encoding"] = b"identity"
        sent["HX-Request"] = b"false" if self.calls % 4 == 0 else b"true"  # a whole page takes several times as long
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
        return "anneke" if "{shelter" in row.path else "wouter"
    return "hanneke" if row.path.startswith("/monitor") or row.path.endswith(("/answer", "/decide", "/arrival")) else "mark"


async def send_to_every_route(sender: Sender, clients: Mapping[str, httpx.AsyncClient]) -> None:
    """Send a text in every part of every path, in every field and as a parameter and a key, each of another kind."""
    fields = cycle(FIELDS)
    for row in ROWS:
        if not isinstance(row, Row) or row.name in SESSION_ENDS:
            continue
        client, parts = clients[who_may(row)], row.path.split("/")
        for place, part in enumerate(parts):
            for said in sender.some() if part.startswith("{") else ():
                one = [*map(right, parts[:place]), quote(said, safe=""), *map(right, parts[place + 1 :])]
                await sender.send(row.method, f"{sender.site.url}{'/'.join(one)}", client)
        url = sender.site.url + "/".join(map(right, parts))
        for said in sender.some():
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
        for name in form:
            for said in sender.some():
                await sender.send("POST", path, browser, data={**form, name: said, "key": f"k{next(numbers)}"})
        for said in sender.some():
            await sender.send("POST", path, browser, data={**form, "name": said, "key": f"k{next(numbers)}"})
            await sender.send("POST", path, browser, data={**form, f"needs.{said}": "on", "key": f"k{next(numbers)}"})
            await sender.send("POST", path, browser, data={**form, "key": said})
    for (method, path), body in BODIES.items():
        async with sender.site.api(TOKENS[path.split("/")[1]]) as api:
            for said in sender.some():
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


async def send_at_the_end_of_sessions(sender: Sender) -> None:
    for said in CORPUS:
        for path, person in (("/wall", "mark"), ("/shift", "anneke"), ("/sign-out", "gerda")):
            async with aclosing(await sender.site.sign_in(person)) as browser:
                wall = f"/?wall=1&{said}={said}"
                await sender.send("POST", path, browser, data={"key": said, "back": wall, said: said})
