"""Tokens at the API: each call takes its scope and no other, and a token that is over opens nothing, also no socket."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, get_args

import pytest
from websockets.asyncio.client import ClientConnection

from bedboard.actions.manage.tokens import TokenFacts, end_token, make_token, rotate_token
from bedboard.actions.setup import add_client
from bedboard.routes.api.openapi import build_document
from bedboard.routes.call import Call as RouteCall
from bedboard.routes.row import Row
from bedboard.routes.table import ROWS
from bedboard.rules.access import PUBLIC, SEEKING, Actor, check_scope
from bedboard.rules.clients import OVERLAP, SCOPES, SCOPES_OF, ClientRole, Scope
from bedboard.rules.refusals import NotAllowed, Unavailable
from bedboard.store.database import Database
from tests.build import NOW, actor, until
from tests.build.api import sql
from tests.build.calls import CALLS
from tests.build.lines import api_line, hear
from tests.build.rows import do
from tests.build.sessions import WholeClock, code_of
from tests.build.sessions import site as site
from tests.build.site import Site, facts, served

API = {row.name: row for row in ROWS if isinstance(row, Row) and row.is_api and row.scope is not None}
NEEDS: dict[str, Scope] = {
    **dict.fromkeys(("api_place", "api_occupancy", "api_confirm"), "report"),
    **dict.fromkeys(("api_cases", "api_case"), "read"),
    **dict.fromkeys(("api_case_answers", "api_case_decide", "api_case_arrival"), "answer"),
    "api_search": "search",
    **dict.fromkeys(("api_place_holds", "api_holds", "api_hold", "api_hold_extend", "api_case_open"), "request"),
    **dict.fromkeys(("api_case_shelters", "api_case_choose", "api_case_release", "api_case_resume"), "request"),
    **dict.fromkeys(("api_case_hand_over", "api_case_take_over", "api_case_decline"), "request"),
    **dict.fromkeys(("api_case_withdraw", "api_case_outcome", "api_case_address"), "request"),
}
"""The scope that each call needs, written down a second time and by hand; the others need none."""
WOUTER = actor("admin", "wouter", ())


def one_of(name: str) -> ClientRole:
    """Return a role of a program that may make this call."""
    return next(role for role in get_args(ClientRole) if role in API[name].who.roles)


def lacking() -> Iterator[tuple[str, Scope | None]]:
    """Yield each call with each single scope that a program could have and that the call does not take."""
    for name in NEEDS:
        for scope in (*SCOPES_OF[one_of(name)], None):
            if scope != NEEDS[name]:
                yield name, scope


async def with_scopes(site: Site, role: ClientRole, *scopes: Scope) -> str:
    """Add a program of this role with these scopes alone, and return its token."""
    token = "-".join((role, *scopes))
    shelter = "linde" if role == "machine" else None
    async with site.process.database.transaction() as tx:
        new = {"client_id": token, "name": "roster", "organization_id": "oever", "shelter_id": shelter}
        await add_client(tx, role=role, token=token, now=NOW, scopes=scopes, **new)  # type: ignore[arg-type]
    return token


async def ask(site: Site, token: str, name: str) -> Any:
    call = CALLS[name]
    async with site.api(token) as api:
        return await api.request(API[name].method, f"{site.url}{call.path.format(shelter='linde')}", json=call.json)


def test_the_table_of_scopes_says_what_the_rows_say() -> None:
    assert {name: row.scope for name, row in API.items() if row.scope != "any"} == NEEDS
    assert {name for name, row in API.items() if row.scope == "any"} == {"api_board", "api_contacts", "api_shelter"}


def test_every_role_that_may_make_a_call_can_have_its_scope() -> None:
    for name, scope in NEEDS.items():
        for role in get_args(ClientRole):
            assert role not in API[name].who.roles or scope in SCOPES_OF[role], (name, role)


def test_a_call_without_a_scope_and_a_page_with_one_cannot_be_written() -> None:
    async def show(call: RouteCall) -> Any:
        return call

    with pytest.raises(ValueError, match="which scope"):
        Row("GET", "/api/v1/new", show, "new", SEEKING)
    with pytest.raises(ValueError, match="no program"):
        Row("GET", "/new", show, "new", SEEKING, scope="read")
    with pytest.raises(ValueError, match="no program"):
        Row("GET", "/api/v1/new", show, "new", PUBLIC, scope="read")


def test_a_person_needs_no_scope_and_a_program_has_only_its_own() -> None:
    check_scope("answer", actor())
    check_scope("any", Actor("client", "x", "machine", "x", None, frozenset()))
    with pytest.raises(NotAllowed):
        check_scope("answer", Actor("client", "x", "machine", "x", None, frozenset(), scopes=frozenset({"report"})))


@pytest.mark.parametrize(("name", "scope"), list(lacking()))
async def test_a_token_without_the_scope_is_told_which_one_it_lacks(standing: Site, name: str, scope: Scope | None) -> None:
    role = one_of(name)
    token = "-".join((role, scope) if scope else (role,))
    if not await sql(standing, f"select id from client where id = '{token}'"):  # noqa: S608
        await with_scopes(standing, role, *((scope,) if scope else ()))
    before = await facts(standing)
    reply = await ask(standing, token, name)
    problem = reply.json()
    assert (reply.status_code, problem["code"], problem["scope"]) == (403, "scope_missing", NEEDS[name])
    assert f"“{NEEDS[name]}”" in problem["detail"]
    assert reply.headers["www-authenticate"] == f'Bearer error="insufficient_scope", scope="{NEEDS[name]}"'
    assert await facts(standing) == before


@pytest.mark.parametrize("name", NEEDS)
async def test_the_one_scope_of_a_call_is_enough(site: Site, name: str) -> None:
    token = await with_scopes(site, one_of(name), NEEDS[name])
    assert (await ask(site, token, name)).status_code != 403


def test_the_document_says_the_scope_of_each_call() -> None:
    document = build_document(ROWS)
    said = {
        operation["operationId"]: operation["security"][0]["token"]
        for methods in document["paths"].values()
        for operation in methods.values()
    }
    assert said == {row.operation.id: [] if row.scope == "any" else [row.scope] for row in API.values() if row.operation}
    assert all(f"`{scope}`" in document["info"]["description"] for scope in SCOPES)


# ---- the end of a token


FACTS = TokenFacts("zoeker", "police", {"read"}, 30, None, "oever")


async def made(site: Site) -> None:
    await do(site.process.database, lambda tx: make_token(tx, WOUTER, "zoeker", "first", FACTS, NOW))


async def status(site: Site, token: str) -> int:
    async with site.api(token) as api:
        return (await api.get("/board")).status_code


async def test_a_token_that_was_ended_opens_nothing_at_the_next_call(site: Site) -> None:
    await made(site)
    assert await status(site, "first") == 200
    await do(site.process.database, lambda tx: end_token(tx, WOUTER, "zoeker", site.clock.now()))

    async def is_out() -> bool:
        return await status(site, "first") == 401

    await until(is_out, "the bell has ended the token", seconds=2)


async def test_what_a_process_remembers_of_a_token_does_not_outlive_its_end(site: Site) -> None:
    await made(site)
    site.pass_time(days=30, seconds=-1)
    assert await status(site, "first") == 200
    site.clock.at += timedelta(seconds=1)  # the monotonic clock says that the process still remembers it
    assert await status(site, "first") == 401


async def test_during_a_rotation_both_tokens_count_and_then_the_new_one(site: Site) -> None:
    await made(site)
    await do(site.process.database, lambda tx: rotate_token(tx, WOUTER, "zoeker", "second", NOW))
    assert [await status(site, one) for one in ("first", "second")] == [200, 200]
    site.clock.at = NOW + OVERLAP
    assert [await status(site, one) for one in ("first", "second")] == [401, 200]


async def opened(stack: AsyncExitStack, site: Site, *tokens: str) -> list[ClientConnection]:
    lines = [await stack.enter_async_context(api_line(site, token)) for token in tokens]
    for line in lines:
        await hear(line)
    return lines


async def test_the_bell_closes_both_sockets_of_a_token_that_is_ended(site: Site) -> None:
    await made(site)
    await do(site.process.database, lambda tx: rotate_token(tx, WOUTER, "zoeker", "second", NOW))
    async with AsyncExitStack() as stack:
        lines = await opened(stack, site, "first", "second", "demo-police")
        await do(site.process.database, lambda tx: end_token(tx, WOUTER, "zoeker", NOW))
        assert [await code_of(line) for line in lines[:2]] == [4401, 4401]
        assert len(site.process.hub) == 1, "the control: the other one stays"


@pytest.mark.parametrize(("later", "left"), [(OVERLAP, {"second"}), (timedelta(days=30), set())], ids=["overlap", "end"])
async def test_the_watch_closes_the_sockets_of_a_token_that_time_has_ended(
    site: Site, later: timedelta, left: set[str]
) -> None:
    await made(site)
    await do(site.process.database, lambda tx: rotate_token(tx, WOUTER, "zoeker", "second", NOW))
    async with AsyncExitStack() as stack:
        lines = dict(zip(("first", "second"), await opened(stack, site, "first", "second"), strict=True))
        site.clock.at = NOW + later - timedelta(seconds=1)
        assert await site.process.watch.look()
        assert len(site.process.hub) == (2 if later == OVERLAP else 1), "the control: a second before it"
        site.clock.at = NOW + later
        assert await site.process.watch.look()
        assert [await code_of(line) for name, line in lines.items() if name not in left] == [4401] * (2 - len(left))
        assert len(site.process.hub) == len(left)


async def test_a_round_of_the_watch_ends_a_token_within_two_seconds_by_itself(board_database: Database) -> None:
    async with served(board_database.url, WholeClock(), own_pulse=False, has_watch=True) as site, AsyncExitStack() as stack:
        await made(site)
        [line] = await opened(stack, site, "first")
        site.clock.at = NOW + timedelta(days=30)
        assert await code_of(line) == 4401


# ---- the last use


async def test_the_last_use_is_noted_and_a_call_a_moment_later_writes_nothing(site: Site) -> None:
    await made(site)
    assert await status(site, "first") == 200
    assert [tuple(one) for one in await sql(site, "select used_at from client where id = 'zoeker'")] == [(NOW,)]
    for minutes, noted in ((59, NOW), (61, NOW + timedelta(minutes=61))):
        site.clock.at = NOW + timedelta(minutes=minutes)
        assert await status(site, "first") == 200
        assert [tuple(one) for one in await sql(site, "select used_at from client where id = 'zoeker'")] == [(noted,)]


async def test_a_call_does_not_fail_because_its_use_cannot_be_noted(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    await made(site)

    async def away(*_: object) -> None:
        raise Unavailable("database_away")

    monkeypatch.setattr("bedboard.identity.note_use", away)
    assert await status(site, "first") == 200
