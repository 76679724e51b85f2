"""Let a decided placement end by a person and not by a clock, and a place be closed until somebody has checked it."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
alter table claim
    alter column expires_at drop not null,
    add column expected_at timestamptz,
    add constraint ck_claim_hold_expires check (type = 'reservation' or expires_at is not null),
    add constraint ck_claim_expires_or_is_expected check ((expires_at is null) = (expected_at is not null))
""",
    # A place that was chosen before this migration is kept as well until somebody says what became of it.
    """
update claim set expires_at = null, expected_at = coalesce(r.arrives_at, ask.settled_at)
from ask join case_record r on r.id = ask.case_id
where ask.claim_id = claim.id and ask.settled = 'chosen' and claim.ended_at is null
    and r.state in ('chosen', 'provisional', 'confirmed')
""",
    "alter table place drop constraint ck_place_closed_reason",
    """
alter table place add constraint ck_place_closed_reason
    check (closed_reason in ('cleaning', 'repair', 'no_staff', 'quarantine', 'safety', 'to_check', 'other'))
""",
    "alter table case_event drop constraint ck_case_event_what",
    """
alter table case_event add constraint ck_case_event_what check (what in
    ('asked', 'yes', 'discuss', 'no', 'reminder', 'second_line', 'desk', 'chosen', 'chosen_for_desk',
     'chosen_provisionally', 'desk_closed', 'confirmed', 'refused', 'arrived', 'missed', 'withdrawn', 'ended', 'lapsed',
     'late'))
""",
    """
alter table deployment add column country text not null default 'NL'
    constraint ck_deployment_country check (country ~ '^[A-Z]{2}$')
""",
    """
create table holiday (
    day date constraint pk_holiday primary key
)
""",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
