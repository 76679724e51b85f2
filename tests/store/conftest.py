# ruff: noqa: S608  (the statements are the test)
"""Rows of every kind that the database may be asked to break."""

import pytest
from sqlalchemy import text

from bedboard.store.database import Transaction
from tests.build.statements import ASK, AT, CLAIM, LATER, REQUEST, YES


@pytest.fixture
async def full(owner_tx: Transaction) -> Transaction:
    connection = await owner_tx.connection()
    await connection.execute(text(f"{CLAIM} ('one', 'linde-1', 'hold', 'desk', 'desk', {AT}, {LATER}, null)"))
    await connection.execute(text(f"insert into stored_reply values ('sanne', sha256('key'), '', 200, '', null, {AT})"))
    await connection.execute(text(f"{REQUEST} ('r', 1, 'asking', 'oever', 'police', 'mark', null, '', {AT})"))
    kept = f"('kept', 'ceder-1', 'reservation', 'oever', 'police', {AT}, {LATER}, null, 'r')"
    await connection.execute(text(CLAIM.replace("ended_at", "ended_at, case_id") + kept))
    await connection.execute(text(f"{ASK} ('r', 'linde', 'cosm', {AT}, 0), ('r', 'ceder', 'men', {AT}, 0)"))
    await connection.execute(text(f"update ask set {YES} where shelter_id = 'ceder'"))
    await connection.execute(text(f"insert into session values ('\\x00', 'mark', {AT}, {AT})"))
    return owner_tx
