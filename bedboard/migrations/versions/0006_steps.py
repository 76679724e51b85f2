"""Let a case go on: the hold that it uses, a stay that is ended, a hand-over, and more ways to its end."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

STATEMENTS = """
alter table ask add column hold_id text constraint fk_ask_hold_id references claim (id);
create index ix_ask_hold_id on ask (hold_id);
alter table case_event
    drop constraint ck_case_event_what,
    add constraint ck_case_event_what check (what in
        ('asked', 'yes', 'discuss', 'no', 'reminder', 'second_line', 'desk', 'chosen', 'chosen_for_desk',
         'chosen_provisionally', 'desk_closed', 'confirmed', 'refused', 'arrived', 'missed', 'withdrawn', 'ended', 'lapsed',
         'late', 'released', 'resumed', 'stay_ended', 'cancelled', 'handed_over', 'kept', 'taken_over'));
alter table ask
    drop constraint ck_ask_settled,
    add constraint ck_ask_settled check (settled in
        ('chosen', 'other_chosen', 'refused_by_desk', 'missed', 'resumed', 'stay_ended', 'withdrawn'));
alter table case_record
    add column stays_until date,
    add column handed_organization_id text constraint fk_case_record_handed_organization_id references organization (id),
    add column handed_role text constraint ck_case_record_handed_role check (handed_role in ('coordinator', 'police', 'desk')),
    add column handed_at timestamptz,
    add constraint ck_case_record_handed_as_a_whole
        check ((handed_organization_id is null) = (handed_role is null) and (handed_role is null) = (handed_at is null)),
    add constraint ck_case_record_not_handed_when_over check (over_at is null or handed_at is null),
    drop constraint ck_case_record_state,
    add constraint ck_case_record_state check (state in
        ('asking', 'chosen', 'provisional', 'confirmed', 'housed', 'arrived', 'withdrawn', 'ended', 'cancelled')),
    drop constraint ck_case_record_over_when_over,
    add constraint ck_case_record_over_when_over
        check ((over_at is null) = (state not in ('arrived', 'withdrawn', 'ended', 'cancelled'))),
    drop constraint ck_case_record_no_unit_at_its_end,
    add constraint ck_case_record_no_unit_at_its_end
        check (state not in ('arrived', 'ended', 'cancelled') or unit_code is null),
    add constraint ck_case_record_no_stay_when_over check (over_at is null or stays_until is null);
drop index ix_case_record_open_organization_id;
create index ix_case_record_open_organization_id on case_record (organization_id, role)
    where state not in ('arrived', 'ended', 'cancelled');
create index ix_case_record_handed_organization_id on case_record (handed_organization_id, handed_role)
    where handed_at is not null;
alter table tally
    drop constraint ck_tally_what,
    add constraint ck_tally_what check (what in
        ('slept', 'excluded_by', 'kind_sought', 'request', 'withdrawn', 'placed_kind', 'placed_unit',
         'refused', 'refused_kind', 'refused_unit', 'contra_indication'));
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
