"""Accounts at a provider of OpenID Connect, which sign people in as passkeys do, and the last look at what was added."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

PURPOSES = (
    "'sign_in', 'unlock', 'step_up', 'enrol', 'add', 'account_sign_in', 'account_unlock', 'account_step_up', 'account_add'"
)
STATEMENTS = (
    """
create table account (
    id text constraint pk_account primary key,
    person_id text not null constraint fk_account_person_id references person (id),
    subject_hash bytea not null,
    added_at timestamptz not null,
    used_at timestamptz,
    seen_at timestamptz,
    ended_at timestamptz
)
""",
    "create index ix_account_person_id on account (person_id)",
    "create unique index uq_account_living_subject_hash on account (subject_hash) where ended_at is null",
    "create unique index uq_account_living_person_id on account (person_id) where ended_at is null",
    "alter table passkey add column seen_at timestamptz",
    """
alter table session
    add column account_id text constraint fk_session_account_id references account (id) on delete set null
""",
    "create index ix_session_account_id on session (account_id)",
    # As with a passkey (0017): whatever ends an account, an action or somebody at the database.
    """
create function account_ends_sessions() returns trigger language plpgsql as $$
begin
    update session set ended_at = now() where account_id = new.id and ended_at is null;
    return null;
end $$
""",
    """
create trigger account_ends_sessions after update of ended_at on account
    for each row when (new.ended_at is not null) execute function account_ends_sessions()
""",
    f"""
alter table challenge
    drop constraint ck_challenge_purpose,
    add constraint ck_challenge_purpose check (purpose in ({PURPOSES}, 'account_done'))
""",
    """
alter table sign_in
    drop constraint ck_sign_in_what,
    add constraint ck_sign_in_what check (what in
        ('sign_in', 'sign_out', 'unlock', 'step_up', 'code_made', 'code_tried', 'passkey_added', 'passkey_ended',
        'account_added', 'account_ended')),
    drop constraint ck_sign_in_method,
    add constraint ck_sign_in_method check (method in ('tap', 'passkey', 'code', 'command', 'oidc')),
    drop constraint ck_sign_in_result,
    add constraint ck_sign_in_result check (result in
        ('done', 'challenge_over', 'passkey_refused', 'wrong_code', 'account_refused', 'account_too_weak', 'account_too_old'))
""",
    """
alter table outgoing
    drop constraint ck_outgoing_what,
    add constraint ck_outgoing_what check (what in ('found', 'asked', 'news', 'confirm', 'token', 'access'))
""",
)

# As in 0017, with accounts.
FORGET_PEOPLE = """
create or replace function forget_people(past timestamptz, most integer) returns integer
language plpgsql security definer set search_path = {schema}, pg_temp as $$
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
    delete from account where person_id = any(gone);
    delete from person where id = any(gone);
    return cardinality(gone);
end $$
"""


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    schema = op.get_bind().exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    op.execute(FORGET_PEOPLE.format(schema=schema))


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
