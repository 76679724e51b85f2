"""Put one process together: the only module that knows all rooms."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from bedboard.actions.alerts import report_to_alert
from bedboard.actions.epoch import note_epoch
from bedboard.actions.outgoing import send_later
from bedboard.admission import Admission, Limits
from bedboard.cast.play import Cast
from bedboard.clock import Clock
from bedboard.figures import Figures
from bedboard.health import Health
from bedboard.identity import Identity
from bedboard.jobs import follow_machine, make_scheduler
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
from bedboard.live.shelters import ShelterNews
from bedboard.live.turns import Turns
from bedboard.live.viewer import Viewer
from bedboard.live.watch import Watch
from bedboard.live.wire import encode_text
from bedboard.process import Process
from bedboard.push import Pusher
from bedboard.routes.account_way import CALLBACK
from bedboard.routes.frontdoor import FrontDoor
from bedboard.routes.profiles import make_openers
from bedboard.routes.replies import on_http
from bedboard.routes.table import all_routes
from bedboard.rules.alerts import SeenChange
from bedboard.settings import WEB, Settings
from bedboard.store.board import Catalogue
from bedboard.store.database import Database, Pools
from bedboard.store.people import Visitors, list_visitors
from bedboard.store.seal import Seal
from bedboard.trail import Trail
from bedboard.views.pages import Pages
from bedboard.views.pieces import Pieces

if TYPE_CHECKING:
    from bedboard.provider import Provider

log = structlog.get_logger()

END_SECONDS = 2.0
"""How long the end of a process waits for work that is under way."""


def make_process(
    settings: Settings, seal: Seal, clock: Clock, limits: Limits | None = None, figures: Figures | None = None
) -> Process:
    """Return one process, put together and not yet running. Raises RuntimeError without DATABASE_URL."""
    if settings.database_url is None:
        raise RuntimeError("no DATABASE_URL: `bedboard demo` starts a database of its own")
    limits = limits or Limits.of(settings)
    pools = Pools.of(
        settings.database_url,
        seal.marks,
        pool_size=settings.pool_size,
        statement_seconds=settings.statement_seconds,
        most_in_crowd=limits.in_crowd,
        clock=clock.now,
    )
    database = pools.rest
    pages = Pages(WEB, settings.zone)
    pieces = Pieces(pages, clock.new_id)
    identity = Identity(pools, settings, clock)
    hub: Hub[Viewer] = Hub(
        encode_text,
        clock.monotonic,
        settings.patience_seconds,
        lambda error: log.warning("viewer_failed", reason=type(error).__name__),
    )

    def on_catalogue(catalogue: Catalogue) -> None:
        pages.zone = catalogue.zone
        identity.learn(is_demo=catalogue.demo)

    news = News(hub)
    board = Board(hub, news, pieces, settings.limits, clock)
    pulse = Pulse(board, hub, clock, identity.active_tokens, identity.forget, identity.server)
    watch = Watch(board, hub, clock, identity.list_ended, pulse.end_session)
    reader = Reader(pools.pulse, board, pulse.end_session, on_catalogue, clock, note_epoch, identity.doubt, pools.drop_idle)
    push = make_push(settings, database, seal, clock)
    if push is not None:
        reader.followers["outgoing"] = push
    ShelterNews(board, hub, news)

    async def report(alert_id: str, changes: Sequence[SeenChange]) -> None:
        async with database.transaction() as tx:
            person_id = await report_to_alert(tx, alert_id, changes, clock.now())
            if person_id is not None:
                await send_later(tx, [(person_id, "found")], clock.now())

    open_sealed, open_household = make_openers(seal, board)
    turns = Turns()
    return Process(
        settings=settings,
        clock=clock,
        database=database,
        pools=pools,
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
        open_household=open_household,
        alerts=Alerts(reader, board, news, clock, open_sealed, report),
        push=push,
        admission=Admission(limits, clock),
        provider=make_provider(settings, clock),
        turns=turns,
        searches=Searches(board, turns, clock.now),
        cases=OpenCases(reader, board, news, clock),
        opened=Opened(reader, news),
        added=Added(reader, hub),
        trail=Trail(database, clock, settings.audit_head),
        health=Health(database, clock, lambda: board.listener, lambda: pools.full_count, demo=settings.demo),
        figures=figures or Figures(),
        evenings=Evenings(settings.terms.case),
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


class Work:
    """The work of one process besides its answers: it begins when the database was found fit to be served."""

    def __init__(self, process: Process, *, has_jobs: bool, has_watch: bool, reads_templates: bool) -> None:
        self._process = process
        self._has_jobs = has_jobs
        self._has_watch = has_watch
        self._reads_templates = reads_templates
        self._scheduler = make_scheduler(process)
        self._running: list[asyncio.Task[None]] = []

    async def begin(self) -> None:
        """Begin, or wait in the background for a database that is away. Raises RuntimeError for one that must not be served."""
        health = self._process.health
        await health.look()
        if health.unfit:
            raise RuntimeError("\n".join(health.unfit))
        if health.is_fit:
            await self._start()
        else:
            self._running.append(asyncio.create_task(self._start_later()))

    async def _start_later(self) -> None:
        await self._process.health.come_up()
        await self._start()

    async def _start(self) -> None:
        process, settings = self._process, self._process.settings
        work = [process.reader.run(), process.alerts.run(), process.pulse.run(settings.pulse_seconds)]
        if self._has_watch:
            work.append(process.watch.run())
        if settings.cast_speed:
            work.append(make_cast(process, settings.cast_speed).run())
        self._running.extend(asyncio.create_task(one) for one in work)
        if self._has_jobs:
            self._scheduler.start()
            self._running.append(asyncio.create_task(follow_machine(self._scheduler, process.clock)))
        if self._reads_templates:
            await asyncio.gather(asyncio.to_thread(process.pages.read_all), process.board.first_read(5.0))
        else:
            await process.board.first_read(5.0)
        warm_up(process.board)

    async def end(self) -> None:
        """End everything within seconds, even if the database does not answer any more."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running, timeout=END_SECONDS)
        if self._process.push is not None:
            await self._process.push.close()
        await self._process.pools.dispose()


def build_app(
    settings: Settings,
    seal: Seal,
    clock: Clock | None = None,
    *,
    has_jobs: bool = True,
    has_watch: bool = True,
    reads_templates: bool = False,
    limits: Limits | None = None,
    figures: Figures | None = None,
) -> FrontDoor:
    """Return the whole of one process as an ASGI application. Raises when a route has no rule of access.

    `seal` must open the sealed values in the database. `has_jobs` False: only the pulse runs by the clock. Tests move their
    clock and then run the jobs themselves. `has_watch` False: only a test looks after the sockets. `reads_templates`: all of
    them, before anybody is let in; a test needs few. `limits` None: those of the settings.
    `figures`: the row of this process among those of other workers; None: there are none.
    """
    process = make_process(settings, seal, clock or Clock(), limits, figures)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        work = Work(process, has_jobs=has_jobs, has_watch=has_watch, reads_templates=reads_templates)
        try:
            await work.begin()
            yield
        finally:
            await work.end()

    app = Starlette(routes=all_routes(), lifespan=lifespan, exception_handlers={HTTPException: on_http})
    app.router.redirect_slashes = False
    app.state.process = process
    return FrontDoor(app, settings, process.clock)
