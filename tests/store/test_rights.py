# ruff: noqa: S608  (the statements are the test)
"""The role that serves can do what bedboard does and nothing more, whatever SQL somebody makes it say."""

import re
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel

from bedboard.app import build_app
from bedboard.embedded.server import WEB_USER
from bedboard.migrations.rights import RIGHTS
from bedboard.migrations.run import migrate
from bedboard.settings import Settings
from bedboard.store.database import Database, Transaction
from bedboard.store.rights import list_excess_rights, list_unfit
from bedboard.store.seal import new_key
from tests.build import SEAL
from tests.build.rows import run
from tests.build.site import owner_url
from tests.build.statements import AT, LOOK

APPEND_ONLY = ("journal", "disclosure", "case_event", "sign_in")
KEPT = ("ask", "claim", "case_record", "person", "client", "tally", "tally_waiting", "chain", "cut")
FORBIDDEN = [
    *(f"update {table} set actor_id = 'x'" for table in APPEND_ONLY),
    *(f"delete from {table} where false" for table in APPEND_ONLY),
    *(f"truncate {table}" for table in APPEND_ONLY),
    *(f"alter table {table} disable trigger all" for table in APPEND_ONLY),
    *(f"drop trigger {table}_is_append_only on {table}" for table in APPEND_ONLY),
    *(f"alter table {table} add column note text" for table in APPEND_ONLY),
    *(
        f"create trigger x before insert on {table} for each row execute function suppress_redundant_updates_trigger()"
        for table in APPEND_ONLY
    ),
    f"{LOOK} ('', {AT}, 'person', 'lucia', 'police', 'linde', 'telephone', 'hold')",  # a look that nobody had
    "set session_replication_role = replica",
    "create or replace function journal_is_append_only() returns trigger language plpgsql as 'begin return new; end'",
    "select * from shelter_contact",
    "select address_sealed from shelter_contact",
    "select count(*) from shelter_contact",
    "select c from shelter_contact c",
    "copy shelter_contact to stdout",
    "update shelter_contact set address_sealed = '' where shelter_id = 'linde'",
    "insert into shelter_contact values ('linde', '', '') returning address_sealed",
    "insert into shelter_contact values ('linde', '', '') on conflict (shelter_id) do update set address_sealed = ''",
    "delete from organization",
    "delete from place",
    "update appointment set role = 'admin'",
    "create view peek as select * from shelter_contact",
    "create function peek() returns setof shelter_contact language sql as 'select * from shelter_contact'",
    "create table stolen (id int)",
    "drop table place",
    *(f"delete from {table}" for table in KEPT),
    *(f"truncate {table} cascade" for table in KEPT),
    "update cut set ids = '{}'",
    "insert into tally (month, hour, what, unit_code, kind_code, code, count) values ('2026-03-01', 1, 'x', '', '', 'x', 1)",
    "update alembic_version set version_num = '0001'",
    "set role bedboard",
    "alter role current_user superuser",
    "create role thief superuser",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_role_that_serves_may_not(tx: Transaction, statement: str) -> None:
    connection = await tx.connection()
    with pytest.raises(DBAPIError) as refused:
        async with connection.begin_nested():
            await connection.execute(text(statement))
    assert getattr(refused.value.orig, "sqlstate", None) == "42501", refused.value  # insufficient_privilege


async def test_every_table_is_thought_about(owner_tx: Transaction) -> None:
    tables = set(SQLModel.metadata.tables) | {"alembic_version"}
    assert set(RIGHTS) == tables, "a new table needs a row in RIGHTS"
    granted = text("""
        select table_name, string_agg(lower(privilege_type), ', ') as rights from information_schema.role_table_grants
        where grantee = :web and table_schema = 'public' group by table_name
    """)
    found = (await (await owner_tx.connection()).execute(granted, {"web": WEB_USER})).all()
    assert {row.table_name: set(row.rights.split(", ")) for row in found} == {
        table: set(rights.split(", ")) for table, rights in RIGHTS.items()
    }


async def test_a_look_cannot_be_had_without_its_row(tx: Transaction) -> None:
    connection = await tx.connection()
    look = """select see_contact(jsonb_build_object('at', now(), 'actor_kind', 'person', 'actor_id', 'mark', 'role', 'police',
        'shelter_id', 'linde', 'what', cast(:what as text), 'why', 'hold', 'result', 'shown', 'tag', ''), null)"""
    count = text("select count(*) from disclosure")
    assert SEAL.open((await connection.execute(text(look), {"what": "address"})).scalar_one()) == "CANARY-ADR-linde"
    assert (await connection.execute(count)).scalar_one() == 1
    for what in ("telephone", "nothing"):
        sealed = (await connection.execute(text(look), {"what": what})).scalar_one()
        assert (sealed is None) == (what == "nothing")
    assert (await connection.execute(count)).scalar_one() == 2
    half = text(look.replace("'actor_id', 'mark', ", ""))
    with pytest.raises(DBAPIError, match="actor_id"):  # a row that cannot be written gives nothing
        async with connection.begin_nested():
            await connection.execute(half, {"what": "address"})


async def test_a_table_of_ones_own_does_not_come_before_ours(tx: Transaction) -> None:
    """Were `disclosure` in the function the thief's, the look would be written there."""
    connection = await tx.connection()
    await connection.execute(text("create temporary table disclosure (like public.disclosure) on commit drop"))
    await connection.execute(text("set local search_path = pg_temp, public"))
    await connection.execute(
        text("""select public.see_contact(jsonb_build_object('at', now(), 'actor_kind', 'person', 'actor_id', 'mark',
            'role', 'police', 'shelter_id', 'linde', 'what', 'address', 'why', 'hold', 'result', 'shown', 'tag', ''), null)""")
    )
    counts = text("select (select count(*) from public.disclosure), (select count(*) from pg_temp.disclosure)")
    assert (await connection.execute(counts)).one() == (1, 0)


@pytest.fixture
async def owner(board_database: Database) -> AsyncIterator[Database]:
    database = Database(owner_url(board_database.url), pool_size=2)
    yield database
    await database.dispose()


async def test_the_owner_does_not_serve_outside_a_demo(board_database: Database, owner: Database) -> None:
    assert await list_unfit(board_database, demo=False) == []
    assert await list_unfit(owner, demo=True) == []
    (unfit,) = await list_unfit(owner, demo=False)
    assert re.search(r"superuser.*BEDBOARD_OWNER_URL.*bedboard migrate", unfit)


async def test_an_application_of_the_owner_does_not_start(owner: Database) -> None:
    app = build_app(Settings(database_url=owner.url, secret_key=new_key()), SEAL)
    with pytest.raises(RuntimeError, match="may do more than serve"):
        async with app.app.router.lifespan_context(app.app):
            pass


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (f"alter table place owner to {WEB_USER}", "it owns place"),
        (f"grant update on journal to {WEB_USER}", "it may change or empty journal"),
        (f"grant update (actor_id) on journal to {WEB_USER}", "it may change or empty journal"),
        (f"grant delete on disclosure to {WEB_USER}", "it may change or empty disclosure"),
        (f"grant truncate on case_event to {WEB_USER}", "it may change or empty case_event"),
        (f"grant trigger on case_event to {WEB_USER}", "it may change or empty case_event"),
        ("grant delete on journal to public", "it may change or empty journal"),
        (f"grant select on shelter_contact to {WEB_USER}", "it reads shelter_contact past see_contact"),
        (f"grant select (address_sealed) on shelter_contact to {WEB_USER}", "it reads shelter_contact past see_contact"),
    ],
)
async def test_a_role_with_a_right_too_many_does_not_serve(board_database: Database, statement: str, words: str) -> None:
    await run(board_database, statement)
    async with board_database.transaction() as tx:
        assert await list_excess_rights(tx) == [words]


async def test_a_second_migration_takes_away_what_was_given_by_hand(board_database: Database) -> None:
    await run(board_database, f"grant delete on journal to {WEB_USER}")
    await migrate(owner_url(board_database.url), web_url=board_database.url)
    assert await list_unfit(board_database, demo=False) == []


async def test_the_migration_makes_the_role_that_the_address_names(board_database: Database, owner: Database) -> None:
    name = f"o'brien \"{make_url(board_database.url).database}"
    url = make_url(owner.url).set(username=name, password="it's % secret")  # noqa: S106
    address = url.render_as_string(hide_password=False)
    web = Database(address)
    try:
        await migrate(owner.url, web_url=address)
        await migrate(owner.url, web_url=address)  # and once more, when it is there
        assert await list_unfit(web, demo=False) == []
        async with web.transaction() as tx:
            assert (await (await tx.connection()).execute(text("select count(*) from shelter"))).scalar_one() == 3
    finally:
        await web.dispose()
        quoted = name.replace('"', '""')
        await run(board_database, f'drop owned by "{quoted}"')
        await run(board_database, f'drop role "{quoted}"')
