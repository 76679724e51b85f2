"""The marks of the audit trail: the same before a row goes into the database and after, and nobody else's."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from bedboard.actions.saving import journal_row
from bedboard.store.case_events import write_case_event
from bedboard.store.chain import Settled, list_unchained
from bedboard.store.database import Database, Transaction
from bedboard.store.disclosures import see_contact
from bedboard.store.journal import write_journal
from bedboard.store.marks import FIELDS, Marks, canonical
from tests.build import NOW, SEAL, actor

ELSEWHERE = timezone(timedelta(hours=5, minutes=45))
WORDS: list[dict[str, Any] | None] = [
    None,
    {},
    {"state": "open", "expected_free_at": None, "nested": {"b": [1, 2.5, True], "a": ""}},
    {"é😀": 'a "quoted" \\ word', "intake": [0, 1440], "Z": 1, "a": 2, "aa": 3},
    {"kinds": ("cosm", "men")},
]


@pytest.mark.parametrize("at", [NOW, NOW.replace(microsecond=1), NOW.astimezone(ELSEWHERE)])
@pytest.mark.parametrize("words", WORDS)
async def test_a_row_of_the_journal_has_the_same_tag_before_and_after(
    tx: Transaction, at: datetime, words: dict[str, Any] | None
) -> None:
    who = replace(actor(), session="shift", network="public")
    row = journal_row(who, "place", None, words, words, at) | {"shelter_id": "linde", "version": 2**40}
    [row_id] = await write_journal(tx, [row])
    [read] = await list_unchained(tx, "journal", Settled(0, row_id - 1), 9)
    assert SEAL.marks.fits("journal", read, read["tag"])
    assert (read["role"], read["organization_id"], read["session"], read["network"]) == ("staff", "oever", "shift", "public")


async def test_looks_and_events_have_the_same_tag_before_and_after(full: Transaction) -> None:
    who = actor("police", "mark", ())
    await see_contact(full, who, "linde", "address", "request", NOW.astimezone(ELSEWHERE), case_id="r")
    await write_case_event(full, who, "r", "asked", NOW.replace(microsecond=999_999), ["linde", None])
    for source, count in (("disclosure", 1), ("case_event", 2)):
        rows = await list_unchained(full, source, Settled(0, 0), 9)  # type: ignore[arg-type]
        assert len(rows) == count
        for row in rows:
            assert SEAL.marks.fits(source, row, row["tag"])  # type: ignore[arg-type]
            assert not Marks([b"another"]).fits(source, row, row["tag"])  # type: ignore[arg-type]


@pytest.mark.parametrize("source", FIELDS)
def test_every_field_is_under_the_tag(source: Any) -> None:
    row: dict[str, Any] = {name: None for name in FIELDS[source]}
    plain = canonical(source, row)
    assert len({canonical(source, row | {name: "x"}) for name in row} | {plain}) == len(row) + 1


async def test_a_process_without_the_key_writes_nothing(shared_database: Database) -> None:
    without = Database(shared_database.url, pool_size=1)
    row = journal_row(actor(), "place", None, None, None, NOW) | {"shelter_id": "linde", "version": 2}
    with pytest.raises(AssertionError, match="without the key of the audit trail"):
        async with without.transaction() as tx:
            await write_journal(tx, [row])
    await without.dispose()
