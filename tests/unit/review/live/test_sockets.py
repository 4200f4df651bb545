"""Rigs and viewers over real sockets: who stands still delays nobody, who goes is seen to go."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from mr.review.live.rig_link import LIVE_PATH
from mr.review.live.server_link import ServerTime
from mr.review.live.signing import Signer, public_text
from tests.bench.live_rigs import Seen, run_rigs, view
from tests.class_server import ClassServer

SECONDS = 3.0
RIGS_N = 4


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ClassServer]:
    with ClassServer(tmp_path) as running:
        yield running


def signers(server: ClassServer) -> list[Signer]:
    made = []
    for k in range(RIGS_N):
        key = Ed25519PrivateKey.generate()
        server.keys[f"rig-{k}"] = public_text(key)
        made.append(Signer(f"rig-{k}", key, ServerTime()))
    return made


def test_a_viewer_that_stands_still_delays_nobody(server: ClassServer) -> None:
    rigs = signers(server)
    wall = f"ws{server.url.removeprefix('http')}/api/live/wall?rigs="
    wall += ",".join(signer.rig_id for signer in rigs)
    seen = Seen()

    async def go() -> int:
        async with connect(wall, proxy=None, max_queue=1, close_timeout=0.1) as still:
            still.transport.pause_reading()
            watching = asyncio.create_task(view(wall, seen))
            sent = await run_rigs(server.url, rigs, SECONDS)
            while len(server.hub.seats):
                await asyncio.sleep(0.01)
            async with asyncio.timeout(10):
                while seen.rows < sent.rows:  # the last ones are on their way
                    await asyncio.sleep(0.01)
            watching.cancel()
            return sent.rows

    rows = asyncio.run(go())
    assert rows > 0.9 * 200 * SECONDS * RIGS_N
    assert seen.rows == rows
    assert sum(seen.dropped.values()) == 0
    assert {server.hub.presence(s.rig_id)[0] for s in rigs} == {"lost"}


def test_who_is_not_signed_is_refused(server: ClassServer) -> None:
    stranger = Signer("rig-0", Ed25519PrivateKey.generate(), ServerTime())
    known = signers(server)[0]

    async def joined(headers: dict[str, str], message: str | bytes) -> str:
        address = f"ws{server.url.removeprefix('http')}{LIVE_PATH}"
        try:
            async with connect(address, additional_headers=headers, proxy=None) as socket:
                await socket.send(message)
                while True:
                    await socket.recv()
        except InvalidStatus as error:
            return str(error.response.status_code)
        except ConnectionClosed as error:
            return error.rcvd.reason if error.rcvd is not None else ""

    assert asyncio.run(joined({}, "")) == "401"
    assert asyncio.run(joined(stranger.headers("GET", LIVE_PATH), "")) == "401"
    assert asyncio.run(joined(known.headers("GET", "/api/other"), "")) == "401"
    assert "bytes" in asyncio.run(joined(known.headers("GET", LIVE_PATH), b"MRCL"))
    assert "live message" in asyncio.run(joined(known.headers("GET", LIVE_PATH), "{}"))
