"""Requests: one case, asked of several shelters; its time line, its reservations, and the counts when it is over."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATEMENTS = """
create table request (
    id text constraint pk_request primary key,
    version bigint not null constraint ck_request_version check (version > 0),
    state text not null constraint ck_request_state check
        (state in ('asking', 'chosen', 'provisional', 'confirmed', 'housed', 'arrived', 'withdrawn', 'ended')),
    organization_id text not null constraint fk_request_organization_id references organization (id),
    role text not null constraint ck_request_role check (role in ('coordinator', 'police', 'desk')),
    person_id text constraint fk_request_person_id references person (id),
    client_id text constraint fk_request_client_id references client (id),
    unit_code text constraint fk_request_unit_code references unit (code),
    needs_sealed bytea,
    created_at timestamptz not null,
    arrives_at timestamptz,
    decided_at timestamptz,
    reminded_at timestamptz,
    refusal text constraint ck_request_refusal
        check (refusal in ('not_eligible', 'better_place', 'not_safe', 'information', 'other')),
    over_at timestamptz,
    constraint ck_request_one_asker check ((person_id is null) <> (client_id is null)),
    constraint ck_request_over_when_over check ((over_at is null) = (state not in ('arrived', 'withdrawn', 'ended'))),
    constraint ck_request_no_needs_when_over check ((over_at is null) = (needs_sealed is not null)),
    constraint ck_request_no_refusal_when_over check (over_at is null or refusal is null),
    constraint ck_request_no_unit_at_its_end check (state not in ('arrived', 'ended') or unit_code is null),
    constraint ck_request_agreed_when_decided
        check (state not in ('provisional', 'confirmed', 'housed') or (arrives_at is not null and decided_at is not null))
);
create index ix_request_open_organization_id on request (organization_id, role) where state not in ('arrived', 'ended');
create index ix_request_open_created_at on request (created_at) where over_at is null;
create index ix_request_over_at on request (over_at);
create index ix_request_person_id_created_at on request (person_id, created_at);
create table ask (
    request_id text not null constraint fk_ask_request_id references request (id),
    shelter_id text not null constraint fk_ask_shelter_id references shelter (id),
    kind_code text not null constraint fk_ask_kind_code references kind (code),
    asked_at timestamptz not null,
    step smallint not null constraint ck_ask_step check (step between 0 and 3),
    answer text constraint ck_ask_answer check (answer in ('yes', 'discuss', 'no')),
    answered_at timestamptz,
    answered_by text constraint ck_ask_answered_by check (answered_by in ('shelter', 'desk', 'police')),
    place_id text constraint fk_ask_place_id references place (id),
    claim_id text constraint fk_ask_claim_id references claim (id),
    reason text constraint ck_ask_reason check (reason in
        ('no_place', 'no_staff', 'contra_indication', 'not_safe', 'household', 'status', 'information', 'other')),
    criterion text,
    settled text constraint ck_ask_settled
        check (settled in ('chosen', 'other_chosen', 'refused_by_desk', 'missed', 'withdrawn')),
    settled_at timestamptz,
    constraint pk_ask primary key (request_id, shelter_id),
    constraint ck_ask_answered_when_answer check ((answer is null) = (answered_at is null)),
    constraint ck_ask_by_whom_when_answer check ((answer is null) = (answered_by is null)),
    constraint ck_ask_place_with_yes check ((place_id is not null) = (answer is not null and answer = 'yes')),
    constraint ck_ask_claim_with_place check ((place_id is null) = (claim_id is null)),
    constraint ck_ask_reason_with_no check (reason is null or (answer is not null and answer = 'no')),
    constraint ck_ask_criterion_with_reason check (criterion is null or (reason is not null and reason = 'contra_indication')),
    constraint ck_ask_chosen_has_place check (settled is null or settled <> 'chosen' or place_id is not null),
    constraint ck_ask_settled_when_settled check ((settled is null) = (settled_at is null))
);
create unique index uq_ask_chosen_request_id on ask (request_id) where settled = 'chosen';
create index ix_ask_shelter_id_settled_at on ask (shelter_id, settled_at);
create index ix_ask_chosen_shelter_id on ask (shelter_id) where settled = 'chosen';
create index ix_ask_silent_asked_at on ask (asked_at) where answer is null and settled is null;
create table case_event (
    id bigint generated always as identity constraint pk_case_event primary key,
    at timestamptz not null,
    request_id text not null constraint fk_case_event_request_id references request (id),
    what text not null constraint ck_case_event_what check (what in
        ('asked', 'yes', 'discuss', 'no', 'reminder', 'second_line', 'desk', 'chosen', 'chosen_for_desk',
         'chosen_provisionally', 'confirmed', 'refused', 'arrived', 'missed', 'withdrawn', 'ended', 'lapsed', 'late')),
    shelter_id text,
    actor_kind text not null,
    actor_id text not null,
    role text not null
);
create index ix_case_event_request_id on case_event (request_id);
alter table claim
    add column request_id text constraint fk_claim_request_id references request (id),
    add constraint ck_claim_reservation_has_request check ((type = 'reservation') = (request_id is not null));
create index ix_claim_live_request_id on claim (request_id) where ended_at is null and request_id is not null;
alter table look
    add column request_id text,
    drop constraint ck_look_why,
    add constraint ck_look_why check (why in ('hold', 'stale', 'desk', 'request'));
alter table tally
    drop constraint ck_tally_what,
    add constraint ck_tally_what check (what in
        ('slept', 'excluded_by', 'kind_sought', 'request', 'placed_kind', 'placed_unit',
         'refused', 'refused_kind', 'refused_unit', 'contra_indication'));
"""

APPEND_ONLY = """
create function case_event_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the time line of a case is append-only' using errcode = 'restrict_violation';
end $$;
create trigger case_event_is_append_only before update or delete or truncate on case_event
    for each statement execute function case_event_is_append_only();
"""


def upgrade() -> None:
    for statement in STATEMENTS.split(";\n"):
        if statement.strip():
            op.execute(statement)
    for statement in APPEND_ONLY.split("$$;\n"):
        op.execute(statement + ("$$" if "create function" in statement else ""))


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
