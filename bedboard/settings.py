"""The settings of one process: read once, frozen, all mistakes listed at start. The only reader of the environment."""

import os
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from bedboard.operation_settings import OperationSettings
from bedboard.provider_settings import ProviderSettings
from bedboard.rules.cases import Patience
from bedboard.rules.freshness import USUAL_LIMITS, FreshnessLimits
from bedboard.rules.retention import Terms
from bedboard.rules.sessions import SessionLimits

PACKAGE = Path(__file__).resolve().parent
SHARE = PACKAGE / "share"  # where a wheel has web/ and seeds/; in a checkout they lie beside the package
INSTALLED = SHARE.is_dir()
WEB, SEEDS = ((SHARE if INSTALLED else PACKAGE.parent) / name for name in ("web", "seeds"))

PREFIX, OF_TESTS = "BEDBOARD_", "BEDBOARD_TEST_DATABASE_URL"  # the second is for tests: the commands leave it alone
POSTGRESQL = ("postgres", "postgresql", "postgresql+asyncpg")
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
OPTIONS = {"host": (), "port": (), "ssl": SSL_MODES, "sslmode": SSL_MODES, "target_session_attrs": ("read-write", "primary")}
MAILTO, PAGE = r"mailto:[^@\s]+@[\w-]+(\.[\w-]+)+", "https://[!-~]+"
KEY_BYTES = 32  # of a Fernet key, and of a private key for push messages

IN_PAIRS = {
    *("push_private_key", "push_to_loopback", "cast_speed", "fresh_minutes", "ageing_minutes"),
    *("remind_minutes", "second_line_minutes", "desk_minutes", *ProviderSettings.model_fields),
}
"""The settings that can be wrong together although each is right. Their defaults fit together."""


class WrongSettings(Exception):
    """Every mistake in the settings, a line each: the name of the variable, and what it must be."""


def default_data() -> Path:
    """Return the folder for data when none is named: in a checkout there, otherwise where this user's programs keep theirs."""
    if not INSTALLED:
        return PACKAGE.parent / ".data"
    return Path(os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"), "bedboard")


def environment_with(**more: str) -> dict[str, str]:
    """Return the environment of this process with these variables over it, for a program that it starts."""
    return {**os.environ, **more}


def _is_key(text: str) -> bool:
    try:
        return len(urlsafe_b64decode(text)) == KEY_BYTES
    except ValueError:  # binascii.Error is one
        return False


def _is_random(key: str) -> bool:
    """Return whether a key can be one that was drawn: it is no text, and has many different bytes."""
    drawn = urlsafe_b64decode(key)
    return len(set(drawn)) >= KEY_BYTES // 2 and not drawn.isascii()


USUAL_FRESH, USUAL_AGEING = (limit // timedelta(minutes=1) for limit in (USUAL_LIMITS.fresh, USUAL_LIMITS.ageing))
TERMS = Terms()


class Settings(ProviderSettings, OperationSettings):
    """The settings. Each is an environment variable with the prefix BEDBOARD_, except DATABASE_URL; an empty one is not set."""

    model_config = SettingsConfigDict(
        env_prefix="BEDBOARD_", frozen=True, extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL to use; without it an embedded one is started in the data folder",
    )
    owner_url: str | None = Field(
        default=None, description="the same database as its owner, who migrates it; without it DATABASE_URL does"
    )
    data: Path = Field(default_factory=default_data, description="folder of the embedded database and the demo's key")
    public_url: str = Field(default="http://127.0.0.1:8000", description="the address people open, as in their browser")
    secret_key: str | None = Field(
        default=None, description="Fernet key(s) that seal addresses and telephones, newest first, comma between them"
    )
    audit_head: Path | None = Field(
        default=None,
        description="file for the head of the audit trail, best on another machine; without it a cut end is not seen",
    )
    demo: bool = Field(default=False, description="a demonstration: loopback only, demo sign-in, demo tokens")
    cast_speed: float = Field(
        default=0.0, ge=0, le=1_000, description="in a demo only, how fast a program plays the shelters: 1 like people, 0 not"
    )
    time_zone: str = Field(default="Europe/Amsterdam", description="the zone of the screens and of confirmation times")
    fresh_minutes: int = Field(default=USUAL_FRESH, ge=1, le=10_080, description="news is fresh until this age")
    ageing_minutes: int = Field(default=USUAL_AGEING, ge=2, le=20_160, description="news is ageing until this age, then stale")
    session_idle_minutes: int = Field(default=15, ge=1, le=1_440, description="a person's session locks after so long unused")
    session_hours: int = Field(default=8, ge=1, le=24, description="a person's session ends after so long in any case")
    shift_hours: int = Field(default=12, ge=1, le=24, description="a session of a shift or of a wall screen ends after so long")
    pulse_seconds: float = Field(default=5.0, gt=0, le=7, description="how often an open board hears that it is live")
    patience_seconds: float = Field(default=10.0, gt=0, le=60, description="how long a viewer may fail to read")
    live_pages: float = Field(default=30, ge=1, description="live pages of one person or program at once")
    token_calls: float = Field(default=20, ge=1, description="calls of one token in a second; three times as many at once")
    pool_size: int = Field(default=10, ge=1, le=200, description="database connections per process, besides 8 of its own")
    statement_seconds: float = Field(default=5.0, gt=0, le=60, description="how long one statement may take")
    remind_minutes: int = Field(default=5, ge=1, le=1_440, description="after so long a silent shelter is asked again")
    second_line_minutes: int = Field(default=10, ge=1, le=1_440, description="and after so long its managers are told")
    desk_minutes: int = Field(default=15, ge=1, le=1_440, description="and then the desk, or outside its hours who asks")
    case_days: int = Field(default=TERMS.case.days, ge=2, le=366, description="days after its end, a case is deleted")
    journal_days: int = Field(default=TERMS.journal.days, ge=30, le=3_660, description="days the journal keeps a change")
    disclosure_days: int = Field(
        default=TERMS.disclosure.days, ge=30, le=3_660, description="days for which a look at a telephone or address is kept"
    )
    undo_seconds: int = Field(default=10, ge=1, le=60, description="how long a tap can be undone")
    problems_to: str | None = Field(default=None, description="mailto: address for problems, on every page")
    security_contact: str | None = Field(
        default=None, description="mailto: or https:// address for faults of security, in /.well-known/security.txt"
    )
    push_private_key: str | None = Field(
        default=None, description="key that signs web push messages; without it no page offers them"
    )
    push_subject: str | None = Field(default=None, description="where a push service may write about them")
    push_hosts: str = Field(
        default="fcm.googleapis.com,updates.push.services.mozilla.com,web.push.apple.com,*.notify.windows.com",
        description="the push services that messages may go to, comma between; *. stands for any name before it",
    )
    push_to_loopback: bool = Field(default=False, description="also http://127.0.0.1, in a demo only: for tests")

    @field_validator("database_url", "owner_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not value.startswith(tuple(f"{scheme}://" for scheme in POSTGRESQL)):
            raise ValueError("must be the address of a PostgreSQL database, like postgresql://user:password@host:5432/name")
        try:
            _ = [urlsplit(f"//{server}").port for server in urlsplit(value).netloc.rpartition("@")[2].split(",")]
        except ValueError:
            raise ValueError("has no valid port; in a password, write @ / : ? # as %40 %2F %3A %3F %23") from None
        for name, said in parse_qsl(urlsplit(value).query, keep_blank_values=True):
            if name not in OPTIONS:
                raise ValueError(f"has an option that bedboard does not know: {name}")
            if (known := OPTIONS[name]) and said not in known:
                raise ValueError(f"has an {name} that is none of {', '.join(known)}")
        return value

    @field_validator("secret_key")
    @classmethod
    def _is_a_secret_key(cls, value: str | None) -> str | None:
        keys = value.split(",") if value is not None else []
        if not all(_is_key(key.strip()) for key in keys):
            raise ValueError("must be a key as `bedboard key` prints it, or several with a comma between")
        if not all(_is_random(key.strip()) for key in keys):
            raise ValueError("is weak: it was not drawn at random; make one with `bedboard key`")
        return value

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            number = parts.port
            if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
                raise ValueError
        except ValueError:
            raise ValueError("must be like https://bedboard.example, without a path") from None
        port = "" if number in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{number}"
        host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
        return f"{parts.scheme}://{host}{port}"  # as a browser writes it: small letters, no usual port

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, OSError):
            raise ValueError("must be a time zone like Europe/Amsterdam") from None
        return value

    @field_validator("push_subject", "problems_to", "security_contact")
    @classmethod
    def _can_be_written_to(cls, value: str | None, field: ValidationInfo) -> str | None:
        may_be_page = field.field_name == "security_contact"
        if value is not None and not re.fullmatch(f"{MAILTO}|{PAGE}" if may_be_page else MAILTO, value):
            raise ValueError("must be like mailto:you@bedboard.example" + " or https://bedboard.example/contact" * may_be_page)
        return value

    @field_validator("push_private_key")
    @classmethod
    def _is_a_push_key(cls, value: str | None) -> str | None:
        if value is not None and not _is_key(value + "=" * (-len(value) % 4)):
            raise ValueError("must be as `bedboard push-keys` prints it")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        grows = self.remind_minutes < self.second_line_minutes < self.desk_minutes
        wrong = self.wrong_provider | {
            "BEDBOARD_PUSH_PRIVATE_KEY needs BEDBOARD_PUSH_SUBJECT": self.push_private_key and not self.push_subject,
            "BEDBOARD_PUSH_TO_LOOPBACK is for a demo only": self.push_to_loopback and not self.demo,
            "BEDBOARD_CAST_SPEED is for a demo only": self.cast_speed and not self.demo,
            "BEDBOARD_AGEING_MINUTES must be more than BEDBOARD_FRESH_MINUTES": self.ageing_minutes <= self.fresh_minutes,
            "BEDBOARD_REMIND_MINUTES, _SECOND_LINE_MINUTES and _DESK_MINUTES must each be more than the last": not grows,
        }
        if any(wrong.values()):
            raise ValueError("\n".join(said for said, is_so in wrong.items() if is_so))
        return self

    @property
    def patience(self) -> Patience:
        return Patience(*(timedelta(minutes=m) for m in (self.remind_minutes, self.second_line_minutes, self.desk_minutes)))

    @property
    def session_limits(self) -> SessionLimits:
        hours = (timedelta(hours=hours) for hours in (self.session_hours, self.shift_hours))
        return SessionLimits(timedelta(minutes=self.session_idle_minutes), *hours)

    @property
    def terms(self) -> Terms:
        return Terms(*(timedelta(days=days) for days in (self.case_days, self.journal_days, self.disclosure_days)))

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


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"{PREFIX}{name.upper()}"


def _mistakes(error: ValidationError) -> Iterator[str]:
    for one in error.errors():
        said = re.sub("^(Value error,|Input|String) ", "", one["msg"])
        names = [variable_of(str(name)) if name in Settings.model_fields else str(name) for name in one["loc"]]
        yield " ".join([*names, said])


def _unknown_variables() -> Iterator[str]:
    known = [variable_of(name) for name in Settings.model_fields]
    for name in sorted(os.environ):
        if name.upper().startswith(PREFIX) and name.upper() not in (*known, OF_TESTS):
            bare = name.upper().removeprefix(PREFIX)
            near = [bare] if bare in known else get_close_matches(name.upper(), known, n=1, cutoff=0.75)
            yield f"{name} is not a setting of bedboard" + (f"; did you mean {near[0]}?" if near else "")


def read_partly(**given: Any) -> tuple[list[str], Settings]:
    """Return every mistake in the settings, a line each, and the settings; one with a mistake counts as not set there."""
    wrong = list(_unknown_variables())
    while True:
        try:
            return wrong, Settings(**given)
        except ValidationError as error:
            wrong += [line for line in "\n".join(_mistakes(error)).splitlines() if line not in wrong]
            names = {str(one["loc"][0]) for one in error.errors() if one["loc"]} or IN_PAIRS
            given |= {
                name: field.get_default(call_default_factory=True)
                for name, field in Settings.model_fields.items()
                if names & {name, variable_of(name)}
            }


def read_settings(**given: Any) -> Settings:
    """Read the settings of the environment, with those given over them. Raises WrongSettings with every mistake."""
    wrong, settings = read_partly(**given)
    if wrong:
        raise WrongSettings("\n".join(wrong))
    return settings
