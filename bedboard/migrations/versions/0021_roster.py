"""The file with shelters, places and people that an administrator looks at before it is saved, sealed and for a short time."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TABLE = """
create table roster_draft (
    person_id text constraint pk_roster_draft primary key
        constraint fk_roster_draft_person_id references person (id) on delete cascade,
    sealed bytea not null,
    made_at timestamptz not null
)
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
