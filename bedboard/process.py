"""The parts that every route needs, put together once by `bedboard.app`, and the way from a request to them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from bedboard.admission import Admission
from bedboard.clock import Clock
from bedboard.figures import Figures
from bedboard.health import Health
from bedboard.identity import Identity
from bedboard.live.added import Added
from bedboard.live.alerts import Alerts
from bedboard.live.board import Board
from bedboard.live.cases import OpenCases
from bedboard.live.evenings import Evenings
from bedboard.live.hub import Hub
from bedboard.live.news import News
from bedboard.live.opened import Opened
from bedboard.live.pulse import Pulse
from bedboard.live.reader import Reader
from bedboard.live.searches import Searches
from bedboard.live.turns import Turns
from bedboard.live.viewer import Viewer
from bedboard.live.watch import Watch
from bedboard.push import Pusher
from bedboard.rules.access import Actor
from bedboard.rules.fit import Profile
from bedboard.settings import Settings
from bedboard.store.database import Database, Pools
from bedboard.store.seal import Seal, SealedNeeds
from bedboard.store.tallies import Tally
from bedboard.trail import Trail
from bedboard.views.pages import SCREEN_LANGUAGES, Pages
from bedboard.views.pieces import Pieces

if TYPE_CHECKING:  # its libraries take half a second, and few deployments have a provider
    from bedboard.provider import Provider


@dataclass(frozen=True, slots=True)
class Process:
    settings: Settings
    clock: Clock
    database: Database
    """The pool for everything but presses, callers and the pulse: `pools.rest`."""
    pools: Pools
    pages: Pages
    pieces: Pieces
    hub: Hub[Viewer]
    board: Board
    news: News
    reader: Reader
    pulse: Pulse
    watch: Watch
    identity: Identity
    seal: Seal
    open_household: Callable[[SealedNeeds | None, datetime], Profile | None]
    """Opens the household of a case for the rules; None for one that cannot be read."""
    alerts: Alerts
    push: Pusher | None
    """None: no keys are set, so nothing is pushed and no page offers it."""
    admission: Admission
    provider: "Provider | None"
    """None: no issuer is set, so only passkeys sign people in."""
    turns: Turns
    searches: Searches
    cases: OpenCases
    opened: Opened
    added: Added
    trail: Trail
    health: Health
    figures: Figures
    evenings: Evenings
    household_keys: dict[str, bytes] = field(default_factory=dict)
    """The keys of open cases and alerts, sealed, as last read: to put them back after a crash of the database."""
    sought: list[tuple[datetime, Tally]] = field(default_factory=list)
    """The counts of searches of the last hour: in memory only, because in the database they would stand beside their cases."""


def process_of(connection: HTTPConnection) -> Process:
    process: Process = connection.app.state.process
    return process


def language_of(connection: HTTPConnection, actor: Actor | None) -> str:
    """Return the device's cookie, otherwise the person's own choice, otherwise what the device prefers, otherwise Dutch."""
    chosen = connection.cookies.get("language") or (actor.language if actor else None)
    if chosen in SCREEN_LANGUAGES:
        return str(chosen)
    weighed: list[tuple[float, str]] = []
    for item in connection.headers.get("accept-language", "").split(",")[:20]:
        tag, _, weight = item.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), tag[:2].lower()))
        except ValueError:
            continue
    return next((tag for _, tag in sorted(weighed, key=lambda pair: pair[0]) if tag in SCREEN_LANGUAGES), "nl")


def theme_of(connection: HTTPConnection) -> str:
    theme = connection.cookies.get("theme", "auto")
    return theme if theme in ("light", "dark") else "auto"
