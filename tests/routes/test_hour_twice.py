"""The night in which the hour from two to three comes twice: pages say which one they mean, and take the next one to come."""

from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from tests.build import FixedClock
from tests.build.api import sql
from tests.build.site import Site

FIRST = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 02:00, in summer time; an hour later it is 02:00 again
CLOSED = {"status": "closed", "reason": "cleaning", "expected_free_at": "2026-10-25T02:30", "key": "k"}


@pytest.mark.parametrize(
    ("minutes", "is_second", "nl", "en"),
    [(20, False, "02:30 (zomertijd)", "02:30 (summer time)"), (40, True, "02:30 (wintertijd)", "02:30 (winter time)")],
)
async def test_an_hour_that_is_typed_is_the_next_one_and_the_page_says_which(
    site: Site, clock: FixedClock, minutes: int, is_second: bool, nl: str, en: str
) -> None:
    clock.at = FIRST
    async with aclosing(await site.sign_in("sanne")) as sanne:
        clock.move(minutes=minutes)
        assert (await sanne.post("/staff/linde/places/linde-1", data=CLOSED)).status_code == 303
        [(expected,)] = await sql(site, "select expected_free_at from place where id = 'linde-1'")
        assert expected == datetime(2026, 10, 25, 1 if is_second else 0, 30, tzinfo=UTC)
        assert nl in (await sanne.get("/staff/linde")).text
        sanne.cookies.set("language", "en")
        assert en in (await sanne.get("/staff/linde")).text


async def test_the_end_of_a_hold_says_which_hour_it_is(site: Site, clock: FixedClock) -> None:
    clock.at = FIRST + timedelta(minutes=55)
    async with aclosing(await site.sign_in("mark")) as mark:
        held = await mark.post("/places/linde-1/hold", data={"key": "1"}, headers={"HX-Request": "true"})
        assert held.status_code == 200 and "02:25 (wintertijd)" in held.text
