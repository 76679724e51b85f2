"""What a demonstration needs besides a server: a database that is marked as one, and a word of welcome."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from bedboard import embedded
from bedboard.migrations.run import migrate_now
from bedboard.settings import Settings
from bedboard.store.board import get_catalogue
from bedboard.store.database import Database

GREETING = """
[bold]bedboard, a demo:[/] {url}
  Everything in it is invented. The first page asks who you are; open it twice, for instance
    as [bold]politie[/] (the board) in one window, and
    as [bold]medewerker[/] of a shelter (Mijn opvang) in a narrow one,
  and watch a tap in one appear in the other.
  API: curl -H 'Authorization: Bearer demo-police' {url}/api/v1/board
  Stop with Ctrl-C; the data stays, --fresh starts anew.
"""


class NotADemo(Exception):
    """A sentence: why a demonstration may not run on this database."""


@contextmanager
def demo_database(settings: Settings, *, fresh: bool) -> Iterator[str]:
    """The URL of a migrated database: the embedded one, which ends with the block, or the one in DATABASE_URL.

    `fresh` throws the embedded one's data away first. Raises EmbeddedError, NotADemo.
    """
    if settings.database_url is not None:
        if fresh:
            raise NotADemo("--fresh throws away the embedded database only, and DATABASE_URL is set")
        asyncio.run(is_empty(settings.database_url))  # before anything is changed in a database that is none of ours
        migrate_now(settings.database_url)
        yield settings.database_url
        return
    server = embedded.start(settings.data)
    if fresh:
        server.discard()
        server = embedded.start(settings.data)
    try:
        migrate_now(server.url)
        yield server.url
    finally:
        server.stop()


async def is_empty(url: str) -> bool:
    """Whether nothing was loaded yet. Raises NotADemo for a database that was loaded for real use."""
    database = Database(url, pool_size=1)
    try:
        async with database.transaction() as tx:
            catalogue = await get_catalogue(tx)
    finally:
        await database.dispose()
    if catalogue is not None and not catalogue.demo:
        raise NotADemo("this database is not a demo's; serve it with `bedboard serve`")
    return catalogue is None
