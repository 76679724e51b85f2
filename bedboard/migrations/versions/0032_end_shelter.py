"""A shelter may be closed for good. Its row stays: the past, the trail and old cases name it."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table shelter add column ended_at timestamptz")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
