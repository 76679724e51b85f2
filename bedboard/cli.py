"""The commands. Each reads the settings once, calls actions, and says what it did; errors are sentences, not tracebacks."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console

from bedboard import embedded
from bedboard.actions.register import add_client
from bedboard.app import build_app
from bedboard.clock import Clock
from bedboard.live.wire import WEBSOCKET_OPTIONS
from bedboard.log import set_up_log
from bedboard.migrations.run import migrate_now
from bedboard.rules.refusals import Refusal
from bedboard.seeds import load_seeds, read_seed_file
from bedboard.settings import SEEDS, Settings
from bedboard.store.board import get_reference
from bedboard.store.database import Database
from bedboard.store.seal import Seal, new_key

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console()
Result = TypeVar("Result")


def fail(sentence: str) -> NoReturn:
    Console(stderr=True).print(f"[bold red]{sentence}[/]", highlight=False)
    raise typer.Exit(1)


def read_settings(**given: Any) -> Settings:
    """The settings of the environment, with what the command line says; every mistake is listed."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        lines = [f"  {'.'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()]
        fail("these settings are wrong:\n" + "\n".join(lines))


def run(work: Coroutine[Any, Any, Result]) -> Result:
    try:
        return asyncio.run(work)
    except Refusal as refusal:
        fail(f"refused: {refusal.code} {refusal.detail or ''}")


def database_url(settings: Settings) -> str:
    if settings.database_url is None:
        fail("DATABASE_URL is not set (without a database of your own, use `bedboard demo`)")
    return settings.database_url


def make_seal(settings: Settings) -> Seal:
    """The seal for addresses; a demo makes a key of its own and keeps it in the data folder."""
    if settings.secret_key:
        return Seal(settings.secret_key)
    if not settings.demo:
        fail("BEDBOARD_SECRET_KEY is not set; make one with `bedboard key`")
    path = settings.data / "demo.key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(new_key())
    return Seal(path.read_text())


def serve_forever(settings: Settings, host: str, port: int) -> None:
    set_up_log(settings.log_level)
    uvicorn.Server(
        uvicorn.Config(
            build_app(settings),
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            **WEBSOCKET_OPTIONS,
        )
    ).run()


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="port to listen on")] = 8000,
) -> None:
    """Serve the board from the database in DATABASE_URL."""
    settings = read_settings()
    database_url(settings)
    if settings.demo and host not in ("127.0.0.1", "localhost", "::1"):
        fail("a demo listens on loopback only")
    serve_forever(settings, host, port)


@app.command(name="migrate")
def migrate_command() -> None:
    """Bring the database in DATABASE_URL to the newest migration."""
    migrate_now(database_url(read_settings()))
    console.print("migrated")


@app.command()
def key() -> None:
    """Print a new key for BEDBOARD_SECRET_KEY."""
    print(new_key())


@app.command()
def seed(file: Annotated[Path, typer.Argument(help="the seed file")]) -> None:
    """Load a seed file into an empty database."""
    settings = read_settings()
    loaded = run(_seed(settings, database_url(settings), file))
    console.print("loaded " + ", ".join(f"{number} {noun}" for noun, number in loaded.items()))


async def _seed(settings: Settings, url: str, file: Path) -> dict[str, int]:
    database = Database(url, pool_size=1, statement_seconds=30)
    try:
        async with database.transaction() as tx:
            loaded = await load_seeds(tx, read_seed_file(file), make_seal(settings), Clock().now(), demo=settings.demo)
        return dict(loaded)
    finally:
        await database.dispose()


@app.command()
def token(
    name: Annotated[str, typer.Argument(help="what the client is called in the journal")],
    role: Annotated[str, typer.Option(help="machine, coordinator, police, desk, admin or auditor")],
    shelter: Annotated[str | None, typer.Option(help="the shelter of a machine")] = None,
    organization: Annotated[str | None, typer.Option(help="the organization of the client")] = None,
) -> None:
    """Make a bearer token for an API client and print it, this once."""
    if (role == "machine") != (shelter is not None):
        fail("a machine has a shelter, and nobody else has")
    settings, clock = read_settings(), Clock()
    secret = clock.new_token()

    async def make() -> None:
        database = Database(database_url(settings), pool_size=1)
        try:
            async with database.transaction() as tx:
                await add_client(
                    tx,
                    id=clock.new_id(),
                    name=name,
                    role=role,
                    token=secret,
                    now=clock.now(),
                    organization_id=organization,
                    shelter_id=shelter,
                )
        finally:
            await database.dispose()

    run(make())
    print(secret)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="port to listen on")] = 8000,
    data: Annotated[Path | None, typer.Option(help="folder of the database")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="throw the demo's data away and start anew")] = False,
    seed_file: Annotated[Path, typer.Option("--seeds", help="what to load into an empty database")] = SEEDS / "demo.toml",
) -> None:
    """Start everything for a demonstration on this machine: database, data, pages."""
    settings = read_settings(demo=True, data=data, public_url=f"http://127.0.0.1:{port}")
    with start_database(settings, fresh=fresh) as url:
        settings = settings.model_copy(update={"database_url": url})
        if run(_is_empty(url)):
            loaded = run(_seed(settings, url, seed_file))
            console.print("loaded " + ", ".join(f"{number} {noun}" for noun, number in loaded.items()))
        greet(settings)
        serve_forever(settings, "127.0.0.1", port)


class start_database:
    """The database of a demo: the embedded one, or the one in DATABASE_URL; migrated. Ends with the block."""

    def __init__(self, settings: Settings, *, fresh: bool = False) -> None:
        self._settings = settings
        self._fresh = fresh
        self._server: embedded.Embedded | None = None

    def __enter__(self) -> str:
        url = self._settings.database_url
        if url is None:
            try:
                if self._fresh:
                    embedded.start(self._settings.data).discard()
                self._server = embedded.start(self._settings.data)
            except embedded.EmbeddedError as error:
                fail(str(error))
            url = self._server.url
        elif self._fresh:
            fail("--fresh throws away the embedded database only; DATABASE_URL is set")
        migrate_now(url)
        return url

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.stop()


async def _is_empty(url: str) -> bool:
    """Whether nothing was loaded yet. Refuses a database that is not marked as a demo."""
    database = Database(url, pool_size=1)
    try:
        async with database.transaction() as tx:
            reference = await get_reference(tx)
    finally:
        await database.dispose()
    if reference is not None and not reference.demo:
        fail("this database is not a demo; serve it with `bedboard serve`")
    return reference is None


def greet(settings: Settings) -> None:
    console.print(
        f"\n[bold]bedboard, a demo:[/] {settings.public_url}\n"
        "  Everything in it is invented. Choose on the first page who you are; open it twice, for instance\n"
        "    as [bold]politie[/] (the board) in one window, and\n"
        "    as [bold]medewerker[/] of a shelter (Mijn opvang) in a narrow one or on a phone's size,\n"
        "  and watch a tap in one appear in the other.\n"
        f"  API: curl -H 'Authorization: Bearer demo-police' {settings.public_url}/api/v1/board\n"
        "  Stop with Ctrl-C; the data stays, `--fresh` starts anew.\n",
        highlight=False,
    )


def main() -> None:
    sys.exit(app())
