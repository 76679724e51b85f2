"""The journal of signing in: one row for everything that gives, proves or takes access, never changed itself."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import insert, text

from bedboard.store.database import Transaction, marks_of
from bedboard.store.tables.passkeys import SignIn

ADD_ROW = insert(SignIn)


async def write_sign_in(tx: Transaction, row: dict[str, Any]) -> None:
    """Add the row (columns of SignIn without its id and tag)."""
    await (await tx.connection()).execute(ADD_ROW, [row | {"tag": marks_of(tx).tag("sign_in", row)}])


COUNT_WRONG = text("""
    select count(*) from sign_in
    where at > :since and what = 'code_tried' and result = 'wrong_code' and network is not distinct from :network
""")


async def count_wrong_codes(tx: Transaction, network: str | None, since: datetime) -> int:
    """Count the wrong codes from this class of network since a moment."""
    return int((await (await tx.connection()).execute(COUNT_WRONG, {"network": network, "since": since})).scalar_one())


COUNT_REFUSED = text("""
    select count(*) from sign_in where at > :since and result <> 'done' and network is not distinct from :network
""")


async def count_refused(tx: Transaction, network: str | None, since: datetime) -> int:
    """Count what was refused to this class of network since a moment."""
    return int((await (await tx.connection()).execute(COUNT_REFUSED, {"network": network, "since": since})).scalar_one())


class SignInRow(NamedTuple):
    """A line of the journal. `actor` None: nobody known; bedboard's own command has the name of none."""

    at: datetime
    what: str
    method: str | None
    device: str | None
    result: str
    session: str | None
    network: str | None
    actor: str | None
    actor_role: str | None
    person: str | None
    person_role: str | None


LIST = text("""
    select s.at, s.what, s.method, s.device, s.result, s.session, s.network,
        a.name as actor, coalesce(s.role, a.role) as actor_role, p.name as person, p.role as person_role
    from sign_in s
    left join person a on s.actor_kind = 'person' and a.id = s.actor_id
    left join person p on p.id = s.person_id
    where (cast(:person_id as text) is null or s.person_id = :person_id) and s.at >= :since and s.at < :until
    order by s.at desc, s.id desc limit :most offset :skipped
""")


async def list_sign_ins(
    tx: Transaction, person_id: str | None, since: datetime, until: datetime, most: int, skipped: int = 0
) -> Sequence[SignInRow]:
    """Return the lines about a person, or for None about everybody, from `since` and before `until`, the newest first."""
    wanted = {"person_id": person_id, "since": since, "until": until, "most": most, "skipped": skipped}
    return [SignInRow(*row) for row in await (await tx.connection()).execute(LIST, wanted)]
