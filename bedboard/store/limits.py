"""The last moment of a call: the server ends its transaction by itself then, however little it hears from this process."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import asyncpg

CALL_SECONDS = 8.0
"""How long a call may use the database in all. A phone gives up after 10, and must have heard by then what became of it."""
UPLOAD_SECONDS = 60.0
"""The same, for a call that brings a file."""
AHEAD_SECONDS = 0.25
"""How long before the last moment the server ends a transaction, so that this process mostly hears of it."""
OF_A_STATEMENT = 0.75
"""The part of what is left of a transaction that one statement of it may take."""
HAS_TRANSACTION_TIMEOUT = 17
"""The version of PostgreSQL with a limit on whole transactions. An older one has limits on each statement and each pause."""


class Limited(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
    """A connection that tells the server the last moment of a transaction, in the same trip as its beginning.

    `until`: a moment of the loop's clock; None: there is no such moment. `longest`: limits by the name of their setting, in
    seconds, that are never raised.
    """

    until: float | None = None
    longest: Mapping[str, float] = MappingProxyType({})

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        if self.until is not None and not args and query.startswith("BEGIN"):
            left = self.until - asyncio.get_running_loop().time() - AHEAD_SECONDS
            query += limits_for(left, self.get_server_version().major, self.longest)
        said: str = await super().execute(query, *args, **options)
        return said


def limits_for(left: float, version: int, longest: Mapping[str, float]) -> str:
    """Return the statements that give a transaction these seconds, on a server of this major version.

    Those of `longest` are limits of one statement, and begin with it. They are shorter, so that a call that only waits for
    others hears that it is busy before the server ends its connection.
    """
    whole = "transaction_timeout" if version >= HAS_TRANSACTION_TIMEOUT else "idle_in_transaction_session_timeout"
    wanted = {whole: left} | {name: min(left * OF_A_STATEMENT, seconds) for name, seconds in longest.items()}
    return "".join(f" SET LOCAL {name} = {max(1, int(1000 * seconds))};" for name, seconds in sorted(wanted.items()))
