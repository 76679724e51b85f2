"""Odd text in every field of every route: part of a path, a query, a field of a form, a string in a body. It is refused,
nothing breaks, and nothing is changed. The fields come from the table of routes and from the models of its handlers.
"""

import inspect
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import aclosing
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import httpx
import pytest
from pydantic import BaseModel

from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from bedboard.schemas.fields import Form
from tests.build.access import roles_of
from tests.build.api import YES, begin, call, kept
from tests.build.calls import CALLS, NOBODYS, SIGNS_IN
from tests.build.site import Site

HTTP = {row.name: row for row in ROWS if isinstance(row, Row)}
ODD: Mapping[str, str] = {
    "a NUL": "\0",
    "a NUL within": "linde\0-1",
    "nothing": "",
    "blanks": "  ",
    "10,000 characters": "x" * 10_000,
    "half a character": "\ud800",
    "digits of another script": "٣",
    "a line end": "linde-1\n",
}
QUERIES = ("change", "place", "here", "saved", "ended", "kind", "unit", "takes", "exploitation", "wall", "view", "lang", "v")
LONGEST_QUERY = 4_000  # of one of these: all of them together must fit in an address
PROFILE = {"adults.woman": "1", "near": "noord", "arrival": "after", "at": "10:00", "group": "3", "oldest_son": "4"}
PROFILE_ROUTES = ("search_find", "search_nothing", "alert_add", "case_new", "case_open")
ENDINGS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("adults", "children", "needs", "statuses", "adult_ages", "avoid", "languages"), PROFILE_ROUTES),
    "empty": ("staff_occupancy",),
    "ask": ("case_open", "case_ask"),
    "places": ("case_place", "case_answer", "staff_answer", "staff_holds"),
    "criteria": ("criteria_save", "place_criteria_save"),
    "limits": ("criteria_save",),
    "intake": ("criteria_save",),
    "shelters": ("person_add", "person_save", "shelter_staff_add", "shelter_person_save"),
}
"""Fields whose name ends in a code, by its beginning: the routes that read them."""
FREE = {"back", "endpoint"}
"""Fields in which any text is taken, and not used when it is odd."""
ENDS = {"sign_out", "wall_open", "shift_open"}
"""Routes that end the session, so each call gets one of its own."""
FOR_CALLER = {"organization": "oever", "role": "police"}


class Sent(NamedTuple):
    """A call with odd text in one place. `must_refuse`: a 4xx; otherwise anything but a fault of the server will do."""

    name: str
    where: str
    odd: str
    role: str
    must_refuse: bool
    base: Any = None
    """The rest of the body, for a program's call."""

    @property
    def as_page(self) -> bool:
        """Return whether the answer is to be a whole page, as for two of the odd texts in each place; others get a fragment.

        A page takes several times as long, and the text is long refused when it is drawn.
        """
        return (list(ODD).index(self.odd) + len(self.role) + len(self.where)) % 4 == 0


def forms_of(row: Row) -> Iterator[type[BaseModel]]:
    """Yield the models of the forms that a handler names."""
    endpoint = inspect.unwrap(row.endpoint)
    for name in endpoint.__code__.co_names:
        found = endpoint.__globals__.get(name)
        if inspect.isclass(found) and issubclass(found, Form):
            yield found


def form_of(name: str) -> dict[str, str]:
    fields = dict(CALLS[name].form or {})
    return (PROFILE | fields) if name in PROFILE_ROUTES else fields


def strings_in(schema: Mapping[str, Any], within: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths of all strings in a JSON schema; `*` is an item of a list or the name of an entry."""
    if "$ref" in schema:
        schema = within["$defs"][schema["$ref"].rpartition("/")[2]]
    for one in schema.get("anyOf", ()):
        yield from strings_in(one, within, path)
    if schema.get("type") == "string" or "enum" in schema or "const" in schema:
        yield path
    for name, inner in schema.get("properties", {}).items():
        yield from strings_in(inner, within, (*path, name))
    if "items" in schema:
        yield from strings_in(schema["items"], within, (*path, "*"))
    if isinstance(schema.get("additionalProperties"), Mapping):
        yield (*path, "*")


def roles_for(name: str) -> list[str]:
    """Return a role that looks for places and one of a shelter, as far as they may call the route; without any, the public."""
    roles: set[str] = set(roles_of(name) or ()) or {"none"}
    kinds = (("police", "desk", "coordinator"), ("machine",) if HTTP[name].is_api else ("manager", "staff"))
    found = [next(one for one in kind if one in roles) for kind in kinds if roles.intersection(kind)]
    return found or sorted(roles)[:1]


def calls_of(name: str, odd: str, role: str) -> Iterator[Sent]:
    row, is_text = HTTP[name], odd != "nothing"
    for part in re.findall(r"{([a-z_]+)", row.path):
        yield Sent(name, f"path {part}", odd, role, must_refuse=is_text and part != "path")
    if row.method == "GET":
        yield Sent(name, "query", odd, role, must_refuse=False)
    elif not row.is_api:
        for field in sorted({*form_of(name), *(one for model in forms_of(row) for one in model.model_fields)}):
            yield Sent(name, f"field {field}", odd, role, must_refuse=is_text and field not in FREE)
        for start in [one for one, routes in ENDINGS.items() if name in routes]:
            yield Sent(name, f"field {start}.{{}}", odd, role, must_refuse=is_text)
    elif row.operation and row.operation.body:
        schema = row.operation.body.model_json_schema()
        bases = [*schema.get("examples", [CALLS[name].json]), *([FOR_CALLER] if name == "api_place_holds" else ())]
        for path in sorted(set(strings_in(schema, schema))):
            for base in bases:
                yield Sent(name, f"body {'.'.join(path)}", odd, role, must_refuse=True, base=base)


def put(body: Any, path: list[str], text: str) -> Any:
    """Return the body with this text at this place."""
    if not path:
        return text
    if path[0] != "*":
        whole = dict(body) if isinstance(body, dict) else {}
        return whole | {path[0]: put(whole.get(path[0]), path[1:], text)}
    return {text: next(iter(body.values()))} if isinstance(body, dict) else [put(None, path[1:], text)]


def escaped(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="")


class Board(NamedTuple):
    """A site with something for every route to be about."""

    site: Site
    people: Mapping[str, httpx.AsyncClient]
    ids: Mapping[str, str]
    """Of a case and a hold."""

    async def send(self, sent: Sent, number: int) -> httpx.Response:
        row, text = HTTP[sent.name], ODD[sent.odd]
        kind, _, where = sent.where.partition(" ")
        thing = "hold" if "claim_id" in row.path else "case"
        path, fields, body = CALLS[sent.name].path.format(shelter="linde"), form_of(sent.name), sent.base
        path = path.replace(NOBODYS, self.ids[thing]).replace("/nobodys/", f"/{self.ids[thing]}/")
        fields |= {"key": f"odd-{number}"} if "key" in fields else {}
        if kind == "path":
            pieces = [re.sub(r"^{.*}$", escaped(text) if where in one else "linde", one) for one in row.path.split("/")]
            path = "/".join(pieces)
        elif kind == "query":
            path += "?" + "&".join(f"{one}={escaped(text[:LONGEST_QUERY])}" for one in QUERIES)
        elif kind == "field":
            fields[where.replace("{}", text)] = "on" if "{}" in where else text
        else:
            body = put(body or {}, where.split("."), text)
        if row.is_api:
            token = {"machine": "demo-shelter-linde"}.get(sent.role, f"demo-{sent.role}")
            content = None if body is None else json.dumps(body)
            headers = {"Authorization": f"Bearer {token}"}
            return await self.people["api"].request(row.method, path, content=content, headers=headers)
        content = urlencode(fields, encoding="utf-8", errors="surrogatepass") if row.method == "POST" else None
        headers = {"Content-Type": "application/x-www-form-urlencoded", "HX-Request": "false" if sent.as_page else "true"}
        if sent.name in ENDS and sent.role in SIGNS_IN:
            async with aclosing(await self.site.sign_in(SIGNS_IN[sent.role])) as browser:
                return await browser.request(row.method, path, content=content, headers=headers)
        browser = self.people[sent.role]
        cookies = dict(browser.cookies)
        try:
            return await browser.request(row.method, path, content=content, headers=headers)
        finally:
            browser.cookies.clear()
            browser.cookies.update(cookies)


@pytest.fixture(scope="module")
async def board(standing: Site, people: dict[str, httpx.AsyncClient]) -> AsyncIterator[Board]:
    case_id = await begin(standing, "linde", "ceder")
    await call(standing, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    hold = await call(standing, "demo-police", "/places/linde-2/holds", {}, 201)
    yield Board(standing, people, {"case": case_id, "hold": hold["id"]})


@pytest.mark.parametrize("name", HTTP)
async def test_odd_text_is_refused_without_a_fault_and_without_a_change(board: Board, name: str) -> None:
    wrong: list[tuple[object, ...]] = []
    before = await kept(board.site)
    every = [sent for role in roles_for(name) for odd in ODD for sent in calls_of(name, odd, role)]
    for number, sent in enumerate(every):
        reply = await board.send(sent, number)
        if reply.status_code >= 500 or (sent.must_refuse and reply.status_code < 400):
            wrong.append((sent.role, sent.where, sent.odd, reply.status_code, sent.base))
        if reply.status_code < 400:  # the rest of the call was right, and the odd part says nothing
            before = await kept(board.site)
    assert wrong == []
    assert await kept(board.site) == before


@pytest.mark.parametrize("odd", ODD)
async def test_the_places_that_go_with_a_hold_are_places(board: Board, odd: str) -> None:
    before = await kept(board.site)
    for others in (escaped(ODD[odd]), f"linde-3,{escaped(ODD[odd])}"):
        fields = {"key": f"with-{odd}", "group": "2", "adults.woman": "2"}
        reply = await board.people["police"].post(f"/places/linde-4/hold?with={others}", data=fields)
        assert 400 <= reply.status_code < 500
    assert await kept(board.site) == before


def test_the_fields_of_forms_and_bodies_are_found() -> None:
    assert [one.__name__ for one in forms_of(HTTP["staff_places"])] == ["StatusForm"]
    assert {sent.where for sent in calls_of("api_case_open", "a NUL", "police")} >= {
        "body shelters.*",
        "body near",
        "body needs.*",
    }
    assert roles_for("api_place_holds") == ["police", "machine"]
    assert roles_for("case_open") == ["police"]
