"""The audit trail: more about each actor, a tag on each row, the chain of all rows, and what retention took from it."""

# ruff: noqa: S608  (our own words)

from alembic import op

revision = "0016"
down_revision = "0015"
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

# As in 0015, with all the fields of a look, and for one that was refused.
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

# The rows that retention deleted, signed by bedboard, so that `bedboard verify` knows them from rows that a thief deleted.
CUTS = (
    """
create table cut (
    id bigint generated always as identity constraint pk_cut primary key,
    source text not null constraint ck_cut_source check (source in ('journal', 'disclosure', 'case_event')),
    before timestamptz not null,
    ids bigint[] not null,
    tag bytea not null
)
""",
    """
create function cut_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the cuts of the audit trail are append-only' using errcode = 'restrict_violation';
end $$
""",
    """
create trigger cut_is_append_only before update or delete or truncate on cut
    for each statement execute function cut_is_append_only()
""",
)

# Retention deletes through these, so that the role that serves needs no right to delete. They run with the rights of the owner.
DEFINER = "language plpgsql security definer set search_path = {schema}, pg_temp as"
# The setting is that of 0014; only a superuser may write it into the head of a function.
FORGETS, FORGOT = (f"perform set_config('bedboard.forgetting', '{value}', true);" for value in ("yes", ""))
FORGET_OLDEST = """
    with first as (select f.id, f.{at} as at from {table} f order by f.id limit most),
    gone as (delete from {table} t where t.id in (select f.id from first f where f.at < past) returning t.id)
    select array_agg(g.id order by g.id) into ids from gone g;
"""
FORGETTING = {
    "forget_oldest(which text, past timestamptz, most integer)": f"""returns bigint[] {DEFINER} $$
declare ids bigint[];
begin
    {FORGETS}
    if which = 'journal' then {FORGET_OLDEST.format(table="journal", at="received_at")}
    elsif which = 'disclosure' then {FORGET_OLDEST.format(table="disclosure", at="at")}
    end if;
    {FORGOT}
    return coalesce(ids, array[]::bigint[]);
end $$""",
    "forget_cases(past timestamptz, most integer, out cases integer, out events bigint[])": f"""{DEFINER} $$
declare gone text[];
begin
    {FORGETS}
    gone := array(
        select r.id from case_record r where r.state in ({{ends}}) and r.over_at < past
        order by r.over_at limit most for update skip locked
    );
    delete from ask where case_id = any(gone);
    delete from claim where case_id = any(gone);
    with lines as (delete from case_event e where e.case_id = any(gone) returning e.id)
        select coalesce(array_agg(l.id order by l.id), array[]::bigint[]) into events from lines l;
    delete from case_record where id = any(gone);
    {FORGOT}
    cases := cardinality(gone);
end $$""",
    "forget_holds(promises text[], past timestamptz)": f"""returns integer {DEFINER} $$
declare count integer;
begin
    delete from claim c
    where coalesce(c.first_id, c.id) = any(promises) and coalesce(c.ended_at, c.expires_at) < past and c.case_id is null;
    get diagnostics count = row_count;
    return count;
end $$""",
    "forget_people(past timestamptz, most integer)": f"""returns integer {DEFINER} $$
declare gone text[];
begin
    gone := array(
        select g.id from person g where g.ended_at < past
            and not exists (select from claim where person_id = g.id)
            and not exists (select from case_record where person_id = g.id)
        limit most for update skip locked
    );
    delete from household_key where id in (select a.id from alert a where a.person_id = any(gone));
    delete from membership where person_id = any(gone);
    delete from session where person_id = any(gone);
    delete from alert where person_id = any(gone);
    delete from push_subscription where person_id = any(gone);
    delete from person where id = any(gone);
    return cardinality(gone);
end $$""",
    "forget_clients(past timestamptz, most integer)": f"""returns integer {DEFINER} $$
declare gone text[];
begin
    gone := array(
        select g.id from client g where g.ended_at < past
            and not exists (select from claim where client_id = g.id)
            and not exists (select from case_record where client_id = g.id)
        limit most for update skip locked
    );
    delete from client where id = any(gone);
    return cardinality(gone);
end $$""",
    # Every row of these months is written again, shuffled, so that all have one transaction: none shows with which others it
    # last changed.
    "add_waiting_tallies()": f"""returns void {DEFINER} $$
begin
    lock table tally_waiting in access exclusive mode nowait;
    with before as (
        delete from tally where month in (select w.month from tally_waiting w)
        returning month, hour, what, unit_code, kind_code, code, count
    )
    insert into tally (month, hour, what, unit_code, kind_code, code, count)
    select month, hour, what, unit_code, kind_code, code, sum(count) from (
        select month, hour, what, unit_code, kind_code, code, count from before
        union all select month, hour, what, unit_code, kind_code, code, 1 from tally_waiting
    ) every
    group by month, hour, what, unit_code, kind_code, code order by random();
    truncate tally_waiting;
end $$""",
}
ENDS = "'arrived', 'ended', 'cancelled'"


def upgrade() -> None:
    for statement in (*STATEMENTS, *CUTS):
        op.execute(statement)
    schema = op.get_bind().exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    op.execute(SEE_CONTACT.format(schema=schema))
    for head, body in FORGETTING.items():
        op.execute(f"create function {head} {body.format(schema=schema, ends=ENDS)}")
        op.execute(f"revoke execute on function {head} from public")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
