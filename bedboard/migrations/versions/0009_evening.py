"""The reminder of a place that should be open again, and the line of a case that others do not take over."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


STATEMENTS = """
alter table reminded
    drop constraint ck_reminded_step,
    add constraint ck_reminded_step check (step in ('before', 'due', 'late', 'closure'));
alter table case_event
    drop constraint ck_case_event_what,
    add constraint ck_case_event_what check (what in
        ('asked', 'yes', 'discuss', 'no', 'reminder', 'second_line', 'desk', 'chosen', 'chosen_for_desk',
         'chosen_provisionally', 'desk_closed', 'confirmed', 'refused', 'arrived', 'missed', 'withdrawn', 'ended', 'lapsed',
         'late', 'released', 'resumed', 'stay_ended', 'cancelled', 'handed_over', 'kept', 'taken_over', 'declined'));
"""


def upgrade() -> None:
    for statement in filter(str.strip, STATEMENTS.split(";")):
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
