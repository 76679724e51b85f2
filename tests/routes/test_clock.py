"""Everything that changes by the clock alone, on every level: a second before, then, a second, hours and days later.

The rows are those of docs/clock.md. Nobody presses anything meanwhile; the jobs of a process run at each moment.
"""

from datetime import timedelta

import orjson
import pytest

from bedboard.rules.arrivals import is_early
from bedboard.rules.cases import Patience, is_late, is_late_untold, may_see_address, silence_step
from bedboard.rules.claims import Claim, is_live
from bedboard.rules.clients import Terms
from bedboard.rules.deciding import Deciding
from bedboard.rules.freshness import USUAL_LIMITS, closure_reminder, current_reminder, freshness_of
from bedboard.store.database import Database
from bedboard.views.objects import shelter_object, to_json
from tests.build import NOW, FixedClock
from tests.build import clock as situations
from tests.build import clock_looks as looks
from tests.build import clock_tokens as tokens
from tests.build.cases import HOUR, ZONE
from tests.build.clock import At, Row, asked, board, fit_now, rule, says, stored
from tests.build.clock_proofs import OF_PROOFS
from tests.build.lines import api_line, hear, until_pulse
from tests.build.moments import USUAL
from tests.build.rows import run
from tests.build.site import served

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
WOMAN = {"adults": {"woman": 1}}
DESK = Deciding("desk", "mon-fri 09:00-17:00", "provisional")
ON_THE_WAY = Claim("reservation", None, "police", "Oever", expected_at=NOW + 2 * HOUR)


STATE = "select state from case_record where id = 'r1'"
LATE = "select count(*) from case_event where what = 'late'"
REMINDED = "select count(*) from reminded where shelter_id = 'linde' and step {} 'closure'"
PAGE_OF_CASE, PAGE_OF_SHELTER = "/requests/r1", "/staff/linde"

ROWS = (
    Row(
        "hold",
        situations.a_hold,
        {
            "rules": (rule(lambda now: is_live(Claim("hold", NOW + HOUR / 2, "police", "Oever"), now)), (True, False)),
            "board": (board(lambda at: at.place().status), ("held", "free")),
            "page": (says("sanne", PAGE_OF_SHELTER, "vastgehouden: Stichting Oever"), (True, False)),
            "database": (stored("select ended_at is null from claim"), (True,)),
        },
    ),
    Row(
        "offer",
        situations.an_offer,
        {
            "rules": (rule(lambda now: is_live(Claim("reservation", NOW + HOUR, "police", "Oever"), now)), (True, False)),
            "board": (board(lambda at: at.place("beuk-1").status), ("reserved", "free")),
            "page": (asked("/requests/r1", lambda case: case["shelters"][0]["says"]), ("yes", "lapsed")),
            "database": (looks.is_choice_refused, ("may", "offer_over")),
        },
    ),
    Row(
        "placement",
        situations.a_placement,
        {
            "rules": (rule(lambda now: is_live(ON_THE_WAY, now)), (True,)),
            "board": (board(lambda at: at.place().status), ("reserved",)),
            "page": (looks.state_of_case(), ("confirmed",)),
            "database": (stored("select ended_at is null and expires_at is null from claim"), (True,)),
        },
    ),
    Row(
        "late",
        situations.a_placement,
        {
            "rules": (rule(lambda now: is_late("confirmed", NOW + 2 * HOUR, now)), (False, True)),
            "board": (board(lambda at: at.place().claim.is_late), (False, True)),  # type: ignore[union-attr]
            "page": (says("sanne", PAGE_OF_SHELTER, "te laat — bel"), (False, True)),
            "case": (says("mark", PAGE_OF_CASE, "Die tijd is voorbij"), (False, True)),
            "strip": (says("mark", "/strip", "Linde: te laat — bel"), (False, True)),
        },
    ),
    Row(
        "early",
        situations.an_arrival_that_is_near,
        {
            "rules": (rule(lambda now: is_early(NOW + 2 * HOUR, now)), (True, False)),
            "page": (says("sanne", PAGE_OF_SHELTER, "Het is nog geen 16:00. Zijn ze er al?"), (True, False)),
            "case": (says("hanneke", PAGE_OF_CASE, "Het is nog geen 16:00. Zijn ze er al?"), (True, False)),
        },
    ),
    Row(
        "late-told",
        situations.a_placement,
        {
            "rules": (rule(lambda now: is_late_untold(NOW + 2 * HOUR, None, ZONE, now)), (False, True)),
            "database": (stored(LATE), (0, 1, 2, 3)),
        },
    ),
    Row(
        "choice-for-desk",
        situations.a_choice_for_the_desk,
        {
            "rules": (rule(lambda now: DESK.counts_without_desk(now.astimezone(ZONE))), (False, True)),
            "board": (board(lambda at: at.place().status), ("reserved",)),
            "page": (says("mark", PAGE_OF_CASE, "U kunt erheen."), (False, True)),
            "database": (stored(STATE), ("chosen", "provisional")),
        },
    ),
    Row(
        "desk",
        situations.an_hour,
        {
            "rules": (rule(lambda now: DESK.is_desk_open(now.astimezone(ZONE))), (True, False)),
            "board": (board(lambda at: at.site.process.board.catalogue.is_desk_open(at.now)), (True, False)),  # type: ignore[union-attr]
            "page": (
                asked("/search", lambda found: looks.of_linde(found, "decides"), WOMAN, "POST"),
                ("desk", "provisional"),
            ),
        },
    ),
    Row(
        "week",
        situations.an_old_case,
        {
            "board": (board(lambda at: at.place().status), ("reserved", "closed")),
            "page": (says("mark", PAGE_OF_CASE, "Waar slapen"), (False, True)),
            "database": (stored(STATE), ("confirmed", "withdrawn")),
        },
    ),
    Row(
        "slept",
        situations.a_withdrawn_case,
        {
            "page": (looks.state_of_case(), ("withdrawn", "ended")),
            "database": (stored("select code from tally where what = 'slept'"), (None, "unknown")),
        },
    ),
    Row(
        "silence",
        situations.a_silent_shelter,
        {
            "rules": (rule(lambda now: silence_step(NOW, Patience(), now)), (0, 1, 3)),
            "page": (says("mark", PAGE_OF_CASE, "herinnerd"), (False, True)),
            "database": (stored("select step from ask"), (0, 1, 3)),
        },
    ),
    Row(
        "address",
        situations.a_decided_case,
        {
            "rules": (rule(lambda now: may_see_address("confirmed", NOW, NOW + 2 * HOUR, now)), (True, False)),
            "page": (says("mark", PAGE_OF_CASE, "Toon het adres"), (True, False)),
            "database": (asked("/requests/r1/address", lambda said: 200, method="POST"), (200, 403)),
        },
    ),
    Row(
        "arrival",
        situations.an_arrival,
        {
            "rules": (rule(fit_now), ("fits", "discuss")),
            "page": (
                asked("/search", lambda found: looks.of_linde(found, "fit"), {**WOMAN, "arrives_after": "now"}, "POST"),
                ("fits", "discuss"),
            ),
        },
        "update shelter set intake_from_minutes = 540, intake_until_minutes = 1020",
    ),
    Row(
        "freshness",
        situations.news_of_linde,
        {
            "rules": (rule(lambda now: freshness_of(NOW - HOUR, USUAL_LIMITS, now)), ("fresh", "ageing", "ageing", "stale")),
            "board": (board(lambda at: at.card().freshness), ("fresh", "ageing", "ageing", "stale")),
            "page": (says("sanne", PAGE_OF_SHELTER, "bevestig nu"), (False, False, False, True)),
            "database": (stored("select confirmed_at from shelter where id = 'linde'"), (NOW - HOUR,)),
        },
    ),
    Row(
        "reminder",
        situations.a_moment_to_confirm,
        {
            "rules": (
                rule(lambda now: step[1] if (step := current_reminder(NOW - HOUR, NOW, USUAL, ZONE, now)) else None),
                (None, "before", "late"),
            ),
            "board": (board(looks.step_of), (None, "before", "late")),
            "page": (says("sanne", PAGE_OF_SHELTER, "Klopt dit nog? Bevestig het om 16:00."), (False, True, False)),
            "database": (stored(REMINDED.format("<>")), (0, 1, 2, 3)),
        },
    ),
    Row(
        "free-again",
        situations.a_closure,
        {
            "board": (
                board(lambda at: (at.place("linde-4").status, at.place("linde-4").is_overdue)),
                ((c := "closed", False), (c, True)),
            ),
            "page": (says("sanne", PAGE_OF_SHELTER, "weer open moeten zijn — klopt dit?"), (False, True)),
            "seekers": (
                asked("/shelters/linde", lambda one: one["places"][3]["expected_free_at"] is not None),
                (True, False),
            ),
            "database": (stored("select state from place where id = 'linde-4'"), ("closed",)),
        },
    ),
    Row(
        "temporary",
        situations.a_temporary_place,
        {
            "board": (board(lambda at: "kamer 9" in [place.label for place in at.card().places]), (True, False)),
            "page": (says("sanne", PAGE_OF_SHELTER, "kamer 9"), (True, False)),
            "seekers": (asked("/shelters/linde", lambda one: len(one["places"])), (5, 4)),
            "database": (stored("select state from place where label = 'kamer 9'"), ("open",)),
        },
    ),
    Row(
        "closure-told",
        situations.a_closure,
        {
            "rules": (rule(lambda now: bool(closure_reminder(NOW + DAY, ZONE, now))), (False, True)),
            "page": (says("sanne", PAGE_OF_SHELTER, "1 plek had al weer vrij moeten zijn"), (False, True)),
            "database": (stored(REMINDED.format("=")), (0, 1, 2, 3)),
        },
    ),
    Row("alert", situations.an_alert, {"database": (stored("select count(*) from alert"), (1, 0))}),
    Row("session", situations.a_session, {"database": (looks.state_of_session, ("open", "locked", "locked", "over"))}),
    Row(
        "token",
        tokens.a_token,
        {
            "rules": (rule(lambda now: Terms(NOW + 30 * DAY).counts(now)), (True, False)),
            "api": (looks.answer_to("first"), (200, 401)),
            "sockets": (looks.is_over("first"), (False, True)),
        },
    ),
    Row(
        "token-overlap",
        tokens.a_rotated_token,
        {
            "rules": (rule(lambda now: Terms(None, None, NOW + DAY).overlaps(now)), (True, False)),
            "api": (looks.answer_to("first"), (200, 401)),
            "new": (looks.answer_to("second"), (200,)),
            "sockets": (looks.is_over("first"), (False, True)),
        },
    ),
    Row(
        "token-news",
        tokens.a_new_token_of_a_shelter,
        {
            "page": (says("anneke", "/manage", "Nieuw token:"), (True, False)),
            "shelter": (says("anneke", "/staff/linde", "Nieuw token:"), (True, False)),
        },
    ),
    Row("file", tokens.a_file, {"page": (says("wouter", "/manage/import", "Alles klopt"), (True, False))}),
    Row("kept-answer", situations.a_kept_answer, {"database": (stored("select count(*) from stored_reply"), (1, 0))}),
    Row(
        "slot",
        situations.a_sent_reminder,
        {"database": (stored("select count(*) from reminded where created_at < timestamptz '2026-03-12'"), (5, 0))},
    ),
    Row("undo", situations.a_tap, {"database": (looks.is_undoing_refused, ("may", "too_late_to_undo"))}),
    Row("departure", situations.a_place_left, {"database": (looks.is_departure_refused, ("may", "too_late_to_tell"))}),
    Row("an-hour", situations.many_cases, {"database": (looks.is_case_refused, ("too_many", "may"))}),
    Row("list", situations.a_case_that_is_over, {"page": (asked("/requests", lambda found: len(found["requests"])), (1, 0))}),
    *OF_PROOFS,
)
LATER = (("before", -SECOND), ("then", 0 * SECOND), ("a second later", SECOND), ("hours", 5 * HOUR), ("days", 5 * DAY))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_clock(row: Row, case_database: Database, clock: FixedClock) -> None:
    await run(case_database, "update person set demo = true")
    if row.prepared:
        await run(case_database, row.prepared)
    async with served(case_database.url, clock, own_pulse=False) as site, api_line(site) as line:
        shown = {one["id"]: one for one in (await hear(line))["shelters"]}
        at, moment = At(site), await row.begin(site)
        for when, (name, later) in enumerate(LATER):
            clock.at = moment + later
            await at.pass_on()
            for level, (look, found) in row.looks.items():
                assert await look(at) == found[min(len(found) - 1, when - (when > 1))], f"{level}, {name}"
            for message in await until_pulse(site, line):  # an open page: it has heard all that is so now
                shown |= {one["id"]: one for one in message.get("shelters", [message.get("shelter")]) if one}
            assert shown == {one: orjson.loads(to_json(shelter_object(card))) for one, card in site.process.board.cards.items()}
