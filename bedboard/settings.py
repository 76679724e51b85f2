"""The settings of one process: read once, frozen, all mistakes listed at start. The only reader of the environment."""

import binascii
from base64 import urlsafe_b64decode
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bedboard.rules.cases import Patience
from bedboard.rules.freshness import FreshnessLimits

ROOT = Path(__file__).resolve().parent.parent  # the checkout: web/ and seeds/ lie beside the package
WEB = ROOT / "web"
SEEDS = ROOT / "seeds"


class Settings(BaseSettings):
    """Each is an environment variable with the prefix BEDBOARD_, but for DATABASE_URL."""

    model_config = SettingsConfigDict(env_prefix="BEDBOARD_", frozen=True, extra="ignore", populate_by_name=True)

    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL to use; without it an embedded one is started in the data folder",
    )
    data: Path = Field(default=ROOT / ".data", description="folder of the embedded database and the demo's key")
    public_url: str = Field(default="http://127.0.0.1:8000", description="the address people open, as in their browser")
    secret_key: str | None = Field(
        default=None, description="Fernet key(s) that seal addresses and telephones, newest first, comma between them"
    )
    demo: bool = Field(default=False, description="a demonstration: loopback only, demo sign-in, demo tokens")
    time_zone: str = Field(default="Europe/Amsterdam", description="the zone of the screens and of confirmation times")
    fresh_minutes: int = Field(default=120, ge=1, le=10_080, description="news is fresh until this age")
    ageing_minutes: int = Field(default=480, ge=2, le=20_160, description="news is ageing until this age, then stale")
    session_idle_minutes: int = Field(default=15, ge=1, le=1_440, description="a session ends after so long unused")
    session_hours: int = Field(default=8, ge=1, le=24, description="a session ends after so long in any case")
    pulse_seconds: float = Field(default=5.0, gt=0, le=7, description="how often an open board hears that it is live")
    patience_seconds: float = Field(default=10.0, gt=0, le=60, description="how long a viewer may fail to read")
    pool_size: int = Field(default=10, ge=1, le=200, description="database connections per process")
    statement_seconds: float = Field(default=5.0, gt=0, le=60, description="how long one statement may take")
    remind_minutes: int = Field(default=5, ge=1, le=1_440, description="after so long a silent shelter is asked again")
    second_line_minutes: int = Field(default=10, ge=1, le=1_440, description="and after so long its managers are told")
    desk_minutes: int = Field(default=15, ge=1, le=1_440, description="and then the desk, or outside its hours who asks")
    undo_seconds: int = Field(default=10, ge=1, le=60, description="how long a tap can be undone")
    push_private_key: str | None = Field(
        default=None, description="key that signs web push messages; without it no page offers them"
    )
    push_subject: str | None = Field(
        default=None, pattern=r"^mailto:[^@\s]+@[\w-]+(\.[\w-]+)+$", description="whom a push service may write to about them"
    )
    push_hosts: str = Field(
        default="fcm.googleapis.com,updates.push.services.mozilla.com,web.push.apple.com,*.notify.windows.com",
        description="the push services that messages may go to, comma between; *. stands for any name before it",
    )
    push_to_loopback: bool = Field(default=False, description="also http://127.0.0.1, in a demo only: for tests")
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$", description="least level written")

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
            raise ValueError("must be like https://bedboard.example, without a path")
        default = {"http": 80, "https": 443}[parts.scheme]
        port = "" if parts.port in (None, default) else f":{parts.port}"
        return f"{parts.scheme}://{parts.hostname}{port}"  # as a browser writes it: small letters, no usual port

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, OSError):
            raise ValueError("must be a time zone like Europe/Amsterdam") from None
        return value

    @field_validator("push_private_key")
    @classmethod
    def _is_a_push_key(cls, value: str | None) -> str | None:
        try:
            if value is not None and len(urlsafe_b64decode(value + "=" * (-len(value) % 4))) != 32:
                raise ValueError
        except (ValueError, binascii.Error):
            raise ValueError("must be as `bedboard push-keys` prints it") from None
        return value

    @model_validator(mode="after")
    def _push_is_whole(self) -> Self:
        if self.push_private_key is not None and self.push_subject is None:
            raise ValueError("BEDBOARD_PUSH_PRIVATE_KEY needs BEDBOARD_PUSH_SUBJECT")
        if self.push_to_loopback and not self.demo:
            raise ValueError("BEDBOARD_PUSH_TO_LOOPBACK is for a demo only")
        return self

    @model_validator(mode="after")
    def _ages_before_stale(self) -> Self:
        if self.ageing_minutes <= self.fresh_minutes:
            raise ValueError("BEDBOARD_AGEING_MINUTES must be more than BEDBOARD_FRESH_MINUTES")
        return self

    @model_validator(mode="after")
    def _silence_grows(self) -> Self:
        if not self.remind_minutes < self.second_line_minutes < self.desk_minutes:
            raise ValueError("BEDBOARD_REMIND_MINUTES, _SECOND_LINE_MINUTES and _DESK_MINUTES must each be more than the last")
        return self

    @property
    def patience(self) -> Patience:
        return Patience(*(timedelta(minutes=m) for m in (self.remind_minutes, self.second_line_minutes, self.desk_minutes)))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def limits(self) -> FreshnessLimits:
        return FreshnessLimits(timedelta(minutes=self.fresh_minutes), timedelta(minutes=self.ageing_minutes))

    @property
    def secure(self) -> bool:
        """Whether people come by https, so that cookies may insist on it."""
        return self.public_url.startswith("https://")

    @property
    def origins(self) -> frozenset[str]:
        """Where our own pages come from. A demo may be opened by either name of this machine."""
        if self.demo and "127.0.0.1" in self.public_url:
            return frozenset({self.public_url, self.public_url.replace("127.0.0.1", "localhost")})
        return frozenset({self.public_url})

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(urlsplit(origin).netloc for origin in self.origins)
