"""The marks of the audit trail: a keyed tag on each row, and a keyed chain over the blocks of rows.

Only the processes of bedboard have the key. The owner of the database has not: they can change a row, and cannot make its mark.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

Source = Literal["journal", "disclosure", "case_event", "sign_in"]

TAG_BYTES = 16
_ACTOR = ("actor_kind", "actor_id", "role", "organization_id", "session", "network")
FIELDS: Mapping[Source, Sequence[str]] = {
    "journal": (
        "received_at",
        "observed_at",
        *_ACTOR,
        "action",
        "shelter_id",
        "version",
        "place_id",
        "before",
        "after",
        "subject",
    ),
    "disclosure": ("at", *_ACTOR, "shelter_id", "what", "why", "claim_id", "case_id", "result"),
    "case_event": ("at", *_ACTOR, "case_id", "what", "shelter_id"),
    "sign_in": ("at", *_ACTOR, "person_id", "what", "method", "device", "result"),
}
"""The columns under the tag, in this order, forever; a later one goes last, and has to be left out while it is null."""


def _moment(value: object) -> str:
    """Return a moment in the one form that it has before it goes into the database and after."""
    if not isinstance(value, datetime):
        raise TypeError(f"a {type(value).__name__} has no place in the audit trail")
    return value.astimezone(UTC).isoformat()


# Made once, because making one takes longer than its work.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_moment).encode


def canonical(source: Source, row: Mapping[str, Any]) -> bytes:
    """Return the bytes of a row that its tag covers. A field that the row lacks counts as null."""
    fields = FIELDS[source]
    if source == "journal" and row.get("subject") is None:  # older rows do not know it
        fields = fields[:-1]
    return _encode([source, *map(row.get, fields)]).encode()


class Marks:
    """The keys of the audit trail, the newest first: it marks, and each one knows the marks that it made."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = [hmac.digest(key, b"bedboard audit trail", "sha256") for key in keys]

    def tag(self, source: Source, row: Mapping[str, Any]) -> bytes:
        """Return the tag of a row that is about to be written."""
        return hmac.digest(self._keys[0], canonical(source, row), "sha256")[:TAG_BYTES]

    def fits(self, source: Source, row: Mapping[str, Any], tag: bytes) -> bool:
        """Return whether one of the keys made this tag for this row."""
        content = canonical(source, row)
        return any(hmac.digest(key, content, "sha256")[:TAG_BYTES] == tag for key in self._keys)

    def link(self, before: bytes, block: bytes) -> bytes:
        """Return the mark of a block that follows the block with the mark `before`; b"" for the first one."""
        return hmac.digest(self._keys[0], before + block, "sha256")

    def links(self, before: bytes, block: bytes, mark: bytes) -> bool:
        """Return whether one of the keys made this mark for this block after that one."""
        return any(hmac.compare_digest(hmac.digest(key, before + block, "sha256"), mark) for key in self._keys)
