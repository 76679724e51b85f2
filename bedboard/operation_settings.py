"""The settings for the people who keep a process running: the level of its log, and the key to its figures."""

from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

SHORTEST_TOKEN = 32


class OperationSettings(BaseSettings):
    """The level of the log, and the token of the program that reads `/metrics`."""

    metrics_token: str | None = Field(
        default=None, description="the bearer token that opens /metrics; without it there is no such page"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="least level written")

    @field_validator("metrics_token")
    @classmethod
    def _is_long(cls, value: str | None) -> str | None:
        if value is not None and (
            len(value) < SHORTEST_TOKEN or not value.isascii() or not value.isprintable() or " " in value
        ):
            raise ValueError(f"must have at least {SHORTEST_TOKEN} letters, digits and signs, without spaces")
        return value
