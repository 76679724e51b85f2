"""Refusals: every way in which bedboard says no, as one small tree that knows nothing of HTTP and of words.

A refusal has a `code`; the words for it, in each language, are in `web/templates/words/refusals.html`, and one table in
`routes/replies.py` says which status each class gets. A raised refusal rolls the transaction back, so nothing is changed.
"""

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """One field that cannot be right: `field` as the caller wrote it, `code` for the words, `detail` for their numbers."""

    field: str
    code: str
    detail: dict[str, Any] = dataclasses.field(default_factory=dict)


class Refusal(Exception):
    """A call that is not obeyed; nothing has been changed."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class Malformed(Refusal):
    """A body that cannot be read at all (broken JSON, not a form)."""


class SignInNeeded(Refusal):
    """No session or token, or one that has ended."""


class Locked(Refusal):
    """The session is locked until its person unlocks it."""


class NotAllowed(Refusal):
    """The actor is known and signed in, but not for this."""


class ProofNeeded(Refusal):
    """The actor may do this, and has to prove once more who they are before it."""


class NotFound(Refusal):
    """The thing does not exist, or the actor may not know that it does."""


class Conflict(Refusal):
    """The call is in conflict with the present state. The answer shows that state, where there is one."""


class VersionMismatch(Refusal):
    """The caller's `If-Match` names another version than the present one."""


class Invalid(Refusal):
    """A readable call with fields that cannot be right; every one of them is listed."""

    def __init__(self, *fields: FieldError, code: str = "invalid") -> None:
        super().__init__(code)
        self.fields = fields


class TooMany(Refusal):
    """Too many calls or too much at once; another try may succeed after `retry_after_seconds`, at `again_at`."""

    def __init__(self, code: str, now: datetime, again_at: datetime, **detail: Any) -> None:
        super().__init__(code, **detail)
        self.again_at = again_at
        self.retry_after_seconds = max(1, ceil((again_at - now).total_seconds()))


class Unavailable(Refusal):
    """The database does not answer. Nothing was saved, but for code `perhaps_saved`: then nobody knows.

    `retry_after_seconds`: when trying again may help.
    """

    retry_after_seconds = 5


class Busy(Unavailable):
    """The database answers, but other calls kept this one waiting for too long. Nothing was saved; the call may be repeated."""

    retry_after_seconds = 2

    def __init__(self) -> None:
        super().__init__("busy")
