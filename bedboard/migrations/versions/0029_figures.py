"""More tallies for the figures of the monitor, their reader's role, and whether a shelter showed a free place when asked."""

from alembic import op

revision = "0029"
down_revision = "0027"
branch_labels = None
depends_on = None

KINDS = (
    "slept excluded_by kind_sought request withdrawn placed_kind placed_unit refused refused_kind refused_unit"
    " contra_indication sought sought_unit household exploitation answer first_answer first_yes decided arrival stay hold"
    " asked_of refused_by free_no_place occupancy freshness"
)
WHATS = ", ".join(f"'{what}'" for what in KINDS.split())
ROLES = "'staff', 'manager', 'coordinator', 'police', 'desk', 'admin', 'auditor', 'policy'"
STATEMENTS = (
    f"""
alter table person
    drop constraint ck_person_role,
    add constraint ck_person_role check (role in ({ROLES}))
""",
    f"""
alter table appointment
    drop constraint ck_appointment_role,
    add constraint ck_appointment_role check (role in ({ROLES}))
""",
    "alter table ask add column was_free boolean not null default false",
    f"""
alter table tally
    drop constraint ck_tally_what,
    add constraint ck_tally_what check (what in ({WHATS}))
""",
    f"""
alter table tally_waiting
    drop constraint ck_tally_what,
    add constraint ck_tally_what check (what in ({WHATS})),
    add column count bigint not null default 1 constraint ck_tally_waiting_count check (count > 0)
""",
)

# As in 0016, with counts of more than one.
ADD = """
create or replace function add_waiting_tallies() returns void
language plpgsql security definer set search_path = {schema}, pg_temp as $$
begin
    lock table tally_waiting in access exclusive mode nowait;
    with before as (
        delete from tally where month in (select w.month from tally_waiting w)
        returning month, hour, what, unit_code, kind_code, code, count
    )
    insert into tally (month, hour, what, unit_code, kind_code, code, count)
    select month, hour, what, unit_code, kind_code, code, sum(count) from (
        select month, hour, what, unit_code, kind_code, code, count from before
        union all select month, hour, what, unit_code, kind_code, code, count from tally_waiting
    ) every
    group by month, hour, what, unit_code, kind_code, code order by random();
    truncate tally_waiting;
end $$
"""


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    schema = op.get_bind().exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    op.execute(ADD.format(schema=schema))


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
