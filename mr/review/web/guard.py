"""What stands before every route: whose name was asked for, how much is sent, what browsers may do.

Takes an ASGI app, gives one that answers only to this machine's names (a site that was made to
point here has a name of its own: DNS rebinding), refuses what another site sends, and tells
browsers to load nothing from elsewhere and to be framed by nobody.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mr.review.web.noted import Noted, Refusal, client, printed
from mr.review.web.refusals import answer

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY_BYTES = 2 * 1024 * 1024
"""Of one request; a recording comes in pieces."""
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
STRICT_TRANSPORT = "max-age=31536000"
OTHER_NAME, OTHER_SITE = "other-name", "other-site"
NOTED = frozenset({OTHER_NAME, OTHER_SITE})
"""What is refused so is somebody else's doing: it is in the audit."""


class Guard:
    """The gate; wraps the whole app."""

    def __init__(self, app: ASGIApp, names: Iterable[str], noted: Noted, *, secure: bool) -> None:
        self._app, self._noted = app, noted
        mine = socket.gethostname().lower()
        short = mine.partition(".")[0]
        self._names = {"localhost", mine, short, f"{short}.local", *map(str.lower, names)}
        self._headers = HEADERS | (
            {"Strict-Transport-Security": STRICT_TRANSPORT} if secure else {}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        no = self._no(scope)
        if no is not None and no[1] in NOTED:
            await self._note(scope, no[1])
        if scope["type"] == "websocket":
            if no is not None:
                await send({"type": "websocket.close", "code": 1008, "reason": no[2]})
                return
            await self._app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        if no is not None:
            await answer(*no)(scope, receive, sending)
            return
        await self._app(scope, receive, sending)

    def _no(self, scope: Scope) -> tuple[int, str, str] | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_mine(host):
            return 403, OTHER_NAME, "this server does not go by that name"
        origin = headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc.lower() != host.lower()
        unsafe = scope["type"] == "websocket" or scope["method"] not in SAFE
        if unsafe and (foreign or headers.get("sec-fetch-site", "none") == "cross-site"):
            return 403, OTHER_SITE, "another site sent this: open the page here and try again"
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return 413, "too-large", f"at most {MAX_BODY_BYTES} bytes can be sent at once"
        if scope["type"] == "http" and "transfer-encoding" in headers:
            return 411, "no-length", "say how many bytes are sent"
        return None

    async def _note(self, scope: Scope, why: str) -> None:
        headers = Headers(scope=scope)
        said = headers.get("host" if why == OTHER_NAME else "origin", "")
        detail = {"why": why, "said": printed(said)}
        refusal = Refusal("refused.site", about=scope["path"], detail=detail)
        await self._noted.note_beside(refusal, client(HTTPConnection(scope)))

    def _is_mine(self, host: str) -> bool:
        name = urlsplit(f"//{host}").hostname if host else None
        if name is None:
            return False
        with suppress(ValueError):
            ipaddress.ip_address(name)
            return True
        return name in self._names
