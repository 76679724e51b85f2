"""`bedboard enrol`: makes a code for a person, such as the first administrator, whom nobody else can let in."""

from bedboard.actions.enrolment import MadeCode, make_code
from bedboard.commands.databases import clock_of, database_url, make_seal, migrated_database, run, settings_for_command
from bedboard.rules.access import Actor
from bedboard.rules.devices import CODE_LASTS

COMMAND = Actor("system", "enrol", "admin", "bedboard", None, frozenset())
"""The actor in the journal for a code that was made on the server."""


def print_code(person_id: str) -> str:
    """Make a code for this person, and return what to tell them. Raises Failure."""
    settings = settings_for_command()
    url, seal = database_url(settings), make_seal(settings)

    async def make() -> MadeCode:
        async with migrated_database(url, seal.marks) as database, database.transaction() as tx:
            return await make_code(tx, COMMAND, person_id, seal, await clock_of(tx))

    return in_words(run(make()), settings.public_url)


def in_words(made: MadeCode, public_url: str) -> str:
    """Return the code, and on the next line the name of its person and the address at which they type it."""
    minutes = int(CODE_LASTS.total_seconds() // 60)
    return f"{made.code}\nfor {made.person.name}, within {minutes} minutes, at {public_url}/enrol"
