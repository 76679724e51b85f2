"""Calls about cases that are refused, and calls that are repeated and done once."""

import asyncio
from typing import Any

import httpx
import pytest

from bedboard.rules.cases import MOST_CASES_AN_HOUR
from tests.build.api import NO, WOMAN, YES, begin, call, confirmed, kept, part, says, see, sql, status_of
from tests.build.site import Site

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
        ("", {"shelters": ["linde", "linde"]}, "shelters", "doubled"),
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
        ("shelters", {"shelters": ["wilg", "wilg"]}, "shelters", "doubled"),
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
        await call(site, "demo-police", f"/requests/{case_id}/withdraw", {"why": "no_place"})
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
        assert (now.headers["etag"], now.json()) == (f'"{site.process.board.epoch}-2"', (await police.get(path)).json())
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
        await police.post(f"/requests/{case_id}/withdraw", json={"why": "no_place"})
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
