"""A database of before a promise could have several places: its holds and offers stay what they were."""

from collections.abc import AsyncIterator

import pytest

from bedboard.actions.cases import choose_offer
from bedboard.actions.holds import release_hold
from bedboard.migrations.run import migrate
from bedboard.rules.access import Actor
from bedboard.store.cases import list_asks
from bedboard.store.claims import list_holds
from bedboard.store.database import Database
from tests.build import NOW, SEAL
from tests.build.cases import ZONE
from tests.build.old import old_database

AT = "'2026-03-11 13:00+00'"
MARK = Actor("person", "mark", "police", "Mark", "oever", frozenset())
OLD = """
insert into deployment (id, name, time_zone, demo, created_at) values (1, 'Test', 'Europe/Amsterdam', true, {AT});
insert into unit values ('noord', 'Noord-Nederland', 'NN', 2, 1);
insert into kind (code, position, name_nl, name_en, long_nl, long_en, decides)
    values ('men', 0, 'Mannen', 'Men', '', '', 'shelter');
insert into organization values ('oever', 'Stichting Oever');
insert into shelter (id, organization_id, unit_code, name, version, created_at, intake_from_minutes, intake_until_minutes,
                     confirm_times, criteria, limits, telephone_sealed, address_sealed)
    values ('linde', 'oever', 'noord', 'Linde', 7, {AT}, 0, 1440, '{08:00}', '{}', '{}', 'tel', 'adr');
insert into place (id, shelter_id, kind_code, position, label, beds, cots, state, since, observed_at)
    values ('linde-1', 'linde', 'men', 0, '1', 1, 0, 'open', {AT}, {AT}),
           ('linde-2', 'linde', 'men', 1, '2', 1, 0, 'open', {AT}, {AT});
insert into person (id, organization_id, name, role, demo) values ('mark', 'oever', 'Mark', 'police', true);
insert into case_record (id, version, state, organization_id, role, person_id, needs_sealed, created_at)
    values ('r1', 2, 'asking', 'oever', 'police', 'mark', 'sealed', {AT});
insert into claim (id, place_id, type, organization_id, role, person_id, created_at, expires_at, case_id)
    values ('offer', 'linde-1', 'reservation', 'oever', 'police', 'mark', {AT}, '2026-03-11 14:00+00', 'r1'),
           ('hold', 'linde-2', 'hold', 'oever', 'police', 'mark', {AT}, '2026-03-11 13:30+00', null);
insert into ask (case_id, shelter_id, kind_code, asked_at, step, answer, answered_at, answered_by, place_id, claim_id, hold_id)
    values ('r1', 'linde', 'men', {AT}, 0, 'yes', {AT}, 'shelter', 'linde-1', 'offer', 'hold');
""".replace("{AT}", AT)


@pytest.fixture
async def old(server_url: str) -> AsyncIterator[Database]:
    """A database at 0008 with a hold and an offer, migrated to the newest."""
    async with old_database(server_url, "0008", OLD) as url:
        await migrate(url)
        database = Database(url, SEAL.marks)
        yield database
        await database.dispose()


async def test_an_old_hold_and_an_old_offer_go_on(old: Database) -> None:
    async with old.transaction() as tx:
        [hold] = await list_holds(tx, MARK, NOW)
        [ask] = await list_asks(tx, "r1")
        assert (hold.id, hold.place_ids, hold.case_id) == ("hold", ["linde-2"], "r1")
        assert ask.place_ids == ["linde-1"]
    async with old.transaction() as tx:
        assert (await release_hold(tx, MARK, "hold", NOW)).place_ids == ["linde-2"]
        case = await choose_offer(tx, MARK, "r1", "linde", NOW, ZONE)
        assert case.state == "confirmed"
        [claim] = case.claims_of(case.asks["linde"])
        assert (claim.id, claim.expires_at) == ("offer", None)
