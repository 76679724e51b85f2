"""How long rows are kept. `docs/privacy.md` names each term with its reason."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms that a deployment sets.

    `case`: after its end, a case with its answers, time line and claims, and a hold of no case. `journal`: a line of the
    journal. `disclosure`: a look at a telephone or an address.
    """

    case: timedelta = timedelta(days=30)
    journal: timedelta = timedelta(days=396)
    disclosure: timedelta = timedelta(days=396)

    @property
    def person(self) -> timedelta:
        """Return how long somebody who has left is kept: as long as a line may name them."""
        return max(self.case, self.journal, self.disclosure)


TALLIES_ADDED = timedelta(hours=1)  # the longest that a count waits, so that the counts of many cases come together
KEYS_REWRITTEN = timedelta(minutes=5)  # the longest that the bytes of a destroyed key stay in a file of the database
TIDIED = timedelta(hours=1)
