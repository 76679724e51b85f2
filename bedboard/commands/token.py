"""`bedboard token`: makes a bearer token for a program."""

from bedboard.actions.setup import add_client
from bedboard.clock import Clock
from bedboard.commands.databases import database_url, migrated_database, run, settings_for_command
from bedboard.commands.failures import Failure
from bedboard.rules.clients import ClientRole, unfit_name


def make_token(name: str, role: ClientRole, shelter_id: str | None, organization_id: str | None) -> str:
    """Add a client and return its token, which is kept nowhere. Raises Failure."""
    if why := unfit_name(name):
        raise Failure(f"a token is named after a program, such as 'roster-linde': {why}")
    if role == "machine" and shelter_id is None:
        raise Failure("a machine reports for one shelter: name it with --shelter")
    if role != "machine" and shelter_id is not None:
        raise Failure(f"--shelter is for a machine, and this token is for the role {role}")
    url, clock = database_url(settings_for_command()), Clock()
    secret = clock.new_token()

    async def make() -> None:
        async with migrated_database(url) as database, database.transaction() as tx:
            await add_client(
                tx,
                client_id=clock.new_id(),
                name=name,
                role=role,
                token=secret,
                now=clock.now(),
                organization_id=organization_id,
                shelter_id=shelter_id,
            )

    run(make())
    return secret
