"""Looking for a place: holds of people and programs, looks at telephones, waiting, what was not found, languages, push."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATEMENTS = """
alter table shelter add column languages text[] not null default '{}';
alter table claim
    add column client_id text constraint fk_claim_client_id references client (id),
    add column extended_at timestamptz,
    add column ending text
        constraint ck_claim_ending check (ending in ('released', 'used', 'withdrawn', 'expired'));
update claim set ending = 'released' where ended_at is not null;
alter table claim
    add constraint ck_claim_ending_when_ended check ((ended_at is null) = (ending is null)),
    add constraint ck_claim_one_holder check (person_id is null or client_id is null);
create index ix_claim_live_organization_id on claim (organization_id) where ended_at is null;
create table look (
    id bigint generated always as identity constraint pk_look primary key,
    at timestamptz not null,
    actor_kind text not null,
    actor_id text not null,
    role text not null,
    shelter_id text not null,
    what text not null constraint ck_look_what check (what in ('telephone', 'address')),
    why text not null constraint ck_look_why check (why in ('hold', 'stale', 'desk')),
    claim_id text
);
create index ix_look_shelter_id on look (shelter_id);
create index ix_look_actor_id_at on look (actor_id, at);
create table waiting (
    id text constraint pk_waiting primary key,
    person_id text not null constraint fk_waiting_person_id references person (id),
    profile_sealed bytea not null,
    seen text[] not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    found_at timestamptz,
    constraint ck_waiting_a_day_at_most
        check (expires_at > created_at and expires_at <= created_at + interval '24 hours')
);
create index ix_waiting_person_id on waiting (person_id);
create table tally (
    month date not null constraint ck_tally_first_of_month check (extract(day from month) = 1),
    hour smallint not null constraint ck_tally_hour check (hour between 0 and 23),
    what text not null constraint ck_tally_what check (what in ('slept', 'excluded_by', 'kind_sought')),
    unit_code text not null,
    kind_code text not null,
    code text not null,
    count bigint not null constraint ck_tally_count check (count > 0),
    constraint pk_tally primary key (month, hour, what, unit_code, kind_code, code)
);
create table push_subscription (
    endpoint text constraint pk_push_subscription primary key,
    person_id text not null constraint fk_push_subscription_person_id references person (id),
    p256dh text not null,
    auth text not null,
    created_at timestamptz not null
);
create index ix_push_subscription_person_id on push_subscription (person_id);
"""

APPEND_ONLY = """
create function look_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the record of looks is append-only' using errcode = 'restrict_violation';
end $$;
create trigger look_is_append_only before update or delete or truncate on look
    for each statement execute function look_is_append_only();
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for statement in APPEND_ONLY.split("$$;\n"):
        op.execute(statement + ("$$" if "create function" in statement else ""))


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
