"""Let the part of a shelter in a case name the hold that it uses."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = """
alter table ask add column hold_id text constraint fk_ask_hold_id references claim (id);
create index ix_ask_hold_id on ask (hold_id);
alter table case_event
    drop constraint ck_case_event_what,
    add constraint ck_case_event_what check (what in
        ('asked', 'yes', 'discuss', 'no', 'reminder', 'second_line', 'desk', 'chosen', 'chosen_for_desk',
         'chosen_provisionally', 'confirmed', 'refused', 'arrived', 'missed', 'withdrawn', 'ended', 'lapsed', 'late',
         'released', 'resumed', 'stay_ended'));
alter table ask
    drop constraint ck_ask_settled,
    add constraint ck_ask_settled check (settled in
        ('chosen', 'other_chosen', 'refused_by_desk', 'missed', 'resumed', 'stay_ended', 'withdrawn'));
alter table case_record
    add column stays_until date,
    add constraint ck_case_record_no_stay_when_over check (over_at is null or stays_until is null);
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
