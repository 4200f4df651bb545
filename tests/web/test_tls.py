"""The review on a network: with a certificate of the house, and by nothing but TLS."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from websockets.sync.client import connect

from mr.clock.host import wall_now_utc
from mr.review.live.frames import decode_wall
from mr.review.web.guard import STRICT_TRANSPORT
from tests.web.browser import Pages, settled
from tests.web.commands import run
from tests.web.servers import PASSWORD, Client, Running, running
from tests.web.test_rigs import LIMIT_S, Joined, class_with, linked


@dataclass(frozen=True, slots=True)
class Served:
    """A review that speaks TLS, and how to trust it."""

    review: Running
    certificate: Path
    trusts: ssl.SSLContext

    def client(self) -> Client:
        return Client(self.review.address, trusts=self.trusts)


def self_made(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for this machine's own address, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the house's own")])
    now = wall_now_utc()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, kept_key = folder / "review.crt", folder / "review.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    kept_key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, kept_key


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Iterator[Served]:
    certificate, key = self_made(tmp_path)
    options = ("--tls-cert", str(certificate), "--tls-key", str(key))
    with running(tmp_path / "review", database, *options) as review:
        yield Served(review, certificate, ssl.create_default_context(cafile=certificate))


def test_a_cookie_goes_by_tls_alone_and_browsers_are_told_to_stay_with_it(served: Served) -> None:
    assert served.review.address.startswith("https://")
    given = {"code": served.review.setup_code, "name": "Ada", "sign_in_name": "ada"}
    with served.client() as client:
        answer = client.post("/api/setup", json={**given, "password": PASSWORD})
        assert answer.status_code < 300, answer.text
        assert answer.headers["Strict-Transport-Security"] == STRICT_TRANSPORT
        (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
        assert cookie["secure"] and cookie["httponly"]
        assert client.get("/api/me").json()["name"] == "Ada"


def test_without_tls_there_is_neither(review: Running) -> None:
    """The control: on this machine alone a cookie that is Secure would not come back."""
    given = {"code": review.setup_code, "name": "Ada", "sign_in_name": "ada", "password": PASSWORD}
    answer = review.client().post("/api/setup", json=given)
    assert "Strict-Transport-Security" not in answer.headers
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert not cookie["secure"] and cookie["httponly"]


def test_whoever_comes_without_tls_or_trust_is_refused(served: Served) -> None:
    plain = served.review.address.replace("https://", "http://")
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{plain}/api/open")
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{served.review.address}/api/open")
    with served.client() as client:
        assert client.ok("GET", "/open")["needs_setup"]  # it is there for who comes rightly


def test_rigs_and_the_wall_pass_it(served: Served, pages: Pages) -> None:
    with served.client() as admin:
        admin.set_up(served.review.setup_code)
        rig = Joined(served.review, admin, served.certificate)
        course, _ = class_with(admin, rig)
        cookie = f"mrcpr_session={admin.cookies['mrcpr_session']}"
        wall = f"wss{served.review.address.removeprefix('https')}/api/live/wall?course={course}"
        with linked(rig):
            given = {"Cookie": cookie}
            with connect(wall, additional_headers=given, ssl=served.trusts) as socket:
                seen: set[str] = set()
                while "here" not in seen:
                    message = socket.recv(timeout=LIMIT_S)
                    if isinstance(message, bytes):
                        seen |= {part.presence for part in decode_wall(message)[2]}
            in_browser(served, pages, admin, course)


def in_browser(served: Served, pages: Pages, admin: Client, course: str) -> None:
    """See the same wall in a browser that was told to trust the certificate."""
    context = pages.browser.new_context(
        base_url=served.review.address, ignore_https_errors=True, reduced_motion="reduce"
    )
    try:
        page = context.new_page()
        page.set_default_timeout(60_000)
        sockets: list[str] = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.goto("/sign-in")
        page.get_by_label("User name").fill("ada")
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="Hello").wait_for()
        (kept,) = [c for c in context.cookies() if c.get("name") == "mrcpr_session"]
        assert kept.get("secure") and kept.get("httpOnly") and kept.get("sameSite") == "Strict"
        page.goto(f"/wall/{course}")
        settled(page)
        page.get_by_text("1 rig here").wait_for()
        assert sockets and all(url.startswith("wss://") for url in sockets)
    finally:
        context.close()


def test_half_of_a_pair_is_refused(tmp_path: Path) -> None:
    certificate, _ = self_made(tmp_path)
    folder = tmp_path / "review"
    run("--tls-cert", str(certificate), folder=folder, code=2, said="belong together")
    options = ("--tls-cert", str(certificate), "--tls-key", str(tmp_path / "none"))
    run(*options, folder=folder, code=2, said="there is no such file")
