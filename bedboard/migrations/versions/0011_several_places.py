"""Several places of one shelter in one hold or one offer: a row of claim for each, tied to the first of them."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table claim add column first_id text constraint fk_claim_first_id references claim (id)")
    op.execute("alter table claim add constraint ck_claim_first_id check (first_id <> id)")
    op.execute("create index ix_claim_first_id on claim (first_id)")
    op.execute("alter table ask add column more_place_ids text[] not null default '{}'")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
