"""The page and its pictures over HTTP, for browsers.

Takes a `Board` and a place, gives a server in threads of its own; leaves drawing to
`overlays.screen.view`. A viewer asks for the picture after the one it has and is answered when
there is another one: so it never gets a late one, is told with each how old it is and whether the
session goes on. Who hangs holds up its own thread, and not for long: a request has to be there,
whole, within `HANGS_S`, however slowly it drips, and each part of an answer has to be taken within
as much. One other machine has `EACH_N` connections of the `VIEWERS_N` at most.

There is no password. So it listens on this machine alone unless it is told otherwise, answers
only to this machine's own names (a page of another site can make its name point here, DNS
rebinding, but the browser still sends that name), and lets no other site show its pictures.
"""

from __future__ import annotations

import io
import ipaddress
import json
import os
import re
import secrets
import socket
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mr.errors import ConfigError
from overlays.messages import Messages
from overlays.screen.board import Board

HOST = "127.0.0.1"
PORT = 8643
PAGE = Path(__file__).with_name("page.html")
HOST_HEADER = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9._-]+))(:\d+)?")
ASKS_S = 1.0
"""An answer comes after so long at the latest, with or without a picture."""
HANGS_S = 5.0
"""A viewer whose whole request takes longer, from the last answer on, or that takes so long to
read one, is let go."""
VIEWERS_N = 32
"""So many connections are served at once; a browser's tab has one."""
EACH_N = 8
"""So many of them from one address. Browsers open up to six. This machine itself is not held to
it: a proxy or ssh on it speaks for many."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the page is served."""

    host: str = HOST
    port: int = PORT

    @property
    def on_this_machine_only(self) -> bool:
        """Whether nobody else can open it."""
        if self.host == "localhost":
            return True
        with suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return False

    @property
    def address(self) -> str:
        """What to open in a browser."""
        if self.on_this_machine_only:
            return f"http://localhost:{self.port}"
        with suppress(ValueError):
            given = ipaddress.ip_address(self.host)
            if given.is_unspecified:
                return f"http://{socket.gethostname()}:{self.port}"
            if given.version == 6:
                return f"http://[{self.host}]:{self.port}"
        return f"http://{self.host}:{self.port}"


def require_free(place: Place) -> None:
    """Raise `ConfigError` when nothing can listen there."""
    _listening(place, Board(), b"", "").server_close()


@contextmanager
def served(board: Board, place: Place, messages: Messages) -> Iterator[None]:
    """Serve the page until the block ends.

    Raises
    ------
    ConfigError
        When nothing can listen there.
    """
    nonce = secrets.token_urlsafe(16)
    server = _listening(place, board, page(messages, nonce), nonce)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="page", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _listening(place: Place, board: Board, page: bytes, nonce: str) -> _Server:
    try:
        return _Server(place, board, page, nonce)
    except OSError as error:
        raise ConfigError(
            f"{place.host}, port {place.port} cannot be used ({error.strerror or error}): choose "
            "another one, or end the program that has it"
        ) from error


def page(messages: Messages, nonce: str) -> bytes:
    """Write the page in a language."""
    words = {
        "waiting": messages("screen.waiting"),
        "old": messages("screen.old", seconds="{seconds}"),  # the page fills it in
        "ended": messages("screen.ended"),
        "gone": messages("screen.gone"),
        "full_screen": messages("screen.full_screen"),
    }
    # A script's text ends at "</": in JSON it may be written so that it does not.
    as_json = json.dumps(words).replace("<", "\\u003c")
    text = PAGE.read_text(encoding="utf-8")
    for mark, filling in (
        ("LANGUAGE", escape(messages.language)),
        ("TITLE", escape(messages("mirror.window"))),
        ("NONCE", nonce),
        ("WORDS", as_json),
    ):
        text = text.replace(f"@{mark}@", filling)
    return text.encode()


def is_own_name(host: str | None) -> bool:
    """Tell whether a request's Host header names this machine: an address, or its own name.

    A site that was made to point here has a name of its own, never an address.
    """
    found = HOST_HEADER.fullmatch((host or "").lower())
    if found is None:
        return False
    name = found["address"] or found["name"]
    with suppress(ValueError):
        ipaddress.ip_address(name)
        return True
    mine = socket.gethostname().lower()
    short = mine.partition(".")[0]
    return name in {"localhost", mine, short, f"{short}.local"}


class Slots:
    """Who is served now: so many in all, and so many from each other machine."""

    def __init__(self, viewers_n: int, each_n: int) -> None:
        self._viewers_n, self._each_n = viewers_n, each_n
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, address: str) -> bool:
        """Take one for an address; False where there is none for it."""
        with self._lock:
            own = ipaddress.ip_address(address.partition("%")[0]).is_loopback
            full = self._taken.total() >= self._viewers_n
            if full or (not own and self._taken[address] >= self._each_n):
                return False
            self._taken[address] += 1
            return True

    def give(self, address: str) -> None:
        """Give it back."""
        with self._lock:
            self._taken[address] -= 1
            if not self._taken[address]:
                del self._taken[address]


class _Server(socketserver.ThreadingMixIn, HTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name == "posix"  # on Windows it would let two share a port
    request_queue_size = 16

    def __init__(self, place: Place, board: Board, page: bytes, nonce: str) -> None:
        self.board, self.page, self.nonce = board, page, nonce
        self._slots = Slots(VIEWERS_N, EACH_N)
        family, *_ = socket.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)[0]
        self.address_family = family
        super().__init__((place.host, place.port), _Viewer)

    def server_bind(self) -> None:
        """Listen, without asking the network for this machine's name as HTTPServer does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "mrcpr", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._slots.take(client_address[0]):
            with suppress(OSError):
                request.sendall(
                    b"HTTP/1.1 503 Full\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                )
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.give(client_address[0])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a viewer go that has vanished: that is nobody's fault."""


class _Until(io.RawIOBase):
    """What comes through a socket until an instant; a socket's own limit is for each piece."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self.until_s = 0.0
        """Of `time.monotonic`."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left_s = self.until_s - time.monotonic()
        if left_s <= 0.0:
            raise TimeoutError("the request is not there yet")
        self._connection.settimeout(left_s)
        return self._connection.recv_into(buffer)


class _Viewer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = HANGS_S
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.rfile.close()
        self._coming = _Until(self.connection)
        self.rfile = io.BufferedReader(self._coming)

    def handle_one_request(self) -> None:
        self._coming.until_s = time.monotonic() + self.timeout
        super().handle_one_request()

    def parse_request(self) -> bool:
        good = super().parse_request()
        self.connection.settimeout(self.timeout)  # for the answer, whatever the request took
        return good

    def do_GET(self) -> None:
        if not is_own_name(self.headers.get("Host")):
            words = b"not a name of this machine"
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", words, {"Connection": "close"})
            return
        asked = urlsplit(self.path)
        if asked.path == "/":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", self.server.page)
        elif asked.path == "/newest":
            self._newest(parse_qs(asked.query).get("after", ["0"])[0])
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there is nothing here")

    def _newest(self, after: str) -> None:
        number = int(after) if after.isascii() and after.isdigit() and len(after) < 16 else 0
        newest = self.server.board.newer_than(number, ASKS_S)
        told = {
            "X-Number": str(newest.number),
            "X-State": "ended" if newest.ended else "waiting" if newest.age_ns is None else "on",
            "X-Age-Ms": "" if newest.age_ns is None else str(newest.age_ns // 1_000_000),
        }
        if newest.jpeg is None:
            self._answer(HTTPStatus.NO_CONTENT, "", b"", told)
        else:
            self._answer(HTTPStatus.OK, "image/jpeg", newest.jpeg, told)

    def _answer(
        self, status: HTTPStatus, kind: str, body: bytes, told: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        nonce = self.server.nonce
        own = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": f"default-src 'none'; script-src 'nonce-{nonce}'; "
            f"style-src 'nonce-{nonce}'; connect-src 'self'; frame-ancestors 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        if kind:
            own |= {"Content-Type": kind, "Content-Length": str(len(body))}
        for name, value in (own | (told or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        return "mrcpr"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal is the trainer's."""
