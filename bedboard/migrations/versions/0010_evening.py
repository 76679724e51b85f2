"""The reminder of a place that should be open again, beside those to confirm."""

from alembic import op

revision = "0010"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table reminded drop constraint ck_reminded_step")
    op.execute(
        "alter table reminded add constraint ck_reminded_step check (step in ('before', 'due', 'late', 'closure')) not valid"
    )
    op.execute("alter table reminded validate constraint ck_reminded_step")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
