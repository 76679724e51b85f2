"""Give tables and columns the words of the code: case, disclosure, alert and stored reply."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = {"request": "case_record", "look": "disclosure", "waiting": "alert", "answer": "stored_reply"}

RENAME_CONSTRAINTS = """
do $$
declare
    found record;
begin
    for found in
        select conrelid::regclass as owner, conname as old from pg_constraint
        where connamespace = current_schema()::regnamespace and contype in ('p', 'f', 'c', 'u')
    loop
        if {new} <> found.old then
            execute format('alter table %s rename constraint %I to %I', found.owner, found.old, {new});
        end if;
    end loop;
    for found in select indexname as old from pg_indexes where schemaname = current_schema() loop
        if {new} <> found.old then
            execute format('alter index %I rename to %I', found.old, {new});
        end if;
    end loop;
end $$
"""

APPEND_ONLY = (
    """
create function disclosure_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the record of disclosures is append-only' using errcode = 'restrict_violation';
end $$
""",
    "drop trigger look_is_append_only on disclosure",
    "drop function look_is_append_only()",
    """
create trigger disclosure_is_append_only before update or delete or truncate on disclosure
    for each statement execute function disclosure_is_append_only()
""",
)


def upgrade() -> None:
    new = "found.old"
    for before, after in TABLES.items():
        op.execute(f"alter table {before} rename to {after}")
        new = f"regexp_replace({new}, '^(pk|fk|ck|ix|uq)_{before}(_|$)', '\\1_{after}\\2')"
    for table in ("claim", "ask", "case_event", "disclosure"):
        op.execute(f"alter table {table} rename column request_id to case_id")
    op.execute(RENAME_CONSTRAINTS.format(new=f"replace(replace({new}, 'request_id', 'case_id'), 'has_request', 'has_case')"))
    for statement in APPEND_ONLY:
        op.execute(statement)


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
