"""Sealing: encrypted wherever it is kept, and opened only for one who may look."""

import hmac
import zlib
from base64 import urlsafe_b64decode
from typing import NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bedboard.store.marks import Marks


class SealedNeeds(NamedTuple):
    """The needs of a household, sealed with a key of their own, and this key, sealed by the deployment.

    `key` None: it was destroyed, or lost in a crash of the database, so nobody can open the needs any more.
    """

    needs: bytes
    key: bytes | None


class Seal:
    """The seal. `keys`: Fernet keys, the newest first. The newest seals; each opens the text that it has sealed.

    `marks`: those of the audit trail, with keys that are derived from these.
    """

    def __init__(self, keys: str) -> None:
        each = [key.strip() for key in keys.split(",")]
        self._fernet = MultiFernet([Fernet(key) for key in each])
        self.marks = Marks([urlsafe_b64decode(key) for key in each])
        self._secret = urlsafe_b64decode(each[0])

    def close(self, plain: str) -> bytes:
        return self._fernet.encrypt(plain.encode())

    def open(self, sealed: bytes) -> str:
        """Return the text. Raises cryptography.fernet.InvalidToken when no key fits."""
        return self._fernet.decrypt(sealed).decode()

    def digest(self, plain: str) -> str:
        """Return a mark by which the same text is known again, and from which nobody without the key can guess it."""
        return hmac.digest(self._secret, b"bedboard digest " + plain.encode(), "sha256").hex()

    def close_packed(self, plain: str) -> bytes:
        """Seal a text that has to be small, such as a form in a cookie."""
        return self._fernet.encrypt(zlib.compress(plain.encode(), 9))

    def open_packed(self, sealed: bytes) -> str:
        """Return the text that `close_packed` sealed. Raises cryptography.fernet.InvalidToken for anything else."""
        try:
            return zlib.decompress(self._fernet.decrypt(sealed)).decode()
        except zlib.error:
            raise InvalidToken from None

    def close_needs(self, plain: str) -> SealedNeeds:
        """Seal the needs of one household with a fresh key: when that key is destroyed, every copy of them is useless."""
        key = new_key()
        return SealedNeeds(Fernet(key).encrypt(plain.encode()), self.close(key))

    def open_needs(self, sealed: SealedNeeds) -> str:
        """Return the needs. Raises cryptography.fernet.InvalidToken when their key is gone or does not fit.

        Needs of before 0014 were sealed by the deployment itself; they are gone a week after that migration.
        """
        try:
            return Fernet(self.open(sealed.key or b"")).decrypt(sealed.needs).decode()
        except InvalidToken:
            return self.open(sealed.needs)


def new_key() -> str:
    """Return a fresh key, in the form of the setting BEDBOARD_SECRET_KEY."""
    return Fernet.generate_key().decode()
