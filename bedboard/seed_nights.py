"""The last month of a demo's board: made-up changes of its places, so that the board of earlier nights shows something."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from random import Random
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bedboard.actions.saving import journal_row
from bedboard.rules.access import Actor
from bedboard.schemas.seeds import SeedFile
from bedboard.store.database import Transaction
from bedboard.store.journal import occupancy_words, write_journal
from bedboard.store.past import list_present, save_pictures

NIGHTS = timedelta(days=31)
CASES_BEGIN = timedelta(hours=8)  # before the demo; from then on the cases of the seed file change the places
CONFIRMED_AT = (time(8, 10), time(15, 40), time(21, 20))  # a picture each time
FORGOTTEN = 0.08  # of these confirmations
DURATIONS = {"occupied": (30, 400), "open": (4, 40), "closed": (2, 60)}  # hours, from and to

Present = Mapping[str, tuple[int, Mapping[str, Any]]]
"""By shelter its version and its picture."""


class Turn(NamedTuple):
    """A change of a place. `before` and `after`: its states; `since`: when it came into the one before."""

    at: datetime
    place_id: str
    before: str
    after: str
    since: datetime


def list_turns(place: Mapping[str, Any], begins: datetime, ends: datetime, chance: Random) -> list[Turn]:
    """Return made-up changes of a place between these moments, ascending; the last leads to its state in the picture."""
    turns: list[Turn] = []
    state, since = place["state"], datetime.fromisoformat(place["since"])
    at = since if since < ends else ends - timedelta(hours=chance.uniform(1, 30))
    while at > begins:
        before = "open" if state != "open" else "occupied"
        earlier = at - timedelta(hours=chance.uniform(*DURATIONS[before]))
        turns.append(Turn(at, place["id"], before, state, max(earlier, begins)))
        state, at = before, earlier
    return turns[::-1]


def _confirmations(begins: datetime, ends: datetime, zone: ZoneInfo, chance: Random) -> Iterator[datetime]:
    day = begins.astimezone(zone).date()
    while day <= ends.astimezone(zone).date():
        for clock in CONFIRMED_AT:
            at = datetime.combine(day, clock, zone) + timedelta(minutes=chance.randint(-25, 40))
            if begins < at < ends and chance.random() > FORGOTTEN:
                yield at
        day += timedelta(days=1)


def _place_before(place: Mapping[str, Any], turn: Turn | None) -> Mapping[str, Any]:
    """Return a place as it was before its next change; None: there is none."""
    if turn is None:
        return place
    kept = {name: value for name, value in place.items() if name not in ("claim", "expected_free_at", "closed_reason")}
    return kept | {"state": turn.before, "since": turn.since.isoformat()}


def _shown(picture: Mapping[str, Any], states: Mapping[str, Turn], at: datetime) -> dict[str, Any]:
    """Return the picture as it was at this moment. `states`: by place the next change after it."""
    places = [_place_before(place, states.get(place["id"])) for place in picture["places"]]
    return {**picture, "places": places, "confirmed": {"at": at.isoformat(), "by": "person", "kinds": {}}}


async def play_nights(tx: Transaction, seeds: SeedFile, began: Present, now: datetime) -> None:
    """Write a month of made-up changes into the journal, and pictures of what the board showed, in the caller's transaction.

    `began`: the shelters as the seed file has them, before its cases changed them.
    """
    zone, chance = ZoneInfo(seeds.deployment.time_zone), Random(31)  # noqa: S311  (made up, the same in every demo)
    begins, ends = now - NIGHTS, now - CASES_BEGIN
    staff = {one: person for person in seeds.person if person.role in ("staff", "manager") for one in person.shelters}
    lines: list[dict[str, Any]] = []
    pictures: list[dict[str, Any]] = []
    present = await list_present(tx)
    for shelter in seeds.shelter:
        if shelter.confirmed == "never":
            continue
        version, picture = began[shelter.id]
        turns = sorted(turn for place in picture["places"] for turn in list_turns(place, begins, ends, chance))
        person = staff.get(shelter.id)
        actor = Actor("system", "clock", "machine", "bedboard", None, frozenset())
        if person is not None:
            actor = Actor("person", person.id, person.role, person.name, person.organization, frozenset())  # type: ignore[arg-type]
        lines += [_line(turn, actor) | {"shelter_id": shelter.id, "version": version} for turn in turns]
        known_at = now - shelter.confirmed if present[shelter.id][0] == version else ends
        shown = {begins, *(turn.at for turn in turns), *_confirmations(begins, known_at, zone, chance), known_at}
        pictures += [
            {"shelter_id": shelter.id, "at": at, "version": version, "shows": _shown(picture, _next(turns, at), at)}
            for at in shown
        ]
    await write_journal(tx, sorted(lines, key=lambda line: line["received_at"]))
    pictures += [
        {"shelter_id": one, "at": now, "version": version, "shows": shows} for one, (version, shows) in present.items()
    ]
    await save_pictures(tx, pictures)


def _next(turns: Sequence[Turn], at: datetime) -> dict[str, Turn]:
    found: dict[str, Turn] = {}
    for turn in turns:
        if turn.at > at:
            found.setdefault(turn.place_id, turn)
    return found


def _line(turn: Turn, actor: Actor) -> dict[str, Any]:
    def words(state: str, since: datetime) -> dict[str, Any]:
        return occupancy_words(state, None, "cleaning" if state == "closed" else None, since)

    return journal_row(actor, "place", turn.place_id, words(turn.before, turn.since), words(turn.after, turn.at), turn.at)
