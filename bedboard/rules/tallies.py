"""Tallies of searches without a place: only codes are counted, so that nothing can be traced to a person."""

from typing import Literal, get_args

Slept = Literal["police_station", "hotel", "homeless_shelter", "street", "exploiter", "friends", "other_shelter", "unknown"]
SLEPT: tuple[Slept, ...] = get_args(Slept)
"""Where the person slept instead."""
