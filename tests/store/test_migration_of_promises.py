"""A place that was chosen before the migration is kept after it until a person ends that."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from bedboard.migrations.run import migrate
from bedboard.rules.places import status_of
from bedboard.store.board import PlaceRow, list_shelters
from bedboard.store.database import Database
from tests.build.old import old_database

THEN = datetime(2026, 3, 11, 13, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
STATES = ("asking", "chosen", "provisional", "confirmed")


BOARD = """
insert into deployment values (1, 'Proef', 'Europe/Amsterdam', true, '2026-03-11 13:00+00');
insert into unit values ('noord', 'Noord', 'No', 1, 1);
insert into kind (code, position, name_nl, name_en, long_nl, long_en, decides)
    values ('cosm', 0, 'COSM', 'COSM', '', '', 'desk');
insert into organization values ('oever', 'Stichting Oever');
insert into shelter (id, organization_id, unit_code, name, version, created_at, intake_from_minutes, intake_until_minutes,
                     confirm_times, criteria, limits, telephone_sealed, address_sealed)
    values ('linde', 'oever', 'noord', 'Linde', 7, '2026-03-11 13:00+00', 0, 1440, '{08:00}', '{}', '{}', 'tel', 'adr');
insert into person (id, organization_id, name, role, demo) values ('mark', 'oever', 'Mark', 'police', true);
"""
OFFER = """
insert into place (id, shelter_id, kind_code, position, label, beds, cots, state, since, observed_at)
    values ('STATE', 'linde', 'cosm', 0, 'STATE', 1, 0, 'open', '2026-03-11 13:00+00', '2026-03-11 13:00+00');
insert into case_record (id, version, state, organization_id, role, person_id, needs_sealed, created_at)
    values ('STATE', 3, 'asking', 'oever', 'police', 'mark', 'sealed', '2026-03-11 13:00+00');
insert into claim (id, place_id, type, organization_id, role, person_id, created_at, expires_at, case_id)
    values ('STATE', 'STATE', 'reservation', 'oever', 'police', 'mark', '2026-03-11 13:00+00', '2026-03-11 14:00+00', 'STATE');
insert into ask (case_id, shelter_id, kind_code, asked_at, step, answer, answered_at, answered_by, place_id, claim_id)
    values ('STATE', 'linde', 'cosm', '2026-03-11 13:00+00', 0, 'yes', '2026-03-11 13:00+00', 'shelter', 'STATE', 'STATE');
"""
CHOICE = """
update ask set settled = 'chosen', settled_at = '2026-03-11 13:00+00' where case_id = 'STATE';
update case_record
    set state = 'STATE', arrives_at = '2026-03-11 15:00+00', decided_at = '2026-03-11 13:00+00' where id = 'STATE';
"""


def old_rows() -> str:
    """One case of each state that keeps a place: until 14:00, and expected at 15:00 where something was chosen."""
    offers = [OFFER.replace("STATE", state) for state in STATES]
    return BOARD + "".join(offers) + "".join(CHOICE.replace("STATE", state) for state in STATES[1:])


@pytest.fixture
async def old_url(server_url: str) -> AsyncIterator[str]:
    """A database at 0004 in which places are kept."""
    async with old_database(server_url, "0004", old_rows()) as url:
        yield url


async def test_what_was_chosen_is_kept_until_a_person_ends_it_and_an_offer_ends_at_its_hour(old_url: str) -> None:
    await migrate(old_url)
    database = Database(old_url)
    try:
        async with database.transaction() as tx:
            [shelter] = await list_shelters(tx)
    finally:
        await database.dispose()
    places: dict[str, PlaceRow] = {place.id: place for place in shelter.places}
    later = THEN + timedelta(days=5)
    shown = {state: status_of(place.state, place.claim, later) for state, place in places.items()}
    assert shown == {"asking": "free", "chosen": "reserved", "provisional": "reserved", "confirmed": "reserved"}
    expected = {state: place.claim.expected_at for state, place in places.items() if place.claim is not None}
    assert expected == {"asking": None, **dict.fromkeys(STATES[1:], THEN + 2 * HOUR)}
    offered = places["asking"].claim
    assert offered is not None
    assert offered.expires_at == THEN + HOUR
