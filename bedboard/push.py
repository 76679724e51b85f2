"""Web push: wake a person's devices with one word, such as "found", without any name or place.

The messages wait in the table `outgoing` until their push service has taken them. A message is sent again only if nobody knows
that it was taken; then its topic makes the second one replace the first.

A push service belongs to another company. It gets an encrypted message (RFC 8291), signed with our key (RFC 8292). It may be
slow or away, and this never delays other work.
"""

import asyncio
import re
from base64 import urlsafe_b64encode
from collections.abc import Collection, Coroutine, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

import httpx
import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from bedboard.actions.alerts import forget_device
from bedboard.actions.outgoing import drop_old
from bedboard.clock import Clock
from bedboard.rules.outgoing import LEASE, wait_before_retry
from bedboard.rules.refusals import Refusal
from bedboard.store.alerts import Device, open_device
from bedboard.store.database import Database, Transaction
from bedboard.store.outgoing import Outgoing, claim_outgoing, delete_outgoing, postpone_outgoing
from bedboard.store.seal import Seal

log = structlog.get_logger()

LASTS_SECONDS = 1800  # a device that is off for longer hears nothing: by then somebody else has the place
SIGNED_FOR = timedelta(hours=12)
LIMIT_SECONDS = 10.0
AT_ONCE = 20
LONGEST_ENDPOINT = 1000
ENDPOINT = re.compile(r"(https)://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::443)?/[A-Za-z0-9\-._~!$&'()*+,;=:@/%?]*")
LOOPBACK_ENDPOINT = re.compile(r"(http)://(127\.0\.0\.1):[0-9]{1,5}/[A-Za-z0-9\-._~/]*")


@dataclass(frozen=True, slots=True)
class Later:
    """The push service may take the message later. `asked`: the wait for which it asked."""

    asked: timedelta | None = None


Outcome = Literal["sent", "gone", "refused"] | Later
"""Gone: the device is no more. Refused: another try would be refused too."""


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
        self._room = AT_ONCE
        self._turn = asyncio.Lock()
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

    async def read(self, _tx: Transaction, _ids: Collection[str] | None) -> None:
        """Begin to deliver: the bell says that there are messages, or this process begins. Returns at once."""
        self._start(self.deliver())

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def close(self) -> None:
        """Give up the messages that are under way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._client.aclose()

    async def deliver(self) -> None:
        """Send every message whose turn it is. Each is claimed first, so that of all processes one sends it."""
        try:
            while await self._deliver_some():
                pass
        except Refusal as refusal:  # the database is away; the messages wait
            log.warning("push_failed", code=refusal.code)
        except Exception as bug:
            log.error("bug", exc_info=bug)

    async def _deliver_some(self) -> bool:
        """Send as many as there is room for, drop those that are too old, and return whether there may be more.

        No more are claimed, because a message that waits for room would outlive its lease.
        """
        async with self._turn:  # otherwise a second call, with a newer message, would find no room and leave it
            now, room = self._clock.now(), self._room
            async with self._database.transaction() as tx:
                dropped = await drop_old(tx, now)
                claimed = await claim_outgoing(tx, now, LEASE, room)
            self._room -= len(claimed)
        for what, count in dropped.items():
            log.warning("push_too_old", code=what, count=count)
        for message in claimed:
            self._start(self._pass(message))
        return bool(claimed or dropped) and self._room > 0

    async def _pass(self, message: Outgoing) -> None:
        """Try one claimed message, and save what became of it."""
        try:
            device = open_device(message.device_sealed, self._seal)
            outcome = "refused" if device is None else await self._send(device, message)
            async with self._database.transaction() as tx:
                if isinstance(outcome, Later):
                    wait = wait_before_retry(message.tries, self._clock.chance(), outcome.asked)
                    await postpone_outgoing(tx, message, self._clock.now() + wait)
                    return
                await delete_outgoing(tx, message)
                if outcome == "gone" and device is not None:
                    await forget_device(tx, device.endpoint)
        except Refusal as refusal:  # its lease ends, and then it is tried again
            log.warning("push_failed", code=refusal.code)
        except Exception as bug:
            log.error("bug", exc_info=bug)
        finally:
            self._room += 1
        if self._room == 1:  # others may have waited for it
            self._start(self.deliver())

    async def _send(self, device: Device, message: Outgoing) -> Outcome:
        """Send one message. The log says that it failed and how, and never names a person or an address."""
        if not self.allows(device.endpoint):
            log.warning("push_failed", reason="host_not_allowed")
            return "refused"
        try:
            async with asyncio.timeout(self._seconds):
                headers, body = await asyncio.to_thread(self._write, device, message)
                async with self._client.stream("POST", device.endpoint, headers=headers, content=body) as reply:
                    status, asked = reply.status_code, reply.headers.get("Retry-After", "")
        except Exception as error:  # nobody can foresee all faults of a foreign server, key or network
            log.warning("push_failed", reason=type(error).__name__)
            return Later()
        if status in (404, 410):
            return "gone"
        if 200 <= status < 300:
            return "sent"
        log.warning("push_failed", status=status)
        if status in (408, 425, 429) or status >= 500:
            return Later(timedelta(seconds=int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else None)
        return "refused"

    def _write(self, device: Device, message: Outgoing) -> tuple[dict[str, str], bytes]:
        """Return headers and body for one device, signed by us for the origin of its push service."""
        from pywebpush import WebPusher  # its import takes a third of a second, so only when a message is sent

        what, left = message.what, message.expires_at - self._clock.now()
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
            "TTL": str(max(0, min(LASTS_SECONDS, int(left.total_seconds())))),
            "Urgency": "high",
            "Topic": what,  # replaces an earlier message that has not been delivered yet
            **self._vapid.sign(claims),
        }
        if url.host.endswith(".notify.windows.com"):
            headers["X-WNS-Type"] = "wns/raw"  # demanded there, and unknown elsewhere
        return headers, body
