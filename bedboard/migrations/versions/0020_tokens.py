"""Tokens of programs: what each may do, until when, when it was last used, and the one before during a rotation."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

STATEMENTS = (
    # The columns have defaults: a process of before goes on to add tokens, which may then only read.
    """
alter table client
    add column scopes text[] not null default '{}',
    add column expires_at timestamptz,
    add column used_at timestamptz,
    add column rotated_at timestamptz,
    add column previous_hash bytea constraint uq_client_previous_hash unique,
    add column previous_until timestamptz,
    add constraint ck_client_scopes check (scopes <@ array['report', 'read', 'answer', 'search', 'request']),
    add constraint ck_client_previous check ((previous_hash is null) = (previous_until is null))
""",
    # A token of before goes on without an end, and may do what its role could do.
    """
update client set scopes = case role
    when 'machine' then array['report', 'read', 'answer', 'request']
    when 'coordinator' then array['read', 'search', 'request']
    when 'police' then array['read', 'answer', 'search', 'request']
    when 'desk' then array['read', 'answer', 'search', 'request']
    else '{}' end
""",
)

# As in 0016; a token that has expired is over too.
FORGET_CLIENTS = """
create or replace function forget_clients(past timestamptz, most integer) returns integer
language plpgsql security definer set search_path = {schema}, pg_temp as $$
declare gone text[];
begin
    gone := array(
        select g.id from client g where least(g.ended_at, g.expires_at) < past
            and not exists (select from claim where client_id = g.id)
            and not exists (select from case_record where client_id = g.id)
        limit most for update skip locked
    );
    delete from client where id = any(gone);
    return cardinality(gone);
end $$
"""


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    schema = op.get_bind().exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    op.execute(FORGET_CLIENTS.format(schema=schema))


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
