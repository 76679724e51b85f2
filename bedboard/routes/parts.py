"""What every route needs, put together once by `bedboard.app`, and the way from a request to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import HTTPConnection, Request

from bedboard.clock import Clock
from bedboard.live.feed import Feed, Viewer
from bedboard.live.hub import Hub
from bedboard.live.requests import Requests
from bedboard.live.search import Turn
from bedboard.live.waiting import Waitings
from bedboard.push import Pusher
from bedboard.routes.identity import Identity
from bedboard.rules.access import Actor
from bedboard.rules.refusals import Unavailable
from bedboard.settings import Settings
from bedboard.store.board import Reference
from bedboard.store.database import Database
from bedboard.store.seal import Seal
from bedboard.views.pages import LANGUAGES, Pages
from bedboard.views.pieces import Pieces


@dataclass(frozen=True, slots=True)
class Parts:
    settings: Settings
    clock: Clock
    database: Database
    pages: Pages
    pieces: Pieces
    hub: Hub[Viewer]
    feed: Feed
    identity: Identity
    seal: Seal
    waitings: Waitings
    push: Pusher | None
    """None: no keys are set, so nothing is pushed and no page offers it."""
    turn: Turn
    requests: Requests


def parts_of(connection: HTTPConnection) -> Parts:
    parts: Parts = connection.app.state.parts
    return parts


def reference_of(connection: HTTPConnection) -> Reference:
    """Units and kinds. Refusal: Unavailable while nothing has been read."""
    reference = parts_of(connection).feed.reference
    if reference is None:
        raise Unavailable("database_away")
    return reference


def actor_of(connection: HTTPConnection) -> Actor:
    """Who is asking; the guard has put it there. Only for routes that are not public."""
    actor: Actor = connection.state.actor
    return actor


def maybe_actor(connection: HTTPConnection) -> Actor | None:
    """None without a session, and while nobody has asked yet."""
    return getattr(connection.state, "actor", None)


def language_of(connection: HTTPConnection) -> str:
    """The person's own choice, else the device's cookie, else what the device prefers, else Dutch."""
    actor = maybe_actor(connection)
    chosen = connection.cookies.get("language") or (actor.language if actor else None)
    if chosen in LANGUAGES:
        return str(chosen)
    weighed: list[tuple[float, str]] = []
    for item in connection.headers.get("accept-language", "").split(",")[:20]:
        tag, _, weight = item.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), tag[:2].lower()))
        except ValueError:
            continue
    return next((tag for _, tag in sorted(weighed, key=lambda pair: pair[0]) if tag in LANGUAGES), "nl")


def theme_of(connection: HTTPConnection) -> str:
    theme = connection.cookies.get("theme", "auto")
    return theme if theme in ("light", "dark") else "auto"


def page_context(request: Request) -> Mapping[str, Any]:
    """What every page shows around its own content."""
    parts = parts_of(request)
    reference = parts.feed.reference
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return {
        "actor": maybe_actor(request),
        "demo": parts.settings.demo,
        "path": path if request.method == "GET" else "/",
        "theme": theme_of(request),
        "deployment": reference.name if reference else "",
    }
