"""What is counted when no place was found: codes only, so that nothing can be traced to a person."""

SLEPT = ("police_station", "hotel", "homeless_shelter", "street", "exploiter", "friends", "other_shelter", "unknown")
"""Where the person slept instead."""
