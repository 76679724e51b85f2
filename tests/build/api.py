"""Cases by the API alone: open one, see one, press what may be pressed."""

from typing import Any

from sqlalchemy import text

from tests.build.site import Site

WOMAN: dict[str, Any] = {"adults": {"woman": 1}}


async def sql(site: Site, statement: str) -> list[Any]:
    async with site.process.database.transaction() as tx:
        found = await (await tx.connection()).execute(text(statement))
        return list(found) if found.returns_rows else []


async def begin(site: Site, *shelters: str, token: str = "demo-police", **profile: Any) -> str:  # noqa: S107
    async with site.api(token) as api:
        reply = await api.post("/requests", json=(profile or WOMAN) | {"shelters": list(shelters)})
    assert reply.status_code == 201, reply.text
    return str(reply.json()["id"])


async def call(site: Site, token: str, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    """A POST; for None without a body."""
    async with site.api(token) as api:
        reply = await api.post(path, json=body)
    assert reply.status_code == status, reply.text
    told: dict[str, Any] = reply.json()
    return told


async def see(site: Site, token: str, case_id: str, status: int = 200) -> dict[str, Any]:
    async with site.api(token) as api:
        reply = await api.get(f"/requests/{case_id}")
    assert reply.status_code == status, reply.text
    told: dict[str, Any] = reply.json()
    return told
