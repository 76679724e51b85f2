"""One row per route: the guard, the table of access and the OpenAPI document are loops over these rows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from starlette.responses import Response
from starlette.websockets import WebSocket

from bedboard.routes.call import Call
from bedboard.rules.access import Actor, Role, Rule
from bedboard.rules.clients import Scope

Endpoint = Callable[[Call], Awaitable[Response]]
SocketEndpoint = Callable[[WebSocket, Actor], Awaitable[None]]
Needed = Scope | Literal["any"]
"""The scope that a token needs for a call; "any": every token will do."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A call of the API, for the OpenAPI document.

    `answers`: the possible shapes of the answer; none: it has no body. `problems`: the statuses of its refusals.
    `version_of`: the thing whose version is the `ETag`; None: there is none. `takes_version`: the call obeys `If-Match`.
    `has_location`: the answer names the address of the new thing.
    """

    id: str
    summary: str
    problems: str
    answers: tuple[Any, ...] = ()
    body: type[BaseModel] | None = None
    takes_key: bool = False
    takes_version: bool = False
    version_of: Literal["shelter", "request"] | None = None
    has_location: bool = False
    status: int = 200


def check_own_named(who: Rule, path: str) -> None:
    """Raise ValueError when the path does not name what the rule calls the actor's own: nothing would be checked."""
    if who.own is not None and f"{{{who.own}_id:id}}" not in path:
        raise ValueError(f"{path} has a rule for one's own {who.own} and names no {who.own}_id")


def check_scope_named(who: Rule, path: str, scope: Needed | None) -> None:
    """Raise ValueError for a call of the API that says no scope, or a page that says one: no program opens a page."""
    if (scope is None) != (who.public or not path.startswith("/api/")):
        raise ValueError(f"{path} must say which scope it needs" if scope is None else f"{path} is for no program")


@dataclass(frozen=True, slots=True)
class Row:
    """A route. `who`: its rule of access. `identifies`: the guard looks up the caller.

    `scope`: the scope that a program needs, for a call of the API.

    `is_touch`: a call shows that somebody is there, which keeps the session open. A page that a script asks for shows nothing.
    `without_database`: while the database is away, a person who was known a short time ago may call it.
    `fresh_for`: people in these roles must have proven a short time ago who they are (`rules/devices.py`, `PROOF_LASTS`).
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    endpoint: Endpoint
    name: str
    who: Rule
    is_touch: bool = True
    identifies: bool = True
    without_database: bool = False
    fresh_for: frozenset[Role] = frozenset()
    scope: Needed | None = None
    operation: Operation | None = None

    def __post_init__(self) -> None:
        check_own_named(self.who, self.path)
        check_scope_named(self.who, self.path, self.scope)

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def is_page(self) -> bool:
        """Whether a person opens it by its address, signed in. What never counts as a touch is for scripts."""
        return self.method == "GET" and not (self.is_api or self.who.public or not self.is_touch)


@dataclass(frozen=True, slots=True)
class SocketRow:
    """A WebSocket. Its handshake says nothing about a person's presence: a page connects by itself."""

    path: str
    endpoint: SocketEndpoint
    name: str
    who: Rule
    scope: Needed | None = None

    def __post_init__(self) -> None:
        check_own_named(self.who, self.path)
        check_scope_named(self.who, self.path, self.scope)

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")
