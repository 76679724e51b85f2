"""Sealing a profile for the database, the one place where it is kept, and opening it again."""

from cryptography.fernet import InvalidToken

from bedboard.schemas.profile import SearchProfile, read_kept_profile
from bedboard.store.seal import Seal


def seal_profile(seal: Seal, said: SearchProfile) -> bytes:
    """Seal a profile for the database."""
    return seal.close(said.model_dump_json(exclude_defaults=True))


def open_profile(seal: Seal, sealed: bytes) -> SearchProfile:
    """Open a sealed profile. Raises ValueError when it cannot be opened (any more)."""
    try:
        return read_kept_profile(seal.open(sealed))
    except InvalidToken:
        raise ValueError("sealed with another key") from None
