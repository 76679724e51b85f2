"""Keep addresses and telephones apart: they are read through the one function that writes the look down."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

CONTACTS = (
    """
create table shelter_contact (
    shelter_id text constraint pk_shelter_contact primary key
        constraint fk_shelter_contact_shelter_id references shelter (id),
    telephone_sealed bytea not null,
    address_sealed bytea not null
)
""",
    """
insert into shelter_contact (shelter_id, telephone_sealed, address_sealed)
    select id, telephone_sealed, address_sealed from shelter
""",
    "alter table shelter drop column telephone_sealed, drop column address_sealed",
)

# It runs with the rights of its owner. The schema is named, so that nobody can put a table of their own before ours.
SEE_CONTACT = """
create function see_contact(look jsonb, since timestamptz) returns bytea
language plpgsql security definer set search_path = {schema}, pg_temp as $$
declare
    one disclosure := jsonb_populate_record(null::disclosure, look);
    sealed bytea;
begin
    select case one.what when 'telephone' then telephone_sealed when 'address' then address_sealed end into sealed
        from shelter_contact where shelter_id = one.shelter_id;
    if sealed is null then
        return null;
    end if;
    if since is not null then
        perform pg_advisory_xact_lock(hashtextextended(concat_ws(' ', one.actor_kind, one.actor_id, one.shelter_id), 0));
        if exists (
            select from disclosure d
            where (d.actor_kind, d.actor_id, d.shelter_id, d.what, d.why)
                = (one.actor_kind, one.actor_id, one.shelter_id, one.what, one.why)
                and d.claim_id is not distinct from one.claim_id and d.case_id is not distinct from one.case_id
                and d.at > since
        ) then
            return sealed;
        end if;
    end if;
    insert into disclosure (at, actor_kind, actor_id, role, shelter_id, what, why, claim_id, case_id)
        values (one.at, one.actor_kind, one.actor_id, one.role, one.shelter_id, one.what, one.why, one.claim_id, one.case_id);
    return sealed;
end $$
"""


def upgrade() -> None:
    for statement in CONTACTS:
        op.execute(statement)
    schema = op.get_bind().exec_driver_sql("select quote_ident(current_schema())").scalar_one()
    op.execute(SEE_CONTACT.format(schema=schema))
    op.execute("revoke execute on function see_contact(jsonb, timestamptz) from public")


def downgrade() -> None:
    raise RuntimeError("there is no way back: restore a copy of the database")
