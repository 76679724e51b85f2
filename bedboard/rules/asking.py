"""Asking: the shelters that may be asked for a household."""

from collections.abc import Collection, Mapping

from bedboard.rules.fit import Fit


def unsuited(fits: Mapping[str, Collection[Fit]], named: Collection[str] = ()) -> list[str]:
    """Return the shelters, by id, that may not be asked: none of their places suits, whether free or not.

    `fits`: by shelter, how each of its places suits the household. `named`: shelters of which somebody asks for one place in
    particular, knowing that it does not suit: that is for the two of them to discuss.
    """
    return [shelter_id for shelter_id, found in fits.items() if shelter_id not in named and set(found) <= {"excluded"}]
