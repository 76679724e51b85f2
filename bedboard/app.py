"""Puts the parts together: the only module that knows all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from bedboard.clock import Clock
from bedboard.jobs import keep_pulse, make_scheduler
from bedboard.live.feed import Feed, Viewer
from bedboard.live.hub import Hub
from bedboard.live.wire import encode_text
from bedboard.routes.frontdoor import FrontDoor
from bedboard.routes.identity import Identity
from bedboard.routes.parts import Parts
from bedboard.routes.replies import on_http
from bedboard.routes.table import all_routes
from bedboard.settings import WEB, Settings
from bedboard.store.board import Reference
from bedboard.store.database import Database
from bedboard.views.pages import Pages
from bedboard.views.pieces import Pieces

log = structlog.get_logger()


def make_parts(settings: Settings, clock: Clock) -> Parts:
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
    return Parts(settings, clock, database, pages, pieces, hub, feed, identity)


def build_app(settings: Settings, clock: Clock | None = None) -> FrontDoor:
    """The whole of one process as an ASGI application. Raises when a route has no rule of access."""
    parts = make_parts(settings, clock or Clock())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await parts.database.check_durable()
        running = [asyncio.create_task(parts.feed.run()), asyncio.create_task(keep_pulse(parts))]
        scheduler = make_scheduler(parts)
        scheduler.start()
        await parts.feed.first_read(5.0)
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            await parts.database.dispose()

    app = Starlette(routes=all_routes(), lifespan=lifespan, exception_handlers={HTTPException: on_http})
    app.router.redirect_slashes = False
    app.state.parts = parts
    return FrontDoor(app, settings, parts.clock)
