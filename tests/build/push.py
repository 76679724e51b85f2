"""A push service of the tests' own on this machine, with one browser behind it."""

import asyncio
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text

from bedboard.push import new_push_key
from bedboard.settings import Settings
from bedboard.store.alerts import Device, open_device
from bedboard.store.database import Database
from tests.build import SEAL, FixedClock, until
from tests.build.site import Site, served

HOSTS = Settings.model_fields["push_hosts"].default.split(",")
MAN = {"adults.man": "1"}
SUBJECT = "mailto:desk@bedboard.example"
KEYS: dict[str, Any] = {"push_private_key": new_push_key(), "push_subject": SUBJECT, "push_to_loopback": True}


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(said: str) -> bytes:
    return urlsafe_b64decode(said + "=" * (-len(said) % 4))


@dataclass
class Service:
    """A push service with one browser behind it: an HTTP server on 127.0.0.1 that answers `status`, or never."""

    status: int = 201
    hangs: bool = False
    retry_after: str | None = None
    url: str = ""
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)  # path, headers, body
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"sixteen bytes ok"
    calls: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        call = asyncio.create_task(self.answer(reader, writer))
        self.calls.add(call)
        call.add_done_callback(self.calls.discard)

    async def end(self) -> None:
        """Hang up on those who still wait."""
        for call in self.calls:
            call.cancel()
        await asyncio.gather(*self.calls, return_exceptions=True)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers["content-length"]))
            self.got.append((head[0], headers, body))
            if self.hangs:
                await asyncio.sleep(3600)
            location = f"Location: {self.url}/elsewhere\r\n" if self.status == 307 else ""
            location += f"Retry-After: {self.retry_after}\r\n" if self.retry_after else ""
            writer.write(f"HTTP/1.1 {self.status} x\r\n{location}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def subscription(self, name: str = "one") -> dict[str, str]:
        """What its browser would send, as a form."""
        public = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": base64url(public), "auth": base64url(self.auth)}
        return {"do": "subscribe", "endpoint": f"{self.url}/push/{name}"} | keys

    def read(self, body: bytes) -> bytes:
        plain: bytes = http_ece.decrypt(body, private_key=self.private, auth_secret=self.auth, version="aes128gcm")
        return plain


@asynccontextmanager
async def serving(**how: Any) -> AsyncIterator[Service]:
    service = Service(**how)
    server = await asyncio.start_server(service.begin, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield service
    finally:
        server.close()
        await service.end()


def has(service: Service, count: int) -> Callable[[], Awaitable[bool]]:
    async def has_so_many() -> bool:
        return len(service.got) >= count

    return has_so_many


def fake_push(service: Service) -> str:
    """A browser whose push service is ours: the real one needs the internet."""
    one = service.subscription()
    return f"""
        const bytes = (text) => {{
          const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
          return Uint8Array.from(plain, (sign) => sign.charCodeAt(0)).buffer;
        }};
        let present = null;
        const keys = {{ p256dh: "{one["p256dh"]}", auth: "{one["auth"]}" }};
        PushManager.prototype.getSubscription = async () => present;
        PushManager.prototype.subscribe = async (options) => (present = {{
          endpoint: "{one["endpoint"]}", options: {{ applicationServerKey: options.applicationServerKey.buffer }},
          getKey: (name) => bytes(keys[name]), unsubscribe: async () => ((present = null), true),
        }});
        Object.defineProperty(Notification, "permission", {{ get: () => "granted" }});
        Notification.requestPermission = async () => "granted";
    """


@pytest.fixture
async def site(board_database: Database, clock: FixedClock) -> AsyncIterator[Site]:
    """The small board, with push keys."""
    async with served(board_database.url, clock, own_pulse=False, **KEYS) as site:
        yield site


async def devices(database: Database) -> list[str]:
    """The endpoints that are kept, opened."""
    async with database.transaction() as tx:
        sealed = (await (await tx.connection()).execute(text("select device_sealed from push_subscription"))).scalars()
        return [json.loads(SEAL.open(one))[0] for one in sealed]


async def own_devices(database: Database, person: str) -> list[Device]:
    """The devices of this person that may be woken, opened, the oldest first."""
    found = text("select device_sealed from push_subscription where person_id = :person order by created_at")
    async with database.transaction() as tx:
        sealed = (await (await tx.connection()).execute(found, {"person": person})).scalars().all()
    return [device for one in sealed if (device := open_device(one, SEAL)) is not None]


async def waiting(database: Database) -> list[tuple[str, int, datetime, datetime]]:
    """The messages that wait, the oldest first."""
    async with database.transaction() as tx:
        found = await (await tx.connection()).execute(text("select what, tries, made_at, due_at from outgoing order by id"))
        return [(row.what, row.tries, row.made_at, row.due_at) for row in found]


async def mark(site: Site, status: str) -> None:
    async with site.api("demo-shelter-ceder") as api:
        assert (await api.patch("/places/ceder-1", json={"status": status})).status_code == 200


async def ready(site: Site, *services: Service) -> str:
    """Somebody waits, on these devices, for what is not free now; gives the id."""
    await mark(site, "occupied")
    async with aclosing(await site.sign_in("mark")) as browser:
        for service in services:
            assert (await browser.post("/push", data=service.subscription())).status_code == 204
        reply = await browser.post("/search/alert", data=MAN | {"key": "k"})
        assert reply.status_code == 303
        return str(reply.headers["location"].rpartition("/")[2])


async def quiet(*sites: Site) -> None:
    """Nothing is under way any more."""

    due = text("select count(*) from outgoing where due_at <= :now")

    async def is_quiet() -> bool:
        for one in sites:
            if not one.process.alerts.is_idle or one.process.push is None or one.process.push._running:
                return False
            async with one.process.database.transaction() as tx:
                if (await (await tx.connection()).execute(due, {"now": one.clock.now()})).scalar_one():
                    return False
        return True

    await until(is_quiet, "nothing is under way")
