"""`bedboard init`: from an empty PostgreSQL to a board with its first administrator."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from bedboard.actions.enrolment import MadeCode
from bedboard.actions.first_admin import add_first_admin
from bedboard.commands.databases import clock_of, make_seal, migrated_database, run, set_up_in
from bedboard.commands.enrol import in_words as code_in_words
from bedboard.commands.failures import Failure, chain
from bedboard.commands.load import in_words, read_seeds
from bedboard.commands.ready import settings_to_serve
from bedboard.migrations.run import migrate
from bedboard.migrations.users import database_of, make_users, statements, user_of
from bedboard.schemas.manage_forms import OrganizationName, PersonName
from bedboard.schemas.seeds import SeedFile
from bedboard.seeds import load_seeds
from bedboard.settings import SEEDS, Settings

DUTCH_SET = SEEDS / "netherlands.toml"
NOT_MADE_YET = ("28000", "28P01", "3D000", "42501")  # no such user, another password, no such database, may not make a user


def init(admin: str, organization: str, name: str | None, file: Path | None, server: str | None) -> str:
    """Set up an empty database, and return the code of its first administrator with what to do. Raises Failure.

    `name`: of the deployment; None: that of the file. `server`: the address of an administrator of the database server:
    with it, both users and the database are made where they are missing. Whatever fails, it may be given again.
    """
    settings, owner_url, web_url = _settings()
    _check_names(admin=admin, organization=organization)
    seeds = read_seeds(file or DUTCH_SET)
    if name is not None:
        seeds = seeds.model_copy(update={"deployment": seeds.deployment.model_copy(update={"name": name})})
    if server is not None:
        run(make_users(server, owner_url, web_url))
    try:
        _refuse_if_set_up(owner_url)
        run(migrate(owner_url, web_url=web_url))
    except Failure as error:
        raise Failure(_with_statements(error, owner_url, web_url)) from error
    made = run(_load(settings, web_url, seeds, organization, admin))
    units, kinds = len(seeds.unit), len(seeds.kind)
    return (
        f"{code_in_words(made, settings.public_url)}\n"
        f"set up: {seeds.deployment.name}, {in_words({'units': units, 'kinds of place': kinds})}\n"
        f"start bedboard now; another code: bedboard enrol {made.person.id}"
    )


def statements_for_server() -> str:
    """Return the SQL with which an administrator of the database server makes both users and the database. Raises Failure."""
    _, owner_url, web_url = _settings()
    return "".join(f"{one};\n" for one in statements(owner_url, web_url))


def _settings() -> tuple[Settings, str, str]:
    """Return the settings, and the addresses of the owner and the web user. Raises Failure with everything that is wrong."""
    wrong, settings = settings_to_serve()
    owner_url, web_url = settings.owner_url, settings.database_url
    if settings.demo:
        wrong.append("BEDBOARD_DEMO is set: a demo is set up by `bedboard demo`")
    if owner_url is None:
        if not any(line.startswith("BEDBOARD_OWNER_URL ") for line in wrong):
            wrong.append("BEDBOARD_OWNER_URL is not set: the address of the database as its owner")
    elif web_url is not None:
        if user_of(owner_url).name == user_of(web_url).name:
            wrong.append("BEDBOARD_OWNER_URL and DATABASE_URL name the same user: the one that serves must not be the owner")
        if database_of(owner_url) != database_of(web_url):
            wrong.append("BEDBOARD_OWNER_URL and DATABASE_URL name two databases")
    if wrong or owner_url is None or web_url is None:
        raise Failure("\n".join(wrong))
    return settings, owner_url, web_url


def _check_names(**names: str) -> None:
    """Refuse names that the pages of the administration would refuse. Raises Failure with all of them."""
    kinds: dict[str, TypeAdapter[str]] = {"admin": TypeAdapter(PersonName), "organization": TypeAdapter(OrganizationName)}
    wrong: list[str] = []
    for option, name in names.items():
        try:
            kinds[option].validate_python(name)
        except ValidationError:
            said = f"{name!r} is not a name" if name else "a name is needed"
            wrong.append(f"--{option}: {said}")
    if wrong:
        raise Failure("\n".join(wrong))


def _refuse_if_set_up(owner_url: str) -> None:
    found = run(set_up_in(owner_url))
    if found is None:
        return
    counts = {"organizations": found.organizations, "shelters": found.shelters, "places": found.places, "people": found.people}
    what = "a demo" if found.demo else f"{found.name!r}"
    said = f"this database is set up already: {what}, since {found.created_at:%Y-%m-%d}, with {in_words(counts)}"
    codes = "".join(f"\na new code for an administrator: bedboard enrol {one}" for one in found.admin_ids[:5])
    raise Failure(said + ("" if found.demo else codes))


def _with_statements(failure: Failure, owner_url: str, web_url: str) -> str:
    """Return the sentence of a failure; where users or the database are missing, with the SQL that makes them."""
    if not any(getattr(one, "sqlstate", None) in NOT_MADE_YET for one in chain(failure)):
        return str(failure)
    shown = "".join(f"  {one};\n" for one in statements(owner_url, web_url, hidden=True))
    return (
        f"{failure}\nan administrator of the database server makes what is missing, with --server ADDRESS or with the SQL"
        f" that `bedboard init --sql` prints:\n{shown}"
    ).rstrip()


async def _load(settings: Settings, web_url: str, seeds: SeedFile, organization: str, admin: str) -> MadeCode:
    seal = make_seal(settings)
    async with migrated_database(web_url, seal.marks, statement_seconds=30) as database, database.transaction() as tx:
        clock = await clock_of(tx)
        await load_seeds(tx, seeds, seal, clock.now(), demo=False)
        return await add_first_admin(tx, organization, admin, seal, clock)
