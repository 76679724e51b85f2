"""The line of a case whose requester said another hour of arrival."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STATEMENT = """
alter table case_event
    drop constraint ck_case_event_what,
    add constraint ck_case_event_what check (what in
        ('asked', 'yes', 'discuss', 'no', 'reminder', 'second_line', 'desk', 'chosen', 'chosen_for_desk',
         'chosen_provisionally', 'desk_closed', 'confirmed', 'refused', 'arrived', 'missed', 'withdrawn', 'ended', 'lapsed',
         'late', 'released', 'resumed', 'stay_ended', 'cancelled', 'handed_over', 'kept', 'taken_over', 'declined',
         'arrival_changed'))
"""


def upgrade() -> None:
    op.execute(STATEMENT)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
