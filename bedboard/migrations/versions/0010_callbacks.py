"""The numbers under which the organizations that look for places are called back, one per role."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table organization add column telephones jsonb not null default '{}'")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
