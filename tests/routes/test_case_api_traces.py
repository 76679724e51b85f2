"""Nothing about the household can be read in the database, and nothing stays of it when its case is over."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from bedboard.actions.idempotency import hash_key, make_key
from bedboard.log import set_up_log
from tests.build.api import NO, YES, call, part, see, sql
from tests.build.rows import run
from tests.build.site import Site

WORDS = (
    *("psychiatric", "wheelchair", "pregnant", "boy_12_17", "undocumented", "criminal", "'ti'", '"ti"', "adults"),
    *("contra_indication", "household", "not_eligible", "homeless_shelter", "CANARY", "Blessing", "blessing"),
)


async def written(site: Site) -> dict[str, str]:
    """Return every table as text, without criteria of shelters and languages; sealed columns are shown as they are stored."""
    tables = await sql(site, "select tablename from pg_tables where schemaname = 'public'")
    return {
        table: "\n".join(map(str, await sql(site, f"select * from {table}")))  # noqa: S608
        for (table,) in tables
        if table not in ("shelter", "place", "kind", "language", "picture")
    }


async def test_nothing_about_the_household_is_readable_and_nothing_stays_when_the_case_is_over(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Make every call with a key for a unique case, each twice; then search everything that was written."""
    set_up_log("debug")
    logging.getLogger().setLevel(logging.DEBUG)
    profile = {
        "adults": {"woman": 7},
        "children": {"boy_12_17": 13},
        "statuses": ["undocumented"],
        "exploitation": "criminal",
        "needs": ["wheelchair", "pregnant"],
        "languages": ["ti"],
    }
    await run(site.process.database, "update place set beds = 20 where shelter_id = 'linde'")  # for so many people
    known: dict[bytes, bytes] = {}

    async def keyed(token: str, path: str, body: Any, *asked: str, status: int = 200) -> dict[str, Any]:
        """Make one call twice with a key of its own. `asked`: the parts of the fingerprint besides the address."""
        key = make_key(f"key {len(known)}", "POST", f"/api/v1{path}", *asked)
        assert key is not None
        async with site.api(token) as api:
            for _ in range(2):
                reply = await api.post(path, json=body, headers={"Idempotency-Key": key.key})
                assert reply.status_code == status, reply.text
        known[hash_key(f"client:{token}", key.key)] = key.fingerprint
        told: dict[str, Any] = reply.json()
        return told

    try:
        asked = ["linde", "ceder", "wilg"]
        named = [f"{one}-1" for one in asked]  # their places are too small for so many people
        begun = await keyed("demo-police", "/requests", profile | {"shelters": asked, "places": named}, *asked, status=201)
        assert begun["needs"] == profile
        path = f"/requests/{begun['id']}"
        await keyed("demo-police", "/requests", profile | {"name": "Blessing", "shelters": ["linde"]}, status=422)
        await keyed("demo-police", "/requests", profile | {"shelters": ["blessing"]}, status=422)
        await keyed("demo-shelter-wilg", f"{path}/answers", NO, "wilg", "no", "")
        no = {"answer": "no", "reason": "household"}
        await keyed("demo-shelter-ceder", f"{path}/answers", no, "ceder", "no", "")
        await keyed("demo-shelter-ceder", f"{path}/answers", {"answer": "discuss"}, "ceder", "discuss", "")
        await keyed("demo-shelter-linde", f"{path}/answers", YES, "linde", "yes", "linde-1")
        assert part(await see(site, "demo-police", begun["id"]), "ceder")["telephone"] == "CANARY-TEL-ceder"
        living = await written(site)
        await keyed("demo-police", f"{path}/choose", {"shelter": "linde"}, "linde", "")
        await keyed("demo-desk", f"{path}/decide", {"decision": "refuse", "reason": "not_eligible"}, "refuse")
        await keyed("demo-police", f"{path}/shelters", {"shelters": ["linde"], "places": ["linde-1"]}, "linde")
        await keyed("demo-shelter-linde", f"{path}/answers", YES | {"place": "linde-2"}, "linde", "yes", "linde-2")
        await keyed("demo-police", f"{path}/choose", {"shelter": "linde"}, "linde", "")
        await keyed("demo-desk", f"{path}/decide", {"decision": "confirm"}, "confirm")
        await call(site, "demo-police", f"{path}/address")
        await keyed("demo-police", f"{path}/withdraw", {"why": "no_place"})
        await keyed("demo-police", f"{path}/outcome", {"slept": "homeless_shelter"})
    finally:
        set_up_log("warning")
    out = capsys.readouterr()
    assert '"refused"' in out.out + out.err  # the log was indeed written
    over = await written(site) | {"log": out.out + out.err}
    tallies = over.pop("tally_waiting")

    def found(tables: Mapping[str, str]) -> set[tuple[str, str]]:
        """Find words of the household in the tables; the one that says when each count began names only counts."""
        return {(table, word) for table, rows in tables.items() for word in WORDS if word in rows and table != "tally_began"}

    # While the case lives, the reasons stand with the answers of the shelters; the household is sealed.
    assert found(living) == {("ask", "psychiatric"), ("ask", "contra_indication")}
    assert found(over) == set()
    assert {word for word in WORDS if word in tallies} == {"psychiatric", "contra_indication", "homeless_shelter"}
    assert begun["id"] not in tallies
    # Nor is it there hashed: the fingerprint of a call is made of nothing more.
    kept = dict(map(tuple, await sql(site, "select key_hash, fingerprint from stored_reply")))
    assert len(kept) == len(known) - 2 and kept.items() <= known.items()  # the two were refused, and are not remembered
