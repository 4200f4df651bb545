"""A rig's signatures: taken once, in time and unchanged; and where its key lies."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mr.errors import ConfigError
from mr.review.live import signing
from mr.review.live.rig_key import KEY_FILE, RigHome
from mr.review.live.signing import (
    NONCE_HEADER,
    RIG_HEADER,
    SIGNATURE_HEADER,
    TIME_HEADER,
    WINDOW_MS,
    MemoryNonces,
    SignatureError,
    Signer,
    enrolment_proof,
    public_text,
    require_enrolment,
    require_recording,
    require_request,
)

NOW_MS = 1_800_000_000_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
SIGNER = Signer("rig-1", KEY, lambda: NOW_MS)
BODY = b'{"size": 3}'
SHA = hashlib.sha256(BODY).hexdigest()


def checked(
    headers: dict[str, str],
    *,
    method: str = "POST",
    path: str = "/api/uploads?x=1",
    body_sha256: str = SHA,
    now_ms: int = NOW_MS,
    nonces: signing.Nonces | None = None,
    keys: dict[str, Ed25519PrivateKey] | None = None,
) -> str:
    known = {"rig-1": KEY, "rig-2": OTHER} if keys is None else keys
    return require_request(
        method,
        path,
        headers,
        body_sha256,
        public_key_of=lambda rig_id: public_text(known[rig_id]) if rig_id in known else None,
        now_ms=now_ms,
        nonces=nonces or MemoryNonces(lambda: now_ms),
    )


def signed() -> dict[str, str]:
    return SIGNER.headers("POST", "/api/uploads?x=1", BODY)


def refused(code: str, headers: dict[str, str], **other: object) -> None:
    with pytest.raises(SignatureError) as caught:
        checked(headers, **other)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_a_signed_request_is_taken() -> None:
    """Negative control of all refusals below; header names are of any case."""
    assert checked(signed()) == "rig-1"
    assert checked({name.lower(): value for name, value in signed().items()}) == "rig-1"


def test_what_was_changed_on_its_way_is_refused() -> None:
    refused("bad-signature", signed(), method="PATCH")
    refused("bad-signature", signed(), path="/api/uploads?x=2")
    refused("bad-signature", signed(), body_sha256=hashlib.sha256(b"else").hexdigest())
    refused("bad-signature", signed() | {TIME_HEADER: str(NOW_MS + 1)})
    refused("bad-signature", signed() | {NONCE_HEADER: "0" * 32})
    refused("bad-signature", signed() | {RIG_HEADER: "rig-2"})
    refused("bad-signature", signed() | {SIGNATURE_HEADER: "A" * 86})
    refused("bad-signature", signed(), keys={"rig-1": OTHER})


@pytest.mark.parametrize("name", [RIG_HEADER, TIME_HEADER, NONCE_HEADER, SIGNATURE_HEADER])
def test_an_unsigned_request_is_refused(name: str) -> None:
    refused("unsigned", {k: v for k, v in signed().items() if k != name})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (TIME_HEADER, "-1"),
        (TIME_HEADER, "9" * 16),
        (NONCE_HEADER, "short"),
        (NONCE_HEADER, "é" * 32),
    ],
)
def test_a_header_of_another_form_is_refused(name: str, value: str) -> None:
    refused("unsigned", signed() | {name: value})
    refused("bad-signature", signed() | {SIGNATURE_HEADER: "é" * 86})


def test_a_rig_that_was_taken_out_is_refused() -> None:
    refused("unknown-rig", signed(), keys={})


def test_an_old_request_and_one_of_the_future_are_refused() -> None:
    assert checked(signed(), now_ms=NOW_MS + WINDOW_MS) == "rig-1"
    assert checked(signed(), now_ms=NOW_MS - WINDOW_MS) == "rig-1"
    refused("rig-clock", signed(), now_ms=NOW_MS + WINDOW_MS + 1)
    refused("rig-clock", signed(), now_ms=NOW_MS - WINDOW_MS - 1)


def test_a_request_is_taken_once() -> None:
    nonces = MemoryNonces(lambda: NOW_MS)
    headers = signed()
    assert checked(headers, nonces=nonces) == "rig-1"
    refused("replayed", headers, nonces=nonces)
    assert checked(signed(), nonces=nonces) == "rig-1"


def test_a_forged_request_does_not_use_up_a_nonce() -> None:
    nonces = MemoryNonces(lambda: NOW_MS)
    headers = signed()
    refused("bad-signature", headers, nonces=nonces, method="PUT")
    assert checked(headers, nonces=nonces) == "rig-1"


def test_nonces_are_forgotten_when_they_are_of_no_use() -> None:
    now_ms = NOW_MS
    nonces = MemoryNonces(lambda: now_ms)
    for k in range(100):
        nonces.is_new("rig-1", str(k), now_ms + 1000)
    now_ms += 2 * WINDOW_MS
    nonces.is_new("rig-1", "x", now_ms + 1000)
    assert len(nonces._until_ms) == 1


def test_a_recording_is_of_the_rig_that_signed_it() -> None:
    sha256 = hashlib.sha256(b"recording").hexdigest()
    signature = SIGNER.recording("rec-1", sha256)
    good = (public_text(KEY), "rig-1", "rec-1", sha256, signature)
    require_recording(*good)
    for k, other in enumerate((public_text(OTHER), "rig-2", "rec-2", "0" * 64, "A" * 86)):
        bad = (*good[:k], other, *good[k + 1 :])
        with pytest.raises(SignatureError):
            require_recording(*bad)
    with pytest.raises(SignatureError, match="no Ed25519"):
        require_recording("short", *good[1:])


def test_who_enrols_holds_the_key() -> None:
    require_enrolment(public_text(KEY), "123-456", enrolment_proof(KEY, "123-456"))
    for key, code in ((OTHER, "123-456"), (KEY, "123-457")):
        with pytest.raises(SignatureError):
            require_enrolment(public_text(key), code, enrolment_proof(KEY, "123-456"))


# --- where the key lies ------------------------------------------------------------------


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    home = RigHome(tmp_path / "rig")
    first = public_text(home.key())
    assert public_text(home.key()) == first
    path = home.folder / KEY_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in home.folder.iterdir()] == [KEY_FILE], "nothing half-made is left"
    assert public_text(RigHome(tmp_path / "other").key()) != first


def test_a_damaged_key_is_not_replaced(tmp_path: Path) -> None:
    home = RigHome(tmp_path)
    (tmp_path / KEY_FILE).write_text("not a key")
    with pytest.raises(ConfigError, match="enrol the rig again"):
        home.key()
    assert (tmp_path / KEY_FILE).read_text() == "not a key"


def test_each_server_knows_a_rig_under_its_own_id(tmp_path: Path) -> None:
    home = RigHome(tmp_path)
    assert home.rig_id("http://a") is None
    home.enrolled("http://a", "rig-1")
    home.enrolled("http://b", "rig-9")
    assert (home.rig_id("http://a"), home.rig_id("http://b")) == ("rig-1", "rig-9")
    with pytest.raises(ConfigError, match="server's answer"):
        home.enrolled("http://a", "../../etc")
    (tmp_path / "enrolled.json").write_text("{")
    with pytest.raises(ConfigError, match="damaged"):
        home.rig_id("http://a")


def test_names_are_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert RigHome.of_name("Rig 3").folder.name == "rig-3"
    assert RigHome.of_name("../../x").folder.name == "x"
    assert RigHome.of_name(None).folder.name == "rig"
    with pytest.raises(ConfigError):
        RigHome.of_name("..")
