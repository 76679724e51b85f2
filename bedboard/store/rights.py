"""The rights of the database's user that must not serve: they would undo the second wall of docs/security.md."""

from sqlalchemy import text

from bedboard.store.database import Database, Transaction

TOO_MUCH = text("""
    select 'it is a superuser' from pg_roles where rolname = current_user and (rolsuper or rolbypassrls)
    union all
    select 'it owns ' || min(c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = current_schema() and c.relkind in ('r', 'p') and pg_has_role(current_user, c.relowner, 'member')
        having count(*) > 0
    union all
    select 'it may change or empty ' || name from unnest(cast(:append_only as text[])) name
        where to_regclass(name) is not null and (
            has_any_column_privilege(name, 'update') or has_table_privilege(name, 'delete, truncate, trigger'))
    union all
    select 'it reads ' || name || ' past see_contact' from unnest(array['shelter_contact']) name
        where to_regclass(name) is not null and has_any_column_privilege(name, 'select')
""")
APPEND_ONLY = ("journal", "disclosure", "case_event", "sign_in", "chain", "cut")


async def list_excess_rights(tx: Transaction) -> list[str]:
    """Return each right of this connection's user that the role which serves must not have, in words."""
    found = await (await tx.connection()).execute(TOO_MUCH, {"append_only": list(APPEND_ONLY)})
    return list(found.scalars())


async def list_unfit(database: Database, *, demo: bool) -> list[str]:
    """Return why this database must not be served: it may forget, or outside a demo its user may do more than serve."""
    unfit: list[str] = []
    try:
        await database.check_durable()
    except RuntimeError as error:
        unfit.append(f"DATABASE_URL: {error}")
    if demo:
        return unfit
    async with database.transaction() as tx:
        too_much = await list_excess_rights(tx)
    if too_much:
        unfit.append(
            f"the user in DATABASE_URL may do more than serve: {'; '.join(too_much)}."
            " Move this address to BEDBOARD_OWNER_URL, name another user in DATABASE_URL (such as bedboard_web),"
            " and run `bedboard migrate`, which makes that user"
        )
    return unfit
