"""Sealing of addresses and telephones: encrypted in the database, opened only for one who may look."""

from base64 import urlsafe_b64decode

from cryptography.fernet import Fernet, MultiFernet

from bedboard.store.marks import Marks


class Seal:
    """The seal. `keys`: Fernet keys, the newest first. The newest seals; each opens the text that it has sealed.

    `marks`: those of the audit trail, with keys that are derived from these.
    """

    def __init__(self, keys: str) -> None:
        each = [key.strip() for key in keys.split(",")]
        self._fernet = MultiFernet([Fernet(key) for key in each])
        self.marks = Marks([urlsafe_b64decode(key) for key in each])

    def close(self, plain: str) -> bytes:
        return self._fernet.encrypt(plain.encode())

    def open(self, sealed: bytes) -> str:
        """Return the text. Raises cryptography.fernet.InvalidToken when no key fits."""
        return self._fernet.decrypt(sealed).decode()


def new_key() -> str:
    """Return a fresh key, in the form of the setting BEDBOARD_SECRET_KEY."""
    return Fernet.generate_key().decode()
