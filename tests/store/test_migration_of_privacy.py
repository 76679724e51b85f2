"""A database in use, of before keys of their own: its cases, replies and sessions go on, and its devices are added again."""

from collections.abc import AsyncIterator

import pytest

from bedboard.actions.alerts import add_device
from bedboard.actions.idempotency import hash_key
from bedboard.actions.retention import forgetting
from bedboard.actions.signin import hash_token, sign_out
from bedboard.migrations.run import migrate
from bedboard.rules.access import Actor
from bedboard.rules.retention import Terms
from bedboard.store.alerts import Device
from bedboard.store.cases import get_case
from bedboard.store.database import Database
from tests.build import NOW, SEAL
from tests.build.old import old_database
from tests.build.push import own_devices
from tests.build.rows import do, every_row, run

AT = "'2026-03-11 13:00+00'"
MARK = Actor("person", "mark", "police", "Mark", "oever", frozenset())
TOKEN = hash_token("t")
OLD = f"""
insert into deployment (id, name, time_zone, demo, created_at) values (1, 'Test', 'Europe/Amsterdam', true, {AT});
insert into unit values ('noord', 'Noord-Nederland', 'NN', 2, 1);
insert into organization values ('oever', 'Stichting Oever');
insert into person (id, organization_id, name, role, demo) values ('mark', 'oever', 'Mark', 'police', true);
insert into session (token_hash, person_id, created_at, used_at) values ('\\x{TOKEN.hex()}', 'mark', {AT}, {AT});
insert into push_subscription (endpoint, person_id, token_hash, p256dh, auth, created_at)
    values ('https://push.example/1', 'mark', '\\x{TOKEN.hex()}', 'k', 's', {AT});
insert into stored_reply (actor_id, key, fingerprint, status, body, created_at) values ('mark', 'k1', 'f', 200, 'b', {AT});
insert into shelter (id, organization_id, unit_code, name, version, created_at, intake_from_minutes, intake_until_minutes,
                     confirm_times, criteria, limits, telephone_sealed, address_sealed)
    values ('linde', 'oever', 'noord', 'Linde', 7, {AT}, 0, 1440, '{{08:00}}', '{{}}', '{{}}', 'tel', 'adr');
insert into case_record (id, version, state, organization_id, role, person_id, needs_sealed, created_at)
    values ('r1', 3, 'asking', 'oever', 'police', 'mark', convert_to('{SEAL.close("needs").decode()}', 'UTF8'), {AT}),
           ('r2', 3, 'asking', 'oever', 'police', 'mark', 'sealed', {AT});
insert into case_event (at, case_id, what, actor_kind, actor_id, role) values ({AT}, 'r1', 'asked', 'person', 'mark', 'police');
insert into disclosure (at, actor_kind, actor_id, role, shelter_id, what, why, case_id)
    values ({AT}, 'person', 'mark', 'police', 'linde', 'telephone', 'request', 'r1');
insert into contact (id, position, topic, name_nl, name_en, telephone) values ('c', 0, 'desk', 'Balie', 'Desk', '0800 1234');
"""  # noqa: S608  (our own words)


@pytest.fixture
async def old(server_url: str) -> AsyncIterator[Database]:
    """A database at 0013 with a row of everything that 0014 changes, migrated to the newest."""
    async with old_database(server_url, "0013", OLD) as url:
        await migrate(url)
        database = Database(url, SEAL.marks)
        yield database
        await database.dispose()


async def test_its_rows_are_kept_but_for_the_devices(old: Database) -> None:
    rows = await every_row(old)
    assert [row["key_hash"] for key, row in rows.items() if key[0] == "stored_reply"] == [hash_key("mark", "k1")]
    assert {key[0] for key in rows} >= {"session", "contact", "case_event", "disclosure"}
    assert "push_subscription" not in {key[0] for key in rows}
    case = await do(old, lambda tx: get_case(tx, "r1"))
    assert case is not None and case.trace_id == "r1", "its old disclosures name it so"
    assert case.needs is not None and SEAL.open_needs(case.needs) == "needs"


async def test_a_device_is_added_to_a_session_of_before_and_goes_with_it(old: Database) -> None:
    device = Device("https://push.example/1", "k", "s")
    await do(old, lambda tx: add_device(tx, MARK, TOKEN, device, SEAL, NOW))
    assert await own_devices(old, "mark") == [device]
    await do(old, lambda tx: sign_out(tx, TOKEN, NOW))
    assert await own_devices(old, "mark") == []


async def test_what_is_append_only_stays_so_until_it_is_forgotten(old: Database) -> None:
    with pytest.raises(Exception, match="append-only"):
        await run(old, "delete from disclosure")
    assert await do(old, lambda tx: forgetting(Terms())["disclosures"](tx, NOW + 2 * Terms().disclosure)) == 1
