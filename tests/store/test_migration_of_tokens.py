"""A database in use, of before scopes: its tokens go on without an end, and may do what their roles could do."""

from collections.abc import AsyncIterator
from typing import get_args

import pytest

from bedboard.actions.signin import hash_token
from bedboard.migrations.run import migrate
from bedboard.rules.clients import SCOPES_OF, ClientRole
from bedboard.store.database import Database
from tests.build import NOW, SEAL
from tests.build.old import old_database
from tests.build.rows import do, find_client, run
from tests.build.statements import AT, CLIENT


def row(role: str) -> str:
    of, shelter = ("'oever'", "'linde'") if role == "machine" else ("null", "null")
    return f"{CLIENT} ('{role}', '\\x{hash_token(role).hex()}', 'roster', '{role}', {of}, {shelter}, false, {AT});"


OLD = f"""
insert into deployment (id, name, time_zone, demo, created_at) values (1, 'Test', 'Europe/Amsterdam', false, {AT});
insert into unit values ('noord', 'Noord-Nederland', 'NN', 2, 1);
insert into organization (id, name) values ('oever', 'Stichting Oever');
insert into shelter (id, organization_id, unit_code, name, version, created_at, intake_from_minutes, intake_until_minutes,
                     confirm_times, criteria, limits)
    values ('linde', 'oever', 'noord', 'Linde', 7, {AT}, 0, 1440, '{{08:00}}', '{{}}', '{{}}');
{"".join(map(row, get_args(ClientRole)))}
"""  # noqa: S608  (our own words)


@pytest.fixture
async def old(server_url: str) -> AsyncIterator[Database]:
    """A database at 0018 with a token of each role, migrated to the newest."""
    async with old_database(server_url, "0018", OLD) as url:
        await migrate(url)
        database = Database(url, SEAL.marks)
        yield database
        await database.dispose()


@pytest.mark.parametrize("role", get_args(ClientRole))
async def test_an_old_token_may_do_what_its_role_could_do(old: Database, role: ClientRole) -> None:
    found = await do(old, lambda tx: find_client(tx, hash_token(role), NOW, demo=False))
    assert (found.actor.role, found.until, found.used_at) == (role, None, None)
    assert found.actor.scopes == set(SCOPES_OF[role])


async def test_a_token_that_a_process_of_before_adds_may_only_read_the_board(old: Database) -> None:
    await run(old, f"{CLIENT} ('late', '\\x01', 'late', 'police', 'oever', null, false, {AT})")
    found = await do(old, lambda tx: find_client(tx, b"\x01", NOW, demo=False))
    assert found.actor.scopes == frozenset()
