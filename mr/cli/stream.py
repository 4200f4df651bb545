"""`--stream`: where the mirror is served for a second screen, and the words about it.

Takes what a command line asks for, gives a place that is free, before a session begins; leaves
serving to `overlays.screen`.
"""

from __future__ import annotations

from rich.markup import escape

from mr.cli.console import Output
from mr.errors import ConfigError
from overlays.screen.server import HOST, PORT, Place, require_free

TRIED_N = 20
"""Ports that are tried where none was asked for."""
PORTS = (1024, 65535)


def stream_place(wanted: bool, at: str | None) -> Place | None:
    """Choose the place that was asked for, or the first free port on this machine.

    Raises
    ------
    ConfigError
        When it is none, or nothing can listen there.
    """
    if at is not None:
        place = _place_of(at)
        require_free(place)
        return place
    if not wanted:
        return None
    for port in range(PORT, PORT + TRIED_N):
        place = Place(HOST, port)
        try:
            require_free(place)
        except ConfigError:
            continue
        return place
    raise ConfigError(
        f"--stream: ports {PORT} to {PORT + TRIED_N - 1} are all taken: name one with --stream-at"
    )


def _place_of(text: str) -> Place:
    host, _, port = text.rpartition(":")
    least, most = PORTS
    if not (port.isascii() and port.isdigit() and least <= int(port) <= most):
        raise ConfigError(
            f"--stream-at {text}: write PORT or HOST:PORT, with a port of {least} to {most}"
        )
    return Place(host.removeprefix("[").removesuffix("]") or HOST, int(port))


def announce(place: Place | None, console: Output) -> None:
    """Say where the mirror is, and who can see it."""
    if place is None:
        return
    console.print(f"the mirror for a second screen: [bold]{escape(place.address)}[/]")
    if place.on_this_machine_only:
        return
    console.prose(
        "[yellow]![/] pictures of people leave this machine: whoever is in its network can watch "
        "there, without a password and not encrypted"
    )
