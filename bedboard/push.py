"""Web push: wake a person's devices with one word, such as "found", without any name or place.

A push service belongs to another company. It gets an encrypted message (RFC 8291), signed with our key (RFC 8292). It may be
slow or away, and this never delays other work.
"""

import asyncio
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Literal

import httpx
import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from bedboard.actions.alerts import forget_device
from bedboard.clock import Clock
from bedboard.rules.refusals import Refusal
from bedboard.store.alerts import Device, list_devices
from bedboard.store.database import Database
from bedboard.store.seal import Seal

log = structlog.get_logger()

PushWord = Literal["found", "asked", "news", "confirm", "token", "access"]
"""A place is free; a shelter is asked for a place; there is news of a case; a shelter has to confirm its board, or has
a new token; there is one more passkey or account that signs the person in."""
LASTS_SECONDS = 1800  # a device that is off for longer hears nothing: by then somebody else has the place
SIGNED_FOR = timedelta(hours=12)
LIMIT_SECONDS = 10.0
AT_ONCE = 20
LONGEST_ENDPOINT = 1000
ENDPOINT = re.compile(r"(https)://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::443)?/[A-Za-z0-9\-._~!$&'()*+,;=:@/%?]*")
LOOPBACK_ENDPOINT = re.compile(r"(http)://(127\.0\.0\.1):[0-9]{1,5}/[A-Za-z0-9\-._~/]*")


def new_push_key() -> str:
    """Return a fresh private key, in the form of the setting BEDBOARD_PUSH_PRIVATE_KEY."""
    vapid = Vapid02()
    vapid.generate_keys()
    return _base64url(vapid.private_key.private_numbers().private_value.to_bytes(32, "big"))


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


class Pusher:
    """The way to the devices of all people.

    `hosts`: the only hosts that are ever called, "*.example" for any name below; `loopback`: also http on this machine, for
    tests. `seconds`: the limit for one message, in all.
    """

    def __init__(
        self,
        database: Database,
        seal: Seal,
        clock: Clock,
        private_key: str,
        subject: str,
        hosts: Sequence[str],
        *,
        loopback: bool = False,
        seconds: float = LIMIT_SECONDS,
    ) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._vapid = Vapid02.from_raw(private_key.encode())
        self._subject = subject
        self._hosts = frozenset(hosts)
        self._loopback = loopback
        self._seconds = seconds
        self._client = httpx.AsyncClient(follow_redirects=False, timeout=seconds)  # a redirect could send us anywhere
        self._room = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()
        self.public_key = _base64url(self._vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def allows(self, endpoint: str) -> bool:
        """Return whether this address is one of a push service that we may call."""
        if len(endpoint) > LONGEST_ENDPOINT:
            return False
        if self._loopback and LOOPBACK_ENDPOINT.fullmatch(endpoint):
            return True
        match = ENDPOINT.fullmatch(endpoint)
        if match is None:
            return False
        host = match[2]
        return host in self._hosts or any(one.startswith("*.") and host.endswith(one[1:]) for one in self._hosts)

    def wake(self, person_id: str, what: PushWord = "found") -> None:
        """Tell every device of this person, some time soon; return at once."""
        task = asyncio.create_task(self._wake(person_id, what))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def notify_all(self, notices: Iterable[tuple[str, PushWord]]) -> None:
        """Wake each of these people, by id, with a word of its own."""
        for person_id, what in notices:
            self.wake(person_id, what)

    async def close(self) -> None:
        """Give up the messages that are under way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._client.aclose()

    async def _wake(self, person_id: str, what: PushWord) -> None:
        try:
            async with self._database.transaction() as tx:
                devices = await list_devices(tx, person_id, self._seal)
            await asyncio.gather(*(self._reach(device, what) for device in devices))
        except Refusal as refusal:
            log.warning("push_failed", code=refusal.code)
        except Exception as bug:
            log.error("bug", exc_info=bug)

    async def _reach(self, device: Device, what: PushWord) -> None:
        async with self._room:
            outcome = await self._send(device, what)
        if outcome == "gone":
            async with self._database.transaction() as tx:
                await forget_device(tx, device.endpoint)

    async def _send(self, device: Device, what: PushWord) -> Literal["sent", "gone", "failed"]:
        """Send one message. The log says that it failed and how, and never names a person or an address."""
        if not self.allows(device.endpoint):
            log.warning("push_failed", reason="host_not_allowed")
            return "failed"
        try:
            async with asyncio.timeout(self._seconds):
                headers, body = await asyncio.to_thread(self._write, device, what)
                async with self._client.stream("POST", device.endpoint, headers=headers, content=body) as reply:
                    status = reply.status_code
        except Exception as error:  # nobody can foresee all faults of a foreign server, key or network
            log.warning("push_failed", reason=type(error).__name__)
            return "failed"
        if status in (404, 410):
            return "gone"
        if not 200 <= status < 300:
            log.warning("push_failed", status=status)
            return "failed"
        return "sent"

    def _write(self, device: Device, what: PushWord) -> tuple[dict[str, str], bytes]:
        """Return headers and body for one device, signed by us for the origin of its push service."""
        from pywebpush import WebPusher  # its import takes a third of a second, so only when a message is sent

        keys = {"p256dh": device.p256dh, "auth": device.auth}
        body: bytes = WebPusher({"endpoint": device.endpoint, "keys": keys}).encode(b'{"what":"%s"}' % what.encode())["body"]
        url = httpx.URL(device.endpoint)
        claims = {
            "sub": self._subject,
            "aud": f"{url.scheme}://{url.netloc.decode()}",
            "exp": int((self._clock.now() + SIGNED_FOR).timestamp()),
        }
        headers = {
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(LASTS_SECONDS),
            "Urgency": "high",
            "Topic": what,  # replaces an earlier message that has not been delivered yet
            **self._vapid.sign(claims),
        }
        if url.host.endswith(".notify.windows.com"):
            headers["X-WNS-Type"] = "wns/raw"  # demanded there, and unknown elsewhere
        return headers, body
