"""A database that may forget what it acknowledged is refused; each form of address is understood."""

from urllib.parse import quote

import asyncpg
import pytest
from pydantic import ValidationError
from sqlalchemy.engine import make_url

from bedboard.settings import Settings
from bedboard.store.address import asyncpg_url, engine_url
from bedboard.store.database import Database
from tests.build.site import as_owner
from tests.build.statements import run


async def test_a_careful_database_is_taken(shared_database: Database) -> None:
    await shared_database.check_durable()


async def test_every_commit_that_waits_for_the_disk_is_careful_and_one_that_does_not_is_refused(
    board_database: Database,
) -> None:
    name = make_url(board_database.url).database
    for value, careful in [("local", True), ("remote_write", True), ("remote_apply", True), ("on", True), ("off", False)]:
        async with as_owner(board_database) as tx:
            await run(tx, f"alter database {name} set synchronous_commit = '{value}'")
        database = Database(board_database.url, board_database.marks)
        if careful:
            await database.check_durable()
        else:
            with pytest.raises(RuntimeError, match=r"lose an acknowledged change: synchronous_commit=off$"):
                await database.check_durable()
        await database.dispose()


@pytest.mark.parametrize("name", ["fsync", "full_page_writes"])
async def test_a_server_that_may_lose_its_files_is_refused(board_database: Database, name: str) -> None:
    """These belong to the whole server, which others use: so the database is made to say that they are off."""
    async with as_owner(board_database) as tx:
        await run(
            tx,
            f"""create function public.current_setting(wanted varchar) returns text language sql as $$
                select case when wanted = '{name}' then 'off' else pg_catalog.current_setting(wanted::text) end $$""",
        )
        await run(tx, f"alter database {make_url(board_database.url).database} set search_path = public, pg_catalog")
    database = Database(board_database.url, board_database.marks)
    with pytest.raises(RuntimeError, match=rf"lose an acknowledged change: {name}=off$"):
        await database.check_durable()
    await database.dispose()


@pytest.mark.parametrize(
    "url", ["postgres://a:b%40c@h:1/d", "postgresql://a:b%40c@h:1/d", "postgresql+asyncpg://a:b%40c@h:1/d"]
)
def test_every_form_of_url_that_hosts_hand_out_is_understood(url: str) -> None:
    assert engine_url(url) == "postgresql+asyncpg://a:b%40c@h:1/d"
    assert asyncpg_url(engine_url(url)) == "postgresql://a:b%40c@h:1/d"


@pytest.mark.parametrize("name", ["ssl", "sslmode"])
async def test_both_spellings_of_the_ssl_option_reach_both_drivers(board_database: Database, name: str) -> None:
    url = make_url(board_database.url).update_query_dict({name: "prefer"}).render_as_string(hide_password=False)
    database = Database(url, pool_size=1)
    async with database.transaction() as tx:
        await tx.connection()
    await database.dispose()
    await (await asyncpg.connect(asyncpg_url(database.url))).close()


SEVERAL = [
    "postgresql://u:p%2C@h1:5432,h2:5433/db?target_session_attrs=read-write",
    "postgres://u:p%2C@h1,h2:5433/db",
    "postgresql+asyncpg://u:p%2C@/db?host=h1:5432&host=h2:5433",
    "postgresql://u:p%2C@/db?host=h1,h2&port=5432,5433&target_session_attrs=read-write",
]


@pytest.mark.parametrize("url", SEVERAL)
def test_several_servers_are_understood_by_both_drivers_in_each_form(url: str) -> None:
    """The one that takes changes is wanted, whether the address says so or not."""
    said = engine_url(url)
    assert engine_url(said) == said
    assert make_url(said).query == {"host": "h1,h2", "port": "5432,5433", "target_session_attrs": "read-write"}
    assert quote(str(make_url(said).password)) == "p%2C"
    assert make_url(asyncpg_url(said)).query == make_url(said).query
    assert Settings(database_url=url).database_url == url


@pytest.mark.parametrize("port", ["x", "99999"])
def test_a_wrong_port_of_any_server_is_refused(port: str) -> None:
    with pytest.raises(ValidationError, match="has no valid port"):
        Settings(database_url=f"postgresql://u@h1:5432,h2:{port}/db")
