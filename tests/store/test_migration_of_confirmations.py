"""A database in use, at the migration before confirmations by kind: every shelter is as old as it was."""

from collections.abc import AsyncIterator

import pytest

from bedboard.migrations.run import migrate
from bedboard.store.board import list_shelters
from bedboard.store.database import Database
from bedboard.store.reminders import list_confirmations
from tests.build import NOW
from tests.build.old import old_database

OLD = """
insert into deployment values (1, 'Test', 'Europe/Amsterdam', true, '2026-03-11 13:00+00');
insert into unit values ('noord', 'Noord-Nederland', 'NN', 2, 1);
insert into kind (code, position, name_nl, name_en, long_nl, long_en, decides)
    values ('cosm', 0, 'COSM', 'COSM', '', '', 'desk'), ('women', 1, 'Vrouwen', 'Women', '', '', 'shelter');
insert into organization values ('oever', 'Stichting Oever');
insert into shelter (id, organization_id, unit_code, name, version, confirmed_at, created_at, confirm_times, criteria, limits,
                     intake_from_minutes, intake_until_minutes, telephone_sealed, address_sealed)
    select lower(name), 'oever', 'noord', name, 7, at, '2026-03-01 13:00+00', '{08:00}', '{}', '{}', 0, 1440, '', ''
    from (values ('Eik', '2026-03-11 13:00+00'::timestamptz), ('Linde', '2026-03-11 13:00+00'), ('Wilg', null)) one (name, at);
insert into place (id, shelter_id, kind_code, position, label, beds, cots, state, since, observed_at)
    select shelter.id || '-' || kind.position, shelter.id, code, kind.position, code, 1, 0, 'open', created_at, created_at
    from shelter, kind;
insert into journal (received_at, observed_at, actor_kind, actor_id, action, shelter_id, version)
    values ('2026-03-11 12:00+00', '2026-03-11 12:00+00', 'client', 'system', 'count', 'eik', 6),
           ('2026-03-11 13:00+00', '2026-03-11 13:00+00', 'person', 'sanne', 'confirm', 'eik', 7),
           ('2026-03-11 12:00+00', '2026-03-11 12:00+00', 'person', 'sanne', 'confirm', 'linde', 5),
           ('2026-03-11 13:00+00', '2026-03-11 13:00+00', 'client', 'system', 'count', 'linde', 6),
           ('2026-03-11 13:00+00', '2026-03-11 13:00+00', 'person', 'mark', 'hold', 'linde', 7);
"""


@pytest.fixture
async def old_url(server_url: str) -> AsyncIterator[str]:
    async with old_database(server_url, "0004", OLD) as url:
        yield url


async def test_each_shelter_is_as_old_as_before_and_known_by_who_said_so(old_url: str) -> None:
    await migrate(old_url)
    database = Database(old_url)
    try:
        async with database.transaction() as tx:
            shelters = await list_shelters(tx)
            confirmations = await list_confirmations(tx)
    finally:
        await database.dispose()
    assert [(one.id, one.confirmed_at, one.confirmed_by_system, one.version) for one in shelters] == [
        ("eik", NOW, False, 7),
        ("linde", NOW, True, 7),
        ("wilg", None, False, 7),
    ]
    assert [(one.id, one.confirmed_at) for one in confirmations] == [("eik", NOW), ("linde", NOW), ("wilg", None)]
