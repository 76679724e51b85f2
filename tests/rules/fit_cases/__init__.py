"""Worked cases of fit, to be read by people who place victims: the people, the answers of the house, and the verdict.

`people.py` and `houses.py` say who and where; the cases are in `households.py`, `statuses.py`,
`situations.py` and `limits.py`; `groups.py` has those of groups that may be split. In a case,
`reasons` is everything that is said about the place, in this order: the people, the limits, when they arrive, their
languages, the size for how many people, and the police unit. Somebody who disagrees with a line has found a fault in the rules.
"""

from tests.rules.fit_cases.groups import GROUPS, ROOMS, SPLITS, SplitCase
from tests.rules.fit_cases.households import HOUSEHOLDS
from tests.rules.fit_cases.houses import HOUSES
from tests.rules.fit_cases.limits import LIMITS
from tests.rules.fit_cases.people import PEOPLE
from tests.rules.fit_cases.situations import SITUATIONS
from tests.rules.fit_cases.statuses import STATUSES
from tests.rules.fit_cases.words import Case

__all__ = ["CASES", "GROUPS", "HOUSES", "PEOPLE", "ROOMS", "SPLITS", "Case", "SplitCase"]

CASES = HOUSEHOLDS + STATUSES + SITUATIONS + LIMITS
