"""Why the database did not do it: the one place that tells an error of the database from a mistake of ours.

First by SQLSTATE, the code that the server gives; then by its class, the first two signs; then by the class of the driver's
error, because a server that is gone gives no code.
"""

from typing import Literal, NamedTuple

import asyncpg
from sqlalchemy.exc import DBAPIError, EmulatedDBAPIException
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bedboard.rules.refusals import Busy, Conflict, Refusal, Unavailable

Kind = Literal["away", "read_only", "full", "busy", "conflict", "bug"]
"""away: it does not answer, or cannot reach its own files. busy: nothing is wrong, others were in the way.

conflict: somebody else has changed the same at the same moment. bug: a mistake of ours.
"""

BY_STATE: dict[str, Kind] = {
    "25006": "read_only",
    "25P03": "away",  # our process stood still within a transaction, and the server has ended that
    "25P04": "away",
    "53100": "full",
    "53300": "busy",  # no connection is left
    "57014": "busy",  # the statement took too long, mostly by waiting for locks one after another
    "55P03": "busy",  # waited too long for a lock
    "40003": "away",  # nobody knows whether the statement was completed
    "23503": "conflict",  # the row that another one points to has just gone
    "23505": "conflict",
    "23P01": "conflict",
    "XX001": "away",  # a damaged file
    "XX002": "away",
}
BY_CLASS: dict[str, Kind] = {
    "08": "away",  # the connection
    "28": "away",  # the server does not let us in any more
    "3D": "away",  # the database has gone
    "40": "busy",  # in conflict with another transaction, or in a deadlock with it
    "53": "away",  # no memory, no file handles
    "57": "away",  # shut down, starting, dropped
    "58": "away",  # the system under the server, such as its disk
    "F0": "away",  # a file of its settings
}
UNUSABLE = {"25006", "25P03", "25P04", "57P01", "57P02", "57P03", "57P04", "57P05"}
"""The server has ended this connection, or another server may have become the one to write to."""

FILES = {"md.c", "fd.c", "smgr.c", "bufmgr.c", "xlog.c", "xlogutils.c", "slru.c", "relmapper.c", "copydir.c", "buffile.c"}
"""The parts of PostgreSQL that open files. From them 42501 says that the server may not open one of its own."""

GONE = (ConnectionError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)
"""Errors of a connection that does not work any more. Those of the caller's own work cannot be among them."""

NOT_REACHED = (*GONE, OSError, DBAPIError, PoolTimeout, asyncpg.PostgresError, asyncpg.InternalClientError)
"""All errors of a new connection."""


class Cause(NamedTuple):
    """`name`: the SQLSTATE, or the class of the error where there is none. `is_lost`: do not use the connection again."""

    kind: Kind
    name: str
    is_lost: bool = False


def cause_of(error: BaseException) -> Cause:
    """Return why the database did not do it."""
    if isinstance(error, PoolTimeout):  # our own connections are all at work
        return Cause("busy", "pool")
    driver = _driver_error(error)
    is_lost = isinstance(driver, (*GONE, OSError)) or (isinstance(error, DBAPIError) and error.connection_invalidated)
    state = getattr(driver, "sqlstate", None)
    if isinstance(driver, asyncpg.TargetServerAttributeNotMatched):  # servers answer, and none of them can be written to
        return Cause("read_only", type(driver).__name__, is_lost=True)
    if state is None:
        return Cause("away" if is_lost else "bug", type(driver).__name__, is_lost)
    kind = _kind_of(state, getattr(driver, "server_source_filename", None))
    return Cause("away" if is_lost and kind == "bug" else kind, state, is_lost or state in UNUSABLE)


def refusal_of(cause: Cause, away: str) -> Refusal | None:
    """Return the refusal for this cause; `away`: its code while the database is away. None: it is a mistake of ours."""
    if cause.kind == "busy":
        return Busy()
    if cause.kind == "conflict":
        return Conflict("changed_meanwhile")
    code = {"away": away, "full": "database_full", "read_only": "database_read_only"}.get(cause.kind)
    return None if code is None else Unavailable(code)


def _kind_of(state: str, source: str | None) -> Kind:
    if state == "42501" and source in FILES:
        return "away"
    return BY_STATE.get(state) or BY_CLASS.get(state[:2]) or "bug"


def _driver_error(error: BaseException) -> BaseException:
    """Return the error of the driver that SQLAlchemy has wrapped; the error itself when there is none in it."""
    inner = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(inner, EmulatedDBAPIException) and inner.__cause__ is not None:
        return inner.__cause__
    return inner or error
