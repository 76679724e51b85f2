"""Why the embedded database is not there."""

from pathlib import Path


class EmbeddedError(RuntimeError):
    """The server did not start or end as it should. The message ends with the last lines of its log, if it has any."""


class InUseError(EmbeddedError):
    """The data is in use by another process: `pid`."""

    def __init__(self, place: Path, pid: int) -> None:
        super().__init__(f"the database in {place} is in use by process {pid}")
        self.pid = pid
