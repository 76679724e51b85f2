"""Put one process together: the only module that knows all rooms."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from bedboard.actions.alerts import report_to_alert
from bedboard.cast.play import Cast
from bedboard.clock import Clock
from bedboard.identity import Identity
from bedboard.jobs import make_scheduler
from bedboard.live.added import Added
from bedboard.live.alerts import Alerts
from bedboard.live.board import Board
from bedboard.live.cases import OpenCases
from bedboard.live.hub import Hub
from bedboard.live.news import News
from bedboard.live.opened import Opened
from bedboard.live.pulse import Pulse
from bedboard.live.reader import Reader
from bedboard.live.search import Turns
from bedboard.live.shelters import ShelterNews
from bedboard.live.viewer import Viewer
from bedboard.live.watch import Watch
from bedboard.live.wire import encode_text
from bedboard.process import Process
from bedboard.push import Pusher
from bedboard.routes.account_way import CALLBACK
from bedboard.routes.frontdoor import FrontDoor
from bedboard.routes.profiles import open_profile
from bedboard.routes.replies import on_http
from bedboard.routes.table import all_routes
from bedboard.rules.alerts import SeenChange
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Unavailable
from bedboard.schemas.profile import profile_of
from bedboard.settings import WEB, Settings
from bedboard.store.board import Catalogue
from bedboard.store.database import Database
from bedboard.store.people import Visitors, list_visitors
from bedboard.store.rights import check_fit_to_serve
from bedboard.store.seal import Seal, SealedNeeds
from bedboard.trail import Trail
from bedboard.views.pages import Pages
from bedboard.views.pieces import Pieces

if TYPE_CHECKING:
    from bedboard.provider import Provider

log = structlog.get_logger()


def make_process(settings: Settings, seal: Seal, clock: Clock) -> Process:
    """Return one process, put together and not yet running. Raises RuntimeError without DATABASE_URL."""
    if settings.database_url is None:
        raise RuntimeError("no DATABASE_URL: `bedboard demo` starts a database of its own")
    database = Database(
        settings.database_url, seal.marks, pool_size=settings.pool_size, statement_seconds=settings.statement_seconds
    )
    pages = Pages(WEB, settings.zone)
    pieces = Pieces(pages, clock.new_id)
    identity = Identity(database, settings, clock)
    hub: Hub[Viewer] = Hub(
        encode_text,
        clock.monotonic,
        settings.patience_seconds,
        lambda error: log.warning("viewer_failed", reason=type(error).__name__),
    )

    def on_catalogue(catalogue: Catalogue) -> None:
        pages.zone = catalogue.zone
        identity.database_is_demo = catalogue.demo

    news = News(hub)
    board = Board(hub, news, pieces, settings.limits, clock)
    pulse = Pulse(board, hub, clock, identity.active_tokens, identity.forget)
    watch = Watch(board, hub, clock, identity.list_ended, pulse.end_session)
    reader = Reader(database, board, pulse.end_session, on_catalogue)
    push = make_push(settings, database, seal, clock)
    ShelterNews(board, hub, news)

    async def report(alert_id: str, changes: Sequence[SeenChange]) -> None:
        async with database.transaction() as tx:
            person_id = await report_to_alert(tx, alert_id, changes, clock.now())
        if person_id is not None and push is not None:
            push.wake(person_id)

    def open_sealed(sealed: SealedNeeds) -> Callable[[datetime], Profile]:
        said = open_profile(seal, sealed)

        def profile_at(now: datetime) -> Profile:
            if board.catalogue is None:
                raise Unavailable("database_away")
            return profile_of(said, board.catalogue, now)

        return profile_at

    return Process(
        settings=settings,
        clock=clock,
        database=database,
        pages=pages,
        pieces=pieces,
        hub=hub,
        board=board,
        news=news,
        reader=reader,
        pulse=pulse,
        watch=watch,
        identity=identity,
        seal=seal,
        alerts=Alerts(reader, board, news, clock, open_sealed, report),
        push=push,
        provider=make_provider(settings, clock),
        turns=Turns(),
        cases=OpenCases(reader, board, news, clock),
        opened=Opened(reader, news),
        added=Added(reader, hub),
        trail=Trail(database, clock, settings.audit_head),
    )


def make_push(settings: Settings, database: Database, seal: Seal, clock: Clock) -> Pusher | None:
    """Return the way to people's devices; None when the settings name no keys."""
    if settings.push_private_key is None or settings.push_subject is None:
        return None
    hosts = [host.strip() for host in settings.push_hosts.split(",")]
    keys = (settings.push_private_key, settings.push_subject)
    return Pusher(database, seal, clock, *keys, hosts, loopback=settings.push_to_loopback)


def make_provider(settings: Settings, clock: Clock) -> "Provider | None":
    """Return the provider of OpenID Connect; None when the settings name none."""
    if settings.oidc_issuer is None:
        return None
    from bedboard.provider import Provider  # its libraries take half a second, and few deployments have a provider

    return Provider(settings, f"{settings.public_url}{CALLBACK}", clock)


def make_cast(process: Process, speed: float) -> Cast:
    """Return the program that plays the shelters of a demo."""

    async def visitors() -> Visitors:
        async with process.database.transaction() as tx:
            return await list_visitors(tx, process.identity.limits, process.clock.now())

    def is_desk_open(now: datetime) -> bool:
        catalogue = process.board.catalogue
        return catalogue is not None and catalogue.is_desk_open(now)

    return Cast(process.settings.public_url, process.clock, visitors, speed, is_desk_open)


def warm_up(board: Board) -> None:
    """Work out the columns of the board, and exempt all objects made so far from garbage collection.

    Otherwise the collector goes through the places of a whole country again and again, a tenth of a second each time.
    """
    _ = board.columns.table
    gc.collect()
    gc.freeze()


def build_app(
    settings: Settings, seal: Seal, clock: Clock | None = None, *, has_jobs: bool = True, has_watch: bool = True
) -> FrontDoor:
    """Return the whole of one process as an ASGI application. Raises when a route has no rule of access.

    `seal` must open the sealed values in the database. `has_jobs` False: only the pulse runs by the clock. Tests move their
    clock and then run the jobs themselves. `has_watch` False: only a test looks after the sockets.
    """
    process = make_process(settings, seal, clock or Clock())

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await check_fit_to_serve(process.database, demo=settings.demo)
        work = (process.reader.run(), process.alerts.run(), process.pulse.run(settings.pulse_seconds))
        running = [asyncio.create_task(one) for one in work]
        if has_watch:
            running.append(asyncio.create_task(process.watch.run()))
        if settings.cast_speed:
            running.append(asyncio.create_task(make_cast(process, settings.cast_speed).run()))
        scheduler = make_scheduler(process)
        if has_jobs:
            scheduler.start()
        await process.board.first_read(5.0)
        warm_up(process.board)
        try:
            yield
        finally:
            if has_jobs:
                scheduler.shutdown(wait=False)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            if process.push is not None:
                await process.push.close()
            await process.database.dispose()

    app = Starlette(routes=all_routes(), lifespan=lifespan, exception_handlers={HTTPException: on_http})
    app.router.redirect_slashes = False
    app.state.process = process
    return FrontDoor(app, settings, process.clock)
