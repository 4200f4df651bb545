"""Who a request or a recording comes from: signatures by a rig's Ed25519 key.

Takes what is to be signed, gives headers; takes headers and the rig's public key, and refuses
what was changed, is old, or was here before. Leaves where keys lie to `mr.review.live.rig_key`
and to the server's table of rigs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from mr.errors import MrError

RIG_HEADER, TIME_HEADER = "X-Rig-Id", "X-Rig-Time"
NONCE_HEADER, SIGNATURE_HEADER = "X-Rig-Nonce", "X-Rig-Signature"
WINDOW_MS = 60_000
"""A request is no further than this from the server's time, either way."""
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()
_NONCE = re.compile(r"[0-9a-f]{32}")
_TIME = re.compile(r"[0-9]{1,15}")
_SIGNATURE = re.compile(r"[A-Za-z0-9_-]{86}")

Refusal = Literal["unsigned", "rig-clock", "unknown-rig", "bad-signature", "replayed"]


class SignatureError(MrError):
    """A request or a recording that is not from the rig it says, or not from now."""

    def __init__(self, code: Refusal, words: str) -> None:
        super().__init__(words)
        self.code: Refusal = code


class Nonces(Protocol):
    """Remembers nonces for as long as their requests would be taken."""

    def is_new(self, rig_id: str, nonce: str, until_ms: int) -> bool:
        """Tell whether a nonce was not here before, and keep it until then."""
        ...


class MemoryNonces:
    """Nonces of one process; a request is taken again after a restart, within its window."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._until_ms: dict[tuple[str, str], int] = {}
        self._sweep_ms = 0

    def is_new(self, rig_id: str, nonce: str, until_ms: int) -> bool:
        """Tell whether a nonce was not here before, and keep it until then."""
        now_ms = self._now_ms()
        if now_ms >= self._sweep_ms:
            self._sweep_ms = now_ms + WINDOW_MS
            self._until_ms = {k: t for k, t in self._until_ms.items() if t >= now_ms}
        if (rig_id, nonce) in self._until_ms:
            return False
        self._until_ms[rig_id, nonce] = until_ms
        return True


def _request_bytes(
    method: str, path: str, rig_id: str, time_ms: str, nonce: str, body_sha256: str
) -> bytes:
    lines = ("MRCPR-REQUEST-1", method.upper(), path, rig_id, time_ms, nonce, body_sha256)
    return "\n".join(lines).encode()


def _recording_bytes(rig_id: str, recording_id: str, sha256: str) -> bytes:
    return "\n".join(("MRCPR-RECORDING-1", rig_id, recording_id, sha256)).encode()


def _enrol_bytes(code: str, public_key: str) -> bytes:
    return "\n".join(("MRCPR-ENROL-1", code, public_key)).encode()


def _text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def public_text(key: Ed25519PrivateKey) -> str:
    """Give the public half of a key as 43 characters, to be kept by the server."""
    return _text_of(key.public_key().public_bytes_raw())


def read_public(text: str) -> Ed25519PublicKey:
    """Read a public key; `SignatureError` when it is none."""
    try:
        return Ed25519PublicKey.from_public_bytes(_raw_of(text))
    except (ValueError, binascii.Error) as error:
        raise SignatureError("bad-signature", "this is no Ed25519 public key") from error


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs as one rig."""

    rig_id: str
    key: Ed25519PrivateKey
    now_ms: Callable[[], int]
    """The wall clock in unix ms, as the server has it."""

    def headers(self, method: str, path: str, body: bytes = b"") -> dict[str, str]:
        """Give the headers of a request; `path` as it is sent, with its query."""
        time_ms, nonce = str(self.now_ms()), secrets.token_hex(16)
        body_sha256 = hashlib.sha256(body).hexdigest()
        signed = _request_bytes(method, path, self.rig_id, time_ms, nonce, body_sha256)
        return {
            RIG_HEADER: self.rig_id,
            TIME_HEADER: time_ms,
            NONCE_HEADER: nonce,
            SIGNATURE_HEADER: _text_of(self.key.sign(signed)),
        }

    def recording(self, recording_id: str, sha256: str) -> str:
        """Sign a recording: this rig made this file."""
        return _text_of(self.key.sign(_recording_bytes(self.rig_id, recording_id, sha256)))


def enrolment_proof(key: Ed25519PrivateKey, code: str) -> str:
    """Show that who enrols holds the private half of the key."""
    return _text_of(key.sign(_enrol_bytes(code, public_text(key))))


def _check(key: Ed25519PublicKey, signature: str, signed: bytes, what: str) -> None:
    try:
        if not _SIGNATURE.fullmatch(signature):
            raise ValueError
        key.verify(_raw_of(signature), signed)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError(
            "bad-signature", f"{what}: its signature does not fit: it was changed on its way, or "
            "the rig has another key now; enrol the rig again"
        ) from error  # fmt: skip


def require_enrolment(public_key: str, code: str, proof: str) -> None:
    """Refuse who enrols with a key that is not theirs (`SignatureError`)."""
    _check(read_public(public_key), proof, _enrol_bytes(code, public_key), "the enrolment")


def require_recording(
    public_key: str, rig_id: str, recording_id: str, sha256: str, signature: str
) -> None:
    """Refuse a recording that this rig did not sign (`SignatureError`)."""
    signed = _recording_bytes(rig_id, recording_id, sha256)
    _check(read_public(public_key), signature, signed, f"recording {recording_id}")


def require_request(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body_sha256: str,
    *,
    public_key_of: Callable[[str], str | None],
    now_ms: int,
    nonces: Nonces,
    window_ms: int = WINDOW_MS,
) -> str:
    """Say which rig a request is from.

    `public_key_of` gives the key of a rig that may still speak, else None. A nonce is kept only
    of a request that was signed well, so strangers cannot fill its memory.

    Raises
    ------
    SignatureError
        Its `code` is a word for programs; answer 401, with the server's time.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    names = (RIG_HEADER, TIME_HEADER, NONCE_HEADER, SIGNATURE_HEADER)
    rig_id, time_text, nonce, signature = (lower.get(name.lower(), "") for name in names)
    if not (rig_id and _TIME.fullmatch(time_text) and _NONCE.fullmatch(nonce) and signature):
        raise SignatureError("unsigned", "a rig signs each request: run `mrcpr join` on it")
    public_key = public_key_of(rig_id)
    if public_key is None:
        raise SignatureError(
            "unknown-rig", "this rig is not enrolled here, or was taken out: enrol it with a code"
        )
    signed = _request_bytes(method, path, rig_id, time_text, nonce, body_sha256)
    _check(read_public(public_key), signature, signed, "the request")
    if abs(now_ms - int(time_text)) > window_ms:
        raise SignatureError(
            "rig-clock", "the rig's clock is not the server's: set both by the network's time"
        )
    if not nonces.is_new(rig_id, nonce, int(time_text) + window_ms):
        raise SignatureError("replayed", "this request was here before: it is not taken twice")
    return rig_id
