"""`bedboard demo`: everything for a demonstration on this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import structlog
from rich.console import Console

from bedboard import embedded
from bedboard.commands.databases import cannot_use, run, settings_for_command
from bedboard.commands.failures import Failure
from bedboard.commands.load import import_city, in_words, seed_database
from bedboard.commands.serve import listen, serve_forever
from bedboard.embedded.keeper import Event
from bedboard.log import set_up_log
from bedboard.migrations.run import migrate
from bedboard.settings import SEEDS, Settings
from bedboard.store.database import Database
from bedboard.store.setup import get_demo_mark

log = structlog.get_logger()

ALONE = """\
  You are not alone: a program plays every shelter for which nobody is signed in, and the desk. Ask some shelters for a place
    as [bold]politie[/], and wait for a minute. --quiet turns it off.
"""
GREETING = """
[bold]bedboard, a demo:[/] {url}
  Everything in it is invented. The first page asks who you are; open it twice, for instance
    as [bold]politie[/] (the board) in one window, and
    as [bold]medewerker[/] of a shelter (Mijn opvang) in a narrow one,
  and watch a tap in one appear in the other.
{alone}  API: curl -H 'Authorization: Bearer demo-police' {url}/api/v1/board
  Stop with Ctrl-C; the data stays, --fresh starts again without it.
"""


def demo(
    port: int, data: Path | None, *, fresh: bool, cast_speed: float, seed_file: Path | None, toronto: Path | None, night: date
) -> None:
    """Start the database, load it when it is empty, and serve it until the process is told to stop. Raises Failure.

    `cast_speed`: as in the settings; 0 leaves all shelters to the visitors.
    """
    set_up_log("critical")  # until it serves, a sentence says what is wrong
    given = {} if data is None else {"data": data}
    settings = settings_for_command(demo=True, cast_speed=cast_speed, public_url=f"http://127.0.0.1:{port}", **given)
    sockets = listen("127.0.0.1", port)
    console = Console()
    with demo_database(settings, fresh=fresh) as url:
        settings = settings.model_copy(update={"database_url": url})
        if run(demo_mark(url)) is None:
            if toronto is not None:
                import_city(settings, toronto, night, as_of_now=True)
            else:
                console.print("loaded " + in_words(seed_database(settings, seed_file or SEEDS / "demo.toml")))
        console.print(
            GREETING.format(url=settings.public_url, alone=ALONE if cast_speed else ""), highlight=False, soft_wrap=True
        )
        serve_forever(settings, sockets)


@contextmanager
def demo_database(settings: Settings, *, fresh: bool) -> Iterator[str]:
    """Yield the URL of a migrated database: the embedded one, which ends with the block, or the one in DATABASE_URL.

    `fresh` throws the embedded one's data away first. Raises Failure.
    """
    if settings.database_url is not None:
        if fresh:
            raise Failure("--fresh throws away the embedded database only, and DATABASE_URL is set")
        if run(demo_mark(settings.database_url)) is False:  # before anything is changed in it
            raise Failure("this database is not a demo's; serve it with `bedboard serve`")
        run(migrate(settings.owner_url or settings.database_url, web_url=settings.database_url))
        yield settings.database_url
        return
    server = start_embedded(settings.data)
    if fresh:
        server.discard()
        server = start_embedded(settings.data)
    server.keep(tell_of_server)
    try:
        run(migrate(server.url, web_url=server.web_url))
        if run(demo_mark(server.web_url)) is False:
            raise Failure(f"the database in {settings.data} is not a demo's")
        yield server.web_url
    finally:
        server.stop()


def tell_of_server(event: Event, reason: str) -> None:
    """Write into the log what happened to the embedded server."""
    if event == "back":
        log.info("database_started_again")
    else:
        log.error("database_ended" if event == "ended" else "database_not_started", reason=reason)


def start_embedded(data: Path) -> embedded.Embedded:
    try:
        return embedded.start(data)
    except OSError as error:
        raise Failure(cannot_use(data, error)) from None


async def demo_mark(url: str) -> bool | None:
    """Return whether the database is a demo's; None: nothing was loaded yet."""
    database = Database(url, pool_size=1)
    try:
        async with database.transaction() as tx:
            return await get_demo_mark(tx)
    finally:
        await database.dispose()
