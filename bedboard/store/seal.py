"""Sealing: addresses, telephones and profiles are encrypted wherever they are kept, and opened only for one who may look."""

import zlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class Seal:
    """The seal. `keys`: Fernet keys, the newest first. The newest seals; each opens the text that it has sealed."""

    def __init__(self, keys: str) -> None:
        self._fernet = MultiFernet([Fernet(key.strip()) for key in keys.split(",")])

    def close(self, plain: str) -> bytes:
        return self._fernet.encrypt(plain.encode())

    def open(self, sealed: bytes) -> str:
        """Return the text. Raises cryptography.fernet.InvalidToken when no key fits."""
        return self._fernet.decrypt(sealed).decode()

    def close_packed(self, plain: str) -> bytes:
        """Seal a text that has to be small, such as a form in a cookie."""
        return self._fernet.encrypt(zlib.compress(plain.encode(), 9))

    def open_packed(self, sealed: bytes) -> str:
        """Return the text that `close_packed` sealed. Raises cryptography.fernet.InvalidToken for anything else."""
        try:
            return zlib.decompress(self._fernet.decrypt(sealed)).decode()
        except zlib.error:
            raise InvalidToken from None


def new_key() -> str:
    """Return a fresh key, in the form of the setting BEDBOARD_SECRET_KEY."""
    return Fernet.generate_key().decode()
