"""A database in use, at the migration before the words changed: every row is still there, under its new name."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from bedboard.actions.idempotency import hash_key
from bedboard.migrations.run import migrate
from bedboard.store.address import asyncpg_url
from bedboard.store.alerts import list_alerts
from bedboard.store.board import list_shelters
from bedboard.store.cases import get_case, list_asks
from bedboard.store.database import Database
from tests.build import NOW
from tests.build.old import old_database

OLD = """
insert into deployment values (1, 'Test', 'Europe/Amsterdam', true, '2026-03-11 13:00+00');
insert into unit values ('noord', 'Noord-Nederland', 'NN', 2, 1);
insert into kind (code, position, name_nl, name_en, long_nl, long_en, decides)
    values ('cosm', 0, 'COSM', 'COSM', '', '', 'desk');
insert into organization values ('oever', 'Stichting Oever');
insert into shelter (id, organization_id, unit_code, name, version, created_at, intake_from_minutes, intake_until_minutes,
                     confirm_times, criteria, limits, telephone_sealed, address_sealed)
    values ('linde', 'oever', 'noord', 'Linde', 7, '2026-03-11 13:00+00', 0, 1440, '{08:00}', '{}', '{}', 'tel', 'adr');
insert into place (id, shelter_id, kind_code, position, label, beds, cots, state, since, observed_at)
    values ('linde-1', 'linde', 'cosm', 0, '1', 1, 0, 'open', '2026-03-11 13:00+00', '2026-03-11 13:00+00');
insert into person (id, organization_id, name, role, demo) values ('mark', 'oever', 'Mark', 'police', true);
insert into request (id, version, state, organization_id, role, person_id, needs_sealed, created_at)
    values ('r1', 3, 'asking', 'oever', 'police', 'mark', 'sealed', '2026-03-11 13:00+00');
insert into claim (id, place_id, type, organization_id, role, person_id, created_at, expires_at, request_id)
    values ('c1', 'linde-1', 'reservation', 'oever', 'police', 'mark', '2026-03-11 13:00+00', '2026-03-11 14:00+00', 'r1');
insert into ask (request_id, shelter_id, kind_code, asked_at, step, answer, answered_at, answered_by, place_id, claim_id)
    values ('r1', 'linde', 'cosm', '2026-03-11 13:00+00', 0, 'yes', '2026-03-11 13:00+00', 'shelter', 'linde-1', 'c1');
insert into case_event (at, request_id, what, actor_kind, actor_id, role)
    values ('2026-03-11 13:00+00', 'r1', 'asked', 'person', 'mark', 'police');
insert into look (at, actor_kind, actor_id, role, shelter_id, what, why, request_id)
    values ('2026-03-11 13:00+00', 'person', 'mark', 'police', 'linde', 'telephone', 'request', 'r1');
insert into waiting (id, person_id, profile_sealed, seen, created_at, expires_at)
    values ('w1', 'mark', 'sealed', '{linde-1}', '2026-03-11 13:00+00', '2026-03-12 13:00+00');
insert into answer (actor_id, key, fingerprint, status, body, created_at)
    values ('mark', 'k1', 'f', 200, 'b', '2026-03-11 13:00+00');
"""


@pytest.fixture
async def old_url(server_url: str) -> AsyncIterator[str]:
    """A database at 0003 with one row of everything that 0004 renames."""
    async with old_database(server_url, "0003", OLD) as url:
        yield url


async def test_a_case_its_asks_claims_disclosures_and_alerts_outlive_their_new_names(old_url: str) -> None:
    await migrate(old_url)
    database = Database(old_url)
    try:
        async with database.transaction() as tx:
            case = await get_case(tx, "r1")
            [ask] = await list_asks(tx, "r1")
            [alert] = await list_alerts(tx, NOW)
            [shelter] = await list_shelters(tx)
    finally:
        await database.dispose()
    assert case is not None
    assert (case.version, case.state, case.person_id, case.needs_sealed) == (3, "asking", "mark", b"sealed")
    assert (ask.case_id, ask.answer, ask.claim_id) == ("r1", "yes", "c1")
    assert (alert.id, alert.person_id, alert.seen) == ("w1", "mark", frozenset({"linde-1"}))
    [place] = shelter.places
    assert place.claim is not None
    assert (place.claim.type, place.claim.case_id) == ("reservation", "r1")


async def test_what_was_disclosed_and_answered_is_kept_and_still_guarded(old_url: str) -> None:
    await migrate(old_url)
    now = await asyncpg.connect(asyncpg_url(old_url))
    try:
        assert await now.fetchval("select case_id from disclosure") == "r1"
        assert await now.fetchval("select case_id from case_event") == "r1"
        kept = await now.fetchrow("select key_hash, body from stored_reply")
        assert tuple(kept) == (hash_key("mark", "k1"), b"b")
        with pytest.raises(asyncpg.RestrictViolationError, match="append-only"):
            await now.execute("delete from disclosure")
        with pytest.raises(asyncpg.CheckViolationError, match="ck_claim_reservation_has_case"):
            await now.execute("update claim set case_id = null")
    finally:
        await now.close()
