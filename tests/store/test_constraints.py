# ruff: noqa: S608  (the statements are the test)
"""The refusals of the database whatever the code does, each by its name."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bedboard.store.database import Transaction
from tests.build.access_rows import BREAKS_OF_ACCESS
from tests.build.statements import (
    ASK,
    AT,
    CHAIN,
    CHAINED,
    CLAIM,
    CLIENT,
    CONTACT,
    CUT,
    EVENT,
    LATER,
    LOOK,
    MANAGED,
    NO,
    PERSON,
    PLACE,
    PUSH,
    REQUEST,
    SHELTER,
    TALLY,
    WAITING,
    WRONG_OPERATION,
    YES,
)

# On the board of `build.add_board`; before each, one live claim on linde-1 and one answer of sanne's are put there, and a
# request of mark's ("r") to linde, which is silent, and to ceder, which offers ceder-1 (by the claim "kept").
TRACED = f"{REQUEST[:-8]}, trace_id) select 's', 1, state, 'oever', role, 'mark', null, '', {AT}, trace_id from case_record"
HANDED_TO = f"handed_organization_id = 'oever', handed_role = 'desk', handed_at = {AT}"

BREAKS: list[tuple[str, str]] = [
    ("pk_deployment", f"insert into deployment values (1, 'x', 'UTC', true, {AT})"),
    ("ck_deployment_country", "update deployment set country = 'nl'"),
    ("pk_holiday", "insert into holiday values ('2026-12-24'), ('2026-12-24')"),
    ("ck_deployment_one_row", f"insert into deployment values (2, 'x', 'UTC', true, {AT})"),
    ("pk_unit", "insert into unit values ('noord', 'x', 'x', 1, 1)"),
    ("ck_unit_map_column", "update unit set map_column = 0"),
    ("ck_unit_map_column", "update unit set map_column = 13"),
    ("ck_unit_map_row", "update unit set map_row = 0"),
    ("ck_unit_map_row", "update unit set map_row = 13"),
    ("pk_kind", "insert into kind select * from kind where code = 'cosm'"),
    ("ck_kind_decides", "update kind set decides = 'coordinator'"),
    ("ck_kind_outside_hours", "update kind set outside_hours = 'never'"),
    ("ck_kind_fresh_minutes", "update kind set fresh_minutes = 0"),
    ("ck_kind_ageing_minutes", "update kind set ageing_minutes = 0"),
    ("pk_travel", "insert into travel values ('noord', 'zuid', 9), ('noord', 'zuid', 8)"),
    ("fk_travel_from_code", "insert into travel values ('nowhere', 'zuid', 9)"),
    ("fk_travel_to_code", "insert into travel values ('noord', 'nowhere', 9)"),
    ("ck_travel_minutes", "insert into travel values ('noord', 'zuid', 0)"),
    ("ck_travel_minutes", "insert into travel values ('noord', 'zuid', 999)"),
    ("ck_travel_once", "insert into travel values ('zuid', 'noord', 9)"),
    ("pk_contact", f"{CONTACT} ('a', 0, 'desk', 'x', 'x', '112', null), ('a', 1, 'desk', 'x', 'x', '112', null)"),
    ("ck_contact_topic", f"{CONTACT} ('a', 0, 'weather', 'x', 'x', '112', null)"),
    ("ck_contact_name_nl", f"{CONTACT} ('a', 0, 'desk', '', 'x', '112', null)"),
    ("ck_contact_name_en", f"{CONTACT} ('a', 0, 'desk', 'x', '', '112', null)"),
    ("ck_contact_telephone", f"{CONTACT} ('a', 0, 'desk', 'x', 'x', 'call me', null)"),
    ("fk_contact_unit_code", f"{CONTACT} ('a', 0, 'desk', 'x', 'x', '112', 'nowhere')"),
    ("fk_claim_first_id", "update claim set first_id = 'nothing'"),
    ("ck_claim_first_id", "update claim set first_id = id"),
    ("pk_organization", "insert into organization values ('oever', 'x')"),
    ("pk_shelter", f"{SHELTER} ('linde', 'oever', 'noord', 'X', 1, {AT}, 0, 1, '{{}}', '{{}}', '{{}}')"),
    ("uq_shelter_name", f"{SHELTER} ('x', 'oever', 'noord', 'Linde', 1, {AT}, 0, 1, '{{}}', '{{}}', '{{}}')"),
    ("pk_shelter_contact", "insert into shelter_contact values ('linde', '', '')"),
    ("fk_shelter_contact_shelter_id", "insert into shelter_contact values ('nowhere', '', '')"),
    ("fk_shelter_organization_id", "update shelter set organization_id = 'nobody'"),
    ("fk_shelter_unit_code", "update shelter set unit_code = 'nowhere'"),
    ("ck_shelter_version", "update shelter set version = 0"),
    ("ck_shelter_kinds_confirmed_at", "update shelter set kinds_confirmed_at = '[]'"),
    ("ck_shelter_confirmed_by", "update shelter set confirmed_by = 'somebody'"),
    ("ck_shelter_intake_from", "update shelter set intake_from_minutes = -1"),
    ("ck_shelter_intake_from", "update shelter set intake_from_minutes = 1441"),
    ("ck_shelter_intake_until", "update shelter set intake_until_minutes = -1"),
    ("ck_shelter_intake_until", "update shelter set intake_until_minutes = 1441"),
    ("ck_shelter_confirm_times", "update shelter set confirm_times = array['08:00', '8:00']"),
    ("ck_shelter_confirm_times", "update shelter set confirm_times = array['24:00']"),
    ("pk_place", f"{PLACE} ('linde-1', 'linde', 'cosm', 1, 'x', 1, 0, 'open', {AT}, {AT})"),
    ("uq_place_shelter_id_label", "update place set label = '1' where id = 'linde-2'"),
    ("fk_place_shelter_id", "update place set shelter_id = 'nowhere' where id = 'linde-1'"),
    ("fk_place_kind_code", "update place set kind_code = 'nothing'"),
    ("ck_place_label", "update place set label = '' where id = 'linde-1'"),
    ("ck_place_label", "update place set label = repeat('x', 41) where id = 'linde-1'"),
    ("ck_place_beds", "update place set beds = 0"),
    ("ck_place_beds", "update place set beds = 51"),
    ("ck_place_cots", "update place set cots = -1"),
    ("ck_place_cots", "update place set cots = 21"),
    ("ck_place_state", "update place set state = 'held' where id = 'linde-1'"),
    ("ck_place_closed_reason", "update place set closed_reason = 'holiday' where id = 'linde-4'"),
    ("ck_place_reason_when_closed", "update place set closed_reason = null where id = 'linde-4'"),
    ("ck_place_reason_when_closed", "update place set closed_reason = 'repair' where id = 'linde-3'"),
    ("ck_place_expected_when_not_open", f"update place set expected_free_at = {AT} where id = 'linde-1'"),
    ("pk_person", f"{PERSON} ('sanne', 'oever', 'x', 'staff', false)"),
    ("fk_person_organization_id", "update person set organization_id = 'nobody'"),
    ("ck_person_role", "update person set role = 'machine'"),
    ("ck_person_language", "update person set language = 'de'"),
    ("pk_membership", "insert into membership values ('sanne', 'linde')"),
    ("fk_membership_person_id", "insert into membership values ('nobody', 'linde')"),
    ("fk_membership_shelter_id", "insert into membership values ('sanne', 'nowhere')"),
    *MANAGED,
    ("pk_claim", f"{CLAIM} ('one', 'linde-2', 'hold', 'desk', 'desk', {AT}, {LATER}, null)"),
    ("uq_claim_live_place_id", f"{CLAIM} ('two', 'linde-1', 'hold', 'desk', 'desk', {AT}, {LATER}, null)"),
    ("fk_claim_case_id", "update claim set case_id = 'none' where id = 'kept'"),
    ("ck_claim_reservation_has_case", "update claim set case_id = 'r' where id = 'one'"),
    ("ck_claim_reservation_has_case", "update claim set case_id = null where id = 'kept'"),
    ("fk_claim_place_id", f"{CLAIM} ('two', 'nowhere', 'hold', 'desk', 'desk', {AT}, {LATER}, null)"),
    ("fk_claim_organization_id", f"{CLAIM} ('two', 'linde-2', 'hold', 'nobody', 'desk', {AT}, {LATER}, null)"),
    ("fk_claim_person_id", "update claim set person_id = 'nobody'"),
    ("ck_claim_type", "update claim set type = 'wish' where id = 'one'"),
    ("ck_claim_expires_later", "update claim set expires_at = created_at"),
    ("ck_claim_hold_expires", f"update claim set expires_at = null, expected_at = {AT} where id = 'one'"),
    ("ck_claim_expires_or_is_expected", "update claim set expires_at = null where id = 'kept'"),
    ("ck_claim_expires_or_is_expected", f"update claim set expected_at = {AT} where id = 'kept'"),
    ("fk_claim_client_id", "update claim set client_id = 'nobody'"),
    ("ck_claim_ending", f"update claim set ended_at = {AT}, ending = 'forgotten'"),
    ("ck_claim_ending_when_ended", f"update claim set ended_at = {AT}"),
    ("ck_claim_ending_when_ended", "update claim set ending = 'released'"),
    ("ck_claim_one_holder", "update claim set person_id = 'mark', client_id = 'demo-police'"),
    ("ck_disclosure_result", f"{LOOK[:-8]}, result) values ('', {AT}, '', '', '', '', 'telephone', 'hold', 'perhaps')"),
    ("pk_chain", f"{CHAIN} (1, 'journal', '{{}}', '', {CHAINED}), (1, 'journal', '{{}}', '', {CHAINED})"),
    ("ck_chain_number", f"{CHAIN} (0, 'journal', '{{}}', '', {CHAINED})"),
    ("ck_chain_source", f"{CHAIN} (1, 'person', '{{}}', '', {CHAINED})"),
    ("pk_cut", f"{CUT} (1, 'journal', {AT}, '{{}}', ''), (1, 'journal', {AT}, '{{}}', '')"),
    ("ck_cut_source", f"{CUT} (1, 'person', {AT}, '{{}}', '')"),
    ("ck_chain_tags", f"{CHAIN} (1, 'journal', '{{1, 2}}', decode(repeat('00', 16), 'hex'), {CHAINED})"),
    ("ck_disclosure_what", f"{LOOK} ('', {AT}, 'person', 'mark', 'police', 'linde', 'name', 'hold')"),
    ("ck_disclosure_why", f"{LOOK} ('', {AT}, 'person', 'mark', 'police', 'linde', 'telephone', 'curious')"),
    ("pk_alert", f"{WAITING} ('w', 'mark', '', '{{}}', {AT}, {LATER}), ('w', 'mark', '', '{{}}', {AT}, {LATER})"),
    ("fk_alert_person_id", f"{WAITING} ('w', 'nobody', '', '{{}}', {AT}, {LATER})"),
    ("ck_alert_a_day_at_most", f"{WAITING} ('w', 'mark', '', '{{}}', {AT}, {AT})"),
    ("ck_alert_a_day_at_most", f"{WAITING} ('w', 'mark', '', '{{}}', {AT}, timestamptz {AT} + interval '25 hours')"),
    ("ck_tally_first_of_month", f"{TALLY} ('2026-03-11', 2, 'slept', '', '', 'street', 1)"),
    ("ck_tally_hour", f"{TALLY} ('2026-03-01', 24, 'slept', '', '', 'street', 1)"),
    ("ck_tally_what", f"{TALLY} ('2026-03-01', 2, 'name', '', '', 'street', 1)"),
    ("ck_tally_count", f"{TALLY} ('2026-03-01', 2, 'slept', '', '', 'street', 0)"),
    ("pk_tally", f"{TALLY} ('2026-03-01', 2, 'slept', '', '', 'x', 1), ('2026-03-01', 2, 'slept', '', '', 'x', 1)"),
    ("ck_tally_waiting_count", "insert into tally_waiting select '2026-03-01', 2, 'slept', '', '', 'x', 'a', 0 from unit"),
    ("pk_tally_waiting", "insert into tally_waiting select '2026-03-01', 2, 'slept', '', '', 'x', 'a' from unit"),
    ("pk_household_key", "insert into household_key values ('r', ''), ('r', '')"),
    ("pk_job_slot", f"insert into job_slot values ('tidy', {AT}), ('tidy', {AT})"),
    ("pk_push_subscription", f"{PUSH} ('e', 'mark', '\\x00', '', {AT}), ('e', 'lucia', '\\x00', '', {AT})"),
    ("fk_push_subscription_person_id", f"{PUSH} ('e', 'nobody', '\\x00', '', {AT})"),
    *WRONG_OPERATION,
    ("fk_push_subscription_token_hash", f"{PUSH} ('e', 'mark', '\\x02', '', {AT})"),
    ("pk_client", f"{CLIENT} ('demo-desk', 'x', 'x', 'desk', null, null, false, {AT})"),
    ("uq_client_token_hash", "update client set token_hash = 'x'"),
    ("ck_client_role", "update client set role = 'staff' where id = 'demo-desk'"),
    ("fk_client_organization_id", "update client set organization_id = 'nobody'"),
    ("fk_client_shelter_id", "update client set shelter_id = 'nowhere' where role = 'machine'"),
    ("ck_client_machine_has_shelter", "update client set shelter_id = 'linde' where role = 'police'"),
    ("ck_client_machine_has_shelter", "update client set shelter_id = null where role = 'machine'"),
    ("pk_stored_reply", f"insert into stored_reply values ('sanne', sha256('key'), '', 200, '', null, {AT})"),
    ("ck_stored_reply_key_hash", "update stored_reply set key_hash = 'the key itself'"),
    ("pk_reminded", f"insert into reminded select 'linde', {AT}, 'due', {AT} from generate_series(1, 2)"),
    ("fk_reminded_shelter_id", f"insert into reminded values ('nowhere', {AT}, 'due', {AT})"),
    ("ck_reminded_step", f"insert into reminded values ('linde', {AT}, 'soon', {AT})"),
    ("pk_case_record", f"{REQUEST} ('r', 1, 'asking', 'oever', 'police', 'mark', null, '', {AT})"),
    ("uq_case_record_trace_id", TRACED),
    ("fk_case_record_organization_id", f"{REQUEST} ('s', 1, 'asking', 'nobody', 'police', 'mark', null, '', {AT})"),
    ("fk_case_record_person_id", f"{REQUEST} ('s', 1, 'asking', 'oever', 'police', 'nobody', null, '', {AT})"),
    ("fk_case_record_client_id", f"{REQUEST} ('s', 1, 'asking', 'oever', 'police', null, 'nobody', '', {AT})"),
    ("fk_case_record_unit_code", "update case_record set unit_code = 'nowhere'"),
    ("ck_case_record_version", "update case_record set version = 0"),
    ("ck_case_record_state", "update case_record set state = 'lost'"),
    ("ck_case_record_role", "update case_record set role = 'staff'"),
    ("ck_case_record_refusal", "update case_record set refusal = 'tired'"),
    ("ck_case_record_one_asker", f"{REQUEST} ('s', 1, 'asking', 'oever', 'police', null, null, '', {AT})"),
    ("ck_case_record_one_asker", f"{REQUEST} ('s', 1, 'asking', 'oever', 'police', 'mark', 'demo-police', '', {AT})"),
    ("ck_case_record_over_when_over", "update case_record set state = 'withdrawn'"),
    ("ck_case_record_over_when_over", f"update case_record set over_at = {AT}, needs_sealed = null"),
    ("ck_case_record_no_needs_when_over", f"update case_record set over_at = {AT}, state = 'withdrawn'"),
    ("ck_case_record_no_needs_when_over", "update case_record set needs_sealed = null"),
    (
        "ck_case_record_no_refusal_when_over",
        f"update case_record set over_at = {AT}, state = 'arrived', needs_sealed = null, refusal = 'not_safe'",
    ),
    (
        "ck_case_record_no_unit_at_its_end",
        f"update case_record set over_at = {AT}, state = 'ended', needs_sealed = null, unit_code = 'noord'",
    ),
    (
        "ck_case_record_no_stay_when_over",
        f"update case_record set over_at = {AT}, state = 'withdrawn', needs_sealed = null, stays_until = '2026-03-14'",
    ),
    ("fk_case_record_handed_organization_id", f"update case_record set {HANDED_TO.replace('oever', 'nobody')}"),
    ("ck_case_record_handed_role", f"update case_record set {HANDED_TO.replace('desk', 'staff')}"),
    ("ck_case_record_handed_as_a_whole", "update case_record set handed_role = 'desk'"),
    ("ck_case_record_handed_as_a_whole", f"update case_record set {HANDED_TO.replace(AT, 'null')}"),
    (
        "ck_case_record_not_handed_when_over",
        f"update case_record set over_at = {AT}, state = 'withdrawn', needs_sealed = null, {HANDED_TO}",
    ),
    ("ck_case_record_agreed_when_decided", f"update case_record set state = 'confirmed', arrives_at = {AT}"),
    ("ck_case_record_agreed_when_decided", f"update case_record set state = 'provisional', decided_at = {AT}"),
    ("pk_ask", f"{ASK} ('r', 'linde', 'cosm', {AT}, 0)"),
    ("fk_ask_case_id", f"{ASK} ('none', 'wilg', 'women', {AT}, 0)"),
    ("fk_ask_shelter_id", f"{ASK} ('r', 'nowhere', 'women', {AT}, 0)"),
    ("fk_ask_kind_code", f"{ASK} ('r', 'wilg', 'nothing', {AT}, 0)"),
    ("fk_ask_place_id", "update ask set place_id = 'nowhere' where answer = 'yes'"),
    ("fk_ask_hold_id", "update ask set hold_id = 'none'"),
    ("fk_ask_claim_id", "update ask set claim_id = 'none' where answer = 'yes'"),
    ("ck_ask_step", "update ask set step = 4"),
    ("ck_ask_answer", f"update ask set answer = 'maybe', answered_at = {AT}, answered_by = 'shelter' where answer is null"),
    ("ck_ask_answered_by", "update ask set answered_by = 'asker' where answer = 'yes'"),
    ("ck_ask_reason", f"update ask set {NO}, reason = 'tired'"),
    ("ck_ask_settled", f"update ask set settled = 'forgotten', settled_at = {AT}"),
    ("ck_ask_answered_when_answer", "update ask set answered_at = null where answer = 'yes'"),
    ("ck_ask_answered_when_answer", f"update ask set answered_at = {AT} where answer is null"),
    ("ck_ask_by_whom_when_answer", "update ask set answered_by = null where answer = 'yes'"),
    ("ck_ask_by_whom_when_answer", "update ask set answered_by = 'desk' where answer is null"),
    ("ck_ask_place_with_yes", "update ask set place_id = null, claim_id = null where answer = 'yes'"),
    ("ck_ask_place_with_yes", "update ask set answer = 'discuss' where answer = 'yes'"),
    ("ck_ask_place_with_yes", "update ask set place_id = 'ceder-1', claim_id = 'kept' where answer is null"),
    ("ck_ask_claim_with_place", "update ask set claim_id = null where answer = 'yes'"),
    ("ck_ask_reason_with_no", "update ask set reason = 'no_place' where answer = 'yes'"),
    ("ck_ask_reason_with_no", "update ask set reason = 'no_place' where answer is null"),
    ("ck_ask_criterion_with_reason", f"update ask set {NO}, reason = 'no_place', criterion = 'man'"),
    ("ck_ask_criterion_with_reason", f"update ask set {NO}, criterion = 'man'"),
    ("ck_ask_settled_when_settled", "update ask set settled = 'missed'"),
    ("ck_ask_settled_when_settled", f"update ask set settled_at = {AT}"),
    ("ck_ask_chosen_has_place", f"update ask set settled = 'chosen', settled_at = {AT} where answer is null"),
    ("uq_ask_chosen_case_id", f"update ask set {YES}, settled = 'chosen', settled_at = {AT}"),
    *BREAKS_OF_ACCESS,
    ("fk_case_event_case_id", f"{EVENT} ('', {AT}, 'none', 'asked', 'person', 'mark', 'police')"),
    ("ck_case_event_what", f"{EVENT} ('', {AT}, 'r', 'whispered', 'person', 'mark', 'police')"),
]
# Identity, and nobody writes ids.
BY_ITSELF = {"pk_journal", "pk_sign_in", "pk_disclosure", "pk_case_event", "alembic_version_pkc"}

NAMES = """
    select conname from pg_constraint where connamespace = 'public'::regnamespace and contype in ('c', 'u', 'p', 'f')
    union
    select relname from pg_index join pg_class on oid = indexrelid
    where indisunique and relnamespace = 'public'::regnamespace
"""


async def broken_by(tx: Transaction, statement: str) -> str:
    """The name of the constraint that refuses the statement."""
    connection = await tx.connection()
    with pytest.raises(IntegrityError) as refused:
        async with connection.begin_nested():
            await connection.execute(text(statement))
    assert refused.value.orig is not None
    name = getattr(refused.value.orig.__cause__, "constraint_name", None)
    return str(name)


@pytest.mark.parametrize(("name", "statement"), BREAKS, ids=[name for name, _ in BREAKS])
async def test_the_database_refuses(full: Transaction, name: str, statement: str) -> None:
    assert await broken_by(full, statement) == name


async def test_every_constraint_has_been_attacked(tx: Transaction) -> None:
    found = set((await (await tx.connection()).execute(text(NAMES))).scalars())
    assert found == {name for name, _ in BREAKS} | BY_ITSELF


@pytest.mark.parametrize(
    "statement",
    [
        "update unit set map_column = 12, map_row = 1",
        "update place set beds = 50, cots = 20, label = 'x' || id",
        "update shelter set intake_from_minutes = 0, intake_until_minutes = 1440",
        f"{CLAIM} ('two', 'linde-2', 'hold', 'desk', 'desk', {AT}, {LATER}, null)",
        f"{WAITING} ('w', 'mark', '', '{{}}', {AT}, timestamptz {AT} + interval '24 hours')",
        f"update case_record set state = 'withdrawn', over_at = {AT}, needs_sealed = null, unit_code = 'noord'",
        f"update case_record set state = 'confirmed', decided_at = {AT}, arrives_at = {AT}, refusal = 'other'",
        f"update case_record set state = 'cancelled', over_at = {AT}, needs_sealed = null",
        f"update case_record set {HANDED_TO}",
        f"update ask set {NO}, reason = 'contra_indication', criterion = 'man', step = 3",
        f"update ask set {NO}",  # erased when it is over
        f"update ask set settled = 'chosen', settled_at = {AT} where answer = 'yes'",
        f"update ask set settled = 'other_chosen', settled_at = {AT}",
    ],
)
async def test_the_database_takes_rows_at_the_edge(full: Transaction, statement: str) -> None:
    await (await full.connection()).execute(text(statement))


async def test_a_place_may_be_claimed_again_when_the_claim_has_ended_and_not_when_it_is_merely_past_its_hour(
    full: Transaction,
) -> None:
    connection = await full.connection()
    again = f"{CLAIM} ('two', 'linde-1', 'hold', 'desk', 'desk', {AT}, {LATER}, null)"
    await connection.execute(text(f"update claim set created_at = {AT}::timestamptz - interval '1 day', expires_at = {AT}"))
    assert await broken_by(full, again) == "uq_claim_live_place_id"
    await connection.execute(text(f"update claim set ended_at = {AT}, ending = 'expired' where ended_at is null"))
    await connection.execute(text(again))
    await connection.execute(text(f"update claim set ended_at = {AT}, ending = 'expired' where ended_at is null"))
    await connection.execute(text(again.replace("'two'", "'three'")))
