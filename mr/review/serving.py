"""The review while it runs: archive, background worker and web server, up and down together.

Takes an open archive and where to listen; gives control back when it is asked to end (Ctrl-C, a
TERM signal). What is running then is left whole: an answer under way is finished, a job that is
not is taken up again at the next start.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from mr.errors import ConfigError
from mr.review.archive import Archive
from mr.review.intake.analysed import Analyse
from mr.review.intake.films import Draw, Filming
from mr.review.intake.worker import Worker
from mr.review.web.app import make_app
from mr.review.web.state import Review

GIVE_UP_S = 3
"""An answer or a live view that takes longer is cut when the server ends."""

M_ARENA_MAX = -8  # of glibc's malloc.h


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the server is found, and by which names."""

    host: str = "127.0.0.1"
    port: int = 8700
    names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    behind_tls: bool = False
    """A proxy before it speaks TLS."""

    @property
    def secure(self) -> bool:
        """Whether browsers come by TLS."""
        return self.behind_tls or self.certificate is not None

    @property
    def on_this_machine_only(self) -> bool:
        """Whether nobody else can reach it."""
        return self.host in {"127.0.0.1", "::1", "localhost"}

    def address(self, port: int | None = None) -> str:
        """Give the address for a browser on this machine."""
        shown = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host
        shown = f"[{shown}]" if ":" in shown else shown
        scheme = "https" if self.certificate is not None else "http"
        return f"{scheme}://{shown}:{port or self.port}"

    def bound(self) -> socket.socket:
        """Give a socket that listens there (`ConfigError` when that cannot be)."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        # asyncio turns Nagle's delay of 40 ms off only where the protocol is said to be TCP.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self.host, self.port))
        except OSError as error:
            listening.close()
            raise ConfigError(
                f"{self.host}, port {self.port} cannot be used ({error.strerror or error}): choose "
                "another one with --port, or end the program that has it"
            ) from error
        return listening


def serve(
    archive: Archive,
    analyse: Analyse,
    draw: Draw,
    listening: Listening,
    ready: Callable[[Review, str], None],
) -> None:
    """Serve until asked to end; `ready` is told the address once browsers can come.

    Raises
    ------
    ConfigError
        When nothing can listen there.
    """
    share_one_heap()
    bound = listening.bound()
    with bound, Worker(archive, analyse) as worker, Filming(archive, draw):
        review = Review(archive, worker, frozenset(listening.names), listening.secure)
        config = uvicorn.Config(
            make_app(review),
            ws="websockets-sansio",
            log_config=None,
            access_log=False,  # it would keep who looked at what, from where
            server_header=False,
            date_header=True,
            proxy_headers=listening.behind_tls,
            forwarded_allow_ips="127.0.0.1",
            ssl_certfile=listening.certificate,
            ssl_keyfile=listening.key,
            timeout_graceful_shutdown=GIVE_UP_S,
            ws_max_size=256 * 1024,
        )
        server = _Server(config, lambda: ready(review, listening.address(bound.getsockname()[1])))
        logging.getLogger("uvicorn").setLevel(logging.WARNING)
        server.run(sockets=[bound])


def share_one_heap() -> None:
    """Have all threads that are still to come share one heap, where the C library is glibc.

    It keeps one for each of up to eight threads a core, and each stays as large as the largest
    answer that its threads have made: the server would grow for as long as browsers come.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library keeps one anyway
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


class _Server(uvicorn.Server):
    """Tells when it has begun to answer."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = begun

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()  # what was imported stays: going through it took an answer 100 ms now and then
        self._begun()
