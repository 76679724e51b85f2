"""`bedboard token`: makes bearer tokens for programs, lists them, makes them again and ends them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, tzinfo
from typing import TypeVar

from bedboard.actions.manage.tokens import TokenFacts, end_token, make_token, rotate_token
from bedboard.clock import Clock
from bedboard.commands.databases import clock_of, database_url, make_seal, migrated_database, run, settings_for_command
from bedboard.commands.failures import Failure
from bedboard.rules.access import Actor
from bedboard.rules.clients import OVERLAP, PERIODS, SCOPES_OF, ClientRole, Scope, check_token, unfit_name
from bedboard.rules.refusals import Invalid
from bedboard.store.clients import ClientRow, list_clients
from bedboard.store.database import Transaction

Result = TypeVar("Result")

COMMAND = Actor("system", "token", "admin", "bedboard", None, frozenset())
"""The actor in the journal for a token that was made, rotated or ended on the server."""

COLUMNS = ("id", "program", "role", "for", "may", "counts until", "last used")


def _in_database(work: Callable[[Transaction, datetime], Awaitable[Result]]) -> Result:
    """Do the work in one transaction, with the key of the audit trail. Raises Failure."""
    settings = settings_for_command()
    url, seal = database_url(settings), make_seal(settings)

    async def do() -> Result:
        async with migrated_database(url, seal.marks) as database, database.transaction() as tx:
            return await work(tx, (await clock_of(tx)).now())

    return run(do())


def _sentence(wrong: Invalid, role: str) -> str:
    """Return why there can be no such token, for the person at the command line."""
    said = {
        "shelter_needed": "a machine reports for one shelter: name it with --shelter",
        "only_for_machine": f"--shelter is for a machine, and this token is for the role {role}",
        "organization_needed": f"a token for the role {role} acts for an organization: name it with --organization",
        "not_for_role": f"the role {role} has other scopes: {', '.join(_scopes_of(role)) or 'none'}",
        "scope_needed": "say what the token may do with --scope",
        "unknown_location": "there is no such shelter",
        "unknown_organization": "there is no such organization",
        "no_callback": f"this organization has no number to be called back for the role {role}: give it one first",
        "program_taken": "there is a token for a program of this name already: rotate it, or take another name",
    }
    return said[wrong.fields[0].code]


def _scopes_of(role: str) -> Sequence[Scope]:
    return next((scopes for one, scopes in SCOPES_OF.items() if one == role), ())


def add_token(
    name: str,
    role: ClientRole,
    shelter_id: str | None,
    organization_id: str | None,
    scopes: Sequence[str],
    days: int,
) -> str:
    """Add a client and return its token, which is kept nowhere. No scopes: all of its role. Raises Failure."""
    if why := unfit_name(name):
        raise Failure(f"a token is named after a program, such as 'roster-linde': {why}")
    if not 0 < days <= PERIODS[-1]:
        raise Failure(f"a token counts for 1 to {PERIODS[-1]} days")
    new = TokenFacts(name, role, frozenset(scopes or _scopes_of(role)), days, shelter_id, organization_id)
    clock = Clock()
    token = clock.new_token()

    async def make(tx: Transaction, now: datetime) -> str:
        return await make_token(tx, COMMAND, clock.new_id(), token, new, now)

    try:
        has = {"has_shelter": shelter_id is not None, "has_organization": organization_id is not None}
        check_token(role, new.scopes, **has)  # before a database is looked for
        _in_database(make)
    except Invalid as wrong:
        raise Failure(_sentence(wrong, role)) from None
    except Failure as failure:
        if isinstance(failure.__cause__, Invalid):
            raise Failure(_sentence(failure.__cause__, role)) from None
        raise
    return token


def describe_tokens() -> list[tuple[str, ...]]:
    """Return the tokens as rows of COLUMNS, those that were ended last. Raises Failure."""
    zone = settings_for_command().zone

    async def read(tx: Transaction, now: datetime) -> list[tuple[str, ...]]:
        return [_described(one, zone, now) for one in await list_clients(tx)]

    return _in_database(read)


def _described(one: ClientRow, zone: tzinfo, now: datetime) -> tuple[str, ...]:
    def local(moment: datetime | None) -> str:
        return "never" if moment is None else moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    if one.ended_at is not None:
        until = f"ended {local(one.ended_at)}"
    elif not one.terms.counts(now):
        until = f"expired {local(one.expires_at)}"
    else:
        until = "no end" if one.expires_at is None else local(one.expires_at)
    acts_for = one.shelter or one.organization or "-"
    return (one.id, one.name, one.role, acts_for, " ".join(one.scopes) or "-", until, local(one.used_at))


def renew_token(client_id: str) -> str:
    """Make the token of this program again, and return the new one with what becomes of the old one. Raises Failure."""
    token = Clock().new_token()

    async def rotate(tx: Transaction, now: datetime) -> None:
        await rotate_token(tx, COMMAND, client_id, token, now)

    _in_database(rotate)
    return f"{token}\nthe token before counts for {int(OVERLAP.total_seconds() // 3600)} hours more, if it has not expired"


def stop_token(client_id: str) -> str:
    """End the token of this program, and return what to say. Raises Failure."""

    async def end(tx: Transaction, now: datetime) -> None:
        await end_token(tx, COMMAND, client_id, now)

    _in_database(end)
    return "ended"
