"""The messages to people's devices that wait until they have been delivered or are too old."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
create table outgoing (
    id bigint generated always as identity constraint pk_outgoing primary key,
    endpoint_hash bytea not null
        constraint fk_outgoing_endpoint_hash references push_subscription (endpoint_hash) on delete cascade,
    what text not null constraint ck_outgoing_what check (what in ('found', 'asked', 'news', 'confirm', 'token')),
    made_at timestamptz not null,
    due_at timestamptz not null,
    expires_at timestamptz not null,
    tries integer not null default 0
)
""",
    "create index ix_outgoing_due_at on outgoing (due_at)",
    "create index ix_outgoing_endpoint_hash on outgoing (endpoint_hash)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
