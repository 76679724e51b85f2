"""A database from before the second wall: its secrets move to their own table, and its old rows are chained as they are."""

from collections.abc import AsyncIterator

import pytest

from bedboard.actions.disclosures import disclose_telephone
from bedboard.migrations.run import migrate
from bedboard.store.database import Database
from bedboard.store.rights import list_unfit
from tests.build import NOW, SEAL
from tests.build.audit import chain, verify
from tests.build.cases import HANNEKE
from tests.build.old import old_database
from tests.build.rows import do, run
from tests.build.site import web_url
from tests.build.statements import AT

OLD = """
insert into organization (id, name) values ('desk', 'Desk');
insert into unit values ('noord', 'Noord', 'NN', 1, 1);
insert into shelter (id, organization_id, unit_code, name, version, created_at, intake_from_minutes, intake_until_minutes,
                     confirm_times, criteria, limits, telephone_sealed, address_sealed)
    values ('linde', 'desk', 'noord', 'Linde', 1, {AT}, 0, 1440, '{}', '{}', '{}', '{TELEPHONE}', '{ADDRESS}');
insert into person (id, organization_id, name, role, demo) values ('hanneke', 'desk', 'Hanneke', 'desk', true);
insert into journal (received_at, observed_at, actor_kind, actor_id, action, shelter_id, version, before, after)
    select {AT}, {AT}, 'person', 'sanne', 'place', 'linde', n, null, '{"state": "open"}' from generate_series(1, 3) n;
insert into disclosure (at, actor_kind, actor_id, role, shelter_id, what, why)
    values ({AT}, 'person', 'hanneke', 'desk', 'linde', 'telephone', 'desk');
""".replace("{AT}", AT)


@pytest.fixture
async def old(server_url: str) -> AsyncIterator[Database]:
    rows = OLD.replace("{TELEPHONE}", SEAL.close("CANARY-TEL").decode()).replace("{ADDRESS}", SEAL.close("CANARY-ADR").decode())
    async with old_database(server_url, "0011", rows) as url:
        await migrate(url, web_url=web_url(url))
        database = Database(web_url(url), SEAL.marks)
        yield database
        await database.dispose()


async def test_an_old_database_serves_behind_the_second_wall(old: Database) -> None:
    assert await list_unfit(old, demo=False) == []
    seen = await do(old, lambda tx: disclose_telephone(tx, HANNEKE, "linde", SEAL, NOW, is_stale=False))
    assert seen == "CANARY-TEL"


async def test_old_rows_are_chained_as_they_are_and_watched_from_then_on(old: Database) -> None:
    assert (await verify(old))[1].waiting == 4
    head = await chain(old)
    findings, seen = await verify(old, head)
    assert (findings, seen.rows, seen.waiting) == ([], 4, 0)
    await run(old, "alter table journal disable trigger user")
    await run(old, 'update journal set after = \'{"state": "occupied"}\' where id = 2')
    assert (await verify(old, head))[0] == ["journal row 2 was changed"]
