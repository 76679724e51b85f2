"""Every setting can be found: in the README by its name, and at a start by what is wrong with it."""

import pwd
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bedboard import settings
from bedboard.settings import Settings

ROOT = Path(__file__).parents[2]


def variable(name: str) -> str:
    alias = Settings.model_fields[name].validation_alias
    return alias if isinstance(alias, str) else f"BEDBOARD_{name.upper()}"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_is_documented_in_the_readme_and_described_in_the_code(name: str) -> None:
    assert re.search(rf"\b{variable(name)}\b", (ROOT / "README.md").read_text())
    assert Settings.model_fields[name].description


def test_the_readme_names_no_setting_that_is_not() -> None:
    """BEDBOARD_TEST_… are for the tests alone."""
    named = set(re.findall(r"\bBEDBOARD_[A-Z_]*[A-Z]\b", (ROOT / "README.md").read_text()))
    assert {name for name in named if not name.startswith("BEDBOARD_TEST_")} <= {
        variable(name) for name in Settings.model_fields
    }


def test_every_mistake_is_listed_at_once() -> None:
    with pytest.raises(ValidationError) as wrong:
        Settings(pool_size=0, public_url="bedboard.example", log_level="loud", fresh_minutes=0)  # type: ignore[arg-type]
    assert {error["loc"][0] for error in wrong.value.errors()} == {
        "pool_size",
        "public_url",
        "log_level",
        "fresh_minutes",
    }


def test_a_time_zone_that_is_none_is_listed_with_the_others() -> None:
    with pytest.raises(ValidationError):
        Settings(time_zone="Mars/Base")


@pytest.mark.parametrize("url", ["https://a.example/x", "ftp://a.example", "a.example", "https://", "https:///x", ""])
def test_the_public_address_is_an_origin(url: str) -> None:
    with pytest.raises(ValidationError):
        Settings(public_url=url)


@pytest.mark.parametrize(
    "contact", ["security@a.example", "mailto:desk", "http://a.example", "https://", "https://a.example/\nExpires: x"]
)
def test_the_contact_for_faults_of_security_is_an_address(contact: str) -> None:
    with pytest.raises(ValidationError):
        Settings(security_contact=contact)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("https://Bedboard.Example:443/", "https://bedboard.example"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
    ],
)
def test_the_public_address_is_written_as_a_browser_writes_it(typed: str, written: str) -> None:
    assert Settings(public_url=typed).public_url == written


def test_the_settings_cannot_be_changed_while_running() -> None:
    with pytest.raises(ValidationError):
        Settings().demo = True


PROVIDER = {"oidc_issuer": "https://login.example", "oidc_client_id": "bedboard", "oidc_client_secret": "s"}


def test_a_provider_has_an_issuer_and_a_name_and_a_secret_there() -> None:
    assert Settings(**PROVIDER).oidc_issuer == "https://login.example"  # type: ignore[arg-type]
    for missing in PROVIDER:
        with pytest.raises(ValidationError, match="BEDBOARD_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET"):
            Settings(**{name: value for name, value in PROVIDER.items() if name != missing})  # type: ignore[arg-type]


@pytest.mark.parametrize("issuer", ["http://login.example", "http://127.0.0.1.example", "ftp://login.example", "login.example"])
def test_plain_http_to_a_provider_stays_on_this_machine(issuer: str) -> None:
    assert Settings(**PROVIDER | {"oidc_issuer": "http://127.0.0.1:3000"}).oidc_issuer  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="must begin with https"):
        Settings(**PROVIDER | {"oidc_issuer": issuer})  # type: ignore[arg-type]


def test_a_demand_needs_a_provider() -> None:
    with pytest.raises(ValidationError, match="need BEDBOARD_OIDC_ISSUER"):
        Settings(oidc_amr="mfa")


def test_a_user_without_a_home_needs_none_to_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container runs as a number: no such user is known to its machine."""

    def unknown(number: int) -> None:
        raise KeyError(number)

    for name in ("HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    monkeypatch.setattr(settings, "INSTALLED", True)
    assert settings.default_data().name == "bedboard"
