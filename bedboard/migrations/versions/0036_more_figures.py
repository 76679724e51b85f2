"""More tallies: how a place became free, what came of alerts, confirmed on time; and the month in which each count began."""

# ruff: noqa: S608  (our own words)

from alembic import op

revision = "0036"
down_revision = "0032"
branch_labels = None
depends_on = None

KINDS = (
    "slept excluded_by kind_sought request withdrawn placed_kind placed_unit refused refused_kind refused_unit"
    " contra_indication sought sought_unit household exploitation answer first_answer first_yes decided arrival stay hold"
    " asked_of refused_by free_no_place occupancy freshness"
)
NEW = "refused_exploitation refused_household departure alert shown_free confirm_due confirmed"
WHATS = ", ".join(f"'{what}'" for what in f"{KINDS} {NEW}".split())
DEPARTURES = "'moved_on', 'home', 'family', 'unknown_destination', 'other'"

STATEMENTS = (
    f"""
alter table tally
    drop constraint ck_tally_what,
    add constraint ck_tally_what check (what in ({WHATS}))
""",
    f"""
alter table tally_waiting
    drop constraint ck_tally_what,
    add constraint ck_tally_what check (what in ({WHATS}))
""",
    # Not logged, like the counts that wait: after a crash an answer is "not said".
    f"""
create unlogged table departure (
    journal_id bigint not null,
    tapped_at timestamptz not null,
    code text not null constraint ck_departure_code check (code in ({DEPARTURES})),
    constraint pk_departure primary key (journal_id)
)
""",
    """
alter table alert add column outcome text not null default 'nothing'
    constraint ck_alert_outcome check (outcome in ('nothing', 'found', 'led'))
""",
    """
alter table reminded
    drop constraint ck_reminded_step,
    add constraint ck_reminded_step check (step in ('before', 'due', 'late', 'closure', 'counted'))
""",
    """
create table tally_began (
    what text not null,
    month date not null,
    constraint pk_tally_began primary key (what)
)
""",
    # A hold whose time ran out was counted by either of two words.
    """
with late as (
    delete from tally where what = 'hold' and code = 'expired' returning month, hour, unit_code, kind_code, count
)
insert into tally select month, hour, 'hold', unit_code, kind_code, 'lapsed', count from late
on conflict on constraint pk_tally do update set count = tally.count + excluded.count
""",
    # Nobody wrote down when a count of before began. Its first event is careful: some zeros before it say "not counted".
    f"""
insert into tally_began (what, month)
select one.what, coalesce((select min(t.month) from tally t where t.what = one.what), date_trunc('month', now())::date)
from unnest(array[{WHATS}]) one (what)
""",
)

# As in 0029; a count of an earlier month, as those of the past of a demo, says that counting began then.
ADD = """
create or replace function add_waiting_tallies() returns void
language plpgsql security definer set search_path = {schema}, pg_temp as $$
begin
    lock table tally_waiting in access exclusive mode nowait;
    insert into tally_began (what, month) select w.what, min(w.month) from tally_waiting w group by w.what
    on conflict (what) do update set month = least(tally_began.month, excluded.month);
    with before as (
        delete from tally where month in (select w.month from tally_waiting w)
        returning month, hour, what, unit_code, kind_code, code, count
    )
    insert into tally (month, hour, what, unit_code, kind_code, code, count)
    select month, hour, what, unit_code, kind_code, code, sum(count) from (
        select month, hour, what, unit_code, kind_code, code, count from before
        union all select month, hour, what, unit_code, kind_code,
            case when what = 'hold' and code = 'expired' then 'lapsed' else code end, count from tally_waiting
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
