"""Keep no text from outside, and no reference of a case where it outlives the case."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# A changed type writes the table to a new file: the keys as they came are then in none.
REPLIES = """
alter table stored_reply drop constraint ck_stored_reply_key;
alter table stored_reply alter column key type bytea using sha256(convert_to(actor_id || E'\\n' || key, 'UTF8'));
alter table stored_reply rename column key to key_hash;
alter table stored_reply add constraint ck_stored_reply_key_hash check (length(key_hash) = 32);
"""

# A migration has no seal, so it cannot keep the devices: each adds itself again in the next session of its person.
DEVICES = """
drop table push_subscription;
create table push_subscription (
    endpoint_hash bytea constraint pk_push_subscription primary key,
    person_id text not null constraint fk_push_subscription_person_id references person (id),
    token_hash bytea not null
        constraint fk_push_subscription_token_hash references session (token_hash) on delete cascade,
    device_sealed bytea not null,
    created_at timestamptz not null
);
create index ix_push_subscription_person_id on push_subscription (person_id);
create index ix_push_subscription_token_hash on push_subscription (token_hash);
"""

TRACES = """
alter table case_record add column trace_id text;
update case_record set trace_id = id;
alter table case_record
    alter column trace_id set not null,
    alter column trace_id set default gen_random_uuid()::text,
    add constraint uq_case_record_trace_id unique (trace_id);
"""

# Unlogged: in no write-ahead log and no physical copy, and emptied by a crash. docs/privacy.md weighs this.
KEYS = """
create unlogged table household_key (
    id text constraint pk_household_key primary key,
    key_sealed bytea not null
);
"""

# The counts of one case wait here for those of others, unlogged for the same reason.
TALLIES = """
create unlogged table tally_waiting (like tally including constraints);
alter table tally_waiting
    drop column count,
    add column id text default gen_random_uuid()::text constraint pk_tally_waiting primary key;
create table job_slot (
    name text constraint pk_job_slot primary key,
    taken_at timestamptz not null
);
"""

# Rows that are append-only can be deleted under one setting of the transaction, which only `store/retention.py` makes.
FORGETTING = """
drop trigger {table}_is_append_only on {table};
create trigger {table}_is_append_only before update or truncate on {table}
    for each statement execute function {table}_is_append_only();
create trigger {table}_keeps_its_term before delete on {table} for each statement
    when (current_setting('bedboard.forgetting', true) is distinct from 'yes')
    execute function {table}_is_append_only();
"""


def upgrade() -> None:
    forgetting = [FORGETTING.format(table=table) for table in ("journal", "disclosure", "case_event")]
    for script in (REPLIES, DEVICES, TRACES, KEYS, TALLIES, *forgetting):
        for statement in script.strip().rstrip(";").split(";\n"):
            op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
