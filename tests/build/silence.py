"""What time alone brings to cases, looked for as the job of every process looks for it."""

from collections.abc import Sequence
from datetime import datetime

from bedboard.actions.case_lock import LockedCase
from bedboard.actions.silence import (
    close_desk,
    find_lapsed,
    find_late,
    find_left_by_desk,
    find_silent,
    lapse_case,
    tell_late,
    tell_silence,
)
from bedboard.rules.cases import Patience
from bedboard.store.database import Database
from tests.build.cases import DESK_KINDS, ZONE
from tests.build.rows import do, looking

PATIENCE = Patience()


async def look_round(database: Database, at: datetime, patience: Patience = PATIENCE) -> list[tuple[str, list[str]]]:
    """As the job does it in one process, a little later: what this process has to tell, and to which shelters."""
    found: list[tuple[str, Sequence[str]]] = []
    for find, tell_it in (
        (lambda tx: find_silent(tx, patience, at), lambda tx, case_id: tell_silence(tx, case_id, patience, at)),
        (lambda tx: find_left_by_desk(tx, DESK_KINDS), lambda tx, case_id: close_desk(tx, case_id, ZONE, at)),
        (lambda tx: find_late(tx, ZONE, at), lambda tx, case_id: tell_late(tx, case_id, ZONE, at)),
        (lambda tx: find_lapsed(tx, at), lambda tx, case_id: lapse_case(tx, case_id, at, ZONE)),
    ):
        for case_id in await do(database, find):
            case: LockedCase = await do(database, lambda tx, case_id=case_id, tell_it=tell_it: tell_it(tx, case_id))  # type: ignore[misc]
            found += case.events
    return [(what, list(shelters)) for what, shelters in found]


async def nothing(database: Database, at: datetime, patience: Patience = PATIENCE) -> bool:
    """There is nothing to tell at this moment, and looking for it leaves no trace."""
    async with looking(database) as seen:
        said = await look_round(database, at, patience)
    return said == [] and seen.nothing
