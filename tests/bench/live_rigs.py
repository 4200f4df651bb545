"""`python -m tests.bench.live_rigs`: many rigs and viewers on one server, over real sockets.

Fake rigs send what `mrcpr join` sends (200 samples and 25 messages a second each, pings answered,
a status each second), viewers count what comes and how old it is. Without a URL a small server
of the tests is started in a process of its own; with one, each rig enrols with a code of its own.
Nothing is asserted: what is printed was measured in this run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from mr.clock.host import host_now_ns
from mr.review.live.enrol import enrol
from mr.review.live.frames import LiveState, Motion, decode_wall, encode_trace
from mr.review.live.messages import Ack, Ping, Pong, Status, read_of_server
from mr.review.live.rig_link import LIVE_PATH
from mr.review.live.server_link import Address, ServerLink, ServerTime
from mr.review.live.signing import Signer, public_text
from mr.types import Targets

SAMPLE_NS = 5_000_000
FRAME_S = 0.04
RATE_HZ = 110 / 60
TARGETS = Targets(50.0, 60.0, 100.0, 120.0, 5.0, 30.0)
ROOT = Path(__file__).parents[2]


@dataclass
class Sent:
    """What the fake rigs have sent."""

    frames: int = 0
    rows: int = 0
    bytes: int = 0
    pings: int = 0
    commands: int = 0
    broken: int = 0
    """Connections that ended before their time."""


@dataclass
class Seen:
    """What one viewer has seen."""

    messages: int = 0
    rows: int = 0
    bytes: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    ages_ms: list[float] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Put it into a few numbers."""
        ages = np.array(self.ages_ms or [math.nan])
        quantiles = {f"p{q}": round(float(np.percentile(ages, q)), 1) for q in (50, 99, 100)}
        return {
            "messages": self.messages,
            "rows": self.rows,
            "dropped": sum(self.dropped.values()),
            "sample_age_ms": quantiles,
        }


def moved(first: int, end: int, t0_ns: int, phase: float) -> Motion:
    """Give samples of somebody who compresses to 55 mm."""
    t_ns = t0_ns + SAMPLE_NS * np.arange(first, end)
    turn = 2 * np.pi * (RATE_HZ * (t_ns - t0_ns) / 1e9 + phase)
    return Motion(t_ns, 27.5 * (1 - np.cos(turn)), np.full(end - first, 0.5))


async def fake_rig(
    address: Address, signer: Signer, seconds: float, phase: float, sent: Sent
) -> None:
    """Be one rig for a time."""
    headers = signer.headers("GET", address.path_of(LIVE_PATH))
    try:
        async with connect(
            address.live_url + LIVE_PATH, additional_headers=headers, ssl=address.verify,
            proxy=None, compression=None,
        ) as socket:  # fmt: skip
            answering = asyncio.create_task(answer(socket, sent))
            try:
                await compress(socket, signer.rig_id, seconds, phase, sent)
            finally:
                answering.cancel()
    except (OSError, WebSocketException):
        sent.broken += 1


async def compress(
    socket: ClientConnection, rig_id: str, seconds: float, phase: float, sent: Sent
) -> None:
    """Send a session's messages in real time; a late one carries what has come meanwhile."""
    t0_ns = host_now_ns()
    learner_id, first, seq = f"learner-{abs(hash(rig_id)) % 2**32:08x}", 0, 0
    recording_id = f"rec-{abs(hash(rig_id)) % 2**63:016x}"
    now_ns, until_ns = t0_ns, t0_ns + round(seconds * 1e9)
    while now_ns < until_ns:
        now_ns = min(host_now_ns(), until_ns)  # the last message carries all that is left
        end = (now_ns - t0_ns) // SAMPLE_NS
        elapsed_s = (now_ns - t0_ns) / 1e9
        state = LiveState(
            phase="compressing", kind="sim", recording_id=recording_id, learner_id=learner_id,
            mode="hands-only", attempt="practice", guidance=True, elapsed_s=elapsed_s,
            rate_cpm=110.0, last_depth_mm=55.0, last_release_mm=1.0, score_pct=91.0,
            n_compressions=int(RATE_HZ * elapsed_s), hands="on", hand_offset_mm=(2.0, -3.0),
            cue_key="good", severity="good", health="ok", targets=TARGETS,
        )  # fmt: skip
        message = encode_trace(seq, now_ns, state, moved(first, end, t0_ns, phase))
        if seq % 25 == 0:
            await socket.send(
                Status(state="training", simulated=True, rig_name=rig_id).model_dump_json()
            )
        await socket.send(message)
        sent.frames, sent.rows = sent.frames + 1, sent.rows + end - first
        sent.bytes += len(message)
        first, seq = end, seq + 1
        await asyncio.sleep(max(0.0, FRAME_S * (seq + phase) - (host_now_ns() - t0_ns) / 1e9))


async def answer(socket: ClientConnection, sent: Sent) -> None:
    """Answer pings, and say yes to whatever the wall says."""
    with suppress(WebSocketException):
        async for text in socket:
            arrived_ns = host_now_ns()
            said = read_of_server(str(text))
            if isinstance(said, Ping):
                sent.pings += 1
                await socket.send(Pong(id=said.id, rig_ns=arrived_ns).model_dump_json())
            else:
                sent.commands += 1
                await socket.send(Ack(id=said.id, ok=True).model_dump_json())


async def view(url: str, seen: Seen, headers: dict[str, str] | None = None) -> None:
    """Watch until cancelled; a sample's age is right where server and viewer share a clock."""
    async with connect(url, additional_headers=headers, proxy=None, max_size=None) as socket:
        async for message in socket:
            seen.messages += 1
            seen.bytes += len(message)
            if isinstance(message, str):
                continue
            now_ms = time.time() * 1000
            for part in decode_wall(message)[2]:
                seen.rows += len(part.motion)
                seen.dropped[part.rig_id] = part.dropped_n
                if len(part.motion) and not math.isnan(part.captured_ms):
                    seen.ages_ms.append(now_ms - part.captured_ms)


async def run_rigs(url: str, signers: Sequence[Signer], seconds: float) -> Sent:
    """Be many rigs for a time; the founder's bench calls this with rigs that it has enrolled."""
    sent, address = Sent(), Address.of(url)
    rigs = [
        fake_rig(address, signer, seconds, k / len(signers), sent)
        for k, signer in enumerate(signers)
    ]
    await asyncio.gather(*rigs)
    return sent


async def run_all(
    url: str, signers: Sequence[Signer], seconds: float, viewers_n: int
) -> tuple[Sent, list[Seen]]:
    """Run rigs, and viewers of all of them on the tests' own server."""
    seen = [Seen() for _ in range(viewers_n)]
    rig_ids = ",".join(signer.rig_id for signer in signers)
    wall = f"ws{url.removeprefix('http')}/api/live/wall?rigs={rig_ids}"
    watching = [asyncio.create_task(view(wall, each)) for each in seen]
    sent = await run_rigs(url, signers, seconds)
    await asyncio.sleep(0.5)
    for task in watching:
        task.cancel()
    return sent, seen


def rss_mb(pid: int) -> float | None:
    """Tell how much memory a process holds; None where that cannot be seen."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return round(int(text.split("VmRSS:")[1].split()[0]) / 1024, 1)


def enrolled(url: str, codes: Sequence[str]) -> list[Signer]:
    """Enrol one rig a code."""
    signers = []
    for k, code in enumerate(codes):
        key, clock = Ed25519PrivateKey.generate(), ServerTime()
        link = ServerLink(Address.of(url), clock, lambda: None)
        rig_id = enrol(link, key, code, f"Load {k + 1}", {"simulated": True})
        signers.append(Signer(rig_id, key, clock))
    return signers


def on_own_server(rigs_n: int, seconds: float, viewers_n: int) -> dict[str, Any]:
    """Start the tests' server in a process of its own, and load it."""
    keys = {f"rig-{k:02d}": Ed25519PrivateKey.generate() for k in range(rigs_n)}
    signers = [Signer(rig_id, key, ServerTime()) for rig_id, key in keys.items()]
    with tempfile.TemporaryDirectory() as folder:
        known = " ".join(f"{rig_id}={public_text(key)}" for rig_id, key in keys.items())
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.class_server"], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=os.environ | {"CLASS_SERVER_FOLDER": folder, "CLASS_SERVER_KEYS": known},
        )  # fmt: skip
        with server:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            before = rss_mb(server.pid)
            sent, seen = asyncio.run(run_all(url, signers, seconds, viewers_n))
            after = rss_mb(server.pid)
            server.communicate("")
    return {
        "rigs": rigs_n,
        "seconds": seconds,
        "sent": asdict(sent),
        "viewers": [each.summary() for each in seen],
        "server_rss_mb": {"before": before, "after": after},
    }


def main() -> None:
    """Read the command line, load the server, print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.live_rigs", description=__doc__)
    parser.add_argument("url", nargs="?", help="a running server; default: one of the tests'")
    parser.add_argument("--codes", type=Path, help="with a URL: one-time codes, one a line")
    parser.add_argument("--rigs", type=int, default=30)
    parser.add_argument("--viewers", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=20.0)
    options = parser.parse_args()
    if options.url is None:
        found = on_own_server(options.rigs, options.seconds, options.viewers)
    else:
        signers = enrolled(options.url, options.codes.read_text().split()[: options.rigs])
        sent = asyncio.run(run_rigs(options.url, signers, options.seconds))
        found = {"rigs": len(signers), "seconds": options.seconds, "sent": asdict(sent)}
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
