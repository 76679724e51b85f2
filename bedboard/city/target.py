"""Where a replay sends, and with which tokens: this machine with a demo's, another one with the tokens of its shelters."""

import ipaddress
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from bedboard.city.programmes import Unusable

TokenOf = Callable[[str], str | None]  # shelter id to its machine's token; None: it has none


def demo_token(shelter_id: str) -> str:
    """Return the fixed token that a demo gives the machine of this shelter."""
    return f"demo-shelter-{shelter_id}"


def read_tokens(path: Path) -> TokenOf:
    """Read a file with lines of a shelter id and its token. Raises Unusable; a token is never repeated in a message."""
    tokens: dict[str, str] = {}
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Unusable(f"{path} cannot be read as plain text") from None
    for number, words in enumerate(map(str.split, lines), start=1):
        if words and not words[0].startswith("#"):
            if len(words) != 2 or words[1].startswith("demo-"):
                raise Unusable(f"{path.name} line {number}: a shelter id and its own token, not a demo's, are needed")
            tokens[words[0]] = words[1]
    if not tokens:
        raise Unusable(f"{path.name} has no tokens")
    return tokens.get


def check_url(url: str, *, own_tokens: bool) -> str:
    """Return the origin to send to: this machine, or by https another one for which there are tokens. Raises Unusable."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Unusable(f"{url!r} is not an address") from None
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or parts.path.strip("/") or parts.query:
        raise Unusable(f"{url!r} is not an address like http://127.0.0.1:8000")
    try:
        here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        here = host == "localhost"
    if not here and not own_tokens:
        raise Unusable(f"{host} is not this machine: that takes a file with the tokens of its shelters")
    if not here and parts.scheme != "https":
        raise Unusable(f"{host} is not this machine: tokens go there by https only")
    return f"{parts.scheme}://{parts.netloc}"
