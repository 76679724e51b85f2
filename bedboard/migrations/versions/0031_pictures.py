"""Pictures of shelters, from which the board as it stood is made, and the indexes that find the lines of the journal since."""

from alembic import op

revision = "0031"
down_revision = "0029"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
create table picture (
    shelter_id text not null constraint fk_picture_shelter_id references shelter (id),
    at timestamptz not null,
    version bigint not null,
    shows jsonb not null,
    constraint pk_picture primary key (shelter_id, at)
)
""",
    "create index ix_picture_at on picture (at)",
    # It does what the index on the shelter alone did, and finds the lines of a shelter in the order of its versions.
    "create index ix_journal_shelter_id_version on journal (shelter_id, version)",
    "drop index ix_journal_shelter_id",
    # Most shelters have none, and nobody should read all their lines to know that.
    "create index ix_journal_criteria on journal (shelter_id, version) where action = 'criteria'",
    # The words of kinds, units and organizations change seldom, so this index is nearly empty.
    """
create index ix_journal_words on journal (received_at)
    where action in ('change_kind', 'change_unit', 'change_organization')
""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
