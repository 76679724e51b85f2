"""Sealing a profile for the database, the one place where it is kept, and opening it again."""

from collections.abc import Callable
from datetime import datetime

from cryptography.fernet import InvalidToken

from bedboard.live.board import Board
from bedboard.rules.fit import Profile
from bedboard.rules.refusals import Invalid, Unavailable
from bedboard.schemas.profile import SearchProfile, profile_of, read_kept_profile
from bedboard.store.seal import Seal, SealedNeeds

OpenSealed = Callable[[SealedNeeds], Callable[[datetime], Profile]]
OpenHousehold = Callable[[SealedNeeds | None, datetime], Profile | None]


def seal_profile(seal: Seal, said: SearchProfile) -> SealedNeeds:
    """Seal a profile for the database, with a key of its own."""
    return seal.close_needs(said.model_dump_json(exclude_defaults=True))


def open_profile(seal: Seal, sealed: SealedNeeds) -> SearchProfile:
    """Open a sealed profile. Raises ValueError when it cannot be opened (any more)."""
    try:
        return read_kept_profile(seal.open_needs(sealed))
    except InvalidToken:
        raise ValueError("its key is gone, or another one") from None


def make_openers(seal: Seal, board: Board) -> tuple[OpenSealed, OpenHousehold]:
    """Return what opens the profile of an alert, and what opens the household of a case."""

    def open_sealed(sealed: SealedNeeds) -> Callable[[datetime], Profile]:
        said = open_profile(seal, sealed)

        def profile_at(now: datetime) -> Profile:
            if board.catalogue is None:
                raise Unavailable("database_away")
            return profile_of(said, board.catalogue, now)

        return profile_at

    def open_household(sealed: SealedNeeds | None, now: datetime) -> Profile | None:
        try:
            return None if sealed is None else open_sealed(sealed)(now)
        except (ValueError, Invalid):  # erased, or for instance its police unit no longer exists
            return None

    return open_sealed, open_household
