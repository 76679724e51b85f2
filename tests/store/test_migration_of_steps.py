"""A database of before cases could go on: its cases, asks and journal stay readable, and what was open can go on."""

from collections.abc import AsyncIterator

import pytest

from bedboard.actions.case_hand_over import hand_over_case
from bedboard.actions.cases import resume_case, withdraw_case
from bedboard.actions.holds import Holder
from bedboard.migrations.run import migrate
from bedboard.rules.access import Actor
from bedboard.store.board import list_shelters
from bedboard.store.case_events import list_case_events
from bedboard.store.cases import get_case, list_asks, list_parties
from bedboard.store.database import Database
from tests.build import NOW, SEAL
from tests.build.cases import ZONE
from tests.build.old import old_database

AT = "'2026-03-11 13:00+00'"
MARK = Actor("person", "mark", "police", "Mark", "oever", frozenset())
OLD = """
insert into deployment values (1, 'Test', 'Europe/Amsterdam', true, {AT});
insert into unit values ('noord', 'Noord-Nederland', 'NN', 2, 1);
insert into kind (code, position, name_nl, name_en, long_nl, long_en, decides)
    values ('cosm', 0, 'COSM', 'COSM', '', '', 'desk');
insert into organization values ('oever', 'Stichting Oever');
insert into shelter (id, organization_id, unit_code, name, version, created_at, intake_from_minutes, intake_until_minutes,
                     confirm_times, criteria, limits, telephone_sealed, address_sealed)
    values ('linde', 'oever', 'noord', 'Linde', 7, {AT}, 0, 1440, '{08:00}', '{}', '{}', 'tel', 'adr');
insert into place (id, shelter_id, kind_code, position, label, beds, cots, state, since, observed_at)
    values ('linde-1', 'linde', 'cosm', 0, '1', 1, 0, 'open', {AT}, {AT});
insert into person (id, organization_id, name, role, demo)
    values ('mark', 'oever', 'Mark', 'police', true), ('hanneke', 'oever', 'Hanneke', 'desk', true);
insert into case_record (id, version, state, organization_id, role, person_id, unit_code, needs_sealed, created_at, arrives_at,
                         decided_at, refusal, over_at)
    values ('asking', 1, 'asking', 'oever', 'police', 'mark', 'noord', 'sealed', {AT}, null, null, 'not_safe', null),
           ('confirmed', 4, 'confirmed', 'oever', 'police', 'mark', 'noord', 'sealed', {AT}, {AT}, {AT}, null, null),
           ('housed', 4, 'housed', 'oever', 'police', 'mark', 'noord', 'sealed', {AT}, {AT}, {AT}, null, null),
           ('withdrawn', 2, 'withdrawn', 'oever', 'police', 'mark', 'noord', null, {AT}, null, null, null, {AT}),
           ('ended', 3, 'ended', 'oever', 'police', 'mark', null, null, {AT}, null, null, null, {AT});
insert into claim (id, place_id, type, organization_id, role, person_id, created_at, expires_at, case_id)
    values ('c1', 'linde-1', 'reservation', 'oever', 'police', 'mark', {AT}, '2026-03-12 13:00+00', 'confirmed');
insert into ask (case_id, shelter_id, kind_code, asked_at, step, answer, answered_at, answered_by, place_id, claim_id, settled,
                 settled_at)
    values ('asking', 'linde', 'cosm', {AT}, 0, null, null, null, null, null, null, null),
           ('confirmed', 'linde', 'cosm', {AT}, 0, 'yes', {AT}, 'shelter', 'linde-1', 'c1', 'chosen', {AT}),
           ('withdrawn', 'linde', 'cosm', {AT}, 0, null, null, null, null, null, 'withdrawn', {AT});
insert into case_event (at, case_id, what, actor_kind, actor_id, role)
    values ({AT}, 'withdrawn', 'asked', 'person', 'mark', 'police'),
           ({AT}, 'withdrawn', 'withdrawn', 'person', 'mark', 'police');
insert into journal (received_at, observed_at, actor_kind, actor_id, action, shelter_id, place_id, version, before, after)
    values ({AT}, {AT}, 'person', 'mark', 'reserve', 'linde', 'linde-1', 7, null, '{"request": "confirmed"}');
insert into tally values ('2026-03-01', 14, 'slept', 'noord', '', 'street', 2);
""".replace("{AT}", AT)


@pytest.fixture
async def old(server_url: str) -> AsyncIterator[Database]:
    """A database at 0004 with a case in every sort of state, migrated to the newest."""
    async with old_database(server_url, "0004", OLD) as url:
        await migrate(url)
        database = Database(url, SEAL.marks)
        yield database
        await database.dispose()


async def test_old_cases_and_their_traces_are_readable_as_they_were(old: Database) -> None:
    async with old.transaction() as tx:
        cases = {one: await get_case(tx, one) for one in ("asking", "confirmed", "housed", "withdrawn", "ended")}
        [ask] = await list_asks(tx, "confirmed")
        lines = [line.what for line in await list_case_events(tx, "withdrawn")]
        [shelter] = await list_shelters(tx)
        parties = {row.id for row in await list_parties(tx)}
        connection = await tx.connection()
        journal = (await connection.exec_driver_sql("select action, after from journal")).all()
        counted = (await connection.exec_driver_sql("select count from tally")).scalars().all()
    for state, case in cases.items():
        assert case is not None
        assert (case.state, case.stays_until, case.handed_to) == (state, None, None)
    assert (ask.settled, ask.claim_id, ask.hold_id) == ("chosen", "c1", None)
    assert lines == ["asked", "withdrawn"]
    assert shelter.places[0].claim is not None and shelter.places[0].claim.case_id == "confirmed"
    assert parties == {"asking", "confirmed", "withdrawn"}
    assert [tuple(row) for row in journal] == [("reserve", {"request": "confirmed"})] and counted == [2]


async def test_old_cases_take_the_new_steps(old: Database) -> None:
    async with old.transaction() as tx:
        assert (await resume_case(tx, MARK, "confirmed", NOW)).state == "asking"
    async with old.transaction() as tx:
        assert (await withdraw_case(tx, MARK, "withdrawn", "by_mistake", NOW, ZONE)).state == "cancelled"
    async with old.transaction() as tx:
        case = await hand_over_case(tx, MARK, "asking", Holder("oever", "desk"), NOW)
    assert case.record.handed_to is not None
