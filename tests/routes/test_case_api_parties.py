"""How much each role sees, hears and may do of a case by the API; each disclosure is written down."""

import asyncio
import json
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from tests.build import PATIENCE
from tests.build.api import SHELTERS, YES, add_others, begin, call, correct, kept, part, see, seen, sql
from tests.build.cases import KIND
from tests.build.site import TRUST, Site

# --- how much each role sees and does


CALLS: dict[str, tuple[str, Any]] = {
    "shelters": ("POST", {"shelters": ["wilg"]}),
    "answers": ("POST", {"shelter": "linde", "answer": "discuss"}),
    "choose": ("POST", {"shelter": "linde"}),
    "decide": ("POST", {"decision": "confirm"}),
    "arrival": ("POST", {"shelter": "linde", "arrived": True}),
    "arrival-time": ("POST", {"arrives_at": "2026-03-11T15:00:00Z"}),
    "release-holds": ("POST", None),
    "resume": ("POST", None),
    "hand-over": ("POST", {}),
    "take-over": ("POST", None),
    "decline": ("POST", None),
    "withdraw": ("POST", {"why": "no_place"}),
    "outcome": ("POST", {"slept": "hotel"}),
    "address": ("POST", None),
    "": ("GET", None),
}
# The status for each caller of a case that demo-police opened; linde is asked and has not answered. With 409 and the 403 of
# the address the caller may do it, but not now.
OWN = {"": 200, "shelters": 200, "answers": 403, "choose": 409, "withdraw": 200, "outcome": 409, "address": 403}
OWN |= {"arrival-time": 409, "release-holds": 409, "resume": 409, "hand-over": 409, "take-over": 404, "decline": 404}
MAY: dict[str, dict[str, int]] = {
    "demo-police": OWN,
    "colleague": OWN,
    "demo-desk": {"": 200, "answers": 200, "decide": 409, "arrival": 409, "arrival-time": 409, "address": 403},
    "demo-shelter-linde": {"": 200, "answers": 200, "arrival": 409},
    "demo-shelter-wilg": {},
    "demo-coordinator": {},
    "other-police": {},
    "demo-admin": {},
    "demo-auditor": {},
    "none": {},
}
# Calls that a role may never make: it gets the same refusal for every case.
NEVER = {
    **{who: {"decide", "arrival"} for who in ("demo-police", "colleague", "other-police")},
    **{who: set(CALLS) - {"", "answers", "arrival"} for who in ("demo-shelter-linde", "demo-shelter-wilg")},
    **{who: set(CALLS) for who in ("demo-admin", "demo-auditor")},
    "demo-coordinator": {"answers", "decide", "arrival"},
}


@pytest.mark.parametrize("whose", ["own", "nobodys"])
@pytest.mark.parametrize("what", CALLS)
async def test_a_case_exists_only_for_its_parties(site: Site, what: str, whose: str) -> None:
    await add_others(site)
    method, body = CALLS[what]
    for who, may in MAY.items():
        case_id = await begin(site, "linde") if whose == "own" else "nobodys-request"
        if who == "demo-police":
            site.clock.move(hours=2)  # twelve an hour is the most
        expected = may.get(what, 404) if whose == "own" else 404
        expected = 401 if who == "none" else 403 if what in NEVER.get(who, ()) else expected
        before = await kept(site)
        headers = {} if who == "none" else {"Authorization": f"Bearer {who}"}
        async with httpx.AsyncClient(base_url=f"{site.url}/api/v1", headers=headers, verify=TRUST) as api:
            reply = await api.request(method, f"/requests/{case_id}/{what}".rstrip("/"), json=body)
        assert reply.status_code == expected, (who, reply.text)
        if expected != 200:
            assert await kept(site) == before, who
        if expected == 404:
            assert reply.json()["code"] == "no_such_request"


async def test_the_list_shows_everybody_their_own_cases_and_no_telephone(site: Site) -> None:
    await add_others(site)
    police = await begin(site, "linde", "ceder")
    coordinator = await begin(site, "wilg", token="demo-coordinator")  # noqa: S106
    elsewhere = await begin(site, "linde", token="other-police")  # noqa: S106
    await call(site, "demo-shelter-ceder", f"/requests/{police}/answers", {"answer": "discuss"})
    desk = await begin(site, "wilg", token="demo-desk")  # noqa: S106
    await call(site, "demo-desk", f"/requests/{desk}/withdraw", {"why": "no_place"})
    seekers = ("demo-police", "colleague", "demo-coordinator", "other-police", "demo-desk")
    every = {who: await seen(site, who) for who in (*seekers, *SHELTERS)}
    assert {who: {one["id"] for one in found} for who, found in every.items()} == {
        "demo-police": {police},
        "colleague": {police},
        "demo-coordinator": {coordinator},
        "other-police": {elsewhere},
        "demo-desk": {police, coordinator, elsewhere, desk},
        "demo-shelter-linde": {police, elsewhere},
        "demo-shelter-ceder": {police},
        "demo-shelter-wilg": {coordinator, desk},
    }
    assert "CANARY" not in json.dumps(every)
    for who in SHELTERS:
        parts = [one["shelter"] for case in every[who] for one in case["shelters"]]
        assert set(parts) == {who.rpartition("-")[2]}  # nothing of the others, not even that they were asked
    async with site.api("demo-admin") as admin:
        assert (await admin.get("/requests")).status_code == 403


async def test_each_disclosure_is_written_down_and_refused_when_it_cannot_be(site: Site) -> None:
    case_id = await begin(site, "linde", "ceder")
    await call(site, "demo-shelter-ceder", f"/requests/{case_id}/answers", {"answer": "discuss"})
    looks = "select actor_id, shelter_id, what, why from disclosure where case_id is not null order by id"
    assert await sql(site, looks) == []
    for _ in range(2):
        assert part(await see(site, "demo-police", case_id), "ceder")["telephone"] == "CANARY-TEL-ceder"
    assert part(await see(site, "demo-desk", case_id), "ceder")["telephone"] is None  # it did not ask
    assert await sql(site, looks) == [("demo-police", "ceder", "telephone", "request")]  # read twice, and one look
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    for who in ("demo-police", "demo-desk"):
        assert (await call(site, who, f"/requests/{case_id}/address"))["address"] == "CANARY-ADR-linde"
    assert (await sql(site, looks))[1:] == [
        ("demo-police", "linde", "address", "request"),
        ("demo-desk", "linde", "address", "request"),
    ]
    await sql(site, "alter table disclosure add constraint nobody check (actor_id <> 'demo-desk') not valid")
    async with site.api("demo-desk") as desk:
        unwritten = await desk.post(f"/requests/{case_id}/address")
    assert unwritten.status_code == 500 and "CANARY" not in unwritten.text
    site.clock.move(hours=12)
    assert (await call(site, "demo-police", f"/requests/{case_id}/address", status=403))["code"] == "no_address_now"
    refused = "select actor_id, shelter_id, what, why from disclosure where result = 'refused'"
    assert await sql(site, refused) == [("demo-police", "linde", "address", "none")]


# --- live


async def test_programs_hear_at_once_of_their_own_cases_and_of_no_others(site: Site) -> None:
    await add_others(site)
    tokens = ("demo-police", "demo-coordinator", "demo-desk", "other-police", *SHELTERS)
    async with AsyncExitStack() as stack:
        lines: dict[str, ClientConnection] = {}
        for token in tokens:
            headers = {"Authorization": f"Bearer {token}"}
            lines[token] = await stack.enter_async_context(connect(f"{site.live_url}/api/v1/live", additional_headers=headers))
            assert json.loads(await lines[token].recv())["type"] == "snapshot"

        async def told(what: Awaitable[Any]) -> set[str]:
            """Return the callers that hear of a changed case before the next message about a shelter."""
            await what
            said = {}
            for shelter in ("linde", "ceder", "wilg"):
                said[shelter] = (
                    await call(site, f"demo-shelter-{shelter}", f"/shelters/{shelter}/confirm", correct(KIND[shelter]))
                )["version"]
            heard: set[str] = set()
            for token, line in lines.items():
                last = token.removeprefix("demo-shelter-") if "shelter" in token else "wilg"
                message: dict[str, Any] = {}
                async with asyncio.timeout(PATIENCE):
                    while message.get("shelter", {}).get("id") != last or message["shelter"]["version"] < said[last]:
                        message = json.loads(await line.recv())
                        if message == {"type": "requests"}:
                            heard.add(token)
            return heard

        case_id = await begin(site, "linde", "ceder")
        assert await told(asyncio.sleep(0)) == {"demo-police", "demo-desk", "demo-shelter-linde", "demo-shelter-ceder"}
        answer = call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
        assert await told(answer) == {"demo-police", "demo-desk", "demo-shelter-linde", "demo-shelter-ceder"}
        assert await told(see(site, "demo-police", case_id)) == set()  # looking changes nothing

        async def read_all() -> None:
            """Read everything again, as after a lost line to the database."""
            async with site.process.database.transaction() as tx:
                await site.process.cases.read(tx, None)

        assert await told(read_all()) == set()  # and neither does being away, when nothing has happened
        await sql(site, "update case_record set version = version + 1")
        assert await told(read_all()) == {"demo-police", "demo-desk", "demo-shelter-linde", "demo-shelter-ceder"}
        assert "demo-coordinator" in await told(begin(site, "wilg", token="demo-coordinator"))  # noqa: S106
