"""One row per route: the guard, the table of access and the OpenAPI document are loops over these rows."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel
from starlette.responses import Response
from starlette.websockets import WebSocket

from bedboard.routes.call import Call
from bedboard.rules.access import Actor, Rule

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


@dataclass(frozen=True, slots=True)
class Row:
    """A route. `who`: its rule of access. `identifies`: the guard looks up the caller.

    `is_touch`: a call shows that somebody is there, which keeps the session open. A page that a script asks for shows nothing.
    `without_database`: while the database is away, a person who was known a short time ago may call it.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    endpoint: Endpoint
    name: str
    who: Rule
    is_touch: bool = True
    identifies: bool = True
    without_database: bool = False
    operation: Operation | None = None

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

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")
