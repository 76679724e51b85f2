"""The commands of bedboard, their arguments and options. Each imports its work when it runs."""

import gc
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from bedboard.rules.clients import PERIODS, SCOPES, ClientRole

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="A real-time board of shelter places for victims of human trafficking.",
)
Port = Annotated[int, typer.Option(min=1, max=65_535, help="port to listen on")]


def read_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date like 2024-01-01") from None


def say_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"bedboard {version('bedboard')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=say_version, is_eager=True, help="Show the version.")] = False,
) -> None:
    pass


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(min=1, max=64, help="processes that serve, all on this port")] = 1,
) -> None:
    """Serve the board from the database in DATABASE_URL."""
    gc.disable()  # all imports stay: the collector would go through them again and again, and find nothing
    from bedboard.commands.serve import serve

    gc.freeze()
    gc.enable()
    serve(host, port, workers)


@app.command()
def init(
    admin: Annotated[str, typer.Option(help="name of the first administrator, as screens show it")] = "",
    organization: Annotated[str, typer.Option(help="name of the organization of this administrator")] = "",
    name: Annotated[str | None, typer.Option(help="name of the deployment; without it that in the file")] = None,
    file: Annotated[Path | None, typer.Option(help="units, kinds of place and desk hours; without it the Dutch set")] = None,
    server: Annotated[
        str | None, typer.Option(help="address of an administrator of PostgreSQL, to make what is missing")
    ] = None,
    sql: Annotated[bool, typer.Option("--sql", help="only print the SQL that makes both users and the database")] = False,
) -> None:
    """Set up an empty database, and print the code of its first administrator, this once."""
    from bedboard.commands.init import init, statements_for_server

    print(statements_for_server() if sql else init(admin, organization, name, file, server), end="" if sql else "\n")


@app.command()
def migrate() -> None:
    """Bring the database to the newest migration, as its owner, and give the user in DATABASE_URL its rights."""
    from bedboard.commands.databases import database_url, run, settings_for_command
    from bedboard.migrations.run import migrate

    settings = settings_for_command()
    web_url = database_url(settings)
    run(migrate(settings.owner_url or web_url, web_url=web_url))
    print("migrated")


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="the new file")]) -> None:
    """Write the whole database to a new file, without the keys that open what is sealed in it."""
    from bedboard.commands.backup import back_up

    print(back_up(file))


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="the file of a backup")]) -> None:
    """Read a backup into an empty database."""
    from bedboard.commands.backup import restore

    print(restore(file))


@app.command()
def verify(
    head: Annotated[Path | None, typer.Option(help="file with the head of the chain; without it BEDBOARD_AUDIT_HEAD")] = None,
) -> None:
    """Look through the whole audit trail for a row that was changed, deleted or put in between."""
    from bedboard.commands.verify import verify

    print(verify(head))


@app.command()
def key() -> None:
    """Print a new key for BEDBOARD_SECRET_KEY."""
    from bedboard.store.seal import new_key

    print(new_key())


@app.command()
def push_keys() -> None:
    """Print two settings for push messages; put your own address in one."""
    from bedboard.push import new_push_key

    print(f"BEDBOARD_PUSH_PRIVATE_KEY={new_push_key()}")
    print("BEDBOARD_PUSH_SUBJECT=mailto:you@bedboard.example")


@app.command()
def seed(file: Annotated[Path, typer.Argument(help="the seed file")]) -> None:
    """Load a seed file into an empty database."""
    from bedboard.commands.databases import settings_for_command
    from bedboard.commands.load import in_words, seed_database

    print("loaded " + in_words(seed_database(settings_for_command(), file)))


class TokenGroup(TyperGroup):
    """The commands about tokens; `token NAME` without one of them makes a token for a program of this name."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


token = typer.Typer(cls=TokenGroup, no_args_is_help=True, rich_markup_mode=None)
app.add_typer(
    token, name="token", help="Make a bearer token for an API client with `token NAME --role ROLE`; list, rotate, end."
)


@token.command("make")
def make_token(
    name: Annotated[str, typer.Argument(help="the program that gets it, as the journal will call it; never a person")],
    role: Annotated[ClientRole, typer.Option(help="whose work it does")],
    shelter: Annotated[str | None, typer.Option(help="the shelter of a machine")] = None,
    organization: Annotated[str | None, typer.Option(help="the organization of a client that seeks")] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help=f"what it may do: {', '.join(SCOPES)}; default: all of its role")
    ] = None,
    days: Annotated[int, typer.Option(help="for how many days it counts")] = PERIODS[-1],
) -> None:
    """Make a bearer token for an API client and print it, this once."""
    from bedboard.commands.token import add_token

    print(add_token(name, role, shelter, organization, scope or (), days))


@token.command("list")
def list_tokens() -> None:
    """List the tokens: for which program, until when they count, and when they were last used. Never the tokens themselves."""
    from bedboard.commands.token import COLUMNS, describe_tokens

    for row in (COLUMNS, *describe_tokens()):
        print("\t".join(row))


@token.command("rotate")
def rotate_token(client: Annotated[str, typer.Argument(help="the id of the client, as `token list` shows it")]) -> None:
    """Make the token of a client again and print the new one, this once; the one before counts for a day more."""
    from bedboard.commands.token import renew_token

    print(renew_token(client))


@token.command("end")
def end_token(client: Annotated[str, typer.Argument(help="the id of the client, as `token list` shows it")]) -> None:
    """End the token of a client at once."""
    from bedboard.commands.token import stop_token

    print(stop_token(client))


@app.command()
def enrol(person: Annotated[str, typer.Argument(help="the id of the person, as in the seed file")]) -> None:
    """Make a code with which somebody makes a first passkey, such as the first administrator, and print it, this once."""
    from bedboard.commands.enrol import print_code

    print(print_code(person))


@app.command(name="import")
def import_command(
    source: Annotated[Literal["toronto"], typer.Argument(help="the city that made the file")],
    file: Annotated[Path, typer.Argument(help="the CSV file")],
    night: Annotated[str, typer.Option("--date", help="the night to load, like 2024-01-01")],
    as_of_now: Annotated[bool, typer.Option("--as-of-now", help="as if counted just now, instead of when it was")] = False,
) -> None:
    """Load real data into an empty database."""
    from bedboard.commands.databases import settings_for_command
    from bedboard.commands.load import import_city

    import_city(settings_for_command(), file, read_date(night), as_of_now=as_of_now)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="the CSV file that was imported")],
    first: Annotated[str, typer.Option("--from", help="the first night, like 2024-01-02")],
    last: Annotated[str, typer.Option("--to", help="the last night")],
    speed: Annotated[float, typer.Option(min=0, max=100_000, help="days per minute; 0 is as fast as possible")] = 0.0,
    url: Annotated[str, typer.Option(help="where bedboard is")] = "http://127.0.0.1:8000",
    tokens: Annotated[Path | None, typer.Option(help="lines of a shelter id and its token; without it a demo's")] = None,
) -> None:
    """Move the board day after day through its API, as shelters would."""
    from bedboard.commands.replay import replay_city

    replay_city(file, read_date(first), read_date(last), speed, url, tokens)


@app.command()
def demo(
    port: Port = 8000,
    data: Annotated[Path | None, typer.Option(help="folder of the database")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="throw the demo's data away first")] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="let no program play the shelters that nobody is signed in for")
    ] = False,
    speed: Annotated[float, typer.Option(min=0.1, max=1_000, help="how fast that program plays; 1 is like people")] = 1.0,
    seeds: Annotated[Path | None, typer.Option(help="load this file into an empty database, not the invented data")] = None,
    toronto: Annotated[Path | None, typer.Option(help="load this city file instead of the seeds, as if counted now")] = None,
    night: Annotated[str, typer.Option("--date", help="the night of the city file to load")] = "2024-01-01",
) -> None:
    """Start a demonstration on this machine: database, data, pages."""
    from bedboard.commands.demo import demo

    cast_speed = 0.0 if quiet else speed
    demo(port, data, fresh=fresh, cast_speed=cast_speed, seed_file=seeds, toronto=toronto, night=read_date(night))


def main() -> None:
    """Run the command of this process. A refusal is one sentence on standard error, and a status that is not 0."""
    try:
        status = app(standalone_mode=False)
    except typer.TyperException as error:
        print(error.format_message().replace("Value error, ", ""), file=sys.stderr)
        sys.exit(error.exit_code)
    except typer.Abort:
        sys.exit(1)
    except Exception as error:
        from bedboard.commands.failures import Failure
        from bedboard.embedded.errors import EmbeddedError

        if not isinstance(error, (Failure, EmbeddedError)):
            raise
        print(error, file=sys.stderr)
        sys.exit(1)
    sys.exit(status or 0)
