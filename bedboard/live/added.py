"""Passkeys that were added: every other page of their person is told, because it may have been somebody else."""

from collections.abc import Collection

from bedboard.live.hub import Hub
from bedboard.live.reader import Reader
from bedboard.live.viewer import Viewer
from bedboard.store.database import Transaction

MESSAGE = b'{"type":"device"}'


class Added:
    """A follower of the bell, whose ids are "person session": the hash of the session that added it, or a hyphen."""

    def __init__(self, reader: Reader, hub: Hub[Viewer]) -> None:
        self._hub = hub
        reader.followers["devices"] = self

    async def read(self, tx: Transaction, ids: Collection[str] | None) -> None:
        """Tell the pages of these people, but for those of the session itself. Mijn apparaten has it for those that miss it."""
        for person_id, _, own in (one.partition(" ") for one in ids or ()):
            self._tell(f"person:{person_id}", own)

    def _tell(self, key: str, own: str) -> None:
        self._hub.send_where(lambda viewer: viewer.key == key and viewer.token_hash.hex() != own, "device", MESSAGE)
