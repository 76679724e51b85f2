"""The log: one JSON object a line, with allow-listed keys only, so that nothing about a person can slip into it."""

import json
import logging
from collections.abc import MutableMapping
from datetime import UTC, datetime
from typing import Any

import structlog

KEYS = frozenset(
    "event level timestamp request_id route actor shelter version code status reason step due_at shelters count "
    "exception url port process".split()
)

FRAMES = structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
"""Make the stack of an error into objects, without what its variables held."""


def keep_allowed(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave out every key that is not on the list, and say that this was done."""
    kept = {key: value for key, value in event.items() if key in KEYS}
    if len(kept) != len(event):
        kept["left_out"] = len(event) - len(kept)
    return kept


def forget_messages(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Keep the type and the place of an error; its message may repeat what a caller has sent."""
    for error in event.get("exception", ()):
        for key in ("exc_value", "exc_notes", "syntax_error"):
            error.pop(key, None)
        forget_messages(_logger, _name, {"exception": [part for group in error.get("exceptions", ()) for part in group]})
    return event


class LibraryLine(logging.Formatter):
    """Write a message of uvicorn or APScheduler as a line of the same kind.

    The sentence stands as it is written in their code, without its values. An error is written as one of ours: its type and
    where it was raised, without its message.
    """

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"event": str(record.msg).strip(), "level": record.levelname.lower(), "reason": record.name}
        line["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        if record.exc_info and record.exc_info[0]:
            line["code"] = record.exc_info[0].__name__
            line["exception"] = FRAMES(record.exc_info)
        return json.dumps(forget_messages(None, "", line))


def set_up_log(level: str) -> None:
    """Set up the log. `level` is for our own lines; libraries log warnings and errors only."""
    handler = logging.StreamHandler()
    handler.setFormatter(LibraryLine())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(FRAMES),
            forget_messages,
            keep_allowed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=False,
    )
