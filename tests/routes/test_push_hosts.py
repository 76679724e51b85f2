"""Only the push services of browsers are ever called, whatever a device asks for."""

import hashlib
import json
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import text

from bedboard.clock import Clock
from bedboard.push import Pusher
from bedboard.settings import Settings
from bedboard.store.database import Database
from tests.build import SEAL, until
from tests.build.push import HOSTS, KEYS, SUBJECT, base64url, devices, has, mark, quiet, ready, serving, site
from tests.build.site import Site

__all__ = ["site"]  # fixtures

GOOD = "https://fcm.googleapis.com/fcm/send/abc:DEF-_1"


@pytest.mark.parametrize(
    "endpoint",
    [
        GOOD,
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA_x-y",
        "https://web.push.apple.com/QGuQ",
        "https://wns2-par02p.notify.windows.com/w/?token=BQ%2fa%3d",
        "https://fcm.googleapis.com:443/fcm/send/abc",
    ],
)
async def test_the_push_services_of_the_browsers_may_be_called(board_database: Database, endpoint: str) -> None:
    assert pusher(board_database).allows(endpoint)


def pusher(database: Database, **more: Any) -> Pusher:
    return Pusher(database, SEAL, Clock(), str(KEYS["push_private_key"]), SUBJECT, HOSTS, **more)


ELSEWHERE = [
    "http://fcm.googleapis.com/fcm/send/abc",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evil.example/fcm.googleapis.com",
    "https://fcm.googleapis.com@evil.example/x",
    "https://evil.example#@fcm.googleapis.com/",
    "https://evil.example\\@fcm.googleapis.com/",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com:443@evil.example/x",
    "https://FCM.googleapis.com/x",
    "https://notify.windows.com/x",
    "https://evilnotify.windows.com/x",
    "https://10.0.0.1/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:5432/x",
    "https://localhost/x",
    "https://fcm.googleapis.com",
    "https://fcm.googleapis.com/\r\nHost: evil.example",
    "https://fcm.googleapis.com/a b",
    "https://fcm.googleapis.com/x\n",
    "https://fcm.googleapis.com/" + "x" * 1000,
    "file:///etc/passwd",
    "gopher://fcm.googleapis.com/x",
    "//fcm.googleapis.com/x",
    "",
]


@pytest.mark.parametrize("endpoint", ELSEWHERE)
async def test_nobody_else_may_be_called(board_database: Database, endpoint: str) -> None:
    assert not pusher(board_database).allows(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://127.0.0.1.evil.example:80/x",
        "http://127.0.0.1@evil.example:80/x",
        "http://127.0.0.1:80@evil.example/",
        "http://127.0.0.2:80/x",
        "http://localhost:80/x",
        "http://[::1]:80/x",
        "http://0.0.0.0:80/x",
    ],
)
async def test_loopback_is_127_0_0_1_and_nothing_else(board_database: Database, endpoint: str) -> None:
    assert not pusher(board_database, loopback=True).allows(endpoint)
    assert pusher(board_database, loopback=True).allows("http://127.0.0.1:80/x")


async def test_what_is_no_subscription_is_not_kept(site: Site, board_database: Database) -> None:
    async with serving() as service, aclosing(await site.sign_in("mark")) as browser:
        good = service.subscription()
        wrong = [{"endpoint": one} for one in ELSEWHERE if one and not one.startswith("http://127.0.0.1")]
        wrong += [{"p256dh": one} for one in ("", "x", base64url(b"\x04" + bytes(64)), base64url(bytes(65)), "é")]
        wrong += [{"auth": one} for one in ("", "x", base64url(bytes(15)), base64url(bytes(17)), "é" * 16)]
        wrong += [{"do": "steal"}, {"do": ""}, {"person": "lucia"}]
        for one in wrong:
            reply = await browser.post("/push", data=good | one)
            assert reply.status_code == 422, (one, reply.status_code)
        assert await devices(board_database) == []
        outside = await browser.post("/push", data=good, headers={"Origin": "https://evil.example"})
        assert outside.status_code == 403
        assert await devices(board_database) == []


async def test_an_address_that_is_no_longer_allowed_is_not_called(
    site: Site, board_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving() as service, serving() as there:
        await ready(site, service, there)
        one = service.subscription()
        elsewhere = [one["endpoint"].replace("127.0.0.1", "localhost"), one["p256dh"], one["auth"]]
        async with board_database.transaction() as tx:  # as a narrower setting would find it
            await (await tx.connection()).execute(
                text("update push_subscription set device_sealed = :sealed where endpoint_hash = :one"),
                {"sealed": SEAL.close(json.dumps(elsewhere)), "one": hashlib.sha256(one["endpoint"].encode()).digest()},
            )
        await mark(site, "free")
        await until(has(there, 1), "the other device is woken")
        await quiet(site)
        assert service.got == []
        assert '"host_not_allowed"' in capsys.readouterr().out


def test_settings_of_push_that_cannot_be_are_refused() -> None:
    key = str(KEYS["push_private_key"])
    for wrong in (
        {"push_private_key": key},
        {"push_private_key": "x", "push_subject": SUBJECT},
        {"push_private_key": key[:-4], "push_subject": SUBJECT},
        {"push_private_key": key, "push_subject": "desk@bedboard.example"},
        {"push_private_key": key, "push_subject": "mailto:desk"},
        {"push_to_loopback": True},
    ):
        with pytest.raises(ValidationError):
            Settings(**wrong)
    Settings(push_private_key=key, push_subject=SUBJECT)
    assert httpx.URL(GOOD).host in HOSTS
