"""One account of OpenID Connect that two people connect at once: it is of the first, and the second hears why."""

import asyncio

import pytest

from bedboard.actions.accounts import add_account
from bedboard.rules.access import Actor
from bedboard.store.database import Database
from tests.actions.races import Action, not_yet_committed, outcome, waits
from tests.build import FixedClock
from tests.build.cases import ANNEKE, MARK
from tests.build.rows import every_row, run

SUBJECT = b"one and the same"


def connecting(who: Actor, clock: FixedClock) -> Action:
    return lambda tx: add_account(tx, who, SUBJECT, clock, method="oidc")


@pytest.mark.parametrize("is_unique", [False, True], ids=["no constraint", "constraint"])
async def test_of_two_people_that_connect_one_account_at_once_the_first_has_it(
    pools: tuple[Database, Database], clock: FixedClock, is_unique: bool
) -> None:
    if not is_unique:
        await run(pools[0], "drop index uq_account_living_subject_hash")
    async with not_yet_committed(pools[0], connecting(MARK, clock)):
        waiting = asyncio.create_task(outcome(pools[1], connecting(ANNEKE, clock)))
        if is_unique:
            await waits(pools[0])
        else:
            await waiting
    assert await waiting == ("account_of_other" if is_unique else "done")
    rows = await every_row(pools[0])
    owners = sorted(row["person_id"] for key, row in rows.items() if key[0] == "account")
    assert owners == (["mark"] if is_unique else ["anneke", "mark"])
