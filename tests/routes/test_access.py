"""Strangers get nothing: every route of the real table, as every role, on one's own shelter, another's, and one that is not."""

from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import pytest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from bedboard.routes.call import Call as RouteCall
from bedboard.routes.row import Row
from bedboard.routes.table import ROWS, all_routes
from tests.build import NOW
from tests.build.access import ACCESS, CLIENTS, OVERSEERS, PERSONS, SHELTER, is_own_shelter, roles_of
from tests.build.api import correct
from tests.build.site import TRUST, Site, facts

WHOSE = {"own": "linde", "other": "wilg", "absent": "nowhere"}
NOBODYS = "nobodys-hold"  # a hold that is not there; those who may hold learn no more than that


class Call(NamedTuple):
    """How a route is called rightly, and what somebody who may gets. `{shelter}` is put in."""

    path: str
    done: int
    form: dict[str, str] | None = None
    json: dict[str, Any] | None = None


NUMBERS = {"kinds": {"cosm": {"empty": 1}}, "observed_at": NOW.isoformat()}
CALLS: dict[str, Call] = {
    "home": Call("/", 200),
    "totals": Call("/totals", 200),
    "sign_in": Call("/sign-in", 200),
    "sign_in_demo": Call("/sign-in/demo", 303, {"person": "mark"}),
    "sign_out": Call("/sign-out", 303, {}),
    "language": Call("/language", 303, {"language": "nl"}),
    "theme": Call("/theme", 303, {"theme": "dark"}),
    "staff_overview": Call("/staff", 200),
    "staff": Call("/staff/{shelter}", 200),
    "staff_places": Call("/staff/{shelter}/places/{shelter}-1", 303, {"status": "free", "key": "a"}),
    "staff_confirm": Call("/staff/{shelter}/confirm", 303, {"key": "b"}),
    "staff_undo": Call("/staff/{shelter}/undo", 404, {"change": "999999", "key": "c"}),  # may, but there is no such change
    "staff_occupancy": Call("/staff/{shelter}/occupancy", 303, {"empty.cosm": "1", "key": "d"}),
    "staff_hold": Call("/staff/{shelter}/places/{shelter}-4/hold", 409, {"caller": "desk desk", "key": "e"}),  # it is closed
    "staff_release": Call(f"/staff/{{shelter}}/holds/{NOBODYS}/release", 404, {"key": "f"}),
    "staff_asked": Call("/staff/{shelter}/requests", 200),
    "staff_answer": Call("/staff/{shelter}/requests/nobodys/answer", 404, {"answer": "discuss", "key": "f1"}),
    "staff_arrival": Call("/staff/{shelter}/requests/nobodys/arrival", 404, {"arrived": "yes", "key": "f2"}),
    "search": Call("/search", 200),
    "search_find": Call("/search", 200, {"needs.lvb": "on"}),
    "search_nothing": Call("/search/nothing", 200, {"slept": "hotel", "key": "g"}),
    "strip": Call("/strip", 200),
    "shelter": Call("/shelters/{shelter}", 200),
    "shelter_call": Call("/shelters/{shelter}/call", 403, {}),  # fresh news, and no hold: the desk may all the same
    "hold_place": Call("/places/linde-4/hold", 409, {"key": "h"}),  # it is closed
    "hold_extend": Call(f"/holds/{NOBODYS}/extend", 404, {"key": "i"}),
    "hold_release": Call(f"/holds/{NOBODYS}/release", 404, {"key": "j"}),
    "alert_add": Call("/search/alert", 303, {"adults.woman": "1", "key": "k"}),
    "alert": Call("/alerts/nobodys", 404),
    "alert_stop": Call("/alerts/nobodys/stop", 404, {"key": "l"}),
    "push": Call("/push", 404, {}),  # without keys of our own nobody is offered any
    "service_worker": Call("/sw.js", 200),
    "cases": Call("/requests", 200),
    "case_new": Call("/requests/new", 200, {"adults.woman": "1"}),
    "case_open": Call("/requests", 422, {"adults.woman": "1", "key": "m"}),  # no shelter is ticked
    "case": Call(f"/requests/{NOBODYS}", 404),
    "case_more": Call(f"/requests/{NOBODYS}/more", 404),
    "case_ask": Call(f"/requests/{NOBODYS}/shelters", 404, {"ask.linde": "cosm", "key": "n"}),
    "case_choose": Call(f"/requests/{NOBODYS}/choose", 404, {"shelter": "linde", "key": "o"}),
    "case_release": Call(f"/requests/{NOBODYS}/release-holds", 404, {"key": "v"}),
    "case_resume": Call(f"/requests/{NOBODYS}/resume", 404, {"key": "w"}),
    "case_hand_over": Call(f"/requests/{NOBODYS}/hand-over", 404, {"to": "oever desk", "key": "x"}),
    "case_take_over": Call(f"/requests/{NOBODYS}/take-over", 404, {"key": "y"}),
    "case_decline": Call(f"/requests/{NOBODYS}/decline", 404, {"key": "z"}),
    "case_withdraw": Call(f"/requests/{NOBODYS}/withdraw", 404, {"why": "no_place", "key": "p"}),
    "case_outcome": Call(f"/requests/{NOBODYS}/outcome", 404, {"slept": "hotel", "key": "q"}),
    "case_address": Call(f"/requests/{NOBODYS}/address", 404, {}),
    "case_place": Call(f"/requests/{NOBODYS}/place", 404, {"shelter": "linde", "place": "linde-1", "key": "r"}),
    "case_answer": Call(f"/requests/{NOBODYS}/answer", 404, {"shelter": "linde", "answer": "discuss", "key": "s"}),
    "case_decide": Call(f"/requests/{NOBODYS}/decide", 404, {"decision": "confirm", "key": "t"}),
    "case_arrival": Call(f"/requests/{NOBODYS}/arrival", 404, {"shelter": "linde", "arrival": "arrived", "key": "u"}),
    "criteria": Call("/manage/{shelter}/criteria", 200),
    "criteria_save": Call("/manage/{shelter}/criteria", 422, {}),  # an empty form
    "place_criteria": Call("/manage/{shelter}/places/{shelter}-1/criteria", 200),
    "place_criteria_save": Call("/manage/{shelter}/places/{shelter}-1/criteria", 422, {}),  # an empty form
    "looks": Call("/manage/{shelter}/looks", 200),
    "audit": Call("/audit", 200),
    "static": Call("/static/css/bedboard.css", 200),
    "health": Call("/health", 200),
    "api_openapi": Call("/api/v1/openapi.json", 200),
    "api_board": Call("/api/v1/board", 200),
    "api_shelter": Call("/api/v1/shelters/{shelter}", 200),
    "api_occupancy": Call("/api/v1/shelters/{shelter}/occupancy", 200, json=NUMBERS),
    "api_confirm": Call("/api/v1/shelters/{shelter}/confirm", 200, json=correct("cosm")),
    "api_place": Call("/api/v1/places/{shelter}-1", 200, json={"status": "free"}),
    "api_search": Call("/api/v1/search", 200, json={}),
    "api_place_holds": Call("/api/v1/places/linde-4/holds", 409, json={}),  # it is closed
    "api_holds": Call("/api/v1/holds", 200),
    "api_hold": Call(f"/api/v1/holds/{NOBODYS}", 404),
    "api_hold_extend": Call(f"/api/v1/holds/{NOBODYS}/extend", 404),
    "api_cases": Call("/api/v1/requests", 200),
    "api_case_open": Call("/api/v1/requests", 422, json={}),  # no shelter is named
    "api_case": Call(f"/api/v1/requests/{NOBODYS}", 404),
    "api_case_shelters": Call(f"/api/v1/requests/{NOBODYS}/shelters", 404, json={"shelters": ["linde"]}),
    "api_case_answers": Call(f"/api/v1/requests/{NOBODYS}/answers", 404, json={"shelter": "linde", "answer": "discuss"}),
    "api_case_choose": Call(f"/api/v1/requests/{NOBODYS}/choose", 404, json={"shelter": "linde"}),
    "api_case_decide": Call(f"/api/v1/requests/{NOBODYS}/decide", 404, json={"decision": "confirm"}),
    "api_case_arrival": Call(f"/api/v1/requests/{NOBODYS}/arrival", 404, json={"arrived": True}),
    "api_case_release": Call(f"/api/v1/requests/{NOBODYS}/release-holds", 404),
    "api_case_resume": Call(f"/api/v1/requests/{NOBODYS}/resume", 404),
    "api_case_hand_over": Call(f"/api/v1/requests/{NOBODYS}/hand-over", 404, json={}),
    "api_case_take_over": Call(f"/api/v1/requests/{NOBODYS}/take-over", 404),
    "api_case_decline": Call(f"/api/v1/requests/{NOBODYS}/decline", 404),
    "api_case_withdraw": Call(f"/api/v1/requests/{NOBODYS}/withdraw", 404, json={"why": "no_place"}),
    "api_case_outcome": Call(f"/api/v1/requests/{NOBODYS}/outcome", 404, json={"slept": "hotel"}),
    "api_case_address": Call(f"/api/v1/requests/{NOBODYS}/address", 404),
}

ROUTE_TABLE = all_routes()
RULES = {row.name: row.who for row in ROWS}
HTTP = {one.name: one for one in ROUTE_TABLE if isinstance(one, Route)}


def expected(name: str, method: str, role: str, whose: str) -> int:
    """The status that the rules ask for; the same for every route."""
    call, roles = CALLS[name], roles_of(name)
    if roles is not None:
        if role == "none":
            return 303 if method in ("GET", "HEAD") and not name.startswith("api_") else 401
        if role not in roles:
            return 403
        if "{shelter}" in call.path:
            bound = is_own_shelter(name) or role in SHELTER | {"machine"}
            if whose == "absent" or (whose == "other" and bound):
                return 404
    if name == "shelter_call" and (role == "desk" or whose == "other"):
        return 200  # the news of the other one is stale: the board itself says "call"
    if name == "api_place_holds" and role == "machine":
        return 422  # it must say for which organization
    if (name == "home" and role in SHELTER) or (name, role) == ("staff_overview", "staff"):
        return 303  # to their own page
    if name == "sign_in" and role != "none":
        return 303
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
    if name in ("sign_out", "sign_in_demo") and role != "none":  # a session of its own: the others are needed again
        who = {"staff": "sanne", "manager": "anneke", "coordinator": "lucia", "police": "mark"}
        who |= {"desk": "hanneke", "admin": "wouter", "auditor": "gerda"}
        browser = await site.sign_in(who[role])
        try:
            return await browser.request(method, path, data=call.form)
        finally:
            await browser.aclose()
    browser = people[role]
    kept = dict(browser.cookies)
    try:
        form = {**call.form, "key": f"{name}{role}"} if call.form and "key" in call.form else call.form
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        content = urlencode(form) if form is not None else None
        return await browser.request(method, path, content=content, headers=headers)
    finally:
        browser.cookies.clear()
        browser.cookies.update(kept)


@pytest.mark.parametrize(("name", "method", "role", "whose"), cases())
async def test_everybody_gets_what_the_table_says(
    standing: Site, people: dict[str, httpx.AsyncClient], name: str, method: str, role: str, whose: str
) -> None:
    status = expected(name, method, role, whose)
    before = await facts(standing) if status in (401, 403, 404) and method not in ("GET", "HEAD") else None
    reply = await ask(standing, people, name, method, role, whose)
    assert reply.status_code == status
    if before is not None:
        assert await facts(standing) == before


def test_the_table_of_access_says_what_the_design_says() -> None:
    for name in ACCESS:
        roles = roles_of(name)
        assert RULES[name].public == (roles is None), name
        assert RULES[name].roles == (roles or set()), name
        assert (RULES[name].own is not None) == is_own_shelter(name), name


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
