"""Counts to show on the monitor: three months of them, put straight into the tallies."""

from contextlib import aclosing
from datetime import date

import httpx
from sqlalchemy import text

from tests.build.site import Site, as_owner

Event = tuple[str, str, str, str, str, int]  # month, what, unit, kind, code, count

JANUARY: list[Event] = [
    ("2026-01-01", "slept", "noord", "", "street", 9),
    ("2026-01-01", "slept", "zuid", "", "hotel", 2),
    ("2026-01-01", "slept", "noord", "", "friends", 14),
    ("2026-01-01", "household", "", "", "woman", 3),
    ("2026-01-01", "sought", "", "", "1", 21),
    ("2026-01-01", "sought", "", "", "7", 4),
    ("2026-01-01", "placed_kind", "", "cosm", "", 6),
    ("2026-01-01", "occupancy", "", "cosm", "free", 30),
    ("2026-01-01", "occupancy", "", "cosm", "occupied", 70),
    ("2026-01-01", "freshness", "noord", "", "fresh", 5),
    ("2026-01-01", "asked_of", "", "", "linde", 3),
    ("2026-01-01", "refused_by", "", "", "linde", 2),
    ("2026-01-01", "asked_of", "", "", "wilg", 8),
    ("2026-01-01", "shown_free", "", "", "wilg", 5),
    ("2026-01-01", "free_no_place", "", "", "wilg", 1),
    ("2026-01-01", "confirm_due", "", "", "linde", 31),
    ("2026-01-01", "confirmed", "", "", "linde", 28),
    ("2026-02-01", "confirm_due", "", "", "wilg", 4),
    ("2026-01-01", "request", "", "", "arrived", 10),
    ("2026-01-01", "answer", "", "", "yes", 12),
    ("2026-01-01", "answer", "", "", "no", 20),
    ("2026-01-01", "answer", "", "", "discuss", 4),
    ("2026-01-01", "refused_household", "", "", "family", 13),
    ("2026-01-01", "refused_household", "", "", "minor", 7),
    ("2026-01-01", "stay", "", "cosm", "to_7", 9),
    ("2026-01-01", "stay", "", "men", "to_7", 6),
    ("2026-01-01", "departure", "", "", "home", 12),
    ("2026-01-01", "departure", "", "", "not_said", 3),
    ("2026-01-01", "alert", "", "", "led", 5),
    ("2026-01-01", "hold", "", "", "lapsed", 2),
    ("2026-02-01", "stay", "", "cosm", "to_7", 9),
    ("2026-02-01", "stay", "", "cosm", "to_1", 4),
    ("2026-02-01", "answer", "", "", "yes", 6),
    ("2026-02-01", "slept", "noord", "", "street", 1),
    ("2026-02-01", "slept", "noord", "", "hotel", 9),
    ("2026-03-01", "slept", "noord", "", "exploiter", 8),
]


async def put(site: Site, events: list[Event]) -> None:
    async with as_owner(site.process.database) as tx:
        connection = await tx.connection()
        await connection.execute(text("update tally_began set month = '2026-01-01'"))
        for number, (month, what, unit, kind, code, count) in enumerate(events):
            await connection.execute(
                text("insert into tally values (:month, :hour, :what, :unit, :kind, :code, :count)"),
                {"month": date.fromisoformat(month), "hour": number % 24, "what": what, "unit": unit, "kind": kind}
                | {"code": code, "count": count},
            )


async def get(site: Site, who: str, path: str = "/monitor") -> httpx.Response:
    async with aclosing(await site.sign_in(who)) as browser:
        return await browser.get(path, headers={"Accept-Language": "nl"})
