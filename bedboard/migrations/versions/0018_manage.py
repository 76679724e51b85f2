"""Administration: changes that are about no shelter, places for some nights or closed for good, further roles of a person."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

STATEMENTS = (
    """
alter table journal
    alter column shelter_id drop not null,
    add column subject text,
    add constraint ck_journal_about check (shelter_id is not null or subject is not null)
""",
    """
alter table disclosure
    drop constraint ck_disclosure_why,
    add constraint ck_disclosure_why check (why in ('hold', 'stale', 'desk', 'request', 'own', 'none'))
""",
    "alter table organization add column ended_at timestamptz",
    """
alter table place
    add column exists_from timestamptz,
    add column exists_until timestamptz,
    add column ended_at timestamptz,
    add constraint ck_place_exists check ((exists_from is null) = (exists_until is null) and exists_until > exists_from),
    drop constraint uq_place_shelter_id_label
""",
    # A place that is closed for good leaves its label to another.
    "create unique index uq_place_shelter_id_label on place (shelter_id, label) where ended_at is null",
    """
create table appointment (
    person_id text not null constraint fk_appointment_person_id references person (id) on delete cascade,
    organization_id text not null constraint fk_appointment_organization_id references organization (id),
    role text not null constraint ck_appointment_role
        check (role in ('staff', 'manager', 'coordinator', 'police', 'desk', 'admin', 'auditor')),
    constraint pk_appointment primary key (person_id, organization_id, role)
)
""",
    # A session of one organization does not go on for another.
    "drop trigger person_ends_sessions on person",
    """
create trigger person_ends_sessions after update of role, organization_id, ended_at on person for each row
    when (new.role is distinct from old.role or new.organization_id is distinct from old.organization_id
        or new.ended_at is not null)
    execute function person_ends_sessions()
""",
)

# The role that serves can read no contact, so it cannot change one in a statement of its own either.
REPLACE_CONTACT = """
create function replace_contact(of_shelter text, telephone bytea, address bytea) returns boolean
language plpgsql security definer set search_path = {schema}, pg_temp as $$
begin
    update shelter_contact
        set telephone_sealed = coalesce(telephone, telephone_sealed), address_sealed = coalesce(address, address_sealed)
        where shelter_id = of_shelter;
    return found;
end $$
"""


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
    schema = op.get_bind().exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    op.execute(REPLACE_CONTACT.format(schema=schema))
    op.execute("revoke execute on function replace_contact(text, bytea, bytea) from public")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
