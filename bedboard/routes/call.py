"""One call of a route: everything that a handler needs, put together once by the guard."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel
from starlette.datastructures import QueryParams
from starlette.requests import Request

from bedboard.actions.idempotency import Done, Reply, apply_once, make_key
from bedboard.actions.signin import hash_token
from bedboard.process import Process, language_of, process_of
from bedboard.routes.parse import network_of, own_path, read_body, read_fields
from bedboard.rules.access import Actor
from bedboard.rules.refusals import Conflict, Malformed, Unavailable
from bedboard.schemas.parse import parse_form, parse_json
from bedboard.store.board import Catalogue, ShelterRow
from bedboard.store.database import Database, Transaction
from bedboard.store.limits import CALL_SECONDS, UPLOAD_SECONDS
from bedboard.views.found import Deciders, deciders_of

Model = TypeVar("Model", bound=BaseModel)
Result = TypeVar("Result")

TWICE_SECONDS = 2.0
"""How long a press waits for the same press that is at work, to give its answer too."""
TWICE_PAUSE_SECONDS = 0.05

REFUSED = re.compile(r";q=0(\.0*)?(;|$)")  # the weight of a coding that a caller cannot read (RFC 9110, 12.4.2)


class HasShelter(Protocol):
    """The result of an action that has changed one shelter."""

    @property
    def shelter(self) -> ShelterRow: ...


@dataclass(slots=True)
class Call:
    """One request on its way through a handler.

    `known_actor` None: nobody is signed in, which happens only on a public route and in the answer to a refusal. `now` and
    `epoch`, the one of the board, are taken once, when the call begins. `until`: the last moment, of the loop's clock, at which
    it may use the database.
    """

    request: Request
    process: Process
    known_actor: Actor | None
    language: str
    now: datetime
    epoch: int
    until: float
    _body: bytes | None = field(default=None, repr=False)
    _fields: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def actor(self) -> Actor:
        """The person or client that calls. Only for routes that are not public."""
        if self.known_actor is None:
            raise RuntimeError("a public route asked for its actor")
        return self.known_actor

    @property
    def catalogue(self) -> Catalogue:
        """Units and kinds. Refusal: Unavailable while nothing has been read."""
        catalogue = self.process.board.catalogue
        if catalogue is None:
            raise Unavailable("database_away")
        return catalogue

    @property
    def deciders(self) -> Deciders:
        """The side that decides now, by the kind of place, for the caller. Refusal: Unavailable while nothing has been read."""
        return deciders_of(self.catalogue, self.actor.role, self.now)

    def check_board_read(self) -> None:
        """Refuse while nothing has been read: every shelter would be missing. Refusal: Unavailable."""
        if self.process.board.catalogue is None:
            raise Unavailable("database_away")

    @property
    def path(self) -> str:
        return self.request.url.path

    @property
    def address(self) -> str:
        """The path, with its query, that shows the same page again; the first page for a call that shows none."""
        query = self.request.url.query
        return self.path + (f"?{query}" if query else "") if self.request.method == "GET" else "/"

    @property
    def came_from(self) -> str:
        """The page of ours on which the button stands, as the browser says; the first page when it does not."""
        try:
            page = urlsplit(self.request.headers.get("referer", ""))
        except ValueError:  # it is no address at all
            return "/"
        is_ours = f"{page.scheme}://{page.netloc}" in self.process.settings.origins
        return own_path(page.path + (f"?{page.query}" if page.query else "")) if is_ours else "/"

    @property
    def path_params(self) -> Mapping[str, str]:
        """The parts of the path that have a name in its row, such as `shelter_id`."""
        return self.request.path_params

    def takes(self, coding: str) -> bool:
        """Return whether the caller can read an answer that is packed with this coding, such as gzip."""
        ways = [way.replace(" ", "") for way in self.request.headers.get("accept-encoding", "").lower().split(",")]
        return any(way == coding or (way.startswith(f"{coding};") and not REFUSED.search(way)) for way in ways)

    @property
    def takes_gzip(self) -> bool:
        return self.takes("gzip")

    @property
    def query(self) -> QueryParams:
        return self.request.query_params

    @property
    def wants_fragment(self) -> bool:
        """Return whether htmx asks, which swaps elements by their ids; otherwise a browser shows a whole page."""
        return self.request.headers.get("hx-request") == "true"

    @property
    def is_upload(self) -> bool:
        """Return whether a form with a file is sent."""
        return is_upload(self.request)

    @property
    def session_hash(self) -> bytes:
        """The hash of the token in the session's cookie."""
        return hash_token(self.request.cookies.get(self.process.identity.cookie, ""))

    @property
    def session_mark(self) -> str:
        """A name of the session that is no secret, by which a script sees that a new one has begun."""
        return hash_token(self.session_hash.hex()).hex()[:16]

    @property
    def network(self) -> str | None:
        """The class of the network from which the call comes; None when it is not known."""
        return network_of(self.request)

    @property
    def key(self) -> str | None:
        """The idempotency key of a program; pages send theirs as a field."""
        keys = self.request.headers.getlist("idempotency-key")
        return ", ".join(keys) if keys else None  # several lines of one header are one list (RFC 9110, 5.3)

    @property
    def turn(self) -> AbstractAsyncContextManager[None]:
        """The turn of the caller for long work."""
        return self.process.turns.of(self.actor.key)

    def transaction(self) -> AbstractAsyncContextManager[Transaction]:
        return self._database.transaction(self.until)

    @property
    def _database(self) -> Database:
        """The pool of this call: reading never takes a connection from a press."""
        if self.known_actor is None:
            return self.process.pools.strangers
        return self.process.pools.rest if self.request.method in ("GET", "HEAD") else self.process.pools.presses

    async def body(self) -> bytes:
        """Return the whole body; may be asked twice. Refusal: Malformed."""
        if self._body is None:
            self._body = await read_body(self.request)
        return self._body

    async def fields(self) -> Mapping[str, str]:
        """Return a form's fields as text, without the empty ones; may be asked twice. Refusal: Malformed."""
        if self._fields is None:
            if (
                self.request.headers.get("content-type", "").split(";")[0].strip().lower()
                != "application/x-www-form-urlencoded"
            ):
                raise Malformed("not_a_form")
            self._fields = await read_fields(self.request, await self.body())
        return dict(self._fields)

    async def form(self, model: type[Model]) -> Model:
        """Return the form as this model. Refusals: Malformed, Invalid."""
        return parse_form(model, await self.fields())

    async def json(self, model: type[Model]) -> Model:
        """Return the body as this model; nothing at all counts as `{}` where no field is required.

        Refusals: Malformed, Invalid.
        """
        return parse_json(model, await self.body() or (b"" if needs_body(model) else b"{}"))

    async def once(
        self,
        key: str | None,
        *asked: str | bytes,
        work: Callable[[Transaction], Awaitable[Result]],
        reply: Callable[[Result], Reply],
        shown: Callable[[Result], Awaitable[None]] | None = None,
    ) -> Done[Result]:
        """Do `work` once, in one transaction, wait for `shown`, and return the reply.

        `key` None: as often as it is called. `asked`: what else identifies the call, besides its method and path; a
        repetition must have the same. Nothing about a person. `shown` waits until this process shows the change; a
        repetition does not call it. Refusals: those of `work`; Conflict `key_in_use`; Invalid `key_reused`.
        """

        def reply_now(result: Result) -> Reply:
            self.now = max(self.now, self.process.clock.now())  # of what has come about after the locks
            return reply(result)

        fingerprint = make_key(key, self.request.method, self.path, *asked)
        given_up_at = asyncio.get_running_loop().time() + TWICE_SECONDS
        while True:
            try:
                done = await apply_once(
                    self._database, self.actor, fingerprint, self.now, work, reply_now, self.until, self.epoch
                )
                break
            except Conflict as refusal:  # the same press again, such as a double tap: it gets the same answer
                if refusal.code != "key_in_use" or asyncio.get_running_loop().time() > given_up_at:
                    raise
                await asyncio.sleep(TWICE_PAUSE_SECONDS)
        if done.result is not None and shown is not None:
            await shown(done.result)
        return done

    async def shelter_shown(self, changed: HasShelter) -> None:
        """Wait until the board of this process shows the shelter as it was saved."""
        await self.process.board.reached(changed.shelter.id, changed.shelter.version)
        self.process.figures.note_tap((self.process.clock.now() - self.now).total_seconds())


def needs_body(model: type[BaseModel]) -> bool:
    """Return whether some field of this model is required."""
    return any(one.is_required() for one in model.model_fields.values())


def is_upload(request: Request) -> bool:
    """Return whether a form with a file is sent."""
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def last_moment(request: Request) -> float:
    """Return the moment, of the loop's clock, at which a call that begins now may use the database no more."""
    return asyncio.get_running_loop().time() + (UPLOAD_SECONDS if is_upload(request) else CALL_SECONDS)


def begin_call(request: Request, actor: Actor | None, until: float | None = None) -> Call:
    """Make the call of this request, for its handler and for the answer to a refusal. `until` None: it begins now."""
    process, language = process_of(request), language_of(request, actor)
    until = last_moment(request) if until is None else until
    call = Call(request, process, actor, language, process.clock.now(), process.board.epoch, until)
    request.state.call = call
    return call


def call_of(request: Request) -> Call:
    """Return the call that the guard made of this request; one without an actor where it made none."""
    call: Call | None = getattr(request.state, "call", None)
    return begin_call(request, None) if call is None else call
