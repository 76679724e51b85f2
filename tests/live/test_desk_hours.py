"""The side that decides moves with the hours of the desk on every open page, though nobody changes anything."""

from datetime import UTC, datetime, timedelta

from bedboard.store.database import Database
from tests.build import FixedClock
from tests.build.cases import ask, bring_to
from tests.build.listeners import REQUESTERS, demo_database, listening, site, who
from tests.build.searching import searching
from tests.build.site import Site

__all__ = ["demo_database", "site"]  # fixtures

CLOSES = datetime(2026, 3, 11, 16, 0, tzinfo=UTC)  # 17:00 in Amsterdam
OPENS = datetime(2026, 3, 12, 8, 0, tzinfo=UTC)
MOMENTS = ((CLOSES, "voorlopig"), (OPENS, "desk beslist, nu open"))
FRIDAY, SUNDAY = datetime(2026, 3, 13, 16, 0, tzinfo=UTC), datetime(2026, 3, 15, 8, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


async def test_an_open_search_says_who_decides_now_when_the_desk_opens_or_closes(site: Site) -> None:
    async with searching(site, {"adults.woman": "1"}) as page:
        linde = next(row for row in page.order if row.startswith("linde"))
        assert "desk beslist, nu open" in page.rows[linde]
        for moment, words in MOMENTS:
            site.clock.at = moment
            site.process.board.age()
            while words not in page.rows[linde]:
                await page.hear()


async def test_the_pages_of_open_cases_are_told_when_the_desk_opens_or_closes(
    demo_database: Database, site: Site, clock: FixedClock
) -> None:
    await ask(demo_database)
    await bring_to(demo_database, "confirmed", case_id="r2")
    site.process.board.age()
    for moment, turns in ((CLOSES, True), (OPENS, True), (FRIDAY, True), (SUNDAY, False)):
        clock.at = moment - SECOND
        site.process.board.age()
        async with listening(site) as listeners:  # with new sessions: those of the day before have ended
            for seconds, is_told in ((0, turns), (60, False), (3600, False)):
                clock.at = moment + seconds * SECOND
                site.process.board.age()
                assert who(await listeners.heard(), "own") & REQUESTERS == (REQUESTERS if is_told else set())
