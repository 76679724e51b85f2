"""The audit trail: the role, organization and session of each actor, a tag on each row, and the chain of all rows."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# Rows from before have an empty tag. They are chained once, by the turn that begins the chain.
STATEMENTS = (
    """
alter table journal
    add column role text,
    add column organization_id text,
    add column session text,
    add column network text,
    add column tag bytea not null default ''
""",
    """
alter table disclosure
    add column organization_id text,
    add column session text,
    add column network text,
    add column result text not null default 'shown' constraint ck_disclosure_result check (result in ('shown', 'refused')),
    add column tag bytea not null default '',
    drop constraint ck_disclosure_why,
    add constraint ck_disclosure_why check (why in ('hold', 'stale', 'desk', 'request', 'none'))
""",
    """
alter table case_event
    add column organization_id text,
    add column session text,
    add column network text,
    add column tag bytea not null default ''
""",
    "alter table journal alter column tag drop default",
    "alter table disclosure alter column tag drop default",
    "alter table case_event alter column tag drop default",
    "create index ix_journal_received_at on journal (received_at)",
    "create index ix_disclosure_at on disclosure (at)",
    "create index ix_case_event_at on case_event (at)",
    """
create table chain (
    number bigint constraint pk_chain primary key constraint ck_chain_number check (number > 0),
    at timestamptz not null,
    source text not null constraint ck_chain_source check (source in ('journal', 'disclosure', 'case_event')),
    until_id bigint not null,
    ids bigint[] not null,
    tags bytea not null,
    mark bytea not null,
    constraint ck_chain_tags check (length(tags) = 16 * cardinality(ids))
)
""",
    "create index ix_chain_source on chain (source, number)",
    """
create function chain_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the chain of the audit trail is append-only' using errcode = 'restrict_violation';
end $$
""",
    """
create trigger chain_is_append_only before update or delete or truncate on chain
    for each statement execute function chain_is_append_only()
""",
)

# As in 0014, with all the fields of a look, and for one that was refused.
SEE_CONTACT = """
create or replace function see_contact(look jsonb, since timestamptz) returns bytea
language plpgsql security definer set search_path = {schema}, pg_temp as $$
declare
    one disclosure := jsonb_populate_record(null::disclosure, look);
    sealed bytea;
begin
    select case one.what when 'telephone' then telephone_sealed when 'address' then address_sealed end into sealed
        from shelter_contact where shelter_id = one.shelter_id;
    if sealed is null then
        return null;
    end if;
    if since is not null then
        perform pg_advisory_xact_lock(hashtextextended(concat_ws(' ', one.actor_kind, one.actor_id, one.shelter_id), 0));
        if exists (
            select from disclosure d
            where (d.actor_kind, d.actor_id, d.shelter_id, d.what, d.why, d.result)
                = (one.actor_kind, one.actor_id, one.shelter_id, one.what, one.why, one.result)
                and d.claim_id is not distinct from one.claim_id and d.case_id is not distinct from one.case_id
                and d.at > since
        ) then
            return sealed;
        end if;
    end if;
    insert into disclosure (at, actor_kind, actor_id, role, organization_id, session, network,
                            shelter_id, what, why, claim_id, case_id, result, tag)
        values (one.at, one.actor_kind, one.actor_id, one.role, one.organization_id, one.session, one.network,
                one.shelter_id, one.what, one.why, one.claim_id, one.case_id, one.result, one.tag);
    return case one.result when 'shown' then sealed end;
end $$
"""


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    schema = op.get_bind().exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    op.execute(SEE_CONTACT.format(schema=schema))


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
