"""`bedboard seed` and `bedboard import`: load data into an empty database."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from bedboard.city.load import load_day
from bedboard.city.programmes import Unusable, choose_day
from bedboard.city.toronto import read_days
from bedboard.commands.databases import clock_of, database_url, make_seal, migrated_database, mistakes_of, run
from bedboard.commands.failures import Failure
from bedboard.schemas.seeds import SeedFile
from bedboard.seed_cases import play_cases
from bedboard.seed_nights import NIGHTS, play_nights
from bedboard.seed_past import play_past
from bedboard.seeds import load_seeds, read_seed_file
from bedboard.settings import Settings
from bedboard.store.past import list_present


def in_words(loaded: Mapping[str, int]) -> str:
    """Return numbers with their nouns in the plural, such as "shelters: 1"; so no noun has to follow its number."""
    return ", ".join(f"{noun}: {number}" for noun, number in loaded.items())


def read_seeds(file: Path) -> SeedFile:
    """Read a seed file. Raises Failure with everything that is wrong in it."""
    try:
        return read_seed_file(file)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Failure(f"{file} cannot be read: {error}") from None
    except OSError as error:
        raise Failure(f"{error.filename or file} cannot be read: {error.strerror or error}") from None
    except ValidationError as error:
        raise Failure(mistakes_of(error)) from None


def seed_database(settings: Settings, file: Path) -> Mapping[str, int]:
    """Load a seed file into an empty database, and return how many rows of each noun. Raises Failure."""
    url = database_url(settings)

    async def load() -> Mapping[str, int]:
        seeds = read_seeds(file)
        seal = make_seal(settings)
        async with migrated_database(url, seal.marks, statement_seconds=30) as database, database.transaction() as tx:
            now = (await clock_of(tx)).now()
            since = now - NIGHTS if settings.demo else None
            loaded = await load_seeds(tx, seeds, seal, now, demo=settings.demo, since=since)
            if not settings.demo:
                return loaded
            began = await list_present(tx)
            cases = await play_cases(tx, seeds, seal, now)
            await play_nights(tx, seeds, began, now)
            return {**loaded, "cases": cases, "searches of the past": await play_past(tx, seeds, now)}

    return run(load())


def import_city(settings: Settings, file: Path, on: date, *, as_of_now: bool) -> None:
    """Load one night with a progress bar, and list every row that could not be used as it was. Raises Failure."""
    url = database_url(settings)
    console = Console()
    try:
        day = choose_day(read_days(file), on)
    except Unusable as error:
        raise Failure(str(error)) from None
    for remark in day.remarks:
        console.print(
            f"line {remark.line}: {'put right' if remark.used else 'left out'}: {remark.why}", highlight=False, markup=False
        )
    seal = make_seal(settings)

    async def load(progress: Callable[[int, int], None]) -> dict[str, int]:
        async with migrated_database(url, seal.marks, statement_seconds=60) as database, database.transaction() as tx:
            now = (await clock_of(tx)).now()
            return await load_day(tx, day, seal, now, demo=settings.demo, as_of_now=as_of_now, progress=progress)

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("places", total=None)
        loaded = run(load(lambda done, total: bar.update(task, completed=done, total=total)))
    left_out = sum(not remark.used for remark in day.remarks)
    console.print(f"loaded {in_words(loaded)}; rows left out: {left_out}, put right: {len(day.remarks) - left_out}")
