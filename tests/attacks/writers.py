"""Clients that change places and note what they are told, to be compared with what the database has kept."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import httpx

from tests.build.processes import Process

Update = tuple[str, int, str]
"""A place, the version of its shelter, and the status."""

KEPT = "select place_id, version, after->>'state' from journal where action = 'place'"


def lost(acknowledged: Iterable[Update], kept: Iterable[Update]) -> list[Update]:
    """Return the updates that a client was told to be saved, and that the database does not have."""
    return sorted(set(acknowledged) - set(kept))


def updates_in(rows: Iterable[Sequence[Any]]) -> set[Update]:
    """Return the updates in the rows of `KEPT`."""
    return {(place, version, "free" if state == "open" else state) for place, version, state in rows}


async def write(process: Process, place: str, acknowledged: list[Update], refused: Counter[str]) -> None:
    """Change the place until cancelled, and note each answer that says it is saved. A lost connection is opened again."""
    status = "free"
    while True:
        async with process.api(f"demo-shelter-{place.partition('-')[0]}") as api:
            with suppress(httpx.TransportError):
                while True:
                    status = "occupied" if status == "free" else "free"
                    reply = await api.patch(f"/places/{place}", json={"status": status})
                    if reply.status_code == 200:
                        acknowledged.append((place, reply.json()["version"], status))
                    else:
                        assert reply.status_code in (429, 503), reply.text
                        refused[reply.json()["code"]] += 1
                        await asyncio.sleep(0.05)
        await asyncio.sleep(0.05)
