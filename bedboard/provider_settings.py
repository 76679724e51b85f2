"""The settings of the provider of OpenID Connect, a second way to sign in besides passkeys. Without an issuer there is none."""

import re

from pydantic import Field
from pydantic_settings import BaseSettings

SAFE_ADDRESS = re.compile(r"https://[!-~]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?(/[!-~]*)?")
"""Plain http stays on this machine: on a network somebody could read the codes and change the tokens."""


def is_safe_address(address: object) -> bool:
    """Return whether secrets may be sent to this address."""
    return isinstance(address, str) and SAFE_ADDRESS.fullmatch(address) is not None


class ProviderSettings(BaseSettings):
    """The address of the provider, our name and secret there, and the demands on a proof."""

    oidc_issuer: str | None = Field(default=None, description="issuer of OpenID Connect; without it only passkeys sign in")
    oidc_client_id: str | None = Field(default=None, description="the name of this deployment at the issuer")
    oidc_client_secret: str | None = Field(default=None, description="the secret of this deployment at the issuer")
    oidc_acr: str | None = Field(
        default=None, description="levels of a sign-in (acr) of which the issuer must confirm one, comma between"
    )
    oidc_amr: str | None = Field(
        default=None, description="means of a sign-in (amr) that the issuer must all have used, comma between"
    )
    oidc_max_age: int | None = Field(
        default=None, ge=0, le=604_800, description="the issuer must have asked its user within so many seconds"
    )

    @property
    def wrong_provider(self) -> dict[str, bool]:
        """The mistakes that these settings can have together, and whether they have them."""
        needed = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        demands = (self.oidc_acr, self.oidc_amr, self.oidc_max_age)
        issuer = self.oidc_issuer or "https://none"
        return {
            "BEDBOARD_OIDC_ISSUER, _CLIENT_ID and _CLIENT_SECRET must be set together": any(needed) and not all(needed),
            "BEDBOARD_OIDC_ACR, _AMR and _MAX_AGE need BEDBOARD_OIDC_ISSUER": not any(needed)
            and any(one is not None for one in demands),
            "BEDBOARD_OIDC_ISSUER must begin with https:// (http:// only on this machine)": not is_safe_address(issuer),
            "BEDBOARD_OIDC_ISSUER must have no ? and no #": "?" in issuer or "#" in issuer,
        }
