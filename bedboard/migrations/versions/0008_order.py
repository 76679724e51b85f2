"""The order of found places: the needs for which a kind is meant, and the travel time between police units."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table kind add column for_needs text[] not null default '{}'")
    op.execute("""
create table travel (
    from_code text not null constraint fk_travel_from_code references unit (code),
    to_code text not null constraint fk_travel_to_code references unit (code),
    minutes integer not null constraint ck_travel_minutes check (minutes between 1 and 998),
    constraint pk_travel primary key (from_code, to_code),
    constraint ck_travel_once check (from_code < to_code)
)
""")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
