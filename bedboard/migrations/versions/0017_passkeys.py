"""Passkeys, their challenges and enrolment codes, the journal of signing in, and the proof that a session carries."""

# ruff: noqa: S608  (our own words)

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

LABELS = "'phone', 'computer', 'tablet', 'key', 'shared'"
SOURCES = "'journal', 'disclosure', 'case_event', 'sign_in'"
TABLES = (
    f"""
create table passkey (
    id text constraint pk_passkey primary key,
    person_id text not null constraint fk_passkey_person_id references person (id),
    credential_id bytea not null constraint uq_passkey_credential_id unique,
    public_key bytea not null,
    sign_count bigint not null constraint ck_passkey_sign_count check (sign_count >= 0),
    label text not null constraint ck_passkey_label check (label in ({LABELS})),
    added_at timestamptz not null,
    used_at timestamptz,
    ended_at timestamptz
)
""",
    "create index ix_passkey_person_id on passkey (person_id)",
    """
create table challenge (
    hash bytea constraint pk_challenge primary key,
    purpose text not null
        constraint ck_challenge_purpose check (purpose in ('sign_in', 'unlock', 'step_up', 'enrol', 'add')),
    bound_hash bytea not null,
    created_at timestamptz not null
)
""",
    "create index ix_challenge_created_at on challenge (created_at)",
    """
create table enrol_code (
    finding_hash bytea constraint pk_enrol_code primary key,
    code_hash bytea not null,
    person_id text not null constraint fk_enrol_code_person_id references person (id),
    made_at timestamptz not null,
    wrong_count integer not null default 0 constraint ck_enrol_code_wrong_count check (wrong_count >= 0),
    ended_at timestamptz
)
""",
    "create index ix_enrol_code_person_id on enrol_code (person_id)",
    """
alter table session
    add column proven_at timestamptz,
    add column passkey_id text constraint fk_session_passkey_id references passkey (id) on delete set null,
    add column proven_by text constraint fk_session_proven_by references passkey (id) on delete set null
""",
    "create index ix_session_passkey_id on session (passkey_id)",
    "create index ix_session_proven_by on session (proven_by)",
    # As with a person that leaves (0012): whatever ends a passkey, an action or somebody at the database.
    """
create function passkey_ends_sessions() returns trigger language plpgsql as $$
begin
    update session set ended_at = now() where (passkey_id = new.id or proven_by = new.id) and ended_at is null;
    return null;
end $$
""",
    """
create trigger passkey_ends_sessions after update of ended_at on passkey
    for each row when (new.ended_at is not null) execute function passkey_ends_sessions()
""",
    f"""
create table sign_in (
    id bigint generated always as identity constraint pk_sign_in primary key,
    at timestamptz not null,
    actor_kind text not null constraint ck_sign_in_actor_kind check (actor_kind in ('person', 'system', 'nobody')),
    actor_id text not null,
    role text,
    organization_id text,
    session text,
    network text,
    person_id text,
    what text not null constraint ck_sign_in_what check (what in
        ('sign_in', 'sign_out', 'unlock', 'step_up', 'code_made', 'code_tried', 'passkey_added', 'passkey_ended')),
    method text constraint ck_sign_in_method check (method in ('tap', 'passkey', 'code', 'command')),
    device text constraint ck_sign_in_device check (device in ({LABELS})),
    result text not null
        constraint ck_sign_in_result check (result in ('done', 'challenge_over', 'passkey_refused', 'wrong_code')),
    tag bytea not null
)
""",
    "create index ix_sign_in_person_id_at on sign_in (person_id, at)",
    "create index ix_sign_in_at on sign_in (at)",
    """
create function sign_in_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the journal of signing in is append-only' using errcode = 'restrict_violation';
end $$
""",
    """
create trigger sign_in_is_append_only before update or truncate on sign_in
    for each statement execute function sign_in_is_append_only()
""",
    """
create trigger sign_in_keeps_its_term before delete on sign_in for each statement
    when (current_setting('bedboard.forgetting', true) is distinct from 'yes')
    execute function sign_in_is_append_only()
""",
    f"""
alter table chain drop constraint ck_chain_source, add constraint ck_chain_source check (source in ({SOURCES}))
""",
    f"""
alter table cut drop constraint ck_cut_source, add constraint ck_cut_source check (source in ({SOURCES}))
""",
)

# As in 0016, with the journal of signing in, and with what a person who is forgotten had for signing in.
DEFINER = "language plpgsql security definer set search_path = {schema}, pg_temp as"
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
    elsif which = 'sign_in' then {FORGET_OLDEST.format(table="sign_in", at="at")}
    end if;
    {FORGOT}
    return coalesce(ids, array[]::bigint[]);
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
    delete from enrol_code where person_id = any(gone);
    delete from passkey where person_id = any(gone);
    delete from person where id = any(gone);
    return cardinality(gone);
end $$""",
}


def upgrade() -> None:
    for statement in TABLES:
        op.execute(statement)
    schema = op.get_bind().exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    for head, body in FORGETTING.items():
        op.execute(f"create or replace function {head} {body.format(schema=schema)}")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
