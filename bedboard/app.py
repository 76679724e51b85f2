"""Puts the parts together: the only module that knows all of them."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from bedboard.actions.waiting import find_for_waiting
from bedboard.clock import Clock
from bedboard.jobs import keep_pulse, make_scheduler
from bedboard.live.feed import Feed, Viewer
from bedboard.live.hub import Hub
from bedboard.live.requests import Requests
from bedboard.live.search import Turn
from bedboard.live.waiting import Waitings
from bedboard.live.wire import encode_text
from bedboard.push import Pusher
from bedboard.routes.frontdoor import FrontDoor
from bedboard.routes.identity import Identity
from bedboard.routes.parts import Parts
from bedboard.routes.profiles import open_profile, profile_of
from bedboard.routes.replies import on_http
from bedboard.routes.table import all_routes
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Unavailable
from bedboard.rules.waiting import Sight
from bedboard.settings import WEB, Settings
from bedboard.store.board import Reference
from bedboard.store.database import Database
from bedboard.store.seal import Seal
from bedboard.views.pages import Pages
from bedboard.views.pieces import Pieces

log = structlog.get_logger()


def make_parts(settings: Settings, seal: Seal, clock: Clock) -> Parts:
    if settings.database_url is None:
        raise RuntimeError("no DATABASE_URL: `bedboard demo` starts a database of its own")
    database = Database(settings.database_url, pool_size=settings.pool_size, statement_seconds=settings.statement_seconds)
    pages = Pages(WEB, settings.zone)
    pieces = Pieces(pages, clock.new_id)
    identity = Identity(database, settings, clock)
    hub: Hub[Viewer] = Hub(
        encode_text,
        clock.monotonic,
        settings.patience_seconds,
        lambda error: log.warning("viewer_failed", reason=type(error).__name__),
    )

    def on_reference(reference: Reference) -> None:
        pages.zone = reference.zone
        identity.database_is_demo = reference.demo

    feed = Feed(database, hub, pieces, settings.limits, clock, identity.forget, on_reference)
    push = make_push(settings, database, clock)

    async def report(waiting_id: str, sights: Sequence[Sight]) -> None:
        async with database.transaction() as tx:
            person_id = await find_for_waiting(tx, waiting_id, sights, clock.now())
        if person_id is not None and push is not None:
            push.wake(person_id)

    def opened(sealed: bytes) -> Callable[[datetime], Profile]:
        said = open_profile(seal, sealed)

        def profile_at(now: datetime) -> Profile:
            if feed.reference is None:
                raise Unavailable("database_away")
            return profile_of(said, feed.reference, now)

        return profile_at

    waitings = Waitings(feed, clock, opened, report)
    requests = Requests(feed)
    return Parts(settings, clock, database, pages, pieces, hub, feed, identity, seal, waitings, push, Turn(), requests)


def make_push(settings: Settings, database: Database, clock: Clock) -> Pusher | None:
    if settings.push_private_key is None or settings.push_subject is None:
        return None
    hosts = [host.strip() for host in settings.push_hosts.split(",")]
    return Pusher(database, clock, settings.push_private_key, settings.push_subject, hosts, loopback=settings.push_to_loopback)


def settle(feed: Feed) -> None:
    """Once the board has been read: works out what every search needs of it, and tells the collector of garbage that all this
    stays. Else it looks through the places of a whole country again and again, a tenth of a second each time."""
    for card in feed.cards.values():
        _ = card.offers
    gc.collect()
    gc.freeze()


def build_app(settings: Settings, seal: Seal, clock: Clock | None = None) -> FrontDoor:
    """The whole of one process as an ASGI application. Raises when a route has no rule of access.

    `seal` must open what the database holds.
    """
    parts = make_parts(settings, seal, clock or Clock())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await parts.database.check_durable()
        work = (parts.feed.run(), parts.waitings.run(), keep_pulse(parts))
        running = [asyncio.create_task(one) for one in work]
        scheduler = make_scheduler(parts)
        scheduler.start()
        await parts.feed.first_read(5.0)
        settle(parts.feed)
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            if parts.push is not None:
                await parts.push.close()
            await parts.database.dispose()

    app = Starlette(routes=all_routes(), lifespan=lifespan, exception_handlers={HTTPException: on_http})
    app.router.redirect_slashes = False
    app.state.parts = parts
    return FrontDoor(app, settings, parts.clock)
