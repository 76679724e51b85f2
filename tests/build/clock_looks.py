"""Looks of the page of everything that changes by the clock alone, besides the general ones of `tests/build/clock.py`."""

from datetime import timedelta
from typing import Any

from bedboard.actions.cases import choose_offer, open_case
from bedboard.actions.departures import tell_departure
from bedboard.actions.occupancy import undo_change
from bedboard.actions.signin import hash_token
from tests.build.cases import MARK, NEEDS, SANNE, ZONE
from tests.build.clock import At, Look, asked

UNDO = timedelta(seconds=10)


async def is_choice_refused(at: At) -> str:
    return await at.tried(lambda tx: choose_offer(tx, MARK, "r1", "beuk", at.now, ZONE))


async def is_case_refused(at: At) -> str:
    return await at.tried(lambda tx: open_case(tx, MARK, "new", NEEDS, "noord", {"linde": "cosm"}, at.now))


async def is_undoing_refused(at: At) -> str:
    tap = await at.one("select max(id) from journal")
    return await at.tried(lambda tx: undo_change(tx, SANNE, "linde", tap, at.now, UNDO))


async def is_departure_refused(at: At) -> str:
    tap = await at.one("select max(id) from journal where place_id = 'linde-1'")
    return await at.tried(lambda tx: tell_departure(tx, SANNE, "linde", tap, "home", at.now))


async def state_of_session(at: At) -> str:
    token_hash = await at.one("select token_hash from session")
    found = (await at.site.process.identity.active_tokens([token_hash])).get(token_hash)
    return "over" if found is None else "locked" if found.is_locked else "open"


def of_linde(found: Any, name: str) -> object:
    return next((match[name] for match in found["matches"] if match["shelter"] == "linde"), None)


def step_of(at: At) -> object:
    return reminder.step if (reminder := at.card().reminder) else None


def state_of_case(at: str = "state") -> Look:
    return asked("/requests/r1", lambda case: case[at])


def answer_to(token: str) -> Look:
    """Return the status of a call with this token."""

    async def look(at: At) -> object:
        async with at.site.api(token) as api:
            return (await api.get("/board")).status_code

    return look


def is_over(token: str) -> Look:
    """Return whether the watch would close a socket that was opened with this token."""

    async def look(at: At) -> object:
        seat = (hash_token(token), "police")
        return list(await at.site.process.identity.list_ended([seat])) == [seat[0]]

    return look
