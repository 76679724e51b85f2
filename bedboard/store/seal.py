"""Sealing of addresses and telephones: encrypted in the database, opened only for one who may look."""

from cryptography.fernet import Fernet, MultiFernet


class Seal:
    """The seal. `keys`: Fernet keys, the newest first. The newest seals; each opens the text that it has sealed."""

    def __init__(self, keys: str) -> None:
        self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])

    def close(self, plain: str) -> bytes:
        return self._fernet.encrypt(plain.encode())

    def open(self, sealed: bytes) -> str:
        """Return the text. Raises cryptography.fernet.InvalidToken when no key fits."""
        return self._fernet.decrypt(sealed).decode()


def new_key() -> str:
    """Return a fresh key, in the form of the setting BEDBOARD_SECRET_KEY."""
    return Fernet.generate_key().decode()
