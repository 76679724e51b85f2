"""Tallies of searches without a place: only codes are counted, so that nothing can be traced to a person."""

SLEPT = ("police_station", "hotel", "homeless_shelter", "street", "exploiter", "friends", "other_shelter", "unknown")
"""Where the person slept instead."""
