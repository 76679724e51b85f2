"""The ceremonies of WebAuthn: the options that a browser gets, and the check of what its device answers.

No database here. User verification (a fingerprint, a face, a PIN) is required on both ends, which is not the library's default.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_client_data_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.options_to_json_dict import options_to_json_dict
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bedboard.rules.devices import CHALLENGE_LASTS
from bedboard.rules.refusals import NotAllowed

REQUIRED = UserVerificationRequirement.REQUIRED
VERIFIES_USER = True
PATIENCE_MS = int(CHALLENGE_LASTS.total_seconds() * 1000)
UNREADABLE = (WebAuthnException, InvalidSignature, ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What the library raises for an answer that is none, besides its own errors: it reads bytes of a stranger."""


class Party(NamedTuple):
    """This deployment, as a device knows it: the name of its host, the origin of its pages, and the name for people."""

    id: str
    origin: str
    name: str


class NewPasskey(NamedTuple):
    credential_id: bytes
    public_key: bytes
    sign_count: int


def handle_of(person_id: str) -> bytes:
    """Return what a device keeps to know one account from another: it says nothing about the person."""
    return hashlib.sha256(f"bedboard person {person_id}".encode()).digest()


def _known(credential_ids: Sequence[bytes]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=one) for one in credential_ids]


def make_options(party: Party, person_id: str, name: str, known: Sequence[bytes], challenge: bytes) -> dict[str, Any]:
    """Return the options with which a browser makes a passkey. `known`: the person's own, of which none is made twice."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=handle_of(person_id),
        user_name=name,
        challenge=challenge,
        timeout=PATIENCE_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=REQUIRED
        ),
        exclude_credentials=_known(known),
    )
    return options_to_json_dict(options)


def use_options(party: Party, known: Sequence[bytes], challenge: bytes) -> dict[str, Any]:
    """Return the options with which a browser uses a passkey. `known` empty: any of this deployment; its device offers them."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=PATIENCE_MS,
        allow_credentials=_known(known),
        user_verification=REQUIRED,
    )
    return options_to_json_dict(options)


def challenge_in(answer: str) -> bytes:
    """Return the challenge that an answer says it has signed. Refusal: NotAllowed `passkey_refused`."""
    try:
        said = parse_client_data_json(base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"]))
    except (*UNREADABLE, RecursionError) as error:
        raise NotAllowed("passkey_refused") from error
    if said.cross_origin:  # another site's page shows ours within it
        raise NotAllowed("passkey_refused")
    return said.challenge


def credential_in(answer: str) -> bytes:
    """Return the id of the passkey that an answer names. Refusal: NotAllowed `passkey_refused`."""
    try:
        return base64url_to_bytes(json.loads(answer)["rawId"])
    except (*UNREADABLE, RecursionError) as error:
        raise NotAllowed("passkey_refused") from error


def check_made(party: Party, answer: str, challenge: bytes) -> NewPasskey:
    """Return the passkey that a device has made. Refusal: NotAllowed `passkey_refused`."""
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=VERIFIES_USER,
        )
    except UNREADABLE as error:
        raise NotAllowed("passkey_refused") from error
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)


def check_used(party: Party, answer: str, challenge: bytes, person_id: str, public_key: bytes, sign_count: int) -> int:
    """Return the new count of a passkey that has signed the challenge. Refusal: NotAllowed `passkey_refused`.

    A count that does not go up means a copy of the key. A device that does not count says 0 each time.
    """
    try:
        handle = json.loads(answer)["response"].get("userHandle")
        if handle is not None and base64url_to_bytes(handle) != handle_of(person_id):
            raise NotAllowed("passkey_refused")
        used = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=VERIFIES_USER,
        )
    except (*UNREADABLE, RecursionError) as error:
        raise NotAllowed("passkey_refused") from error
    return used.new_sign_count
