"""Why a command failed, as one sentence for the person who gave it."""

from collections.abc import Iterator

from bedboard.rules.refusals import Refusal, Unavailable
from bedboard.store.causes import cause_of

# By the database's own code (SQLSTATE). The database's message follows; it names users and databases, never a password.
BY_STATE = {
    "28000": "the database does not know this user",
    "28P01": "the database does not accept this user and password",
    "3D000": "there is no such database",
    "42501": "this user of the database may not do that",
    "42P07": "this database has other tables than bedboard's",
    "55P03": "the database is busy, try again",
    "25006": "this database is read-only",
    "53300": "the database has no connection left",
}
BY_CODE = {
    "not_empty": "this database is not empty: data is loaded once, into a database with nothing in it",
    "no_such_person": "there is no such person, or they have left",
    "no_such_token": "there is no such token; `bedboard token list` shows their ids",
    "token_ended": "this token was ended; make a new one",
    "rotated_lately": "this token was made again less than a day ago, and the one before counts too; wait, or end it",
    "tokens_full": "this shelter or organization has as many tokens as it can have; end one first",
}
BY_CONSTRAINT = {
    "fk_client_shelter_id": "there is no such shelter",
    "fk_client_organization_id": "there is no such organization",
}


class Failure(Exception):
    """One sentence that says why a command failed."""


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what caused it, down to the driver's own."""
    seen: list[BaseException] = []
    while error not in seen:
        seen.append(error)
        yield error
        error = getattr(error, "orig", None) or error.__cause__ or error


def sentence_of(error: Exception) -> str | None:
    """Return what an error means to the person at the command line; None: it is a mistake in the code."""
    *_, last = causes = list(chain(error))
    for one in reversed(causes):  # the driver's own error first: it says most
        state, constraint = getattr(one, "sqlstate", None), getattr(one, "constraint_name", None)
        first_line = (str(one).splitlines() or [""])[0]
        if constraint in BY_CONSTRAINT:
            return BY_CONSTRAINT[constraint]
        if state in BY_STATE:
            return f"{BY_STATE[state]}: {first_line}"
        if state is not None and state.startswith("23"):
            return f"that does not fit what is in the database: {first_line}"
    if isinstance(last, TimeoutError):
        return "the database does not answer in time"
    if any(isinstance(one, OSError | Unavailable) for one in causes) or cause_of(error).kind in ("away", "busy", "full"):
        return f"the database does not answer: {(str(last).splitlines() or [''])[0]}"
    return BY_CODE.get(error.code, f"refused: {error.code}") if isinstance(error, Refusal) else None
