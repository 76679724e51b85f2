"""More steps in the lives of five cases, as in `case_steps.py`."""

from datetime import datetime, timedelta
from random import Random

from bedboard.actions.answers import end_stay
from bedboard.actions.case_arrival import change_arrival
from bedboard.actions.case_hand_over import decline_case, hand_over_case, take_over_case
from bedboard.actions.counts import count_places
from bedboard.actions.disclosures import disclose_address
from bedboard.actions.holds import Holder, extend_hold
from bedboard.rules.access import Actor
from bedboard.rules.cases import Event
from bedboard.rules.places import KindCount
from tests.build import SEAL
from tests.build.case_steps import CaseSteps
from tests.build.cases import HANNEKE, MACHINE, ZONE
from tests.build.oracle import EVERYBODY, REQUESTERS, places_of, promise


class LaterSteps(CaseSteps):
    """Steps that end something, or give it to others."""

    def count(self, dice: Random) -> None:
        """A system says how many places of linde are empty, and sees no promise."""
        kind = dice.choice(["cosm", "women"])
        places = [row for key, row in self.rows.items() if key[0] == "place" and row["shelter_id"] == "linde"]
        usable = [row for row in places if row["kind_code"] == kind and row["state"] != "closed"]
        empty = dice.randint(0, len(usable))
        kept = {row["id"] for key, row in self.rows.items() if key[0] == "claim" and row["ended_at"] is None}
        counts = {kind: KindCount(empty)}
        self.step("fine", lambda tx: count_places(tx, MACHINE, "linde", counts, self.now, self.now))
        now = [row for key, row in self.rows.items() if key[0] == "place" and row["shelter_id"] == "linde"]
        assert sum(row["state"] == "open" for row in now if row["kind_code"] == kind) == empty
        assert kept == {row["id"] for key, row in self.rows.items() if key[0] == "claim" and row["ended_at"] is None}

    def extend(self, dice: Random) -> None:
        """Extend a hold, mostly one that is live and may be extended; or something that is none."""
        claims = {str(key[1]): row for key, row in self.rows.items() if key[0] == "claim"}
        live = sorted({promise(row) for row in claims.values() if self.is_live_hold(row)})
        claim_id = self.one_of(dice, live, ["nothing", *sorted(claims)])
        claim = claims.get(claim_id, {"type": None, "place_id": "nothing-1", "organization_id": None, "role": None})
        group = [one for one in EVERYBODY if (one.organization_id, one.role) == (claim["organization_id"], claim["role"])]
        who, shelter = self.someone(dice, dice.choice(group or REQUESTERS)), claim["place_id"].rpartition("-")[0]
        parts = {key: row for key, row in claims.items() if claim["type"] and promise(row) == promise(claim)}
        parts = {key: row for key, row in parts.items() if self.is_live_hold(row)}
        if claim["type"] != "hold" or not (who in group or shelter in who.shelter_ids):
            expected = "no_such_hold"
        elif not parts:
            ended = [row for row in claims.values() if promise(row) == promise(claim)]
            expected = "hold_released" if any(row["ending"] == "released" for row in ended) else "hold_over"
        else:
            expected = "extended_already" if any(row["extended_at"] for row in parts.values()) else "fine"
        self.step(expected, lambda tx: extend_hold(tx, who, claim_id, self.now))
        for key, row in parts.items() if expected == "fine" else ():
            until = row["expires_at"] + timedelta(minutes=30)
            assert self.rows["claim", key] == row | {"expires_at": until, "extended_at": self.now}

    def come_later(self, n: int, dice: Random) -> None:
        """The requester or the desk says another hour of arrival; so does somebody who may not."""
        who, case, chosen = (
            self.someone(dice, dice.choice([self.owner(n), self.owner(n), HANNEKE])),
            self.case(n),
            self.chosen(n),
        )
        hours = dice.choice([None, -1, 0, 1, 3, 9, 24, 25])
        at = None if hours is None else self.now + timedelta(hours=hours)
        if case is None or not (who.role == "desk" or self.is_ours(n, who)):
            expected = "no_such_request"
        elif (expected := self.after(n, "change_arrival")).startswith("request_"):
            pass
        elif at is None or chosen is None:
            expected = "missing"
        elif hours in (-1, 25):
            expected = "in_the_past" if hours == -1 else "more_than_a_day"
        elif chosen["answered_by"] == "police" and at > chosen["settled_at"] + timedelta(hours=8):
            expected = "taken_too_long"
        elif at == case["arrives_at"]:
            expected = "same"
        self.step(expected, lambda tx: change_arrival(tx, who, self.ids[n], at, self.now), n)
        now = self.case(n)
        if case is not None and now is not None and expected == case["state"] and chosen is not None:
            assert (now["arrives_at"], now["reminded_at"], now["decided_at"]) == (at, None, case["decided_at"])
            kept = [self.kept(place) for place in places_of(chosen)]
            assert [(row["expected_at"], row["expires_at"]) for row in kept if row is not None] == [(at, None)] * len(kept)

    def left(self, n: int, who: Actor) -> datetime | None:
        """When others last took over what this group had offered them: the last offer before they did was this group's."""
        lines = sorted(
            (row for key, row in self.rows.items() if key[0] == "case_event" and row["case_id"] == self.ids[n]),
            key=lambda row: row["id"],
        )
        found: datetime | None = None
        for number, line in enumerate(lines):
            offers = [one for one in lines[:number] if one["what"] == "handed_over"]
            if line["what"] == "taken_over" and (offers[-1]["organization_id"], offers[-1]["role"]) == (
                who.organization_id,
                who.role,
            ):
                found = line["at"]
        return found

    def look(self, n: int, dice: Random) -> None:
        who, case = self.someone(dice, dice.choice([self.owner(n), HANNEKE, REQUESTERS[n]])), self.case(n)
        is_party, left, chosen = who.role == "desk" or self.is_ours(n, who), self.left(n, who), self.chosen(n)
        if case is None or not (is_party or left):
            expected = "no_such_request"
        else:
            expected = "no_address_now"
            brings = left is not None and chosen is not None and chosen["settled_at"] <= left
            if case["state"] in ("provisional", "confirmed") and (is_party or brings):
                lately = self.now < case["decided_at"] + timedelta(hours=12)
                soon = abs(self.now - case["arrives_at"]) < timedelta(hours=6)
                expected = "same" if lately or soon else "no_address_now"
        self.look_step(expected, lambda tx: disclose_address(tx, who, self.ids[n], SEAL, self.now), n)

    def end_stay(self, n: int, dice: Random) -> None:
        who, days, chosen = self.someone(dice, HANNEKE), dice.choice([None, -1, 0, 3, 7, 8]), self.chosen(n)
        until = None if days is None else self.now.astimezone(ZONE).date() + timedelta(days=days)
        expected = self.decided(n, who, "end_stay")
        if expected not in ("not_your_role", "no_such_request"):
            wrong = {None: "missing", -1: "in_the_past", 8: "stays_too_long"}.get(days)
            expected = wrong or expected
        self.step(expected, lambda tx: end_stay(tx, who, self.ids[n], "other", until, self.now, ZONE), n)
        case = self.case(n)
        if expected == "asking" and chosen is not None and case is not None:
            assert case["stays_until"] == until and case["needs_sealed"] is not None

    def hand_over(self, n: int, dice: Random) -> None:
        who, case = self.someone(dice, self.owner(n)), self.case(n)
        to = dice.choice([None, Holder("oever", "coordinator"), Holder("oever", "police"), Holder("elsewhere", "police")])
        to = dice.choice([to, to, to, Holder("oever", "staff"), Holder("nowhere", "police")])
        if case is None or not self.is_ours(n, who):
            expected = "no_such_request"
        elif to is None:
            expected = self.after(n, "keep")
            if expected == case["state"] and case["handed_at"] is None:
                expected = "not_handed_over"
        else:
            expected = {"staff": "not_one_of"}.get(to.role) or {"nowhere": "unknown_caller"}.get(to.organization_id, "")
            if (to.organization_id, to.role) == (case["organization_id"], case["role"]):
                expected = "yours_already"
            expected = expected or self.after(n, "hand_over")
        self.step(expected, lambda tx: hand_over_case(tx, who, self.ids[n], to, self.now), n)
        now = self.case(n)
        if case is not None and now is not None and expected == case["state"]:
            offered_to = (None, None) if to is None else (to.organization_id, to.role)
            assert (now["handed_organization_id"], now["handed_role"]) == offered_to
            assert self.owner(n) is not None and now["person_id"] == case["person_id"], "until it is taken over"

    def offered(self, n: int, dice: Random, event: Event) -> tuple[Actor, str]:
        """Return somebody, mostly one of those that are offered the case, and what must come of this event from them."""
        case = self.case(n)
        receivers = [
            one
            for one in EVERYBODY
            if case is not None and (one.organization_id, one.role) == (case["handed_organization_id"], case["handed_role"])
        ]
        who = self.someone(dice, dice.choice(receivers or EVERYBODY))
        if who.role not in ("police", "coordinator", "desk"):
            return who, "not_your_role"
        return who, self.after(n, event) if who in receivers else "no_such_request"

    def decline(self, n: int, dice: Random) -> None:
        case, (who, expected) = self.case(n), self.offered(n, dice, "decline")
        self.step(expected, lambda tx: decline_case(tx, who, self.ids[n], self.now), n)
        now = self.case(n)
        if case is not None and now is not None and expected == case["state"]:
            assert now["handed_at"] is None and now["person_id"] == case["person_id"], "it stays with its requester"

    def take_over(self, n: int, dice: Random) -> None:
        case, (who, expected) = self.case(n), self.offered(n, dice, "take_over")
        self.step(expected, lambda tx: take_over_case(tx, who, self.ids[n], self.now), n)
        now = self.case(n)
        if case is not None and now is not None and expected == case["state"]:
            assert self.is_ours(n, who) and now["handed_at"] is None
            for row in [row for key, row in self.rows.items() if key[0] == "claim" and row["case_id"] == self.ids[n]]:
                if row["ended_at"] is None and (row["expires_at"] is None or row["expires_at"] > self.now):
                    assert (row["organization_id"], row["role"]) == (now["organization_id"], now["role"])
