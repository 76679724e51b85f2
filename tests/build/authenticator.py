"""A device with passkeys, in software: it makes keys and signs as a real one does, and lies when a test tells it to."""

import hashlib
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


def to_text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One passkey of one device. `origin`: of the page that asks, as its browser says; `count`: as the device counts."""

    origin: str
    credential_id: bytes = b"a passkey of a test"
    count: int = 0
    verifies: bool = True
    is_framed: bool = False
    handle: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": self.is_framed}
        return json.dumps(said).encode()

    def _data(self, party: str, more: bytes = b"", flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(party.encode()).digest() + struct.pack(">BI", flags, self.count) + more

    def _answer(self, response: dict[str, bytes]) -> str:
        own = to_text(self.credential_id)
        parts = {name: to_text(part) for name, part in response.items()}
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": parts})

    def make(self, options: dict[str, Any]) -> str:
        """Answer to the options of `navigator.credentials.create`."""
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        own = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(public)
        self.handle = to_bytes(options["user"]["id"])
        data = self._data(options["rp"]["id"], own, HAS_KEY)
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": self._client_data("webauthn.create", options), "attestationObject": attested})

    def use(self, options: dict[str, Any], counts: int = 1) -> str:
        """Answer to the options of `navigator.credentials.get`; `counts`: by how much the device's count goes on."""
        self.count += counts
        data, said = self._data(options["rpId"]), self._client_data("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        answer = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        return self._answer(answer | ({"userHandle": self.handle} if self.handle else {}))
