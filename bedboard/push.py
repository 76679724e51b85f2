"""Web push: wakes a person's devices with a few words, such as "something is free", and nothing about whom or where.

A push service is somebody else's: it gets an encrypted message (RFC 8291) signed with our key (RFC 8292), and it may be slow or
away, which must never delay anything of ours.
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

log = structlog.get_logger()

What = Literal["found", "asked", "news"]
"""Something is free; a shelter is asked for a place; there is news of a request."""
LASTS_SECONDS = 1800  # a device that is off for longer than this hears nothing: the place is then somebody else's
SIGNED_FOR = timedelta(hours=12)
LIMIT_SECONDS = 10.0
AT_ONCE = 20
LONGEST_ENDPOINT = 1000
ENDPOINT = re.compile(r"(https)://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::443)?/[A-Za-z0-9\-._~!$&'()*+,;=:@/%?]*")
LOOPBACK = re.compile(r"(http)://(127\.0\.0\.1):\d{1,5}/[A-Za-z0-9\-._~/]*")


def new_push_key() -> str:
    """A fresh private key, in the form of the setting BEDBOARD_PUSH_PRIVATE_KEY."""
    vapid = Vapid02()
    vapid.generate_keys()
    return _base64url(vapid.private_key.private_numbers().private_value.to_bytes(32, "big"))


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class Pusher:
    """`hosts`: the only ones that are ever called, "*.example" for any name below; `loopback`: also http on this machine, for
    tests. `seconds`: how long one message may take, in all."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        private_key: str,
        subject: str,
        hosts: Sequence[str],
        *,
        loopback: bool = False,
        seconds: float = LIMIT_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._vapid = Vapid02.from_raw(private_key.encode())
        self._subject = subject
        self._hosts = frozenset(hosts)
        self._loopback = loopback
        self._seconds = seconds
        self._client = httpx.AsyncClient(follow_redirects=False, timeout=seconds)  # who redirects could send us anywhere
        self._room = asyncio.Semaphore(AT_ONCE)
        self._running: set[asyncio.Task[None]] = set()
        self.public_key = _base64url(self._vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    def allows(self, endpoint: str) -> bool:
        """Whether this address is one of a push service that we may call."""
        if len(endpoint) > LONGEST_ENDPOINT:
            return False
        if self._loopback and LOOPBACK.fullmatch(endpoint):
            return True
        match = ENDPOINT.fullmatch(endpoint)
        if match is None:
            return False
        host = match[2]
        return host in self._hosts or any(one.startswith("*.") and host.endswith(one[1:]) for one in self._hosts)

    def wake(self, person_id: str, what: What = "found") -> None:
        """Tells every device of this person, some time soon; returns at once."""
        task = asyncio.create_task(self._wake(person_id, what))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def notify_all(self, notices: Iterable[tuple[str, What]]) -> None:
        """As `wake`, for people by their id."""
        for person_id, what in notices:
            self.wake(person_id, what)

    async def close(self) -> None:
        """What is under way is left."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._client.aclose()

    async def _wake(self, person_id: str, what: What) -> None:
        try:
            async with self._database.transaction() as tx:
                devices = await list_devices(tx, person_id)
            await asyncio.gather(*(self._reach(device, what) for device in devices))
        except Refusal as refusal:
            log.warning("push_failed", code=refusal.code)
        except Exception as bug:
            log.error("bug", exc_info=bug)

    async def _reach(self, device: Device, what: What) -> None:
        async with self._room:
            outcome = await self._send(device, what)
        if outcome == "gone":
            async with self._database.transaction() as tx:
                await forget_device(tx, device.endpoint)

    async def _send(self, device: Device, what: What) -> Literal["sent", "gone", "failed"]:
        """What is logged says that it failed and how, never for whom or where."""
        if not self.allows(device.endpoint):
            log.warning("push_failed", reason="host_not_allowed")
            return "failed"
        try:
            async with asyncio.timeout(self._seconds):
                headers, body = await asyncio.to_thread(self._write, device, what)
                async with self._client.stream("POST", device.endpoint, headers=headers, content=body) as reply:
                    status = reply.status_code
        except Exception as error:  # whatever another's server, a key of theirs or the way there may do
            log.warning("push_failed", reason=type(error).__name__)
            return "failed"
        if status in (404, 410):
            return "gone"
        if not 200 <= status < 300:
            log.warning("push_failed", status=status)
            return "failed"
        return "sent"

    def _write(self, device: Device, what: What) -> tuple[dict[str, str], bytes]:
        """The message for one device, with our signature for the origin of its push service."""
        from pywebpush import WebPusher  # a third of a second, so only where something is sent

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
            "Topic": what,  # one that has not been delivered yet is replaced
            **self._vapid.sign(claims),
        }
        if url.host.endswith(".notify.windows.com"):
            headers["X-WNS-Type"] = "wns/raw"  # asked there, and unknown elsewhere
        return headers, body
