"""Kinds of session, and devices for push messages that belong to a session and go with it."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Whatever ends a session, an action or somebody at the database, takes its device along.
TRIGGERS = (
    """
create function session_takes_device() returns trigger language plpgsql as $$
begin
    delete from push_subscription where token_hash = new.token_hash;
    return null;
end $$
""",
    """
create trigger session_takes_device after update of ended_at on session
    for each row when (new.ended_at is not null) execute function session_takes_device()
""",
    """
create function person_ends_sessions() returns trigger language plpgsql as $$
begin
    update session set ended_at = now() where person_id = new.id and ended_at is null;
    return null;
end $$
""",
    """
create trigger person_ends_sessions after update of role, ended_at on person
    for each row when (new.role is distinct from old.role or new.ended_at is not null) execute function person_ends_sessions()
""",
)


def upgrade() -> None:
    op.execute(
        "alter table session add column kind text not null default 'person'"
        " constraint ck_session_kind check (kind in ('person', 'shift', 'wall'))"
    )
    op.execute("update session s set kind = 'shift' from person p where p.id = s.person_id and p.role = 'staff'")
    op.execute("delete from push_subscription")  # nobody knows their sessions; each device can be turned on again
    op.execute(
        "alter table push_subscription add column token_hash bytea not null"
        " constraint fk_push_subscription_token_hash references session (token_hash) on delete cascade"
    )
    op.execute("create index ix_push_subscription_token_hash on push_subscription (token_hash)")
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
