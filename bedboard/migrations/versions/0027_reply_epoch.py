"""The epoch in which a kept reply was given: in another one its version says nothing."""

from alembic import op

revision = "0027"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table stored_reply add column epoch bigint")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
