"""The steps in the lives of five cases: each with what must come of it, as the oracle says before it is taken."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from bedboard.actions.answers import answer_case, confirm_case, refuse_case, take_arrival
from bedboard.actions.case_holds import release_case_holds
from bedboard.actions.cases import ask_more, choose_offer, open_case, resume_case, tell_outcome, withdraw_case
from bedboard.actions.holds import hold_place, release_hold
from bedboard.actions.occupancy import change_place
from bedboard.rules.access import Actor
from bedboard.rules.cases import Event, ShelterAnswer
from bedboard.rules.places import PlaceChange, Reported
from tests.build.cases import HANNEKE, ILSE, KIND, KOFI, NEEDS, OVER, POLICE_SYSTEM, SANNE, STAFF, ZONE
from tests.build.oracle import EVERYBODY, PLACES, REQUESTERS, SHELTERS, Oracle, places_of, promise
from tests.build.wrong import wrong_with

TAPS: tuple[Reported, ...] = ("free", "free", "free", "occupied", "closed")
DAYS_OFF = (date(2026, 3, 12), date(2026, 3, 16), date(2026, 4, 6), date(2026, 4, 27))
"""The deployment's own, of which the board of these lives has the first two, and the public holidays of that spring."""
OPEN: dict[str, Callable[[datetime], bool]] = {
    "cosm": lambda local: local.isoweekday() <= 5 and 9 <= local.hour < 17 and local.date() not in DAYS_OFF,
    "women": lambda local: (
        (local.hour >= 20 and local.date() not in DAYS_OFF)
        or (local.hour < 8 and local.date() - timedelta(days=1) not in DAYS_OFF)
    ),
}
"""When the desk is there, for the kinds on which it decides in these lives."""


class CaseSteps(Oracle):
    """Everything that people do with cases and places."""

    def is_left_by_desk(self, case_id: str) -> bool:
        """Whether the chosen place of a case waits for a desk that is closed at this moment."""
        parts = [row for key, row in self.rows.items() if key[:2] == ("ask", case_id)]
        chosen = next(part["shelter_id"] for part in parts if part["settled"] == "chosen")
        return KIND[chosen] in OPEN and not OPEN[KIND[chosen]](self.now.astimezone(ZONE))

    # ---- who asks

    def begin(self, n: int, dice: Random) -> None:
        case, who = self.case(n), self.someone(dice, REQUESTERS[n])
        shelters = dice.sample(SHELTERS, dice.randint(1, 4))
        if case is not None and case["state"] not in OVER:
            return
        kept, self.ids[n] = self.ids[n], f"c{n}-{self.new_id()}"
        by = "person_id" if who.kind == "person" else "client_id"
        lately = [
            row
            for key, row in self.rows.items()
            if key[0] == "case_record" and row["created_at"] > self.now - timedelta(hours=1)
        ]
        expected = "asking" if sum(row[by] == who.id for row in lately) < 12 else "too_many"
        if who in (SANNE, KOFI, ILSE):
            expected = "not_your_role"
        kinds = {one: KIND[one] for one in shelters}
        self.step(expected, lambda tx: open_case(tx, who, self.ids[n], NEEDS, None, kinds, self.now), n)
        if expected != "asking":
            self.ids[n] = kept

    def ask_more(self, n: int, dice: Random) -> None:
        who = self.someone(dice, self.owner(n))
        present = [one for one in SHELTERS if (part := self.ask_of(n, one)) and part["settled"] is None]
        new = [one for one in SHELTERS if one not in present]
        shelters = {self.one_of(dice, new, SHELTERS), self.one_of(dice, new, SHELTERS)}
        expected = "no_such_request" if not self.is_ours(n, who) else self.after(n, "ask")
        if expected == "asking" and shelters & set(present):
            expected = "asked_already"
        kinds = {one: KIND[one] for one in shelters}
        self.step(expected, lambda tx: ask_more(tx, who, self.ids[n], kinds, self.now), n)

    def choose(self, n: int, dice: Random) -> None:
        who = self.someone(dice, self.owner(n))
        offered = [one for one in SHELTERS if (part := self.ask_of(n, one)) and part["place_id"]]
        shelter = self.one_of(dice, offered, SHELTERS)
        hours = dice.choice([None, None, None, None, -1, 0, 1, 47, 49])
        arrives_at = None if hours is None else self.now + timedelta(hours=hours)
        part, local = self.ask_of(n, shelter), self.now.astimezone(ZONE)
        event: Event = "choose"
        if who.role != "desk" and KIND[shelter] in OPEN:
            event = "choose_for_desk" if OPEN[KIND[shelter]](local) else "choose_provisionally"
        if not self.is_ours(n, who):
            expected = "no_such_request"
        elif (expected := self.after(n, event)).startswith("request_"):
            pass
        elif part is None or part["place_id"] is None or part["settled"] is not None:
            expected = "no_offer"
        elif hours is not None and not 0 <= hours <= 48:
            expected = "in_the_past" if hours < 0 else "more_than_two_days"
        elif part["answered_by"] == "police" and (hours or 0) > 8:
            expected = "needs_their_yes"
        elif self.offer_of(part) is None:
            expected = "offer_over"
        elif self.states_of(part) != {"open"}:
            expected = "not_free"
        self.step(expected, lambda tx: choose_offer(tx, who, self.ids[n], shelter, self.now, ZONE, arrives_at), n)

    def withdraw(self, n: int, dice: Random) -> None:
        who = self.someone(dice, self.owner(n))
        why = dice.choice(["no_place", "no_place", "by_mistake", "not_wanted", "tired"])
        event: Event = "withdraw" if why == "no_place" else "cancel"
        expected = "no_such_request" if not self.is_ours(n, who) else self.after(n, event)
        if why == "tired" and expected != "no_such_request":
            expected = "not_one_of"
        self.step(expected, lambda tx: withdraw_case(tx, who, self.ids[n], why, self.now, ZONE), n)

    def resume(self, n: int, dice: Random) -> None:
        who, chosen = self.someone(dice, self.owner(n)), self.chosen(n)
        expected = "no_such_request" if not self.is_ours(n, who) else self.after(n, "resume")
        self.step(expected, lambda tx: resume_case(tx, who, self.ids[n], self.now), n)
        self.nothing_is_kept(n, chosen, expected)

    def tell(self, n: int, dice: Random) -> None:
        who, slept = self.someone(dice, self.owner(n)), dice.choice(["street", "hotel", "palace"])
        expected = "no_such_request" if not self.is_ours(n, who) else self.after(n, "tell_outcome")
        if slept == "palace" and expected != "no_such_request":
            expected = "not_one_of"
        self.step(expected, lambda tx: tell_outcome(tx, who, self.ids[n], slept, self.now, ZONE), n)

    def give_back(self, n: int, dice: Random) -> None:
        who = self.someone(dice, self.owner(n))
        held: dict[str, list[str]] = {}
        for key, row in self.rows.items():
            if key[0] == "claim" and self.is_live_hold(row):
                held.setdefault(promise(row), []).append(row["place_id"])
        used = [part["hold_id"] for one in SHELTERS if (part := self.ask_of(n, one)) and part["hold_id"] in held]
        case = self.case(n)
        expected = "no_such_request" if case is None or not self.is_ours(n, who) else case["state"] if used else "hold_over"
        self.step(expected, lambda tx: release_case_holds(tx, who, self.ids[n], self.now), n)
        if case is not None and expected == case["state"]:
            assert {self.statuses[place] for one in used for place in held[one]} <= {"free", "occupied", "closed"}

    # ---- shelters and the desk

    def by(self, n: int, shelter: str, who: Actor) -> str | None:
        """In which quality somebody may speak for the shelter; None: for them the case does not exist."""
        if self.case(n) is None or self.ask_of(n, shelter) is None:
            return None
        if shelter in who.shelter_ids:
            return "shelter"
        return "desk" if who.role == "desk" else "police" if who.role == "police" and self.is_ours(n, who) else None

    def answered(self, n: int, shelter: str, who: Actor, said: ShelterAnswer) -> str:
        """What must come of an answer."""
        by, part, case = self.by(n, shelter, who), self.ask_of(n, shelter), self.case(n)
        if by is None or part is None or case is None:
            return "no_such_request"
        if len(set(said.place_ids)) < len(said.place_ids):
            return "twice"
        if part["settled"] is not None:
            return "request_settled"
        if not all(place.startswith(shelter) for place in said.place_ids):
            return "not_here"
        if by == "police" and (said.answer != "yes" or shelter != "nood"):
            return "not_your_role"
        if by == "police" and part["answer"] == "no":
            return "request_answered"
        own = self.offer_of(part)
        was = (part["answer"], places_of(part), part["reason"], part["criterion"])
        if was == (said.answer, said.place_ids, said.reason, said.criterion) and (said.answer != "yes" or own is not None):
            return "same"
        return "asking" if all(self.is_for(case, part, place) for place in said.place_ids) else "not_free"

    def asked_of(self, n: int) -> list[str]:
        """The shelters of which an answer counts."""
        return [one for one in SHELTERS if (part := self.ask_of(n, one)) and part["settled"] is None]

    def offer(self, n: int, dice: Random) -> None:
        shelter = self.one_of(dice, self.asked_of(n), SHELTERS)
        likely = [one for one in PLACES if one.startswith(shelter) and self.statuses[one] in ("free", "held")]
        place = self.one_of(dice, likely, PLACES)
        more = (self.one_of(dice, [one for one in likely if one != place], PLACES),) if dice.random() < 0.3 else ()
        self._answer(n, shelter, ShelterAnswer("yes", place, more_place_ids=more), dice)

    def answer(self, n: int, dice: Random) -> None:
        shelter = self.one_of(dice, self.asked_of(n), SHELTERS)
        discuss, no_place = ShelterAnswer("discuss"), ShelterAnswer("no", None, "no_place")
        part = self.ask_of(n, shelter)
        again = discuss
        if part is not None and part["place_id"]:
            again = ShelterAnswer("yes", part["place_id"], more_place_ids=tuple(part["more_place_ids"]))
        contra = ShelterAnswer("no", None, "contra_indication", "lvb")
        self._answer(n, shelter, dice.choice([discuss, no_place, contra, again]), dice)

    def _answer(self, n: int, shelter: str, said: ShelterAnswer, dice: Random) -> None:
        police = [POLICE_SYSTEM] if KIND[shelter] == "emergency" else []
        right = dice.choice([STAFF[shelter], STAFF[shelter], HANNEKE, *police])
        who, claim_id = self.someone(dice, right), self.new_id()
        expected = self.answered(n, shelter, who, said)
        self.step(expected, lambda tx: answer_case(tx, who, self.ids[n], shelter, said, claim_id, self.now), n)
        if expected == "asking":
            assert {self.statuses[place] for place in said.place_ids} <= {"reserved"}

    def confirm(self, n: int, dice: Random) -> None:
        who, chosen = self.someone(dice, HANNEKE), self.chosen(n)
        expected = self.decided(n, who, "confirm")
        if expected == "confirmed" and chosen is not None:
            is_ready = {"open"} if self.case(n)["state"] == "chosen" else {"open", "occupied"}  # type: ignore[index]
            if self.offer_of(chosen) is None:
                expected = "offer_over"
            elif not self.states_of(chosen) <= is_ready:
                expected = "not_free"
        self.step(expected, lambda tx: confirm_case(tx, who, self.ids[n], self.now, ZONE), n)

    def refuse(self, n: int, dice: Random) -> None:
        who, chosen = self.someone(dice, HANNEKE), self.chosen(n)
        expected = self.decided(n, who, "refuse")
        self.step(expected, lambda tx: refuse_case(tx, who, self.ids[n], "other", self.now), n)
        self.nothing_is_kept(n, chosen, expected)

    def nothing_is_kept(self, n: int, chosen: dict[str, Any] | None, expected: str) -> None:
        """Expect the place of a choice that came to nothing to be free, or by now somebody else's."""
        if expected == "asking" and chosen is not None:
            for kept in map(self.kept, places_of(chosen)):
                assert kept is None or kept["case_id"] != self.ids[n]

    def decided(self, n: int, who: Actor, event: Event) -> str:
        if who.role != "desk":
            return "not_your_role"
        return "no_such_request" if self.case(n) is None else self.after(n, event)

    def arrive(self, n: int, dice: Random) -> None:
        self._come(n, dice, arrived=True)

    def miss(self, n: int, dice: Random) -> None:
        self._come(n, dice, arrived=False)

    def _come(self, n: int, dice: Random, *, arrived: bool) -> None:
        lapsed = self.lapsed(n)
        chosen = self.chosen(n) or lapsed
        shelter = self.one_of(dice, [] if chosen is None else [chosen["shelter_id"]], SHELTERS)
        who = self.someone(dice, dice.choice([STAFF[shelter], STAFF[shelter], HANNEKE]))
        by, kept = self.by(n, shelter, who), [self.kept(place) for place in places_of(chosen)] if chosen else []
        if by is None:
            expected = "no_such_request"
        elif by == "police":
            expected = "not_your_role"
        elif lapsed is not None and not (arrived and chosen is not None and chosen["shelter_id"] == shelter):
            expected = "request_over"
        elif chosen is not None and chosen["shelter_id"] != shelter:
            expected = "request_settled"
        else:
            event: Event = "arrive_after_all" if lapsed is not None else "arrive" if arrived else "miss"
            expected = self.after(n, event)
            is_others = chosen is not None and any(row is not None and promise(row) != chosen["claim_id"] for row in kept)
            if is_others and expected in ("arrived", "housed"):
                expected = "not_free"
        self.step(expected, lambda tx: take_arrival(tx, who, self.ids[n], shelter, self.now, ZONE, arrived=arrived), n)
        if expected in ("arrived", "housed") and chosen is not None:
            assert {self.statuses[place] for place in places_of(chosen)} == {"occupied"}
            assert not any(map(self.kept, places_of(chosen)))
        self.nothing_is_kept(n, chosen, expected)

    # ---- what else happens to the places

    def tap(self, dice: Random) -> None:
        full = [one for one in PLACES if self.statuses[one] in ("occupied", "closed")]
        said: Reported = dice.choice(TAPS)
        place = self.one_of(dice, full if said == "free" else [], PLACES)
        change = PlaceChange(said, "repair" if said == "closed" else None)
        self.step("fine", lambda tx: change_place(tx, STAFF[place.rpartition("-")[0]], place, change, self.now))

    def hold(self, dice: Random) -> None:
        """One place, or several for a group."""
        place, who, group = dice.choice(PLACES), dice.choice(REQUESTERS), dice.choice((0, 0, 2))
        near = [one for one in PLACES if one.startswith(place.rpartition("-")[0])]
        places = near if group else [place]
        before, claim_id = self.rows, self.new_id()
        was = "free" if {self.statuses[one] for one in places} == {"free"} else "not free"
        said = self.run(self._do(lambda tx: hold_place(tx, who, places, claim_id, self.now, group=group)))
        self.rows = self.run(self._read())
        assert wrong_with(self.rows) == []
        assert said in ("done", "holds_of_person", "holds_of_organization") if was == "free" else said != "done"
        assert (self.rows == before) == (said != "done")

    def release(self, dice: Random) -> None:
        held = [one for one in PLACES if self.statuses[one] in ("held", "reserved")]
        place, who = self.one_of(dice, held, PLACES), dice.choice(EVERYBODY)
        kept = self.kept(place)
        if kept is None:
            return
        said = self.run(self._do(lambda tx: release_hold(tx, who, promise(kept), self.now)))
        self.rows = self.run(self._read())
        assert wrong_with(self.rows) == []
        assert said != "done" or kept["type"] == "hold"
