"""Limits on looks at telephones and addresses: above every real hour of work, and below a copy of the list.

`docs/security.md` counts the heaviest night and gives the source of each number.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

What = Literal["telephone", "address"]

LOOKS_COUNTED = timedelta(hours=1)

MOST_TELEPHONES_AN_HOUR = 20  # of one person or program: enough to call round a region, too few to copy the list
MOST_ADDRESSES_AN_HOUR = 3  # a shelter counts once, however many households go there
MOST_SEEN: Mapping[What, int] = {"telephone": MOST_TELEPHONES_AN_HOUR, "address": MOST_ADDRESSES_AN_HOUR}
"""The most shelters of which one person or program sees the telephone, or the address, within `LOOKS_COUNTED`.

It does not matter which way they are seen: with a hold, a case or stale news, or as the desk.
"""

UNUSUAL: Mapping[What, int] = {"telephone": 16, "address": 3}
"""From so many shelters within `LOOKS_COUNTED` on, the desk is alarmed: more than two cases that each ask eight shelters."""
