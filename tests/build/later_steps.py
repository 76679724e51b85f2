"""More steps in the lives of five cases, as in `case_steps.py`."""

from datetime import timedelta
from random import Random

from bedboard.actions.answers import end_stay
from tests.build.case_steps import CaseSteps
from tests.build.cases import HANNEKE, ZONE


class LaterSteps(CaseSteps):
    """Steps that end something, or give it to others."""

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
