"""Claims: a hold (somebody calls about the place) or a reservation (a confirmed request). At most one is live per place."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ClaimType = Literal["hold", "reservation"]


@dataclass(frozen=True, slots=True)
class Claim:
    """What a board needs of one claim. `role` and `organization` say for whom it is, never the name of a person."""

    type: ClaimType
    expires_at: datetime
    role: str
    organization: str


def is_live(claim: Claim | None, now: datetime) -> bool:
    """A claim ends at its hour, whether or not anything has tidied it away. Ended and used claims never get here."""
    return claim is not None and claim.expires_at > now
