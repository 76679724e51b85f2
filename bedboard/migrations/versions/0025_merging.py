"""Organizations that went up in another one with their cases, closed kinds and units, and the languages of a deployment."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

STATEMENTS = (
    "create table language (code text constraint pk_language primary key)",
    """
insert into language (code) values
    ('nl'), ('en'), ('fr'), ('es'), ('pt'), ('de'), ('it'), ('pl'), ('ro'), ('bg'),
    ('hu'), ('uk'), ('ru'), ('tr'), ('ar'), ('fa'), ('so'), ('ti'), ('zh'), ('vi')
""",
    "alter table kind add column ended_at timestamptz",
    "alter table unit add column ended_at timestamptz",
    """
alter table organization
    add column merged_into_id text constraint fk_organization_merged_into_id references organization (id),
    add constraint ck_organization_merged check (merged_into_id is null or ended_at is not null and merged_into_id <> id)
""",
    """
alter table case_event
    drop constraint ck_case_event_what,
    add constraint ck_case_event_what check (what in
        ('asked', 'yes', 'discuss', 'no', 'reminder', 'second_line', 'desk', 'chosen', 'chosen_for_desk',
         'chosen_provisionally', 'desk_closed', 'confirmed', 'refused', 'arrived', 'missed', 'withdrawn', 'ended', 'lapsed',
         'late', 'released', 'resumed', 'stay_ended', 'cancelled', 'handed_over', 'kept', 'taken_over', 'declined',
         'arrival_changed', 'merged'))
""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
