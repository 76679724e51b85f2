"""`bedboard token`: a token is printed once, and the list, a rotation and an end go by the id of its program."""

from typing import get_args

import pytest

from bedboard.actions.setup import add_client
from bedboard.actions.signin import hash_token
from bedboard.clock import Clock
from bedboard.rules.clients import ClientRole
from bedboard.store.clients import FoundClient
from bedboard.store.database import Database, Transaction
from bedboard.store.seal import new_key
from tests import build
from tests.build.processes import bedboard, said
from tests.build.rows import find_client

KEY = {"BEDBOARD_SECRET_KEY": new_key()}


async def test_a_shelter_or_organization_that_is_not_there_gets_no_token(board_database: Database) -> None:
    unknown = ("token", "roster", "--role", "machine", "--shelter", "nowhere")
    assert said(bedboard(*unknown, DATABASE_URL=board_database.url, **KEY)) == "there is no such shelter"
    unknown = ("token", "roster", "--role", "police", "--organization", "nobody")
    assert said(bedboard(*unknown, DATABASE_URL=board_database.url, **KEY)) == "there is no such organization"


@pytest.mark.parametrize("role", get_args(ClientRole))
async def test_every_role_of_a_program_can_have_a_token(tx: Transaction, role: ClientRole) -> None:
    shelter = "linde" if role == "machine" else None
    await add_client(tx, client_id=f"of-{role}", name="roster", role=role, token=role, now=build.NOW, shelter_id=shelter)


def printed(*command: str, url: str) -> list[str]:
    """Return the lines of a command that did its work."""
    ran = bedboard(*command, DATABASE_URL=url, **KEY)
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.splitlines()


async def client_of(database: Database, token: str) -> FoundClient | None:
    async with database.transaction() as tx:
        return await find_client(tx, hash_token(token), Clock().now(), demo=False)


async def test_a_token_is_printed_once_rotated_listed_and_ended(board_database: Database) -> None:
    url = board_database.url
    make = ("token", "roster-linde", "--role", "machine", "--shelter", "linde", "--scope", "report")
    [first] = printed(*make, url=url)
    found = await client_of(board_database, first)
    assert found is not None and found.until is not None
    assert found.actor.role == "machine" and found.actor.organization_id == "oever"
    assert found.actor.shelter_ids == {"linde"} and found.actor.scopes == {"report"}
    assert "already: rotate it" in said(bedboard(*make, DATABASE_URL=url, **KEY))
    header, line = printed("token", "list", url=url)
    client_id, *told = line.split("\t")
    assert header.startswith("id\t") and told[:4] == ["roster-linde", "machine", "Linde", "report"] and told[5] == "never"
    second, means = printed("token", "rotate", client_id, url=url)
    assert "24 hours" in means and await client_of(board_database, first) and await client_of(board_database, second)
    assert "again less than a day ago" in said(bedboard("token", "rotate", client_id, DATABASE_URL=url, **KEY))
    assert printed("token", "end", client_id, url=url) == ["ended"]
    assert (await client_of(board_database, first), await client_of(board_database, second)) == (None, None)
    assert "ended" in printed("token", "list", url=url)[1]
    assert said(bedboard("token", "end", client_id, DATABASE_URL=url, **KEY)) == "this token was ended; make a new one"
    assert "there is no such token" in said(bedboard("token", "end", "demo-police", DATABASE_URL=url, **KEY))
