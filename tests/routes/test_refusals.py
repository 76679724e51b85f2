"""The refusal table: every bad call gets a clear answer in both languages, and changes nothing."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
import pytest

from tests.build import NOW
from tests.build.api import correct
from tests.build.site import Site, facts

DEEP = b'{"a":' * 5_000 + b"1" + b"}" * 5_000
FREE: Mapping[str, Any] = {"status": "free"}


class Bad(NamedTuple):
    """A call by the machine of linde, and how it is refused. `field` is one of those that the answer must name."""

    method: str
    path: str
    body: Any
    status: int
    code: str
    field: str | None = None
    field_code: str | None = None
    headers: Mapping[str, str] = {}


def place(body: Any, status: int, code: str, field: str | None = None, field_code: str | None = None, **headers: str) -> Bad:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Bad("PATCH", "/places/linde-1", body, status, code, field, field_code, named)


def numbers(body: Any, field: str, field_code: str) -> Bad:
    return Bad("PUT", "/shelters/linde/occupancy", body, 422, "invalid", field, field_code)


def confirm(body: Any, status: int, code: str, field: str | None = None, field_code: str | None = None) -> Bad:
    return Bad("POST", "/shelters/linde/confirm", body, status, code, field, field_code)


def seen(at: object) -> dict[str, object]:
    return {"status": "free", "observed_at": at}


def until(at: object) -> dict[str, object]:
    return {"status": "occupied", "expected_free_at": at}


def count(empty: object) -> dict[str, object]:
    return {"kinds": {"cosm": {"empty": empty}}, "observed_at": NOW.isoformat()}


def counted_at(at: object) -> dict[str, object]:
    return {"kinds": {"cosm": {"empty": 1}}, "observed_at": at}


BAD: dict[str, Bad] = {
    # what there is not
    "unknown place": Bad("PATCH", "/places/nowhere-1", FREE, 404, "no_such_place"),
    "someone else's place": Bad("PATCH", "/places/ceder-1", FREE, 404, "no_such_place"),
    "someone else's shelter": Bad("POST", "/shelters/ceder/confirm", correct("men"), 404, "no_such_shelter"),
    "unknown shelter": Bad("PUT", "/shelters/nowhere/occupancy", count(1), 404, "no_such_shelter"),
    "odd id: uppercase": Bad("PATCH", "/places/LINDE-1", FREE, 404, "no_such_page"),
    "odd id: unicode": Bad("PATCH", "/places/l%C3%AFnde-1", FREE, 404, "no_such_page"),
    "odd id: NUL": Bad("PATCH", "/places/linde-1%00", FREE, 404, "no_such_page"),
    "odd id: newline": Bad("PATCH", "/places/linde-1%0A", FREE, 404, "no_such_page"),
    "odd id: slash": Bad("PATCH", "/places/linde%2F1", FREE, 404, "no_such_page"),
    "odd id: dots": Bad("PATCH", "/places/..%2Fplaces%2Flinde-1", FREE, 404, "no_such_page"),
    "odd id: quote": Bad("PATCH", "/places/linde-1'--", FREE, 404, "no_such_page"),
    "odd id: invalid UTF-8": Bad("PATCH", "/places/%FF%FE", FREE, 404, "no_such_page"),
    "odd id: long": Bad("PATCH", f"/places/{'a' * 65}", FREE, 404, "no_such_page"),
    "odd id: very long": Bad("PATCH", f"/places/{'a' * 8_000}", FREE, 404, "no_such_page"),
    "odd id: as long as may be": Bad("PATCH", f"/places/{'a' * 64}", FREE, 404, "no_such_place"),
    "odd id: empty": Bad("PATCH", "/places/", FREE, 404, "no_such_page"),
    "no such address": Bad("GET", "/nowhere", None, 404, "no_such_page"),
    "a place cannot be read alone": Bad("GET", "/places/linde-1", None, 405, "wrong_method"),
    "a board cannot be deleted": Bad("DELETE", "/board", None, 405, "wrong_method"),
    # what cannot be read
    "broken JSON": place(b'{"status": "free"', 400, "not_json"),
    "no JSON": place(b"status=free", 400, "not_json"),
    "empty body": place(b"", 400, "not_json"),
    "two documents": place(b"{}{}", 400, "not_json"),
    "NUL for a body": place(b"\x00", 400, "not_json"),
    "NUL inside a text": place(b'{"status": "fr\x00ee"}', 400, "not_json"),
    "invalid UTF-8": place(b'{"status": "fr\xff\xfeee"}', 400, "not_json"),
    "half a surrogate": place(b'{"status": "\\ud800"}', 400, "not_json"),
    "half a surrogate as a name": place(b'{"\\udfff": 1}', 400, "not_json"),
    "a byte order mark of UTF-16": place('{"status": "free"}'.encode("utf-16"), 400, "not_json"),
    "a name twice": place(b'{"status": "free", "status": "occupied"}', 422, "invalid", "status", "doubled"),
    "a name twice, once escaped": place(b'{"status": "free", "st\\u0061tus": "free"}', 422, "invalid", "status", "doubled"),
    "a name twice, deeper": Bad(
        "PUT",
        "/shelters/linde/occupancy",
        b'{"kinds": {"cosm": {"empty": 1, "empty": 0}}, "observed_at": "%s"}' % NOW.isoformat().encode(),
        422,
        "invalid",
        "empty",
        "doubled",
    ),
    "deep nesting": place(DEEP, 400, "not_json"),
    "deep arrays": place(b"[" * 30_000 + b"]" * 30_000, 400, "not_json"),
    "not a number": place(b'{"status": NaN}', 422, "invalid", "status"),
    "too large a body": place(b'{"status": "free", "reason": "' + b"a" * 70_000 + b'"}', 413, "too_large"),
    "confirm: too large a body": confirm(b" " * 70_000, 413, "too_large"),
    "confirm: broken JSON": confirm(b"{", 400, "not_json"),
    # wrong types
    "an array": place([], 422, "invalid", "", "not_an_object"),
    "null": place(None, 422, "invalid", "", "not_an_object"),
    "a text": place("free", 422, "invalid", "", "not_an_object"),
    "nothing in it": place({}, 422, "invalid", "status", "missing"),
    "status is a number": place({"status": 1}, 422, "invalid", "status", "not_one_of"),
    "status is null": place({"status": None}, 422, "invalid", "status", "not_one_of"),
    "status is an object": place({"status": {"free": True}}, 422, "invalid", "status", "not_one_of"),
    "status is uppercase": place({"status": "FREE"}, 422, "invalid", "status", "not_one_of"),
    "status is held": place({"status": "held"}, 422, "invalid", "status", "not_one_of"),
    "status with a NUL": place({"status": "free\x00"}, 422, "invalid", "status", "not_one_of"),
    "reason is unknown": place({"status": "closed", "reason": "party"}, 422, "invalid", "reason", "not_one_of"),
    "reason is long": place({"status": "closed", "reason": "a" * 9_000}, 422, "invalid", "reason", "not_one_of"),
    "unknown field": place({"status": "free", "name": "Jansen"}, 422, "invalid", "name", "unknown_field"),
    "unknown field, long": place({"status": "free", "n" * 9_000: 1}, 422, "invalid", "n" * 9_000, "unknown_field"),
    "unknown field with a NUL": place({"status": "free", "a\x00b": 1}, 422, "invalid", "a\x00b", "unknown_field"),
    "unknown field with tags": place({"status": "free", "<script>": 1}, 422, "invalid", "<script>", "unknown_field"),
    "the same name twice, the last wrong": place(b'{"status": "free", "status": "x"}', 422, "invalid", "status", "not_one_of"),
    # impossible changes
    "closed without a reason": place({"status": "closed"}, 422, "invalid", "reason", "needed_to_close"),
    "free with a reason": place({"status": "free", "reason": "repair"}, 422, "invalid", "reason", "only_when_closed"),
    "free and free again": place(
        {"status": "free", "expected_free_at": "2026-03-12T10:00:00Z"}, 422, "invalid", "expected_free_at", "free_already"
    ),
    "free again in the past": place(until("2026-03-11T12:59:00Z"), 422, "invalid", "expected_free_at", "in_the_past"),
    "free again in a thousand years": place(until("3026-03-11T13:00:00Z"), 422, "invalid", "expected_free_at", "too_far_away"),
    "free again in the last year there is": place(
        until("9999-12-31T23:59:59-23:59"), 422, "invalid", "expected_free_at", "too_far_away"
    ),
    "free again in the first year there is": place(
        until("0001-01-01T00:00:00+23:59"), 422, "invalid", "expected_free_at", "in_the_past"
    ),
    "free again after the last year": place(until("10000-01-01T00:00:00Z"), 422, "invalid", "expected_free_at", "not_a_time"),
    "free again without a zone": place(until("2026-03-12T10:00:00"), 422, "invalid", "expected_free_at", "not_a_time"),
    "two fields wrong": place(
        {"status": "closed", "reason": None, "expected_free_at": "2020-01-01T00:00:00Z"}, 422, "invalid", "expected_free_at"
    ),
    # moments of observation
    "seen in the future": place(seen("2026-03-11T13:02:00Z"), 422, "invalid", "observed_at", "in_the_future"),
    "seen in year 9999": place(seen("9999-12-31T23:59:59Z"), 422, "invalid", "observed_at", "in_the_future"),
    "seen in year 1": place(seen("0001-01-01T00:00:00Z"), 422, "invalid", "observed_at", "too_far_away"),
    "seen in year 0": place(seen("0000-01-01T00:00:00Z"), 422, "invalid", "observed_at", "not_a_time"),
    "seen two years ago": place(seen("2024-03-11T13:00:00Z"), 422, "invalid", "observed_at", "too_far_away"),
    "seen without a zone": place(seen("2026-03-11T12:30:00"), 422, "invalid", "observed_at", "not_a_time"),
    "seen on no day": place(seen("2026-02-30T12:30:00Z"), 422, "invalid", "observed_at", "not_a_time"),
    "seen soon": place(seen("soon"), 422, "invalid", "observed_at", "not_a_time"),
    "seen at an endless number": place(b'{"status":"free","observed_at":1e400}', 422, "invalid", "observed_at"),
    "seen at a huge number": place(b'{"status":"free","observed_at":' + b"9" * 300 + b"}", 422, "invalid", "observed_at"),
    "seen before what is known": place(seen("2026-03-11T11:59:59Z"), 409, "overtaken"),
    "numbers before what is known": Bad(
        "PUT",
        "/shelters/linde/occupancy",
        {"kinds": {"cosm": {"empty": 1}}, "observed_at": "2026-03-11T11:59:59Z"},
        409,
        "overtaken",
    ),
    "confirmed in the future": confirm(
        correct("cosm") | {"observed_at": "2027-01-01T00:00:00Z"}, 422, "invalid", "observed_at", "in_the_future"
    ),
    "confirmed with more": confirm({"by": "Sanne"}, 422, "invalid", "by", "unknown_field"),
    "confirmed without kinds": confirm({"observed_at": NOW.isoformat()}, 422, "invalid", "kinds", "missing"),
    "confirmed at no moment": confirm({"kinds": ["cosm"]}, 422, "invalid", "observed_at", "missing"),
    "confirmed no kind": confirm(correct(), 422, "invalid", "kinds", "wrong"),
    "confirmed a kind that is not here": confirm(correct("cosm", "men"), 422, "invalid", "kinds.1", "kind_not_here"),
    "confirmed a number": confirm(correct() | {"kinds": [1]}, 422, "invalid", "kinds.0", "not_text"),
    "confirmed a word": confirm(correct() | {"kinds": "cosm"}, 422, "invalid", "kinds", "wrong"),
    # numbers
    "no kinds": numbers({}, "kinds", "missing"),
    "empty kinds": numbers({"kinds": {}}, "kinds", "wrong"),
    "kinds is an array": numbers({"kinds": []}, "kinds", "not_an_object"),
    "a kind is a number": numbers({"kinds": {"cosm": 2}}, "kinds.cosm", "not_an_object"),
    "a number is missing": numbers({"kinds": {"cosm": {}}}, "kinds.cosm.empty", "missing"),
    "more than places": numbers(count(4), "kinds.cosm.empty", "more_than_places"),
    "more than may be": numbers(count(100_001), "kinds.cosm.empty", "too_large"),
    "more than fits": numbers(count(2**63), "kinds.cosm.empty", "too_large"),
    "more than the universe": numbers(count(10**400), "kinds.cosm.empty", "too_large"),
    "less than nothing": numbers(count(-1), "kinds.cosm.empty", "too_small"),
    "closed below nothing": numbers({"kinds": {"cosm": {"empty": 1, "closed": -1}}}, "kinds.cosm.closed", "too_small"),
    "half a place": numbers(count(1.5), "kinds.cosm.empty", "not_a_number"),
    "a whole half": numbers(count(1.0), "kinds.cosm.empty", "not_a_number"),
    "a number as text": numbers(count("2"), "kinds.cosm.empty", "not_a_number"),
    "yes": numbers(count(True), "kinds.cosm.empty", "not_a_number"),
    "an endless number": numbers(b'{"kinds":{"cosm":{"empty":1e400}}}', "kinds.cosm.empty", "not_a_number"),
    "a kind of another shelter": numbers({**count(0), "kinds": {"men": {"empty": 1}}}, "kinds.men", "kind_not_here"),
    "a kind that is not": numbers({**count(0), "kinds": {"villa": {"empty": 1}}}, "kinds.villa", "kind_not_here"),
    "a kind with a NUL": numbers({**count(0), "kinds": {"co\x00sm": {"empty": 1}}}, "kinds.co\x00sm", "kind_not_here"),
    "a long kind": numbers({"kinds": {"k" * 65: {"empty": 1}}}, "kinds." + "k" * 65, "too_long"),
    "too many kinds": numbers({"kinds": {f"k{n}": {"empty": 1} for n in range(51)}}, "kinds", "too_long"),
    "one kind right, one wrong": numbers(
        {**count(0), "kinds": {"women": {"empty": 0}, "cosm": {"empty": 9}}}, "kinds.cosm.empty", "more_than_places"
    ),
    "closed and empty together too many": numbers(
        {**count(0), "kinds": {"cosm": {"empty": 2, "closed": 2}}}, "kinds.cosm.empty", "more_than_places"
    ),
    "numbers that were called free": numbers({"kinds": {"cosm": {"free": 1}}}, "kinds.cosm.free", "unknown_field"),
    "numbers of no moment": numbers({"kinds": {"cosm": {"empty": 1}}}, "observed_at", "missing"),
    "numbers of nothing": numbers(counted_at(None), "observed_at", "not_a_time"),
    "numbers of a number": numbers(counted_at(1_773_230_400), "observed_at", "not_a_time"),
    "numbers of soon": numbers(counted_at("soon"), "observed_at", "not_a_time"),
    "numbers without a zone": numbers(counted_at("2026-03-11T12:30:00"), "observed_at", "not_a_time"),
    "numbers of tomorrow": numbers(counted_at("2026-03-12T13:00:00Z"), "observed_at", "in_the_future"),
    "numbers of another year": numbers(counted_at("2020-03-11T13:00:00Z"), "observed_at", "too_far_away"),
    # headers
    "an old version": place(FREE, 412, "version_mismatch", If_Match='"1-99"'),
    "a version that is none": place(FREE, 422, "invalid", "If-Match", "not_a_tag", If_Match="latest"),
    "a version below zero": place(FREE, 422, "invalid", "If-Match", "not_a_tag", If_Match="-1"),
    "a version with 19 digits": place(FREE, 422, "invalid", "If-Match", "not_a_tag", If_Match="1-" + "9" * 19),
    "a version with 18 digits": place(FREE, 412, "version_mismatch", If_Match="1-" + "9" * 18),
    "a version in other digits": place(FREE, 422, "invalid", "If-Match", "not_a_tag", If_Match="1-²"),
    "a version of no epoch": place(FREE, 422, "invalid", "If-Match", "not_a_tag", If_Match="1"),
    "a long key": place(FREE, 422, "invalid", "Idempotency-Key", "not_a_key", Idempotency_Key="k" * 256),
    "an empty key": place(FREE, 422, "invalid", "Idempotency-Key", "not_a_key", Idempotency_Key=""),
    "a key that is not plain": place(FREE, 422, "invalid", "Idempotency-Key", "not_a_key", Idempotency_Key="sleutel-é"),
    "a key with a tab": place(FREE, 422, "invalid", "Idempotency-Key", "not_a_key", Idempotency_Key="a\tb"),
}


async def send(people: dict[str, httpx.AsyncClient], bad: Bad, language: str) -> httpx.Response:
    content = bad.body if isinstance(bad.body, bytes) else json.dumps(bad.body).encode()
    headers = {"Authorization": "Bearer demo-shelter-linde", "Accept-Language": language, **bad.headers}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return await people["api"].request(bad.method, f"/api/v1{bad.path}", content=content, headers=encoded)


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_call_is_refused_clearly_in_both_languages_and_changes_nothing(
    standing: Site, people: dict[str, httpx.AsyncClient], name: str
) -> None:
    bad = BAD[name]
    before = await facts(standing)
    dutch, english = await send(people, bad, "nl-NL,nl;q=0.9,en;q=0.5"), await send(people, bad, "en-GB,en;q=0.9")
    assert await facts(standing) == before
    for reply, language in ((dutch, "nl"), (english, "en")):
        problem = reply.json()
        assert (reply.status_code, problem["status"], problem["code"]) == (bad.status, bad.status, bad.code)
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.headers["content-language"] == language
        assert problem["type"] == f"urn:bedboard:refusal:{bad.code}"
        assert problem["title"] and problem["detail"]
        assert "errors" not in problem or bad.status == 422
        if bad.field is not None:
            named = {one["field"]: one for one in problem["errors"]}
            assert bad.field in named
            assert named[bad.field]["detail"]
            assert bad.field_code is None or named[bad.field]["code"] == bad.field_code
        if bad.status in (409, 412):
            assert (problem["present"]["id"], problem["present"]["version"]) == ("linde", 1)
    assert dutch.json()["detail"] != english.json()["detail"]


async def test_every_wrong_field_is_listed_at_once(people: dict[str, httpx.AsyncClient]) -> None:
    body = {
        "status": "free",
        "reason": "repair",
        "expected_free_at": "2020-01-01T00:00:00Z",
        "observed_at": "2027-01-01T00:00:00Z",
    }
    problem = (await send(people, place(body, 422, "invalid"), "nl")).json()
    assert {one["field"] for one in problem["errors"]} == {"reason", "expected_free_at", "observed_at"}


@pytest.mark.parametrize("digits", [4_299, 4_301, 60_000])
async def test_a_number_of_many_digits_is_refused(standing: Site, people: dict[str, httpx.AsyncClient], digits: int) -> None:
    """Python refuses to read a whole number of more than 4,300 digits, with an error of its own."""
    before = await facts(standing)
    body = b'{"kinds":{"cosm":{"empty":' + b"1" * digits + b"}}}"
    reply = await send(people, Bad("PUT", "/shelters/linde/occupancy", body, 0, ""), "nl")
    assert reply.status_code in (400, 422)
    assert await facts(standing) == before


@pytest.mark.parametrize("method", ["GET", "PUT", "OPTIONS", "PROPFIND"])
async def test_a_wrong_method_says_which_are_right(people: dict[str, httpx.AsyncClient], method: str) -> None:
    reply = await send(people, Bad(method, "/places/linde-1", None, 405, "wrong_method"), "nl")
    assert (reply.status_code, reply.headers["allow"]) == (405, "PATCH")


async def test_one_word_of_a_language_nobody_knows_means_dutch(people: dict[str, httpx.AsyncClient]) -> None:
    for accepted in ("fr", "", "x;q=a", "nl;q=nan", ",,,;;;", "en;q=0.1,nl", "q" * 9_000):
        reply = await send(people, BAD["unknown place"], accepted)
        assert reply.headers["content-language"] == "nl"
