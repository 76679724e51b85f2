"""Every call of the API with odd bodies and headers, generated from the table of routes and the shapes of its bodies.

Nothing is a bug, nothing is swallowed, and a refusal changes nothing and is as the OpenAPI document says.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from bedboard.admission import Rates
from bedboard.routes.api.openapi import build_document
from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from bedboard.schemas.cases import PostCase
from bedboard.schemas.profile import SearchProfile
from tests.build import NOW
from tests.build.api import YES, begin, call, correct, kept
from tests.build.site import Site

API = [row for row in ROWS if isinstance(row, Row) and row.operation is not None]
CHANGES = [row for row in API if row.method != "GET"]
TAGS = [row for row in CHANGES if row.operation is not None and row.operation.takes_version]
HEADERS = {"etag", "location", "retry-after", "www-authenticate", "api-version"}
PATHS = build_document(ROWS)["paths"]
TOKENS = ("demo-desk", "demo-police", "demo-shelter-linde")
RIGHT: dict[str, dict[str, Any]] = {
    "api_place": {"status": "free", "observed_at": NOW.isoformat()},
    "api_occupancy": {"kinds": {"cosm": {"empty": 1}}, "observed_at": NOW.isoformat()},
    "api_confirm": correct("cosm"),
    "api_search": {"adults": {"woman": 1}},
    "api_place_holds": {"places": ["linde-2"], "group": 3},
    "api_case_open": {"adults": {"woman": 1}, "shelters": ["linde"]},
    "api_case_shelters": {"shelters": ["wilg"]},
    "api_case_answers": {"shelter": "ceder", "answer": "discuss"},
    "api_case_choose": {"shelter": "ceder"},
    "api_case_decide": {"decision": "refuse", "reason": "other"},
    "api_case_arrival": {"arrived": True},
    "api_case_arrival_time": {"arrives_at": "2026-03-11T15:00:00Z"},
    "api_case_hand_over": {},
    "api_case_withdraw": {"why": "no_place"},
    "api_case_outcome": {"slept": "hotel"},
}
ODD: tuple[Any, ...] = (
    *(None, "", "\x00", "x" * 70, "nowhere", "wilg-1", True, -1, 1.5, 10**30, [], {}, [None], ["wilg-1"], ["x"] * 60),
    *(["linde-1", "linde-1"], {"x": {}}, {"cosm": {"empty": -1}}, "1900-01-01T00:00:00Z", "2026-03-11T13:00:00"),
    *("2026-03-11T14:01:01Z", "9999-12-31T23:59:59-14:00", "1773234000"),
)
WHOLE = ("null", "[]", '"x"', "1", "NaN", "{", '{"x": 1}', '{"x": 1, "x": 2}', "[" * 5000, '{"x":' * 5000, "\udcff")
WRONG_TAGS = ("", "x", '"1"', "1-", '"1-1" "1-2"', '"1-1", x', "*, *", '"²-1"', f'"{"1" * 30}-1"', "W/", '"', "é")


@pytest.fixture(scope="module")
async def ids(standing: Site) -> dict[str, str]:
    """Open a case of the desk, to which linde said yes; and a hold of the police."""
    standing.process.admission._known = Rates(10_000, 10_000, standing.clock)  # all calls are of the same few tokens
    case_id = await begin(standing, "linde", "ceder", token="demo-desk")  # noqa: S106
    await call(standing, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    hold = await call(standing, "demo-police", "/places/ceder-1/holds", {}, 201)
    return {"case_id": case_id, "claim_id": hold["id"], "shelter_id": "linde", "place_id": "linde-2"}


def token_for(row: Row) -> str:
    """Return a token that may make this call on the ids of above."""
    roles = {"demo-desk": "desk", "demo-police": "police", "demo-shelter-linde": "machine"}
    wanted = ("demo-police",) if "claim_id" in row.path else TOKENS
    return next(one for one in wanted if roles[one] in row.who.roles)


def odd_bodies(row: Row) -> Iterator[Any]:
    right, model = RIGHT[row.name], row.operation.body if row.operation else None
    fields = () if model is None else model.model_fields
    for name in fields:
        if model is PostCase and name in SearchProfile.model_fields:
            continue  # as in a search
        yield from ({**right, name: odd} for odd in ODD)
        yield {one: value for one, value in right.items() if one != name}
    yield right | {"name": "Maria"}


class Sender:
    """Makes one call again and again, as somebody who may, and holds each answer against the document."""

    def __init__(self, api: httpx.AsyncClient, row: Row, ids: dict[str, str]) -> None:
        self._api, self._row = api, row
        self._path = row.path.removeprefix("/api/v1").replace(":id}", "}").format(**ids)
        self._answers = PATHS[row.path.replace(":id}", "}")][row.method.lower()]["responses"]
        self.statuses: set[int] = set()

    async def send(self, content: str, tag: str | None = None) -> int:
        sent: Any = {} if tag is None else {"If-Match": tag.encode()}
        body = content.encode(errors="surrogateescape")
        reply = await self._api.request(self._row.method, self._path, content=body, headers=sent)
        assert reply.status_code < 500, (content[:200], reply.text)
        assert str(reply.status_code) in self._answers, (content[:200], reply.status_code, reply.text)
        declared = {name.lower() for name in self._answers[str(reply.status_code)]["headers"]}
        assert HEADERS & reply.headers.keys() <= declared, (reply.status_code, reply.headers)
        assert reply.status_code != 422 or reply.json()["errors"], reply.text
        self.statuses.add(reply.status_code)
        return reply.status_code


@asynccontextmanager
async def sending(site: Site, row: Row, ids: dict[str, str]) -> AsyncIterator[Sender]:
    """Yield a sender. Its calls change nothing, unless one of them is accepted."""
    before = await kept(site)
    async with site.api(token_for(row)) as api:
        sender = Sender(api, row, ids)
        yield sender
    if min(sender.statuses) >= 400:
        assert await kept(site) == before


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row.name)
async def test_an_odd_body_is_no_bug_and_changes_nothing(standing: Site, ids: dict[str, str], row: Row) -> None:
    if row.name in RIGHT:
        async with sending(standing, row, ids) as sender:
            for odd in odd_bodies(row):
                await sender.send(json.dumps(odd))
        assert 422 in sender.statuses
    async with sending(standing, row, ids) as sender:
        for content in WHOLE:
            assert await sender.send(content) in (400, 422), content[:20]


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row.name)
async def test_a_tag_is_obeyed_or_refused_and_never_ignored(standing: Site, ids: dict[str, str], row: Row) -> None:
    content = json.dumps(RIGHT[row.name]) if row.name in RIGHT else ""
    expected, epoch = 412 if row in TAGS else 422, standing.process.board.epoch
    if row.name == "api_case_shelters":  # the other test may have asked this shelter in the case of all
        ids = ids | {"case_id": await begin(standing, "linde", "ceder", token="demo-desk")}  # noqa: S106
    async with sending(standing, row, ids) as sender:
        for tag in WRONG_TAGS:
            assert await sender.send(content, tag) == 422, tag
        for tag in (f'"{epoch}-999999"', f'W/"{epoch}-999998", "{epoch}-999999"', '"1-1"'):
            status = await sender.send(content, tag)
            assert status == expected or (row.name == "api_case_take_over" and status == 404), tag  # nobody has offered it


async def test_a_case_is_changed_only_in_a_version_that_its_caller_knows(site: Site) -> None:
    case_id = await begin(site, "linde", "ceder")
    async with site.api("demo-police") as api, site.api("demo-shelter-linde") as linde:
        shown = await api.get(f"/requests/{case_id}")
        tag = shown.headers["etag"]
        answered = await linde.post(f"/requests/{case_id}/answers", json=YES, headers={"If-Match": f'"1-1", W/{tag}'})
        assert (answered.status_code, answered.json()["shelters"][0]["says"]) == (200, "yes")
        before = await kept(site)
        for path, body in (("choose", {"shelter": "linde"}), ("shelters", {"shelters": ["wilg"]}), ("resume", None)):
            late = await api.post(f"/requests/{case_id}/{path}", json=body, headers={"If-Match": tag})
            assert (late.status_code, late.json()["code"]) == (412, "version_mismatch"), path
            assert late.json()["present"] == (await api.get(f"/requests/{case_id}")).json()
        assert await kept(site) == before
        tag = answered.headers["etag"]
        chosen = await api.post(f"/requests/{case_id}/choose", json={"shelter": "linde"}, headers={"If-Match": tag})
        assert chosen.status_code == 200
        twice = await api.post(
            f"/requests/{case_id}/choose", json={"shelter": "linde"}, headers={"If-Match": chosen.headers["etag"]}
        )
        assert twice.status_code == 409, "the version is right, and the case is not"


async def test_a_place_of_a_shelter_that_is_not_asked_is_refused(site: Site) -> None:
    asked = {"adults": {"woman": 1}, "shelters": ["ceder"]}
    told = await call(site, "demo-police", "/requests", asked | {"places": ["ceder-1", "linde-1", "nowhere-1"]}, 422)
    assert [(one["field"], one["code"]) for one in told["errors"]] == [("places.1", "not_asked"), ("places.2", "not_asked")]
    case_id = await begin(site, "linde")
    more = {"shelters": ["ceder"], "places": ["linde-1"]}
    told = await call(site, "demo-police", f"/requests/{case_id}/shelters", more, 422)
    assert [(one["field"], one["code"]) for one in told["errors"]] == [("places.0", "not_asked")]
    await call(site, "demo-police", f"/requests/{case_id}/shelters", more | {"places": ["ceder-1"]})


async def test_a_confirmation_that_was_overtaken_says_so_as_a_change_of_a_place_does(site: Site) -> None:
    earlier = {"observed_at": (NOW - timedelta(minutes=5)).isoformat()}
    await call(site, "demo-shelter-linde", "/shelters/linde/confirm", correct("cosm"))
    await call(site, "demo-shelter-linde", "/shelters/linde/confirm", correct("women") | earlier)
    before = await kept(site)
    late = await call(site, "demo-shelter-linde", "/shelters/linde/confirm", correct("women", "cosm") | earlier, 409)
    async with site.api("demo-shelter-linde") as api:
        place = await api.patch("/places/linde-1", json={"status": "occupied"} | earlier)
    assert place.status_code == 409 and late == place.json()
    assert late["code"] == "overtaken" and late["present"]["id"] == "linde"
    assert await kept(site) == before
    await call(site, "demo-shelter-linde", "/shelters/linde/confirm", correct("cosm"))  # of the same moment: a repetition
