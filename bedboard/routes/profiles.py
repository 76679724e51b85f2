"""Sealing a profile for the database, the one place where it is kept, and opening it again."""

from cryptography.fernet import InvalidToken

from bedboard.schemas.profile import SearchProfile, read_kept_profile
from bedboard.store.seal import Seal, SealedNeeds


def seal_profile(seal: Seal, said: SearchProfile) -> SealedNeeds:
    """Seal a profile for the database, with a key of its own."""
    return seal.close_needs(said.model_dump_json(exclude_defaults=True))


def open_profile(seal: Seal, sealed: SealedNeeds) -> SearchProfile:
    """Open a sealed profile. Raises ValueError when it cannot be opened (any more)."""
    try:
        return read_kept_profile(seal.open_needs(sealed))
    except InvalidToken:
        raise ValueError("its key is gone, or another one") from None
