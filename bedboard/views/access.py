"""Passkeys, codes and people, as the pages of access show them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bedboard.store.tables.passkeys import Account, Passkey


class DeviceView(NamedTuple):
    """A passkey. `number`: its place among those with the same label; `is_here`: this session was made with it."""

    id: str
    label: str
    number: int
    added_at: datetime
    used_at: datetime | None
    is_here: bool


def device_views(passkeys: Sequence[Passkey], here: str | None) -> list[DeviceView]:
    """Return the passkeys of one person; `here`: the id of the one with which this session was made."""
    seen: Counter[str] = Counter()
    views = []
    for one in passkeys:
        seen[one.label] += 1
        views.append(DeviceView(one.id, one.label, seen[one.label], one.added_at, one.used_at, one.id == here))
    return views


class AccountView(NamedTuple):
    """The account of a person at the provider."""

    added_at: datetime
    used_at: datetime | None


def account_view(account: Account | None) -> AccountView | None:
    """Return the account as a page shows it; None when there is none."""
    return None if account is None else AccountView(account.added_at, account.used_at)


class CodeView(NamedTuple):
    """A code that was just made, in words, and the name of its person."""

    words: str
    name: str
    until: datetime


def code_view(fields: Mapping[str, str], now: datetime) -> CodeView | None:
    """Return the code among the kept fields of a page; None when there is none, or its time is over."""
    if "code" not in fields:
        return None
    until = datetime.fromisoformat(fields["until"])
    return CodeView(fields["code"].replace("-", " "), fields["name"], until) if now < until else None
