"""An address never leaves without need: every shelter's telephone and address is a canary, and none is heard anywhere."""

import asyncio
import gzip
import logging
import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from itertools import product

import httpx
import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from bedboard.log import set_up_log
from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from bedboard.store.database import Database
from tests.build import NOW, PATIENCE, PEOPLE, SEAL
from tests.build.api import correct
from tests.build.calls import CALLS
from tests.build.lines import page_line
from tests.build.site import TRUST, Site, as_owner

EVERY_PAGE = sorted(
    {
        CALLS[row.name].path.format(shelter=shelter)
        for row in ROWS
        if isinstance(row, Row) and row.method == "GET" and not row.is_api
        for shelter in ("linde", "wilg")
    }
)
"""The pages of the table of routes, of a shelter of one's own and of another's."""
PATHS = [
    "/",
    "/wall",
    "/totals",
    "/sign-in",
    "/staff/linde",
    "/staff/ceder",
    "/staff/linde?change=1",
    "/search",
    "/strip",
    "/shelters/linde",
    "/shelters/wilg",
    "/manage/linde/criteria",
    "/manage/linde/places/linde-1/criteria",
    "/strip",
    "/shelters/linde",
    "/shelters/wilg",
    "/nowhere",
    "/health",
    "/static/js/live.js",
]
API = ["/api/v1/board", "/api/v1/shelters/linde", "/api/v1/shelters/ceder", "/api/v1/openapi.json", "/api/v1/nowhere"]
API += ["/api/v1/holds", "/api/v1/requests", "/api/v1/requests/nobodys"]
CHANGES = [("PATCH", "/places/linde-1"), ("PUT", "/shelters/linde/occupancy"), ("POST", "/shelters/linde/confirm")]
CHANGES += [("POST", "/search"), ("POST", "/requests"), ("POST", "/requests/nobodys/answers")]
CHANGES += [("POST", "/requests/nobodys/address")]
ASK = {"shelters": ["linde", "ceder"]}  # neither of them has said "in overleg": its telephone stays its own
BODIES = [
    {},
    {"status": "closed", "reason": "other"},
    {"kinds": {"cosm": {"empty": 99}}, "observed_at": NOW.isoformat()},
    {"address": "x"},
    correct("cosm", "CANARY"),
    correct("cosm"),
    ASK,
]
LOCKED = ("mark", "lucia", "hanneke", "anneke")
"""People whose session waits for them after a quarter of an hour."""
TOKENS = ["demo-coordinator", "demo-police", "demo-desk", "demo-admin", "demo-auditor", "demo-shelter-linde", "wrong"]


async def test_the_canaries_are_there_and_sealed(board_database: Database) -> None:
    """The control: were the seal opened and shown, the test below would hear it."""
    async with as_owner(board_database) as tx:
        sealed = (await (await tx.connection()).execute(text("select * from shelter_contact"))).all()
    assert len(sealed) == 3
    for case_id, telephone, address in sealed:
        assert (SEAL.open(telephone), SEAL.open(address)) == (f"CANARY-TEL-{case_id}", f"CANARY-ADR-{case_id}")
        assert b"CANARY" not in telephone + address


async def answers_to_taps(browser: httpx.AsyncClient, person: str) -> list[tuple[str, bytes]]:
    """Return the answers to every tap on a shelter's page, with a page and with a fragment."""
    heard: list[tuple[str, bytes]] = []
    for shelter, fragment in product(("linde", "wilg"), ("false", "true")):
        for action, form in (
            (f"places/{shelter}-1", {"status": "closed", "reason": "repair"}),
            (f"places/{shelter}-1", {"status": "closed"}),
            ("confirm", {}),
            ("occupancy", {"empty.cosm": "0", "empty.men": "1"}),
            ("undo", {"change": "1"}),
        ):
            data = {**form, "key": f"{person}{shelter}{fragment}{action}"}
            reply = await browser.post(f"/staff/{shelter}/{action}", data=data, headers={"HX-Request": fragment})
            heard.append((f"{person} {shelter} {action}", reply.content))
    return heard


async def answers_to_calls(site: Site, api: httpx.AsyncClient, token: str) -> list[tuple[str, bytes]]:
    """Return the answers of the API to one program, with what its socket says first."""
    authorization = {"Authorization": f"Bearer {token}"}
    heard: list[tuple[str, bytes]] = []
    try:
        async with connect(f"{site.live_url}/api/v1/live", additional_headers=authorization) as line:
            heard += [(f"{token} live", message) async for message in first_words(line)]
    except InvalidStatus as refused:
        heard.append((f"{token} live", bytes(refused.response.body or b"") + str(refused.response.headers).encode()))
    for path in API:
        reply = await api.get(path, headers=authorization)
        heard.append((f"{token} {path}", reply.content + str(reply.headers).encode()))
    for (method, path), body in product(CHANGES, BODIES):
        reply = await api.request(method, f"/api/v1{path}", json=body, headers={**authorization, "If-Match": "*"})
        heard.append((f"{token} {path}", reply.content))
    return heard


async def test_no_canary_is_heard_on_any_page_answer_socket_or_log(
    site: Site, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[tuple[str, bytes]] = []
    browsers: dict[str, httpx.AsyncClient] = {}
    set_up_log("debug")
    caplog.set_level(logging.INFO)
    api = httpx.AsyncClient(base_url=site.url, timeout=PATIENCE, verify=TRUST)
    try:
        for person, *_ in PEOPLE:
            browser = await site.sign_in(person)
            for asked in ("view=board", "view=search", "view=staff&shelter=linde", "view=staff&shelter=ceder"):
                async with page_line(site, browser, asked) as line:
                    heard += [(f"{person} {asked}", message) async for message in first_words(line)]
            for path in PATHS:
                for fragment in ("false", "true"):
                    reply = await browser.get(path, headers={"HX-Request": fragment, "Accept-Encoding": "identity"})
                    heard.append((f"{person} {path}", reply.content + str(reply.headers).encode()))
            heard += await pages(browser, person)
            heard += await answers_to_taps(browser, person)
            browsers[person] = browser
        for token in TOKENS:
            heard += await answers_to_calls(site, api, token)
        site.pass_time(minutes=16)
        for person, browser in browsers.items():
            heard += await pages(browser, f"locked {person}", 423 if person in LOCKED else None)
        for person, browser in browsers.items():
            await browser.post("/sign-out")
            heard += await pages(browser, f"signed out {person}")
        site.clock.move(hours=9)
        site.process.board.age()
    finally:
        set_up_log("warning")
        for client in (api, *browsers.values()):
            await client.aclose()
    out = capsys.readouterr()
    heard += [("log", (out.out + out.err + caplog.text).encode())]
    assert b'"refused"' in heard[-1][1]  # the log was indeed written
    assert sum(b"Linde" in said for _, said in heard) > 50
    assert leaks(heard) == []
    with capsys.disabled():
        print(f"\n{len(heard):,} answers, {sum(len(said) for _, said in heard):,} bytes searched, 0 canaries")  # noqa: T201

    # The control: one that is shown is heard.
    async with aclosing(await site.sign_in("lucia")) as lucia:
        reply = await lucia.post("/shelters/wilg/call", data={}, headers={"HX-Request": "true"})
    assert leaks([("plain", reply.content), ("packed", gzip.compress(reply.content))]) == ["plain", "packed"]


def leaks(heard: list[tuple[str, bytes]]) -> list[str]:
    return [who for who, said in heard if b"CANARY" in said or b"CANARY" in unpacked(said)]


async def pages(browser: httpx.AsyncClient, who: str, status: int | None = None) -> list[tuple[str, bytes]]:
    """Return every page of the table of routes as this browser gets it; `status`: that of the first page."""
    replies = [(path, await browser.get(path, headers={"Accept-Encoding": "identity"})) for path in EVERY_PAGE]
    assert status in (None, dict(replies)["/"].status_code), who
    return [(f"{who} {path}", reply.content + str(reply.headers).encode()) for path, reply in replies]


def unpacked(said: bytes) -> bytes:
    return gzip.decompress(said) if said[:2] == b"\x1f\x8b" else b""


async def test_a_telephone_is_heard_only_with_a_hold_or_when_the_board_says_call_and_an_address_never(site: Site) -> None:
    """Everything that may show one, by those who may: and then only that very shelter's."""
    said: dict[str, list[str]] = {}
    async with site.api("demo-coordinator") as api:
        await api.post("/places/linde-1/holds")
        said["linde"] = [(await api.get("/holds")).text]
    mark, hanneke, lucia = [await site.sign_in(person) for person in ("mark", "hanneke", "lucia")]
    held = await mark.post("/places/linde-2/hold", data={"key": "a", "page": "search", "adults.woman": "1"})
    said["linde"] += [held.text, (await mark.get("/")).text, (await mark.get("/strip")).text, (await mark.get("/search")).text]
    said["linde"] += [(await mark.get("/shelters/ceder")).text]
    said["ceder"] = [(await hanneke.post("/shelters/ceder/call", data={})).text]
    said["wilg"] = [(await lucia.post("/shelters/wilg/call", data={})).text]  # never confirmed: the board says call
    silent = [(await lucia.post("/shelters/ceder/call", data={})).text, (await lucia.get("/strip")).text]
    for one in (mark, hanneke, lucia):
        await one.aclose()
    for shelter, pages in said.items():
        for page in pages:
            assert f"CANARY-TEL-{shelter}" in page
            assert page.count("CANARY") == page.count(f"CANARY-TEL-{shelter}")
    assert not [page for page in silent if "CANARY" in page]


async def test_a_request_shows_a_telephone_after_in_overleg_and_an_address_after_the_decision_to_whom_it_concerns(
    site: Site,
) -> None:
    """By the API: everything that can be asked about a request, as every role, after each step."""
    case_id = ""

    async def heard() -> dict[str, set[str]]:
        """Token to the canaries that it hears."""
        every: dict[str, set[str]] = {}
        for token in TOKENS:
            async with site.api(token) as api:
                replies = [await api.get("/requests"), await api.get(f"/requests/{case_id}")]
                for end, body in (("address", None), ("choose", {"shelter": "wilg"}), ("outcome", {"slept": "hotel"})):
                    replies.append(
                        await api.post(f"/requests/{case_id}/{end}", json=body)
                    )  # the last two conflict: with what is so
            found = set(re.findall(r"CANARY-\w+-\w+", "".join(reply.text + str(reply.headers) for reply in replies)))
            every |= {token: found} if found else {}
        return every

    async def do(token: str, path: str, body: object) -> str:
        async with site.api(token) as api:
            reply = await api.post(f"/requests{path}", json=body)
        assert reply.status_code < 300, reply.text
        return str(reply.json()["id"])

    case_id = await do("demo-police", "", ASK | {"adults": {"woman": 1}})
    assert await heard() == {}
    await do("demo-shelter-ceder", f"/{case_id}/answers", {"answer": "discuss"})
    await do("demo-shelter-linde", f"/{case_id}/answers", {"answer": "yes", "place": "linde-1"})
    assert await heard() == {"demo-police": {"CANARY-TEL-ceder"}}
    await do("demo-police", f"/{case_id}/choose", {"shelter": "linde"})
    assert await heard() == {}
    await do("demo-desk", f"/{case_id}/decide", {"decision": "confirm"})
    assert await heard() == {"demo-police": {"CANARY-ADR-linde"}, "demo-desk": {"CANARY-ADR-linde"}}
    await do("demo-shelter-linde", f"/{case_id}/arrival", {"arrived": True})
    assert await heard() == {}


async def first_words(line: ClientConnection) -> AsyncIterator[bytes]:
    """The snapshot, or nothing when the socket is closed to this role."""
    try:
        async with asyncio.timeout(PATIENCE):
            await line.send("{}")
            yield str(await line.recv()).encode()
    except ConnectionClosed:
        return
