"""Web push against a push service of our own on this machine: its messages, and that it cannot delay anything."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from bedboard.log import set_up_log
from bedboard.push import Pusher
from bedboard.store.database import Database
from tests.build import PATIENCE, FixedClock, until
from tests.build.push import KEYS, MAN, SUBJECT, devices, from_base64url, has, mark, quiet, ready, serving, site
from tests.build.site import Site, served, start_site, stop_site

__all__ = ["site"]  # fixtures


def check_signature(headers: dict[str, str], public_key: str) -> dict[str, Any]:
    """The claims of our signature (RFC 8292), checked with nothing of ours. Raises InvalidSignature."""
    scheme, _, rest = headers["authorization"].partition(" ")
    assert scheme == "vapid"
    said = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert said["k"] == public_key
    signed, _, signature = said["t"].rpartition(".")
    raw = from_base64url(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(said["k"]))
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key.verify(der, signed.encode(), ec.ECDSA(SHA256()))
    assert json.loads(from_base64url(signed.partition(".")[0])) == {"typ": "JWT", "alg": "ES256"}
    claims: dict[str, Any] = json.loads(from_base64url(signed.partition(".")[2]))
    return claims


NEVER = 100 * PATIENCE
"""Seconds after which a process gives a call up that hangs; no test lasts as long."""


def wait_for_push(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the processes of this test wait so long for a push service that does not answer."""
    monkeypatch.setattr("bedboard.app.Pusher", lambda *args, **more: Pusher(*args, **more, seconds=seconds))


async def test_a_device_gets_two_words_that_only_it_can_read_signed_by_us_and_nothing_else(
    site: Site, board_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving() as service:
        set_up_log("debug")
        try:
            alert_id = await ready(site, service)
            await mark(site, "free")
            await until(has(service, 1), "the device is woken")
            await quiet(site)
        finally:
            set_up_log("warning")
        ((line, headers, body),) = service.got
        assert line == "POST /push/one HTTP/1.1"
        assert service.read(body) == b'{"what":"found"}'
        assert site.process.push is not None
        claims = check_signature(headers, site.process.push.public_key)
        assert (claims["aud"], claims["sub"]) == (service.url, SUBJECT)
        assert 0 < claims["exp"] - site.clock.now().timestamp() <= 24 * 3600
        assert set(claims) == {"aud", "sub", "exp"}
        assert (headers["content-encoding"], headers["urgency"], headers["ttl"]) == ("aes128gcm", "high", "1800")
        sent = json.dumps(headers) + body.decode("latin-1")
        assert [word for word in ("ceder", "Ceder", "mark", alert_id, "adults") if word in sent] == []
        forged = headers | {"authorization": headers["authorization"].replace("vapid t=", "vapid t=x", 1)}
        with pytest.raises((InvalidSignature, ValueError)):
            check_signature(forged, site.process.push.public_key)
    assert "/push/one" not in capsys.readouterr().out
    assert len(await devices(board_database)) == 1


async def test_of_two_processes_one_wakes_the_device_each_time(site: Site, board_database: Database) -> None:
    async with served(board_database.url, site.clock, own_pulse=False, **KEYS) as other:
        async with serving() as service:
            await ready(site, service)
            for n in range(1, 6):
                await mark((site, other)[n % 2], "free")
                await until(has(service, n), "the device is woken")
                await quiet(site, other)
                assert len(service.got) == n
                await mark((other, site)[n % 2], "occupied")
                await quiet(site, other)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_device_that_is_no_more_is_forgotten(site: Site, board_database: Database, status: int) -> None:
    async with serving(status=status) as gone, serving() as there:
        await ready(site, gone, there)
        await mark(site, "free")
        await until(has(there, 1), "the other device is woken")
        await quiet(site)
        assert await devices(board_database) == [there.subscription()["endpoint"]]


@pytest.mark.parametrize("status", [400, 413, 429, 500, 307])
async def test_any_other_failure_is_a_line_in_the_log_without_the_address(
    site: Site, board_database: Database, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(status=status) as service:
        await ready(site, service)
        await mark(site, "free")
        await until(has(service, 1), "it was tried")
        await quiet(site)
        assert len(service.got) == 1, "not again, and not where it was sent on to"
        assert await devices(board_database) == [service.subscription()["endpoint"]]
        out = capsys.readouterr().out
        assert f'"status": {status}' in out and '"push_failed"' in out
        assert service.url not in out and "/push/one" not in out


async def test_a_service_that_never_answers_delays_nothing(
    board_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wait_for_push(monkeypatch, NEVER)
    async with served(board_database.url, clock, own_pulse=False, **KEYS) as site:
        async with serving(hangs=True) as hung, serving() as there:
            await ready(site, hung, there)
            await mark(site, "free")
            await until(has(there, 1), "the other device is woken meanwhile")
            await until(has(hung, 1), "the one that hangs has been called")
            async with aclosing(await site.sign_in("mark")) as browser:
                strip = await browser.get("/strip")
            assert "Er is iets vrij" in strip.text
            await mark(site, "occupied")
            await mark(site, "free")
            await until(has(there, 2), "and again")
            assert site.process.push is not None
            assert site.process.push._running, "all that while the first call was still hanging"
            assert '"push_failed"' not in capsys.readouterr().out


async def test_a_service_that_never_answers_is_given_up(
    board_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wait_for_push(monkeypatch, 1.0)
    async with served(board_database.url, clock, own_pulse=False, **KEYS) as site:
        async with serving(hangs=True) as hung:
            await ready(site, hung)
            await mark(site, "free")
            said: list[str] = []

            async def is_given_up() -> bool:
                said.append(capsys.readouterr().out)
                return '"push_failed"' in "".join(said)

            await until(is_given_up, "the call is given up")
            assert '"TimeoutError"' in "".join(said)


async def test_a_process_that_ends_does_not_wait_for_a_service_that_hangs(
    board_database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for_push(monkeypatch, NEVER)
    async with serving(hangs=True) as hung:
        site, server, running = await start_site(board_database.url, clock, own_pulse=False, **KEYS)
        await ready(site, hung)
        await mark(site, "free")
        await until(has(hung, 1), "it is called")
        async with asyncio.timeout(PATIENCE):
            await stop_site(server, running)


async def test_without_keys_nothing_is_offered_and_nothing_taken(board_database: Database, clock: FixedClock) -> None:
    async with served(board_database.url, clock, own_pulse=False) as site:
        assert site.process.push is None
        async with aclosing(await site.sign_in("mark")) as browser, serving() as service:
            await browser.post("/search/alert", data=MAN | {"key": "k"})
            strip = (await browser.get("/strip")).text
            assert "waiting-" in strip and "data-push-key" not in strip and "push-on" not in strip
            assert (await browser.post("/push", data=service.subscription())).status_code == 404
            assert await devices(board_database) == []


async def test_with_keys_the_strip_offers_it_with_our_public_key(site: Site) -> None:
    async with aclosing(await site.sign_in("mark")) as browser:
        assert "data-push-key" not in (await browser.get("/strip")).text  # there is nothing to be woken for
        await browser.post("/search/alert", data=MAN | {"key": "k"})
        strip = (await browser.get("/strip")).text
    assert site.process.push is not None
    assert f'data-push-key="{site.process.push.public_key}"' in strip
    assert len(from_base64url(site.process.push.public_key)) == 65
    assert str(KEYS["push_private_key"]) not in strip


async def test_a_device_is_taken_off_by_its_own_person_only(site: Site, board_database: Database) -> None:
    async with (
        serving() as service,
        aclosing(await site.sign_in("mark")) as browser,
        aclosing(await site.sign_in("lucia")) as other,
    ):
        off = {"do": "unsubscribe", "endpoint": service.subscription()["endpoint"]}
        for _ in range(2):
            assert (await browser.post("/push", data=service.subscription())).status_code == 204
        assert len(await devices(board_database)) == 1
        assert (await other.post("/push", data=off)).status_code == 204
        assert len(await devices(board_database)) == 1
        for _ in range(2):
            assert (await browser.post("/push", data=off)).status_code == 204
        assert await devices(board_database) == []


async def test_a_shelter_is_woken_when_it_is_asked_and_when_it_is_chosen_but_not_by_its_own_doing(site: Site) -> None:
    async with serving() as service, serving() as others, aclosing(await site.sign_in("sanne")) as browser:
        assert (await browser.post("/push", data=service.subscription())).status_code == 204
        async with aclosing(await site.sign_in("kofi")) as kofi:  # of another shelter
            assert (await kofi.post("/push", data=others.subscription())).status_code == 204
        async with site.api("demo-police") as police, site.api("demo-desk") as desk:
            begun = await police.post("/requests", json={"adults": {"woman": 1}, "needs": ["lvb"], "shelters": ["linde"]})
            assert begun.status_code == 201
            await until(has(service, 1), "the shelter is woken")
            path = f"/requests/{begun.json()['id']}"
            offer = {"key": "k", "answer": "yes", "place": "linde-1"}
            assert (await browser.post(f"/staff/linde{path}/answer", data=offer)).status_code == 303
            await quiet(site)
            assert len(service.got) == 1
            assert (await police.post(f"{path}/choose", json={"shelter": "linde"})).status_code == 200
            await until(has(service, 2), "it hears that it was chosen")
            assert (await desk.post(f"{path}/decide", json={"decision": "confirm"})).status_code == 200
            await until(has(service, 3), "and that this was decided")
            await quiet(site)
    bodies = [service.read(body) for _, _, body in service.got]
    assert bodies == [b'{"what":"asked"}', b'{"what":"news"}', b'{"what":"news"}'], "and nothing else"
    assert [headers["topic"] for _, headers, _ in service.got] == ["asked", "news", "news"]
    assert others.got == []


async def test_after_signing_out_nothing_is_delivered_also_not_to_the_next_person(site: Site, board_database: Database) -> None:
    async with serving() as service:
        await mark(site, "occupied")
        async with aclosing(await site.sign_in("mark")) as browser:
            assert (await browser.post("/push", data=service.subscription())).status_code == 204
            assert (await browser.post("/search/alert", data=MAN | {"key": "k"})).status_code == 303
            site.pass_time(minutes=20)  # locked, and woken all the same
            await mark(site, "free")
            await until(has(service, 1), "the device is woken")
            await browser.post("/unlock", data={"person": "mark"})
            await mark(site, "occupied")
            await browser.post("/sign-out")
            assert await devices(board_database) == []
            await browser.post("/sign-in/demo", data={"person": "lucia"})
            await mark(site, "free")
            await quiet(site)
        assert len(service.got) == 1


async def test_another_person_on_the_device_ends_the_messages_of_the_first(site: Site, board_database: Database) -> None:
    async with serving() as service:
        await mark(site, "occupied")
        async with aclosing(await site.sign_in("mark")) as browser:
            assert (await browser.post("/push", data=service.subscription())).status_code == 204
            assert (await browser.post("/search/alert", data=MAN | {"key": "k"})).status_code == 303
            await browser.post("/sign-in/demo", data={"person": "lucia"})  # without signing out
            assert await devices(board_database) == []
            await mark(site, "free")
            await quiet(site)
        assert service.got == []
