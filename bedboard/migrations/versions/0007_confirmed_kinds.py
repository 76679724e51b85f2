"""Confirm a shelter by kind, and keep whether its people or its system said so last.

A kind that is not in `kinds_confirmed_at` was confirmed with the whole shelter, at `confirmed_at`, as all were until now.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
alter table shelter
    add column kinds_confirmed_at jsonb not null default '{}'
        constraint ck_shelter_kinds_confirmed_at check (jsonb_typeof(kinds_confirmed_at) = 'object'),
    add column confirmed_by text not null default 'person'
        constraint ck_shelter_confirmed_by check (confirmed_by in ('person', 'client', 'system'))
""",
    """
update shelter set confirmed_by = 'client' where 'client' = (
    select actor_kind from journal
    where journal.shelter_id = shelter.id and action in ('place', 'count', 'confirm', 'undo')
    order by journal.id desc limit 1
)
""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
