"""One row per route: the guard, the table of access and the OpenAPI document are loops over these rows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from starlette.responses import Response
from starlette.websockets import WebSocket

from bedboard.routes.call import Call
from bedboard.rules.access import Actor, Role, Rule

Endpoint = Callable[[Call], Awaitable[Response]]
SocketEndpoint = Callable[[WebSocket, Actor], Awaitable[None]]


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


@dataclass(frozen=True, slots=True)
class Row:
    """A route. `who`: its rule of access. `identifies`: the guard looks up the caller.

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
    operation: Operation | None = None

    def __post_init__(self) -> None:
        check_own_named(self.who, self.path)

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

    def __post_init__(self) -> None:
        check_own_named(self.who, self.path)

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")
