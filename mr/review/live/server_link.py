"""A rig's requests to its class's server, over HTTP or HTTPS.

Takes a server's address and who signs, gives the server's answers; leaves what is asked to
`mr.review.live.enrol` and `mr.review.live.upload`. A server that cannot be reached is an
`AwayError`; one that says no is an `Answer` like any other.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mr.clock.host import wall_now_utc
from mr.errors import ConfigError, MrError
from mr.review.live.signing import Signer

ANSWERS_WITHIN_S = 20.0
MOST_BYTES = 1_048_576
"""Of an answer."""
TIME_ANSWER = "X-Server-Time"
"""Header of a 401 with code ``rig-clock``: the server's unix ms."""


class AwayError(MrError):
    """A server that cannot be reached now; it may come back."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is: ``http://host:port``, with a path before its own ones if need be."""

    url: str
    verify: ssl.SSLContext | None = None

    @classmethod
    def of(cls, url: str, ca: Path | None = None) -> Address:
        """Read what was typed; `ca` is the certificate of a server of the house.

        Raises
        ------
        ConfigError
            When it is no address.
        """
        try:
            parts = urlsplit(url)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            good = False
        if not good or parts.query or parts.fragment or parts.username:
            raise ConfigError(
                f"{url}: write the server's address as its first page has it, such as "
                "https://server:8700"
            )
        if parts.scheme == "http":
            if ca is not None:
                raise ConfigError(f"--ca is for an https address, and {url} is none")
            return cls(url.rstrip("/"))
        try:
            return cls(url.rstrip("/"), ssl.create_default_context(cafile=ca))
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(f"{ca}: cannot use this certificate ({error})") from error

    @property
    def live_url(self) -> str:
        """Where its WebSockets are."""
        return "ws" + self.url.removeprefix("http")

    @property
    def is_open_to_listeners(self) -> bool:
        """Whether what is sent can be read on its way by others."""
        host = urlsplit(self.url).hostname or ""
        if self.url.startswith("https") or host == "localhost":
            return False
        try:
            return not ipaddress.ip_address(host).is_loopback
        except ValueError:
            return True

    def path_of(self, path: str) -> str:
        """Give a path as it is sent, and therefore signed."""
        return urlsplit(self.url).path.rstrip("/") + path


@dataclass(slots=True)
class ServerTime:
    """The server's wall clock, as far as it has told: a rig's own may be wrong."""

    ahead_ms: int = 0

    def __call__(self) -> int:
        """Give unix ms."""
        return _wall_ms() + self.ahead_ms

    def learn(self, header: str | None) -> bool:
        """Take the time that a server told; tell whether it was one."""
        if header is None or not header.isascii() or not header.isdigit() or len(header) > 15:
            return False
        self.ahead_ms = int(header) - _wall_ms()
        return True


def _wall_ms() -> int:
    return round(wall_now_utc().timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said."""

    status: int
    body: dict[str, Any] = field(default_factory=dict)
    server_time: str | None = None

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """The refusal's word for programs."""
        return str(self.body.get("code", ""))

    @property
    def words(self) -> str:
        """The refusal's words for people."""
        said = self.body.get("error")
        return str(said)[:300] if said else f"the server answered {self.status}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A signature is of one path: nobody is sent elsewhere with it."""

    def redirect_request(self, *_args: Any) -> None:
        """Go nowhere."""


@dataclass(slots=True)
class ServerLink:
    """Asks one server, signed if it is enrolled."""

    address: Address
    time: ServerTime
    signer: Callable[[], Signer | None]
    """Who signs, as soon as the rig has an id."""

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Answer:
        """Send a request; once more when the server's clock is another one.

        Raises
        ------
        AwayError
            When the server cannot be reached, or does not speak HTTP.
        """
        answer = self._once(method, path, body, headers or {})
        if answer.code == "rig-clock" and self.time.learn(answer.server_time):
            answer = self._once(method, path, body, headers or {})
        return answer

    def ask_json(self, method: str, path: str, data: dict[str, Any]) -> Answer:
        """Send JSON."""
        headers = {"Content-Type": "application/json"}
        return self.ask(method, path, json.dumps(data).encode(), headers)

    def _once(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        signer = self.signer()
        signed = {} if signer is None else signer.headers(method, self.address.path_of(path), body)
        request = urllib.request.Request(
            self.address.url + path, body or None, {**headers, **signed}, method=method
        )
        handlers: list[urllib.request.BaseHandler] = [
            urllib.request.ProxyHandler({}),  # a class's server is in the same house
            _NoRedirect(),
        ]
        if self.address.verify is not None:
            handlers.append(urllib.request.HTTPSHandler(context=self.address.verify))
        opener = urllib.request.build_opener(*handlers)
        try:
            with opener.open(request, timeout=ANSWERS_WITHIN_S) as answer:
                return _answer(answer.status, answer.read(MOST_BYTES), answer.headers)
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.read(MOST_BYTES), error.headers)
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise AwayError(f"{self.address.url} cannot be reached ({reason})") from error


def _answer(status: int, raw: bytes, headers: Any) -> Answer:
    try:
        body = json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        body = {}
    return Answer(status, body if isinstance(body, dict) else {}, headers.get(TIME_ANSWER))
