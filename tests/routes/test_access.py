"""Strangers get nothing: every route of the real table, as every role, on one's own shelter, another's, and one that is not."""

from urllib.parse import urlencode

import httpx
import pytest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bedboard.routes import frontdoor
from bedboard.routes.call import Call as RouteCall
from bedboard.routes.row import Row
from bedboard.routes.table import ROWS, all_routes
from tests.build.access import (
    ACCESS,
    CLIENTS,
    DURING_A_SHIFT,
    OF_ALL,
    ON_A_WALL,
    OVERSEERS,
    PERSONS,
    SHELTER,
    WHILE_LOCKED,
    is_own_shelter,
    roles_of,
)
from tests.build.calls import CALLS, SIGNS_IN, WHOSE, form_of
from tests.build.site import TRUST, Site, facts

ROUTE_TABLE = all_routes()
RULES = {row.name: row.who for row in ROWS}
HTTP = {one.name: one for one in ROUTE_TABLE if isinstance(one, Route)}


def expected(name: str, method: str, role: str, whose: str) -> int:
    """The status that the rules ask for; the same for every route."""
    call, roles = CALLS[name], roles_of(name)
    if roles is not None:
        if role == "none":
            return 401 if name.startswith("api_") else 303
        if role not in roles:
            return 403
        if "{shelter}" in call.path:
            bound = (is_own_shelter(name) and role not in OF_ALL.get(name, ())) or role in SHELTER | {"machine"}
            if whose == "absent" or (whose == "other" and bound):
                return 404
    if name == "shelter_call" and (role == "desk" or whose == "other"):
        return 200  # the news of the other one is stale: the board itself says "call"
    if name == "api_place_holds" and role == "machine":
        return 422  # it must say for which organization
    if (name == "home" and role in SHELTER | {"policy"}) or (name, role) == ("staff_overview", "staff"):
        return 303  # to their own page
    if name in ("sign_in", "sign_in_passkey") and role != "none":
        return 303  # they are signed in
    return call.done


def cases() -> list[tuple[str, str, str, str]]:
    return [
        (name, method, role, whose)
        for name, one in HTTP.items()
        for method in sorted(one.methods or ())
        for role in [*(CLIENTS if name.startswith("api_") else PERSONS), "none"]
        for whose in (WHOSE if "{shelter}" in CALLS[name].path and method != "HEAD" else ["own"])
    ]


async def ask(
    site: Site, people: dict[str, httpx.AsyncClient], name: str, method: str, role: str, whose: str
) -> httpx.Response:
    call = CALLS[name]
    path = call.path.format(shelter=WHOSE[whose])
    if name.startswith("api_"):
        token = {"machine": "demo-shelter-linde"}.get(role, f"demo-{role}")
        headers = {} if role == "none" else {"Authorization": f"Bearer {token}"}
        return await people["api"].request(method, path, json=call.json, headers=headers)
    form = form_of(name, role, f"{name}{role}")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    content = urlencode(form) if form is not None else None
    # A session of its own: the others are needed again.
    if name in ("sign_out", "sign_in_demo", "wall_open", "shift_open") and role != "none":
        browser = await site.sign_in(SIGNS_IN[role])
        try:
            return await browser.request(method, path, content=content, headers=headers)
        finally:
            await browser.aclose()
    browser = people[role]
    kept = dict(browser.cookies)
    try:
        return await browser.request(method, path, content=content, headers=headers)
    finally:
        browser.cookies.clear()
        browser.cookies.update(kept)


@pytest.mark.parametrize(("name", "method", "role", "whose"), cases())
async def test_everybody_gets_what_the_table_says(
    standing: Site, people: dict[str, httpx.AsyncClient], name: str, method: str, role: str, whose: str
) -> None:
    status = expected(name, method, role, whose)
    may_not = status in (401, 403, 404) or (role == "none" and roles_of(name) is not None)
    before = await facts(standing) if may_not and method not in ("GET", "HEAD") else None
    reply = await ask(standing, people, name, method, role, whose)
    assert reply.status_code == status
    if may_not and status == 303:
        assert reply.headers["location"].startswith("/sign-in")
    if before is not None:
        assert await facts(standing) == before


def test_the_table_of_access_says_what_the_design_says() -> None:
    sessions = {"shift": DURING_A_SHIFT, "wall": ON_A_WALL}
    for name in (name for name in ACCESS if not name.startswith("api_") and not RULES[name].public):
        kinds = {kind for kind, names in sessions.items() if name in names or name in WHILE_LOCKED}
        assert RULES[name].sessions == {"person", *kinds}, name
        assert RULES[name].while_locked == (name in WHILE_LOCKED), name
    for name in ACCESS:
        roles = roles_of(name)
        assert RULES[name].public == (roles is None), name
        assert RULES[name].roles == (roles or set()), name
        assert (RULES[name].own is not None) == is_own_shelter(name), name
        assert RULES[name].of_all == OF_ALL.get(name, set()), name


def test_every_route_is_in_the_table_and_every_row_has_a_route() -> None:
    names = {one.name for one in ROUTE_TABLE if isinstance(one, Route | WebSocketRoute)}
    assert len(names) == len(ROUTE_TABLE)
    assert names == set(ACCESS), "a new route needs a row in ACCESS and CALLS"


def test_every_route_stands_behind_the_guard() -> None:
    unguarded: list[BaseRoute] = [one for one in ROUTE_TABLE if "guarded" not in getattr(one, "endpoint").__qualname__]  # noqa: B009
    assert unguarded == []


def test_a_row_that_names_no_rule_of_access_cannot_be_written() -> None:
    async def page(call: RouteCall) -> Response:
        return Response()

    with pytest.raises(TypeError, match="who"):
        Row("GET", "/new", page, "new")  # type: ignore[call-arg]


def test_a_handler_is_named_after_what_it_does() -> None:
    verbs = {"GET": "show", "POST": "post", "PUT": "put", "PATCH": "patch", "DELETE": "delete"}
    for row in ROWS:
        if isinstance(row, Row):
            assert getattr(row.endpoint, "__name__", "").partition("_")[0] == verbs[row.method], row.name


async def test_a_manager_reaches_a_place_only_through_its_own_shelter(people: dict[str, httpx.AsyncClient]) -> None:
    reply = await people["manager"].post("/staff/linde/places/ceder-1", data={"status": "occupied", "key": "x1"})
    assert reply.status_code == 404
    reply = await people["manager"].post("/staff/ceder/places/ceder-1", data={"status": "free", "key": "x2"})
    assert reply.status_code == 303


@pytest.mark.parametrize("whose", ["wilg", "nowhere"])
async def test_somebody_elses_shelter_looks_like_one_that_is_not(
    standing: Site, people: dict[str, httpx.AsyncClient], whose: str
) -> None:
    page = await people["staff"].get(f"/staff/{whose}")
    absent = await people["staff"].get("/staff/nowhere")
    assert page.text.replace(whose, "") == absent.text.replace("nowhere", "")
    async with standing.api("demo-shelter-linde") as api:
        assert (await api.get(f"/shelters/{whose}")).json() == (await api.get("/shelters/nowhere")).json()
        there = await api.patch(f"/places/{whose}-1", json={"status": "free"})
        assert there.json() == (await api.patch("/places/nowhere-1", json={"status": "free"})).json()


async def test_a_cookie_opens_no_api_and_a_token_no_page(standing: Site, people: dict[str, httpx.AsyncClient]) -> None:
    assert (await people["police"].get("/api/v1/board")).status_code == 401
    async with httpx.AsyncClient(
        base_url=standing.url, headers={"Authorization": "Bearer demo-police"}, verify=TRUST
    ) as client:
        assert (await client.get("/")).status_code == 303


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer wrong", "Basic demo-police", "demo-police", "Bearer demo-police x", "Bearer DEMO-POLICE"],
)
async def test_a_token_that_is_not_one_opens_nothing(standing: Site, authorization: str) -> None:
    async with httpx.AsyncClient(base_url=standing.url, headers={"Authorization": authorization}, verify=TRUST) as client:
        reply = await client.get("/api/v1/board")
    assert (reply.status_code, reply.headers["www-authenticate"]) == (401, "Bearer")


BEARER = ("Authorization", "Bearer demo-police")
TWICE = {
    "a token": ("GET", "/board", [BEARER, BEARER]),
    "another token": ("GET", "/board", [BEARER, ("Authorization", "Bearer wrong")]),
    "a key": ("POST", "/search", [BEARER, ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]),
    "a type": ("POST", "/search", [BEARER, ("Content-Type", "application/json"), ("Content-Type", "text/html")]),
    "a version": ("GET", "/board", [BEARER, ("If-Match", "1"), ("If-Match", "2")]),
}


@pytest.mark.parametrize("is_refused", [True, False], ids=["", "without the check"])
@pytest.mark.parametrize("what", TWICE)
async def test_a_header_that_is_there_twice_counts_as_neither(
    standing: Site, monkeypatch: pytest.MonkeyPatch, what: str, is_refused: bool
) -> None:
    method, path, headers = TWICE[what]
    if not is_refused:
        monkeypatch.setattr(frontdoor, "_is_doubled", lambda _: False)
    async with httpx.AsyncClient(base_url=standing.url, verify=TRUST) as client:
        body = {"adults": {"woman": 1}} if method == "POST" else None
        reply = await client.request(method, f"/api/v1{path}", json=body, headers=headers)
    if is_refused:
        assert (reply.status_code, reply.json()["code"]) == (400, "doubled_header")
    else:
        assert reply.status_code == 200, "the first one counted"


@pytest.mark.parametrize("second", ["Bearer demo-police", "Bearer wrong"])
async def test_a_socket_with_two_tokens_is_refused(standing: Site, second: str) -> None:
    headers = [BEARER, ("Authorization", second)]
    with pytest.raises(InvalidStatus) as refused:
        await connect(f"{standing.live_url}/api/v1/live", additional_headers=headers)
    assert refused.value.response.status_code == 403


async def test_admin_and_auditor_see_which_shelters_there_are_and_no_occupancy(
    standing: Site, people: dict[str, httpx.AsyncClient]
) -> None:
    for role in sorted(OVERSEERS):
        async with standing.api(f"demo-{role}") as api:
            shelters = (await api.get("/board")).json()["shelters"]
            assert [set(one) for one in shelters] == [{"id", "name", "unit", "organization"}] * 3
            one = await api.get("/shelters/linde")
            assert one.json() == next(known for known in shelters if known["id"] == "linde")
            assert "etag" not in one.headers  # the version would say when something happened
        page = (await people[role].get("/")).text
        assert "Linde" in page and "linde-1" not in page and "data-stamp" not in page


async def test_a_machine_sees_its_own_shelter_only(standing: Site) -> None:
    async with standing.api("demo-shelter-ceder") as api:
        assert [one["id"] for one in (await api.get("/board")).json()["shelters"]] == ["ceder"]
