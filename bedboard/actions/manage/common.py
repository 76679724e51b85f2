"""What changes of the administration have in common: the facts that were seen, the differences, the line in the journal.

A page shows what it is about to replace. The stamp of those facts comes back with the change, so that nothing is overwritten
that somebody else changed meanwhile.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bedboard.actions.roles import check_role
from bedboard.actions.saving import journal_row
from bedboard.rules.access import Actor
from bedboard.rules.refusals import Conflict, NotAllowed
from bedboard.store.database import Transaction
from bedboard.store.journal import write_journal

Facts = Mapping[str, Any]
"""What a page shows of a thing and may replace, by field: texts, numbers, lists and mappings of these."""


def stamp_of(facts: Facts) -> str:
    """Return a short mark of these facts, the same wherever they are the same."""
    written = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def check_seen(seen: str | None, facts: Facts, **detail: str) -> None:
    """Refuse a change of facts that are not any more what its author saw; None is not checked. Refusal: Conflict.

    `detail`: further facts for the words of the refusal.
    """
    if seen is not None and seen != stamp_of(facts):
        raise Conflict("facts_changed", **detail)


def differences(before: Facts, after: Facts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return only the fields that differ, as they were and as they are."""
    names = [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]
    return {name: before.get(name) for name in names}, {name: after.get(name) for name in names}


async def check_admin(tx: Transaction, actor: Actor) -> None:
    """Refuse everybody but an administrator, after the locks. Refusal: NotAllowed."""
    if actor.role != "admin":
        raise NotAllowed("not_your_role")
    await check_role(tx, actor)


async def write_about(
    tx: Transaction, actor: Actor, action: str, subject: str, before: Facts | None, after: Facts | None, now: datetime
) -> None:
    """Write a line in the journal about a thing that is no shelter. `subject`: a noun and an id, as "person sanne"."""
    row = journal_row(actor, action, None, before, after, now)
    await write_journal(tx, [row | {"shelter_id": None, "version": 0, "subject": subject}])
