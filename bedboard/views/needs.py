"""The household for which a place is sought, in codes that a template can put into words."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from bedboard.rules.fit import PARTY
from bedboard.schemas.profile import SearchProfile
from bedboard.store.seal import SealedNeeds

OpenProfile = Callable[[SealedNeeds | None], SearchProfile | None]
"""Opens a sealed profile; gives None for one that was erased (None) or that cannot be opened any more."""


class NeedsView(NamedTuple):
    """A household in codes. `party`: its members as code and number, then the ages that are known; `rest`: the other criteria
    that it asks for; `languages` as ISO 639-1; `avoid`: codes of police units."""

    party: Sequence[tuple[str, int]] = ()
    rest: Sequence[str] = ()
    languages: Sequence[str] = ()
    avoid: Sequence[str] = ()


def needs_of(said: SearchProfile) -> NeedsView:
    """Return the household of a profile, without anything that is unknown or was left open."""
    numbers = said.adults.model_dump() | said.children.model_dump() | {"minor_alone": said.minor_alone}
    numbers |= {"group": said.group, "split": said.split}
    party = [(code, int(numbers[code])) for code in (*PARTY, "minor_alone", "group", "split") if numbers[code]]
    party += [(code, 0) for code in said.adult_ages] + ([] if said.oldest_son is None else [("oldest_son", said.oldest_son)])
    exploitation = "other_exploitation" if said.exploitation == "other" else said.exploitation
    rest = [code for code in (*said.statuses, exploitation, *said.needs) if code and code != "unknown"]
    return NeedsView(party, rest, said.languages, said.avoid)
