"""The commands. Each reads the settings once, calls actions, and says what it did; errors are sentences, not tracebacks."""

import asyncio
import sys
import tomllib
from collections.abc import Callable, Coroutine, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn, TypeVar

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy.exc import IntegrityError

from bedboard import embedded
from bedboard.actions.setup import add_client
from bedboard.app import build_app
from bedboard.city.load import load_day
from bedboard.city.programmes import Unusable, choose_day, choose_days
from bedboard.city.replay import Summary, replay
from bedboard.city.target import check_url, demo_token, read_tokens
from bedboard.city.toronto import read_days
from bedboard.clock import Clock
from bedboard.demo import GREETING, NotADemo, demo_database, is_empty
from bedboard.live.wire import WEBSOCKET_OPTIONS
from bedboard.log import set_up_log
from bedboard.migrations.run import migrate_now
from bedboard.push import new_push_key
from bedboard.rules.refusals import Refusal
from bedboard.seeds import load_seeds, read_seed_file
from bedboard.settings import SEEDS, Settings
from bedboard.store.database import Database
from bedboard.store.seal import Seal, new_key

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console()
Result = TypeVar("Result")


def fail(sentence: str) -> NoReturn:
    Console(stderr=True).print(sentence, style="bold red", highlight=False, markup=False, soft_wrap=True)
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
    except ValidationError as error:
        fail("\n".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()))
    except IntegrityError as error:
        fail(f"that does not fit what is in the database: {str(error.orig).splitlines()[0]}")


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
            build_app(settings, make_seal(settings)),
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            lifespan="on",
            log_config=None,
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
    try:
        migrate_now(database_url(read_settings()))
    except OSError as error:
        fail(f"the database does not answer: {error}")
    console.print("migrated")


@app.command()
def key() -> None:
    """Print a new key for BEDBOARD_SECRET_KEY."""
    print(new_key())


@app.command()
def push_keys() -> None:
    """Print the two settings with which devices can be woken; put your own address into the second."""
    print(f"BEDBOARD_PUSH_PRIVATE_KEY={new_push_key()}")
    print("BEDBOARD_PUSH_SUBJECT=mailto:you@bedboard.example")


@app.command()
def seed(file: Annotated[Path, typer.Argument(help="the seed file")]) -> None:
    """Load a seed file into an empty database."""
    settings = read_settings()
    loaded = run(_seed(settings, database_url(settings), file))
    console.print("loaded " + in_words(loaded))


def in_words(loaded: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {noun}" for noun, number in loaded.items())


async def _seed(settings: Settings, url: str, file: Path) -> dict[str, int]:
    try:
        seeds = read_seed_file(file)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        fail(f"{file} cannot be read: {error}")
    database = Database(url, pool_size=1, statement_seconds=30)
    try:
        async with database.transaction() as tx:
            loaded = await load_seeds(tx, seeds, make_seal(settings), Clock().now(), demo=settings.demo)
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


@app.command(name="import")
def import_command(
    source: Annotated[Literal["toronto"], typer.Argument(help="whose file it is")],
    file: Annotated[Path, typer.Argument(help="the CSV file")],
    date: Annotated[str, typer.Option(help="the night to load, like 2024-01-01")],
    as_of_now: Annotated[bool, typer.Option("--as-of-now", help="as if counted just now, instead of when it was")] = False,
) -> None:
    """Load real data into an empty database."""
    settings = read_settings()
    import_city(settings, database_url(settings), file, date, as_of_now=as_of_now)


def import_city(settings: Settings, url: str, file: Path, on: str, *, as_of_now: bool) -> None:
    """Loads one night with a progress bar, and lists every row that could not be used as it was."""
    try:
        day = choose_day(read_days(file), read_date(on))
    except Unusable as error:
        fail(str(error))
    for remark in day.remarks:
        console.print(
            f"line {remark.line}: {'put right' if remark.used else 'left out'}: {remark.why}", highlight=False, markup=False
        )

    async def load(progress: Callable[[int, int], None]) -> dict[str, int]:
        database = Database(url, pool_size=1, statement_seconds=60)
        try:
            async with database.transaction() as tx:
                return await load_day(
                    tx,
                    day,
                    make_seal(settings),
                    Clock().now(),
                    demo=settings.demo,
                    as_of_now=as_of_now,
                    progress=progress,
                )
        finally:
            await database.dispose()

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("places", total=None)
        loaded = run(load(lambda done, total: bar.update(task, completed=done, total=total)))
    left_out = sum(not remark.used for remark in day.remarks)
    console.print(f"loaded {in_words(loaded)}; {left_out} rows left out, {len(day.remarks) - left_out} put right")


def read_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is not a date like 2024-01-01")


@app.command(name="replay")
def replay_command(
    file: Annotated[Path, typer.Argument(help="the CSV file that was imported")],
    first: Annotated[str, typer.Option("--from", help="the first night, like 2024-01-02")],
    last: Annotated[str, typer.Option("--to", help="the last night")],
    speed: Annotated[float, typer.Option(min=0, max=100_000, help="days per minute; 0 is as fast as possible")] = 0.0,
    url: Annotated[str, typer.Option(help="where bedboard is")] = "http://127.0.0.1:8000",
    tokens: Annotated[Path | None, typer.Option(help="lines of a shelter id and its token; without it a demo's")] = None,
) -> None:
    """Move the board day after day through the public API, as the shelters' own systems would."""
    try:
        days = choose_days(read_days(file), read_date(first), read_date(last))
        token_of = read_tokens(tokens) if tokens else demo_token
        origin = check_url(url, own_tokens=tokens is not None)
    except Unusable as error:
        fail(str(error))
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("updates", total=None)

        def show(summary: Summary) -> None:
            bar.update(task, completed=summary.done, total=summary.total, description=str(summary.day))

        summary = asyncio.run(replay(days, origin, token_of, speed=speed, progress=show))
    if speed and summary.seconds > 1.1 * 60 / speed * summary.days:
        console.print(f"fell behind: asked for {speed:g} days a minute, reached {60 * summary.days / summary.seconds:.1f}")
    table = Table(show_header=False, box=None)
    for what, how_much in summary.lines():
        table.add_row(what, how_much)
    console.print(table)
    if summary.stopped is not None:
        fail(summary.stopped)


@app.command()
def demo(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="port to listen on")] = 8000,
    data: Annotated[Path | None, typer.Option(help="folder of the database")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="throw the demo's data away and start anew")] = False,
    seed_file: Annotated[Path, typer.Option("--seeds", help="what to load into an empty database")] = SEEDS / "demo.toml",
    toronto: Annotated[Path | None, typer.Option(help="load this city file instead of the seeds, as if counted now")] = None,
    date: Annotated[str, typer.Option(help="the night of the city file to load")] = "2024-01-01",
) -> None:
    """Start everything for a demonstration on this machine: database, data, pages."""
    settings = read_settings(demo=True, data=data, public_url=f"http://127.0.0.1:{port}")
    try:
        with demo_database(settings, fresh=fresh) as url:
            settings = settings.model_copy(update={"database_url": url})
            if run(is_empty(url)):
                if toronto is not None:
                    import_city(settings, url, toronto, date, as_of_now=True)
                else:
                    console.print("loaded " + in_words(run(_seed(settings, url, seed_file))))
            console.print(GREETING.format(url=settings.public_url), highlight=False, soft_wrap=True)
            serve_forever(settings, "127.0.0.1", port)
    except NotADemo as error:
        fail(str(error))
    except embedded.EmbeddedError as error:
        fail(str(error))


def main() -> None:
    sys.exit(app())
