"""The board: organizations, shelters, places, claims, people, clients, journal."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
create table deployment (
    id integer constraint pk_deployment primary key constraint ck_deployment_one_row check (id = 1),
    name text not null,
    time_zone text not null,
    demo boolean not null,
    created_at timestamptz not null
);
create table unit (
    code text constraint pk_unit primary key,
    name text not null,
    short text not null,
    map_column integer not null constraint ck_unit_map_column check (map_column between 1 and 12),
    map_row integer not null constraint ck_unit_map_row check (map_row between 1 and 12)
);
create table kind (
    code text constraint pk_kind primary key,
    position integer not null,
    name_nl text not null,
    name_en text not null,
    long_nl text not null,
    long_en text not null,
    decides text not null constraint ck_kind_decides check (decides in ('shelter', 'desk', 'police')),
    desk_hours text,
    outside_hours text constraint ck_kind_outside_hours check (outside_hours in ('provisional')),
    fresh_minutes integer constraint ck_kind_fresh_minutes check (fresh_minutes > 0),
    ageing_minutes integer constraint ck_kind_ageing_minutes check (ageing_minutes > 0)
);
create table organization (
    id text constraint pk_organization primary key,
    name text not null
);
create table shelter (
    id text constraint pk_shelter primary key,
    organization_id text not null constraint fk_shelter_organization_id references organization (id),
    unit_code text not null constraint fk_shelter_unit_code references unit (code),
    name text not null constraint uq_shelter_name unique,
    version bigint not null constraint ck_shelter_version check (version > 0),
    confirmed_at timestamptz,
    created_at timestamptz not null,
    intake_from_minutes integer not null
        constraint ck_shelter_intake_from check (intake_from_minutes between 0 and 1440),
    intake_until_minutes integer not null
        constraint ck_shelter_intake_until check (intake_until_minutes between 0 and 1440),
    confirm_times text[] not null constraint ck_shelter_confirm_times
        check (array_to_string(confirm_times, ' ', '?') || ' ' ~ '^(([01][0-9]|2[0-3]):[0-5][0-9] )*( )?$'),
    criteria jsonb not null,
    limits jsonb not null,
    telephone_sealed bytea not null,
    address_sealed bytea not null
);
create table place (
    id text constraint pk_place primary key,
    shelter_id text not null constraint fk_place_shelter_id references shelter (id),
    kind_code text not null constraint fk_place_kind_code references kind (code),
    position integer not null,
    label text not null constraint ck_place_label check (length(label) between 1 and 40),
    beds integer not null constraint ck_place_beds check (beds between 1 and 50),
    cots integer not null constraint ck_place_cots check (cots between 0 and 20),
    state text not null constraint ck_place_state check (state in ('open', 'occupied', 'closed')),
    since timestamptz not null,
    observed_at timestamptz not null,
    expected_free_at timestamptz,
    closed_reason text constraint ck_place_closed_reason
        check (closed_reason in ('cleaning', 'repair', 'no_staff', 'quarantine', 'safety', 'other')),
    criteria jsonb,
    constraint uq_place_shelter_id_label unique (shelter_id, label),
    constraint ck_place_reason_when_closed check ((state = 'closed') = (closed_reason is not null)),
    constraint ck_place_expected_when_not_open check (state <> 'open' or expected_free_at is null)
);
create index ix_place_shelter_id on place (shelter_id);
create table person (
    id text constraint pk_person primary key,
    organization_id text not null constraint fk_person_organization_id references organization (id),
    name text not null,
    role text not null constraint ck_person_role
        check (role in ('staff', 'manager', 'coordinator', 'police', 'desk', 'admin', 'auditor')),
    language text constraint ck_person_language check (language in ('nl', 'en')),
    demo boolean not null,
    ended_at timestamptz
);
create table membership (
    person_id text not null constraint fk_membership_person_id references person (id),
    shelter_id text not null constraint fk_membership_shelter_id references shelter (id),
    constraint pk_membership primary key (person_id, shelter_id)
);
create table claim (
    id text constraint pk_claim primary key,
    place_id text not null constraint fk_claim_place_id references place (id),
    type text not null constraint ck_claim_type check (type in ('hold', 'reservation')),
    organization_id text not null constraint fk_claim_organization_id references organization (id),
    role text not null,
    person_id text constraint fk_claim_person_id references person (id),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    constraint ck_claim_expires_later check (expires_at > created_at)
);
create unique index uq_claim_live_place_id on claim (place_id) where ended_at is null;
create table session (
    token_hash bytea constraint pk_session primary key,
    person_id text not null constraint fk_session_person_id references person (id),
    created_at timestamptz not null,
    used_at timestamptz not null,
    ended_at timestamptz
);
create index ix_session_person_id on session (person_id);
create table client (
    id text constraint pk_client primary key,
    token_hash bytea not null constraint uq_client_token_hash unique,
    name text not null,
    role text not null constraint ck_client_role
        check (role in ('machine', 'coordinator', 'police', 'desk', 'admin', 'auditor')),
    organization_id text constraint fk_client_organization_id references organization (id),
    shelter_id text constraint fk_client_shelter_id references shelter (id),
    demo boolean not null,
    created_at timestamptz not null,
    ended_at timestamptz,
    constraint ck_client_machine_has_shelter check ((role = 'machine') = (shelter_id is not null))
);
create table journal (
    id bigint generated always as identity constraint pk_journal primary key,
    received_at timestamptz not null,
    observed_at timestamptz not null,
    actor_kind text not null,
    actor_id text not null,
    action text not null,
    shelter_id text not null,
    version bigint not null,
    place_id text,
    before jsonb,
    after jsonb
);
create index ix_journal_shelter_id on journal (shelter_id);
create table answer (
    actor_id text not null,
    key text not null constraint ck_answer_key check (length(key) between 1 and 255),
    fingerprint bytea not null,
    status integer not null,
    body bytea not null,
    version bigint,
    created_at timestamptz not null,
    constraint pk_answer primary key (actor_id, key)
);
create table reminded (
    shelter_id text not null constraint fk_reminded_shelter_id references shelter (id),
    due_at timestamptz not null,
    step text not null constraint ck_reminded_step check (step in ('before', 'due', 'late')),
    created_at timestamptz not null,
    constraint pk_reminded primary key (shelter_id, due_at, step)
);
"""

APPEND_ONLY = """
create function journal_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the journal is append-only' using errcode = 'restrict_violation';
end $$;
create trigger journal_is_append_only before update or delete or truncate on journal
    for each statement execute function journal_is_append_only();
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for statement in APPEND_ONLY.split("$$;\n"):
        op.execute(statement + ("$$" if "create function" in statement else ""))


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
