"""Cases by the API alone: open one, see one, press what may be pressed."""

from typing import Any

from sqlalchemy import text

from bedboard.actions.setup import add_client, add_organization
from tests.build import NOW
from tests.build.site import Site, as_owner, facts

YES = {"answer": "yes", "place": "linde-1"}
NO = {"answer": "no", "reason": "contra_indication", "criterion": "psychiatric"}
SHELTERS = ("demo-shelter-linde", "demo-shelter-ceder", "demo-shelter-wilg")
WOMAN: dict[str, Any] = {"adults": {"woman": 1}}


def correct(*kinds: str) -> dict[str, Any]:
    """Return the body by which a system confirms these kinds, as of the moment at which most tests begin."""
    return {"kinds": list(kinds), "observed_at": NOW.isoformat()}


async def sql(site: Site, statement: str) -> list[Any]:
    """Behind the back of bedboard, as the owner of the tables."""
    async with as_owner(site.process.database) as tx:
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


async def search(site: Site, profile: dict[str, Any], token: str = "demo-police") -> dict[str, Any]:  # noqa: S107
    return await call(site, token, "/search", profile)


async def see(site: Site, token: str, case_id: str, status: int = 200) -> dict[str, Any]:
    async with site.api(token) as api:
        reply = await api.get(f"/requests/{case_id}")
    assert reply.status_code == status, reply.text
    told: dict[str, Any] = reply.json()
    return told


async def seen(site: Site, token: str) -> list[dict[str, Any]]:
    async with site.api(token) as api:
        reply = await api.get("/requests")
    assert reply.status_code == 200, reply.text
    told: list[dict[str, Any]] = reply.json()["requests"]
    return told


def part(case: dict[str, Any], shelter: str) -> dict[str, Any]:
    return next(one for one in case["shelters"] if one["shelter"] == shelter)


def says(case: dict[str, Any]) -> dict[str, str]:
    return {one["shelter"]: one["says"] for one in case["shelters"]}


async def status_of(site: Site, place: str) -> str:
    async with site.api("demo-police") as api:
        shelters = (await api.get("/board")).json()["shelters"]
    return str(next(one["status"] for shelter in shelters for one in shelter["places"] if one["id"] == place))


async def confirmed(site: Site) -> str:
    """Open a case with linde, ceder and wilg, choose linde-1 and confirm it."""
    case_id = await begin(site, "linde", "ceder", "wilg")
    await call(site, "demo-shelter-linde", f"/requests/{case_id}/answers", YES)
    await call(site, "demo-police", f"/requests/{case_id}/choose", {"shelter": "linde"})
    await call(site, "demo-desk", f"/requests/{case_id}/decide", {"decision": "confirm"})
    return case_id


async def add_others(site: Site) -> None:
    """A colleague's program in the same organization and role, and police of another organization."""
    async with site.process.database.transaction() as tx:
        await add_organization(tx, "elders", "Politie Elders")
        for name, organization in (("colleague", "oever"), ("other-police", "elders")):
            await add_client(
                tx, client_id=name, name=name, role="police", token=name, now=NOW, organization_id=organization, demo=True
            )


async def kept(site: Site) -> tuple[Any, ...]:
    """Return everything that a refused call must leave as it was."""
    counts = await sql(
        site, "select (select count(*) from case_event), (select count(*) from disclosure), (select count(*) from claim)"
    )
    requests = await sql(site, "select id, version, state, needs_sealed from case_record order by id")
    asks = await sql(site, "select * from ask order by case_id, shelter_id")
    return (await facts(site), *map(tuple, counts), *map(tuple, requests), *map(tuple, asks))
