"""A past for the demo: the tallies of half a year of made-up cases, so that the monitor shows something on the first day."""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bedboard.rules.cases import WITHDRAW_REASONS
from bedboard.rules.merging import earlier_month
from bedboard.rules.tallies import LONGER, STAYS, WAITS
from bedboard.schemas.seeds import SeedFile
from bedboard.store.database import Transaction
from bedboard.store.tallies import Tally, add_waiting_tallies, count_tallies_at

MONTHS = 6
SEARCHES = 130  # in a month, as many as the whole of the country has
CONFIRM_TIMES = 3  # in a day
HOURS = (2, 1, 1, 1, 1, 1, 2, 3, 4, 6, 7, 7, 6, 7, 8, 9, 10, 9, 8, 7, 6, 6, 5, 4)  # how often in each hour of the day

Weights = Mapping[str, int]
HOUSEHOLD: Weights = {"woman": 50, "man": 25, "family": 12, "couple": 5, "group": 4, "minor": 3, "other_gender": 1}
EXPLOITATION: Weights = {"sexual": 50, "labour": 27, "criminal": 12, "other_exploitation": 3, "serious_wrong": 2, "unknown": 6}
OUTCOME: Weights = {"arrived": 62, "ended": 12, "withdrawn": 12, "nothing": 14}
SLEPT: Weights = {
    **{"police_station": 24, "hotel": 30, "homeless_shelter": 14, "street": 9, "exploiter": 4, "friends": 9},
    **{"other_shelter": 4, "unknown": 6},
}
REFUSED: Weights = {
    **{"no_place": 45, "contra_indication": 18, "no_staff": 10, "not_safe": 7, "household": 9, "status": 4},
    **{"information": 4, "other": 3},
}
CONTRA: Weights = {"psychiatric": 40, "addiction": 35, "lvb": 15, "medical": 10}
EXCLUDED: Weights = {"man": 30, "size": 20, "psychiatric": 18, "addiction": 16, "avoid": 8, "pets": 4}
ANSWER: Weights = {"no": 55, "silent": 25, "discuss": 20}  # besides the yes of the chosen shelter
STAY: Weights = dict(zip((*STAYS, LONGER), (10, 25, 35, 20, 10), strict=True))
QUICK: Weights = dict(zip((*WAITS, LONGER), (30, 35, 20, 10, 4, 1), strict=True))
SLOW: Weights = dict(zip((*WAITS, LONGER), (3, 12, 35, 35, 13, 2), strict=True))
DEPARTURE: Weights = {"moved_on": 30, "home": 22, "family": 10, "unknown_destination": 14, "other": 6, "not_said": 18}
HOLD: Weights = {"used": 60, "released": 25, "lapsed": 15}
ALERT: Weights = {"led": 35, "found": 30, "nothing": 35}
STATUS: Weights = {"occupied": 70, "free": 17, "closed": 6, "reserved": 4, "held": 3}
FRESH: Weights = {"fresh": 72, "ageing": 18, "stale": 10}


class Past:
    """The tallies of one month as they come up."""

    def __init__(self, seeds: SeedFile, chance: Random) -> None:
        self._chance = chance
        self._shelters = [(shelter.id, shelter.unit, [place.kind for place in shelter.place]) for shelter in seeds.shelter]
        self._units = [unit.code for unit in seeds.unit]
        self.counts: Counter[tuple[int, Tally]] = Counter()

    def _pick(self, weights: Weights) -> str:
        return self._chance.choices(list(weights), list(weights.values()))[0]

    def _count(self, hour: int, what: str, unit: str = "", kind: str = "", code: str = "") -> None:
        self.counts[hour, Tally(what, unit, kind, code)] += 1

    def search(self) -> None:
        """Count one search with all that comes of it."""
        hour = self._chance.choices(range(24), HOURS)[0]
        unit = self._chance.choice(self._units)
        self._count(hour, "sought", code=str(self._chance.choices(range(1, 8), (15, 15, 15, 15, 17, 12, 11))[0]))
        self._count(hour, "sought_unit", unit)
        household, exploitation = self._pick(HOUSEHOLD), self._pick(EXPLOITATION)
        self._count(hour, "household", code=household)
        self._count(hour, "exploitation", code=exploitation)
        outcome = self._pick(OUTCOME)
        if outcome != "arrived" and self._chance.random() < 0.5:
            self._count(hour, "alert", code=self._pick(ALERT))
        if self._chance.random() < 0.7:
            self._count(hour, "hold", code=self._pick(HOLD))
        if outcome in ("ended", "nothing"):
            self._count(hour, "slept", unit, code=self._pick(SLEPT))
        if outcome == "nothing":
            self._count(hour, "excluded_by", code=self._pick(EXCLUDED))
            self._count(hour, "kind_sought", kind=self._chance.choice(self._shelters)[2][0])
            return
        for _ in range(self._chance.randint(0, 3)):
            self._answer(hour, household, exploitation)
        self._count(hour, "first_answer", code=self._pick(QUICK))
        if outcome == "withdrawn":
            self._count(hour, "withdrawn", code=self._chance.choice(WITHDRAW_REASONS[:-1]))
            return
        self._count(hour, "request", code=outcome)
        if outcome == "arrived":
            self._arrive(hour)

    def _answer(self, hour: int, household: str, exploitation: str) -> None:
        shelter_id, unit, kinds = self._chance.choice(self._shelters)
        answer = self._pick(ANSWER)
        self._count(hour, "answer", code=answer)
        self._count(0, "asked_of", code=shelter_id)
        if is_shown := self._chance.random() < 0.6:
            self._count(0, "shown_free", code=shelter_id)
        if answer != "no":
            return
        reason = self._pick(REFUSED)
        self._count(hour, "refused_household", code=household)
        self._count(hour, "refused_exploitation", code=exploitation)
        self._count(hour, "refused", code=reason)
        self._count(hour, "refused_kind", kind=self._chance.choice(kinds))
        self._count(hour, "refused_unit", unit)
        self._count(0, "refused_by", code=shelter_id)
        if reason == "contra_indication":
            self._count(hour, "contra_indication", code=self._pick(CONTRA))
        if reason == "no_place" and is_shown and self._chance.random() < 0.25:
            self._count(0, "free_no_place", code=shelter_id)

    def _arrive(self, hour: int) -> None:
        shelter_id, unit, kinds = self._chance.choice(self._shelters)
        kind = self._chance.choice(kinds)
        self._count(hour, "answer", code="yes")
        self._count(0, "asked_of", code=shelter_id)
        self._count(hour, "placed_unit", unit)
        self._count(hour, "placed_kind", kind=kind)
        self._count(hour, "first_yes", code=self._pick(QUICK))
        self._count(hour, "decided", code=self._pick(SLOW))
        self._count(hour, "arrival", code=self._pick(SLOW))
        self._count(0, "shown_free", code=shelter_id)
        self._count(hour, "stay", kind=kind, code=self._pick(STAY))
        self._count(hour, "departure", code=self._pick(DEPARTURE))

    def board(self, hours: int) -> None:
        """Count how the board stood in so many hours."""
        for shelter_id, unit, kinds in self._shelters:
            due = hours // 24 * CONFIRM_TIMES
            self.counts[0, Tally("confirm_due", "", "", shelter_id)] += due
            self.counts[0, Tally("confirmed", "", "", shelter_id)] += due * self._chance.randint(70, 99) // 100
            for code, weight in FRESH.items():
                self.counts[12, Tally("freshness", unit, "", code)] += hours * weight // 100
            for kind in kinds:
                for code, weight in STATUS.items():
                    self.counts[12, Tally("occupancy", "", kind, code)] += hours * weight // 100


async def play_past(tx: Transaction, seeds: SeedFile, now: datetime) -> int:
    """Count the made-up searches of the months before this one, in the caller's transaction; return how many there were."""
    zone, total = ZoneInfo(seeds.deployment.time_zone), 0
    this = now.astimezone(zone).date().replace(day=1)
    for back in range(MONTHS, 0, -1):
        month = earlier_month(this, back)
        past = Past(seeds, Random(back))  # noqa: S311  (made-up numbers, the same in every demo; guards nothing)
        searches = SEARCHES + 7 * (MONTHS - back)
        for _ in range(searches):
            past.search()
        past.board(24 * 30)
        await _save(tx, past, month, zone)
        total += searches
    await add_waiting_tallies(tx)
    return total


async def _save(tx: Transaction, past: Past, month: date, zone: ZoneInfo) -> None:
    start = datetime(month.year, month.month, 1, 12, tzinfo=zone)
    rows = [(start.replace(hour=hour), tally._replace(times=times)) for (hour, tally), times in past.counts.items() if times]
    await count_tallies_at(tx, start + timedelta(days=1), rows)
