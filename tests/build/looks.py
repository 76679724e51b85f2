"""People who have seen many telephones in the last hour."""

from bedboard.actions.setup import add_shelter
from bedboard.rules.looks import MOST_TELEPHONES_AN_HOUR
from tests.build import NOW, SEAL, place, shelter
from tests.build.rows import do, run
from tests.build.site import Site

SEEN_BEFORE = """
    insert into disclosure (at, actor_kind, actor_id, role, organization_id, shelter_id, what, why, result, tag)
    select :at, 'person', p.id, p.role, p.organization_id, s.id, 'telephone', 'stale', 'shown', '' from shelter s, person p
    where s.id like 'more-%' and p.id = :who order by s.id limit :most
"""


async def add_more(site: Site) -> None:
    for n in range(MOST_TELEPHONES_AN_HOUR):
        one = shelter(f"more-{n:02}", [place(f"more-{n:02}-1")])
        await do(site.process.database, lambda tx, one=one: add_shelter(tx, one, SEAL, NOW))  # type: ignore[misc]


async def has_seen(site: Site, who: str, most: int) -> None:
    """Note that this person saw the telephones of so many of the shelters of `add_more`."""
    await run(site.process.database, SEEN_BEFORE, at=NOW, who=who, most=most)
