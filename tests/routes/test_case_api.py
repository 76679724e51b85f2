"""Cases by the API alone: the life of a case, how much each role sees, refusals, repetition, and nothing that stays of it."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from bedboard.actions.idempotency import make_key
from bedboard.actions.setup import add_client, add_organization
from bedboard.log import set_up_log
from bedboard.rules.cases import MOST_CASES_AN_HOUR
from tests.build import NOW, PATIENCE
from tests.build.api import WOMAN, begin, call, see, sql
from tests.build.site import Site, facts

YES = {"answer": "yes", "place": "linde-1"}
NO = {"answer": "no", "reason": "contra_indication", "criterion": "psychiatric"}


async def seen(site: Site, token: str) -> list[dict[str, Any]]:
    async with site.api(token) as api:
        reply = await api.get("/requests")
    assert reply.status_code == 200, reply.text
    told: list[dict[str, Any]] = reply.json()["requests"]
    return told


def part(case: dict[str, Any], shelter: str) -> dict[str, Any]:
    return next(one for one in case["shelters"] if one["shelter"] == shelter)


def says(case: dict[str, Any]) -> dict[str, str]:
    return {one["shelter"]: one["says"] for one in case["shelters"]}


async def status_of(site: Site, place: str) -> str:
    async with site.api("demo-police") as api:
        shelters = (await api.get("/board")).json()["shelters"]
    return str(next(one["status"] for shelter in shelters for one in shelter["places"] if one["id"] == place))


async def confirmed(site: Site) -> str:
    """Open a case with linde, ceder and wilg, choose linde-1 and confirm it."""
    case_id = await begin(site, "linde", "ceder", "wilg")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    return case_id


# --- the life of a case


async def test_from_search_to_arrival_by_the_api_alone(site: Site) -> None:
    async with AsyncExitStack() as stack:
        police, desk, linde, ceder, wilg = [
            await stack.enter_async_context(site.api(f"demo-{who}"))
            for who in ("police", "desk", "shelter-linde", "shelter-ceder", "shelter-wilg")
        ]
        profile = WOMAN | {"needs": ["lvb"], "near": "noord"}
        found = (await police.post("/search", json=profile)).json()["matches"]
        asked = list(dict.fromkeys(match["shelter"] for match in found))
        assert set(asked) == {"linde", "ceder", "wilg"}
        begun = await police.post("/requests", json=profile | {"shelters": asked})
        case = begun.json()
        path = f"/requests/{case['id']}"
        assert (begun.status_code, begun.headers["location"]) == (201, f"/api/v1{path}")
        assert (begun.headers["etag"], begun.headers["cache-control"]) == ('"1"', "no-store")
        assert (case["state"], case["needs"], case["chosen"]) == ("asking", profile, None)
        assert says(case) == dict.fromkeys(asked, "silent")
        assert (case["organization"], case["role"], case["created_at"]) == ("oever", "police", "2026-03-11T13:00:00Z")

        [mine] = (await linde.get("/requests")).json()["requests"]
        assert set(mine) == {"id", "version", "organization", "role", "created_at", "needs", "shelters"}
        assert (mine["id"], mine["needs"], says(mine)) == (case["id"], profile, {"linde": "silent"})

        yes = (await linde.post(f"{path}/answers", json=YES)).json()
        assert part(yes, "linde") | {"asked_at": None} == {
            "shelter": "linde",
            "kind": "cosm",
            "says": "yes",
            "asked_at": None,
            "answered_at": "2026-03-11T13:00:00Z",
            "answered_by": "shelter",
            "place": "linde-1",
            "place_status": "reserved",
            "reserved_until": "2026-03-11T14:00:00Z",
            "reason": None,
            "criterion": None,
            "settled": None,
            "telephone": None,
        }
        assert await status_of(site, "linde-1") == "reserved"
        assert (await ceder.post(f"{path}/answers", json={"answer": "discuss"})).status_code == 200
        assert (await wilg.post(f"{path}/answers", json=NO)).status_code == 200

        whole = await police.get(path)
        case = whole.json()
        assert (says(case), whole.headers["etag"]) == ({"linde": "yes", "ceder": "discuss", "wilg": "no"}, '"4"')
        assert (part(case, "wilg")["reason"], part(case, "wilg")["criterion"]) == ("contra_indication", "psychiatric")
        assert {one["shelter"]: one["telephone"] for one in case["shelters"]} == {
            "linde": None,
            "ceder": "CANARY-TEL-ceder",
            "wilg": None,
        }

        chosen = (await police.post(f"{path}/choose", json={"shelter": "linde"})).json()
        assert (chosen["state"], chosen["chosen"], chosen["arrives_at"]) == ("chosen", "linde", "2026-03-11T15:00:00Z")
        let_go = (await ceder.get(path)).json()
        assert (part(let_go, "ceder")["settled"], let_go["needs"], "state" in let_go) == ("other_chosen", None, False)
        assert (await police.post(f"{path}/address")).json()["code"] == "no_address_now"
        assert (await linde.post(f"{path}/arrival", json={"arrived": True})).json()["code"] == "request_undecided"

        decided = (await desk.post(f"{path}/decide", json={"decision": "confirm"})).json()
        assert (decided["state"], decided["decided_at"]) == ("confirmed", "2026-03-11T13:00:00Z")
        expects = (await linde.get(path)).json()
        assert (expects["state"], expects["arrives_at"]) == ("confirmed", "2026-03-11T15:00:00Z")
        address = await police.post(f"{path}/address")
        assert address.json() == {"shelter": "linde", "address": "CANARY-ADR-linde"}

        arrived = (await linde.post(f"{path}/arrival", json={"arrived": True})).json()
        assert (arrived["state"], arrived["needs"], arrived["over_at"]) == ("arrived", None, "2026-03-11T13:00:00Z")
        assert await status_of(site, "linde-1") == "occupied"
        over = (await police.get(path)).json()
        assert (over["state"], over["needs"], over["chosen"]) == ("arrived", None, "linde")
        assert [one["reason"] or one["criterion"] for one in over["shelters"]] == [None, None, None]


async def test_without_a_place_a_case_ends_once_the_requester_says_where_the_person_sleeps(site: Site) -> None:
    case_id = await begin(site, "linde", "wilg")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    early = await call(site, "demo-police", f"/requests/{case_id}/outcome", {"slept": "hotel"}, 409)
    assert (early["code"], early["present"]["state"]) == ("request_going_on", "asking")
    gone = await call(site, "demo-police", f"/requests/{case_id}/withdraw")
    assert (gone["state"], gone["needs"], part(gone, "linde")["settled"]) == ("withdrawn", None, "withdrawn")
    assert await status_of(site, "linde-1") == "free"
    assert [one["id"] for one in await seen(site, "demo-police")] == [case_id]
    ended = await call(site, "demo-police", f"/requests/{case_id}/outcome", {"slept": "police_station"})
    assert ended["state"] == "ended"
    site.clock.move(hours=25)
    assert await seen(site, "demo-police") == []
    assert await sql(site, "select code from tally where what = 'slept'") == [("police_station",)]


async def test_outside_its_hours_the_desks_yes_comes_later_and_its_no_gives_the_place_back(site: Site) -> None:
    await sql(site, "update kind set desk_hours = 'mon-fri 20:00-22:00', outside_hours = 'provisional' where code = 'cosm'")
    case_id = await begin(site, "linde", "ceder")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    arrives = "2026-03-11T20:30:00+01:00"
    case = await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde", "arrives_at": arrives})
    assert (case["state"], case["arrives_at"]) == ("provisional", "2026-03-11T19:30:00Z")
    assert (await call(site, "demo-desk", f"/requests/{case_id}/address"))["address"] == "CANARY-ADR-linde"
    unsaid = await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "refuse"}, 422)
    assert [(one["field"], one["code"]) for one in unsaid["errors"]] == [("reason", "needed_to_refuse")]
    said = await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "refuse", "reason": "not_eligible"})
    assert (said["state"], said["refusal"], part(said, "linde")["settled"]) == ("asking", "not_eligible", "refused_by_desk")
    assert await status_of(site, "linde-1") == "free"
    again = await call(site, "demo-police", f"/requests/{case_id}/shelters", {"shelters": ["ceder", "linde", "wilg"]})
    assert says(again) == {"linde": "silent", "ceder": "silent", "wilg": "silent"}
    await call(site, "demo-desk", f"/requests/{case_id}/answers", YES | {"shelter": "linde", "place": "linde-2"})
    assert part(await see(site, "demo-police", case_id), "linde")["answered_by"] == "desk"
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    housed = await call(site, "demo-desk", f"/requests/{case_id}/arrival", {"arrived": True})
    assert (housed["state"], housed["needs"]) == ("housed", again["needs"])
    ratified = await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    assert (ratified["state"], ratified["needs"]) == ("arrived", None)


async def test_a_household_that_does_not_come_leaves_the_place_free_and_others_may_be_asked(site: Site) -> None:
    case_id = await confirmed(site)
    missed = await call(site, "demo-shelter-linde", f"/requests/{case_id}/arrival", {"arrived": False})
    assert (part(missed, "linde")["settled"], missed["needs"], "state" in missed) == ("missed", None, False)
    assert await status_of(site, "linde-1") == "free"
    assert (await see(site, "demo-police", case_id))["state"] == "asking"


async def test_police_say_yes_themselves_to_a_kind_on_which_they_decide(site: Site) -> None:
    await sql(site, "update kind set decides = 'police' where code = 'men'")
    case_id = await begin(site, "ceder", adults={"man": 1})
    said = {"shelter": "ceder", "answer": "yes", "place": "ceder-1"}
    assert part(await call(site, "demo-police", f"/requests/{case_id}/answers", said), "ceder")["answered_by"] == "police"
    assert (await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "ceder"}))["state"] == "confirmed"
    case_id = await begin(site, "linde")
    said = YES | {"shelter": "linde"}
    assert (await call(site, "demo-police", f"/requests/{case_id}/answers", said, 403))["code"] == "not_your_role"


async def test_an_offer_lapses_by_the_clock_and_cannot_be_chosen_then(site: Site) -> None:
    case_id = await begin(site, "linde")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    site.clock.move(minutes=60)
    late = await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"}, 409)
    assert (late["code"], says(late["present"])) == ("offer_over", {"linde": "lapsed"})


async def test_a_shelter_is_asked_for_the_kind_that_suits_best_or_for_its_first(site: Site) -> None:
    async with site.api("demo-shelter-linde") as linde:
        for place, status in (("linde-1", "occupied"), ("linde-2", "occupied"), ("linde-4", "free")):
            assert (await linde.patch(f"/places/{place}", json={"status": status})).status_code == 200
    woman = await see(site, "demo-police", await begin(site, "linde", "ceder"))
    assert {one["shelter"]: one["kind"] for one in woman["shelters"]} == {"linde": "women", "ceder": "men"}
    man = await see(site, "demo-police", await begin(site, "linde", adults={"man": 1}))
    assert part(man, "linde")["kind"] == "cosm"  # it takes no men, so it is asked for its only kind


# --- how much each role sees and does

CALLS: dict[str, tuple[str, Any]] = {
    "shelters": ("POST", {"shelters": ["wilg"]}),
    "answers": ("POST", {"shelter": "linde", "answer": "discuss"}),
    "choose": ("POST", {"shelter": "linde"}),
    "decide": ("POST", {"decision": "confirm"}),
    "arrival": ("POST", {"shelter": "linde", "arrived": True}),
    "withdraw": ("POST", None),
    "outcome": ("POST", {"slept": "hotel"}),
    "address": ("POST", None),
    "": ("GET", None),
}
# The status for each caller of a case that demo-police opened; linde is asked and has not answered. With 409 and the 403 of
# the address the caller may do it, but not now.
OWN = {"": 200, "shelters": 200, "answers": 403, "choose": 409, "withdraw": 200, "outcome": 409, "address": 403}
MAY: dict[str, dict[str, int]] = {
    "demo-police": OWN,
    "colleague": OWN,
    "demo-desk": {"": 200, "answers": 200, "decide": 409, "arrival": 409, "address": 403},
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
SHELTERS = ("demo-shelter-linde", "demo-shelter-ceder", "demo-shelter-wilg")


async def add_others(site: Site) -> None:
    """A colleague's program in the same organization and role, and police of another organization."""
    async with site.process.database.transaction() as tx:
        await add_organization(tx, "elders", "Politie Elders")
        for name, organization in (("colleague", "oever"), ("other-police", "elders")):
            await add_client(
                tx, client_id=name, name=name, role="police", token=name, now=NOW, organization_id=organization, demo=True
            )


async def kept(site: Site) -> tuple[Any, ...]:
    """Return everything that a refused call must leave as it was."""
    counts = await sql(
        site, "select (select count(*) from case_event), (select count(*) from disclosure), (select count(*) from claim)"
    )
    requests = await sql(site, "select id, version, state, needs_sealed from case_record order by id")
    asks = await sql(site, "select * from ask order by case_id, shelter_id")
    return (await facts(site), *map(tuple, counts), *map(tuple, requests), *map(tuple, asks))


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
        async with httpx.AsyncClient(base_url=f"{site.url}/api/v1", headers=headers) as api:
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
    await call(site, "demo-desk", f"/requests/{desk}/withdraw")
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
    assert await sql(site, looks) == [("demo-police", "ceder", "telephone", "request")] * 2
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    for who in ("demo-police", "demo-desk"):
        assert (await call(site, who, f"/requests/{case_id}/address"))["address"] == "CANARY-ADR-linde"
    assert (await sql(site, looks))[2:] == [
        ("demo-police", "linde", "address", "request"),
        ("demo-desk", "linde", "address", "request"),
    ]
    await sql(site, "alter table disclosure add constraint nobody check (actor_id <> 'demo-desk') not valid")
    async with site.api("demo-desk") as desk:
        unwritten = await desk.post(f"/requests/{case_id}/address")
    assert unwritten.status_code == 500 and "CANARY" not in unwritten.text
    site.clock.move(hours=12)
    assert (await call(site, "demo-police", f"/requests/{case_id}/address", status=403))["code"] == "no_address_now"


# --- refusals


@pytest.fixture(scope="module")
async def desks_case(standing: Site) -> str:
    """Open a case of the desk, which may therefore do everything with it; linde said yes, ceder nothing."""
    case_id = await begin(standing, "linde", "ceder", token="demo-desk")  # noqa: S106
    await call(standing, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    return case_id


@pytest.mark.parametrize(
    ("path", "body", "field", "code"),
    [
        ("", {}, "shelters", "missing"),
        ("", {"shelters": []}, "shelters", "missing"),
        ("", {"shelters": "linde"}, "shelters", "wrong"),
        ("", {"shelters": ["Linde"]}, "shelters.0", "wrong"),
        ("", {"shelters": ["linde", "linde"]}, "shelters", "asked_already"),
        ("", {"shelters": ["linde", "nowhere"]}, "shelters.1", "unknown_shelter"),
        ("", {"shelters": [f"s{n}" for n in range(9)]}, "shelters", "too_many_shelters"),
        ("", {"shelters": [f"s{n}" for n in range(51)]}, "shelters", "too_long"),
        ("", {"shelters": ["linde"], "name": "Maria"}, "name", "unknown_field"),
        ("", {"shelters": ["linde"], "limit": 3}, "limit", "unknown_field"),
        ("", {"shelters": ["linde"], "near": "atlantis"}, "near", "not_one_of"),
        ("", {"shelters": ["linde"], "adults": {"woman": 21}}, "adults.woman", "too_large"),
        ("", {"shelters": ["linde"], "minor_alone": True, "adults": {"man": 1}}, "minor_alone", "not_with_adults"),
        ("shelters", {"shelters": ["linde"]}, "shelters", "asked_already"),
        ("shelters", {"shelters": ["nowhere"]}, "shelters.0", "unknown_shelter"),
        ("shelters", {"shelters": ["wilg", "wilg"]}, "shelters", "asked_already"),
        ("shelters", {"shelters": []}, "shelters", "missing"),
        ("answers", {"answer": "discuss"}, "shelter", "missing"),
        ("answers", {"shelter": "linde\x00", "answer": "discuss"}, "shelter", "wrong"),
        ("answers", {"shelter": "linde", "answer": "maybe"}, "answer", "not_one_of"),
        ("answers", {"shelter": "linde", "answer": "yes"}, "place", "missing"),
        ("answers", {"shelter": "linde", "answer": "yes", "place": "ceder-1"}, "place", "not_here"),
        ("answers", {"shelter": "linde", "answer": "yes", "place": "nowhere-1"}, "place", "not_here"),
        ("answers", {"shelter": "linde", "answer": "discuss", "place": "linde-1"}, "place", "only_with_yes"),
        ("answers", {"shelter": "linde", "answer": "no"}, "reason", "needed_to_refuse"),
        ("answers", {"shelter": "linde", "answer": "no", "reason": "too loud"}, "reason", "not_one_of"),
        ("answers", {"shelter": "linde", "answer": "no", "reason": "contra_indication"}, "criterion", "missing"),
        ("answers", {"shelter": "linde"} | NO | {"criterion": "Maria"}, "criterion", "not_one_of"),
        ("answers", {"shelter": "linde"} | NO | {"reason": "status"}, "criterion", "only_with_contra_indication"),
        ("choose", {}, "shelter", "missing"),
        ("choose", {"shelter": "linde", "arrives_at": "tonight"}, "arrives_at", "not_a_time"),
        ("choose", {"shelter": "linde", "arrives_at": "2026-03-11T12:00:00Z"}, "arrives_at", "in_the_past"),
        ("choose", {"shelter": "linde", "arrives_at": "2026-03-14T12:00:00Z"}, "arrives_at", "more_than_two_days"),
        ("choose", {"shelter": "linde", "arrives_at": "9999-12-31T23:59:59-14:00"}, "arrives_at", "more_than_two_days"),
        ("decide", {"decision": "perhaps"}, "decision", "not_one_of"),
        ("decide", {"decision": "confirm", "reason": "other"}, "reason", "only_with_no"),
        ("decide", {"decision": "refuse", "reason": "no_place"}, "reason", "not_one_of"),
        ("arrival", {}, "arrived", "missing"),
        ("arrival", {"arrived": "yes"}, "arrived", "wrong"),
        ("outcome", {"slept": "boat"}, "slept", "not_one_of"),
        ("outcome", {"slept": "hotel", "name": "Maria"}, "name", "unknown_field"),
    ],
)
async def test_an_impossible_body_is_refused_with_its_field(
    standing: Site, desks_case: str, path: str, body: dict[str, Any], field: str, code: str
) -> None:
    before = await kept(standing)
    told = await call(standing, "demo-desk", f"/requests/{desks_case}/{path}" if path else "/requests", body, 422)
    assert [(one["field"], one["code"]) for one in told["errors"]] == [(field, code)]
    assert await kept(standing) == before


@pytest.mark.parametrize("path", ["", "/shelters", "/answers", "/choose", "/decide", "/arrival", "/outcome"])
async def test_a_body_that_is_no_json_is_refused_as_such(standing: Site, path: str) -> None:
    async with standing.api("demo-desk") as api:
        for content in (b"", b"{", b"\xff", b"[]", b"null", b"{" * 5000):
            reply = await api.post(f"/requests{'/nobodys' if path else ''}{path}", content=content)
            assert reply.status_code in (400, 422), (content[:9], reply.text)
        assert (await api.post("/requests", content=b" " * 70_000)).status_code == 413


async def test_a_conflict_comes_with_the_case_as_the_caller_may_see_it(site: Site) -> None:
    case_id = await confirmed(site)
    late = await call(site, "demo-shelter-wilg", f"/requests/{case_id}/answers", {"answer": "discuss"}, 409)
    assert (late["code"], part(late["present"], "wilg")["settled"]) == ("request_settled", "other_chosen")
    assert (list(says(late["present"])), late["present"]["needs"], "state" in late["present"]) == (["wilg"], None, False)
    twice = await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"}, 409)
    assert (twice["code"], twice["present"]) == ("request_decided", await see(site, "demo-police", case_id))
    other = await begin(site, "linde")
    taken = await call(site, "demo-shelter-linde", f"/requests/{other}/answers", YES, 409)
    assert (taken["code"], says(taken["present"])) == ("not_free", {"linde": "silent"})
    nothing = await call(site, "demo-police", f"/requests/{other}/choose", {"shelter": "ceder"}, 409)
    assert (nothing["code"], nothing["present"]["id"]) == ("no_offer", other)


async def test_a_thirteenth_case_within_the_hour_is_too_many(site: Site) -> None:
    for _ in range(MOST_CASES_AN_HOUR):
        case_id = await begin(site, "linde")
        await call(site, "demo-police", f"/requests/{case_id}/withdraw")
    async with site.api("demo-police") as api:
        reply = await api.post("/requests", json=WOMAN | {"shelters": ["linde"]})
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "3600")  # the clock stands still


async def test_a_ninth_shelter_of_one_case_is_refused(site: Site) -> None:
    case_id = await begin(site, "linde", "ceder", "wilg")
    nine = {"shelters": ["wilg", *(f"s{n}" for n in range(8))]}
    told = await call(site, "demo-police", f"/requests/{case_id}/shelters", nine, 422)
    assert told["errors"][0]["code"] == "too_many_shelters"


# --- once


async def test_a_repeated_call_is_done_once_and_answered_with_the_case_as_it_now_is(site: Site) -> None:
    key = {"Idempotency-Key": "one"}
    body = WOMAN | {"needs": ["lvb"], "shelters": ["linde", "ceder"]}
    async with site.api("demo-police") as police, site.api("demo-shelter-linde") as linde:
        first = await police.post("/requests", json=body, headers=key)
        again = await police.post("/requests", json=body, headers=key)
        assert (again.status_code, again.json(), again.headers["location"]) == (
            201,
            first.json(),
            first.headers["location"],
        )
        path = f"/requests/{first.json()['id']}"
        one = await linde.post(f"{path}/answers", json=YES, headers=key)  # another caller's key is another key
        assert (await linde.post(f"{path}/answers", json=YES, headers=key)).json() == one.json()
        assert await sql(site, "select count(*) from claim") == [(1,)]
        now = await police.post("/requests", json=body, headers=key)
        assert (now.json()["id"], says(now.json())) == (first.json()["id"], {"linde": "yes", "ceder": "silent"})
        assert (now.headers["etag"], now.json()) == ('"2"', (await police.get(path)).json())
        other = await linde.post(f"{path}/answers", json={"answer": "discuss"}, headers=key)
        assert (other.status_code, other.json()["errors"][0]["code"]) == (422, "key_reused")
    assert await sql(site, "select count(*) from case_record") == [(1,)]


async def test_the_same_key_with_another_case_is_refused_as_long_as_the_first_can_be_compared(site: Site) -> None:
    key = {"Idempotency-Key": "one"}
    async with site.api("demo-police") as police:
        case_id = (await police.post("/requests", json=WOMAN | {"shelters": ["linde"]}, headers=key)).json()["id"]
        for other in ({"shelters": ["ceder"]}, {"shelters": ["linde"], "needs": ["lvb"]}):
            reply = await police.post("/requests", json=WOMAN | other, headers=key)
            assert (reply.status_code, reply.json()["errors"][0]["code"]) == (422, "key_reused")
        await police.post(f"/requests/{case_id}/withdraw")
        erased = await police.post("/requests", json={"needs": ["lvb"], "shelters": ["linde"]}, headers=key)
        assert (erased.status_code, erased.json()["id"], erased.json()["needs"]) == (201, case_id, None)


async def test_of_many_calls_at_once_with_one_key_one_is_done(site: Site) -> None:
    body, key = WOMAN | {"shelters": ["linde", "ceder"]}, {"Idempotency-Key": "one"}
    async with site.api("demo-police") as police:
        replies = await asyncio.gather(*(police.post("/requests", json=body, headers=key) for _ in range(12)))
    assert {reply.status_code for reply in replies} <= {201, 409}
    assert {reply.json()["code"] for reply in replies if reply.status_code == 409} <= {"key_in_use"}
    assert len({reply.json()["id"] for reply in replies if reply.status_code == 201}) == 1
    assert await sql(site, "select count(*), (select count(*) from ask) from case_record") == [(1, 2)]


@pytest.mark.parametrize("keys", ["one key", "a key each"])
async def test_of_many_choices_at_once_one_counts(site: Site, keys: str) -> None:
    case_id = await begin(site, "linde", "ceder", "wilg")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    await call(site, "demo-shelter-ceder", f"/requests/{case_id}/answers", {"answer": "yes", "place": "ceder-1"})
    async with site.api("demo-police") as police:

        async def choose(n: int) -> httpx.Response:
            body = {"shelter": ("linde", "ceder")[n % 2]}
            headers = {"Idempotency-Key": "one" if keys == "one key" else f"key {n}"}
            return await police.post(f"/requests/{case_id}/choose", json=body, headers=headers)

        replies = await asyncio.gather(*map(choose, range(8)))
        case = (await police.get(f"/requests/{case_id}")).json()
    done = [reply.json()["chosen"] for reply in replies if reply.status_code == 200]
    assert done and set(done) == {case["chosen"]}
    assert {reply.status_code for reply in replies} <= {200, 409, 422}  # 422: one key for two different calls
    kept_free = {"linde": "ceder-1", "ceder": "linde-1"}[case["chosen"]]
    assert await status_of(site, kept_free) == "free"


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
                said[shelter] = (await call(site, f"demo-shelter-{shelter}", f"/shelters/{shelter}/confirm"))["version"]
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


# --- nothing stays

WORDS = (
    *("psychiatric", "wheelchair", "pregnant", "boy_12_17", "undocumented", "criminal", "'ti'", '"ti"', "adults"),
    *("contra_indication", "household", "not_eligible", "homeless_shelter", "CANARY", "Blessing", "blessing"),
)


async def written(site: Site) -> dict[str, str]:
    """Return every table as text, without the criteria of shelters; sealed columns are shown as they are stored."""
    tables = await sql(site, "select tablename from pg_tables where schemaname = 'public'")
    return {
        table: "\n".join(map(str, await sql(site, f"select * from {table}")))  # noqa: S608
        for (table,) in tables
        if table not in ("shelter", "place", "kind")
    }


async def test_nothing_about_the_household_is_readable_and_nothing_stays_when_the_case_is_over(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Make every call with a key for a unique case, each twice; then search everything that was written."""
    set_up_log("debug")
    logging.getLogger().setLevel(logging.DEBUG)
    profile = {
        "adults": {"woman": 7},
        "children": {"boy_12_17": 13},
        "status": "undocumented",
        "exploitation": "criminal",
        "needs": ["wheelchair", "pregnant"],
        "languages": ["ti"],
    }
    known: dict[str, bytes] = {}

    async def keyed(token: str, path: str, body: Any, *asked: str, status: int = 200) -> dict[str, Any]:
        """Make one call twice with a key of its own. `asked`: the parts of the fingerprint besides the address."""
        key = make_key(f"key {len(known)}", "POST", f"/api/v1{path}", *asked)
        assert key is not None
        async with site.api(token) as api:
            for _ in range(2):
                reply = await api.post(path, json=body, headers={"Idempotency-Key": key.key})
                assert reply.status_code == status, reply.text
        known[key.key] = key.fingerprint
        told: dict[str, Any] = reply.json()
        return told

    try:
        asked = ["linde", "ceder", "wilg"]
        begun = await keyed("demo-police", "/requests", profile | {"shelters": asked}, *asked, status=201)
        assert begun["needs"] == profile
        path = f"/requests/{begun['id']}"
        await keyed("demo-police", "/requests", profile | {"name": "Blessing", "shelters": ["linde"]}, status=422)
        await keyed("demo-police", "/requests", profile | {"shelters": ["blessing"]}, status=422)
        await keyed("demo-shelter-wilg", f"{path}/answers", NO, "wilg", "no", "")
        no = {"answer": "no", "reason": "household"}
        await keyed("demo-shelter-ceder", f"{path}/answers", no, "ceder", "no", "")
        await keyed("demo-shelter-ceder", f"{path}/answers", {"answer": "discuss"}, "ceder", "discuss", "")
        await keyed("demo-shelter-linde", f"{path}/answers", YES, "linde", "yes", "linde-1")
        assert part(await see(site, "demo-police", begun["id"]), "ceder")["telephone"] == "CANARY-TEL-ceder"
        living = await written(site)
        await keyed("demo-police", f"{path}/choose", {"shelter": "linde"}, "linde", "")
        await keyed("demo-desk", f"{path}/decide", {"decision": "refuse", "reason": "not_eligible"}, "refuse")
        await keyed("demo-police", f"{path}/shelters", {"shelters": ["linde"]}, "linde")
        await keyed("demo-shelter-linde", f"{path}/answers", YES | {"place": "linde-2"}, "linde", "yes", "linde-2")
        await keyed("demo-police", f"{path}/choose", {"shelter": "linde"}, "linde", "")
        await keyed("demo-desk", f"{path}/decide", {"decision": "confirm"}, "confirm")
        await call(site, "demo-police", f"{path}/address")
        await keyed("demo-police", f"{path}/withdraw", None)
        await keyed("demo-police", f"{path}/outcome", {"slept": "homeless_shelter"})
    finally:
        set_up_log("warning")
    out = capsys.readouterr()
    assert '"refused"' in out.out + out.err  # the log was indeed written
    over = await written(site) | {"log": out.out + out.err}
    tallies = over.pop("tally")

    def found(tables: Mapping[str, str]) -> set[tuple[str, str]]:
        return {(table, word) for table, rows in tables.items() for word in WORDS if word in rows}

    # While the case lives, the reasons stand with the answers of the shelters; the household is sealed.
    assert found(living) == {("ask", "psychiatric"), ("ask", "contra_indication")}
    assert found(over) == set()
    assert {word for word in WORDS if word in tallies} == {"psychiatric", "contra_indication", "homeless_shelter"}
    assert begun["id"] not in tallies
    # Nor is it there hashed: the fingerprint of a call is made of nothing more.
    kept = dict(map(tuple, await sql(site, "select key, fingerprint from stored_reply")))
    assert len(kept) == len(known) - 2 and kept.items() <= known.items()  # the two were refused, and are not remembered
