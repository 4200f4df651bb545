"""From a sample's arrival to the scene that shows it, in a real session with a view of its own.

Takes a folder and a length, gives the ages of what was in the scenes beside what the same view's
process saw of an idle loop on the same machine in the same run. The mannequin is the real firmware
on a pseudo-terminal where a C compiler is at hand, else the simulated one, whose arrivals the
sensing process stamps by up to 2 ms late. What comes after the scene (drawing, the runtime, the
glass) is not in it.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.clock.host import NowNs, host_now_ns
from mr.config import Mode, SessionConfig
from mr.devices.mannequin.source import MannequinSource
from mr.recording.reader import open_recording
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.processes import LiveSession, OpenDevices, SessionPlan
from mr.session.shared import Channel
from mr.session.signals import EndWord
from mr.types import Device, FloatArray, IntArray, MannequinFrame
from overlays.prediction import ChestPast, predicted
from overlays.scene import build_scene
from tests.firmware.host_board import HostBoard, build_host_board

GUIDELINE = "aha-2025-adult-bls"
FRAME_S = 1.0 / 90.0
"""A headset's loop: it is let go by the runtime so often, and reads the newest snapshot then."""
DISPLAY_AHEAD_NS = 22_000_000
SPIN_EVERY, SPIN_S = 90, 0.2
"""After so many frames the view does nothing but read the clock for so long."""
QUANTILES = (0.5, 0.9, 0.99)


@dataclass(frozen=True, slots=True)
class BoardSources:
    """The real firmware as the session's only device; picklable."""

    port: str

    def __call__(self, now: NowNs) -> Sequence[Device]:
        """Make the device."""
        return [MannequinSource(self.port, now, kind="sim", sample_rate_hz=200)]


def watching_view(path: Path, seconds: float, names: tuple[str, str], end: EndWord) -> None:
    """Build scenes as a headset's loop does, in turns with an idle spin; keep all instants."""
    frames: list[tuple[int, int, int, int, int]] = []
    spins: list[IntArray] = []
    past = ChestPast()
    with Channel.attach(names) as channel:
        while (first := channel.snapshot()) is None or first.measured_ns is None:
            if end.is_set():
                return
            time.sleep(0.01)
        until_s = time.monotonic() + seconds
        due_s = time.monotonic()
        while time.monotonic() < until_s and not end.is_set():
            due_s += FRAME_S
            time.sleep(max(due_s - time.monotonic(), 0.0))
            late_ns = round(1e9 * (time.monotonic() - due_s))
            cpu_ns = time.thread_time_ns()
            snapshot = channel.snapshot()
            if snapshot is None or snapshot.measured_ns is None:
                continue
            past.see(snapshot)
            build_scene(predicted(snapshot, host_now_ns() + DISPLAY_AHEAD_NS, past))
            now_ns, cpu_ns = host_now_ns(), time.thread_time_ns() - cpu_ns
            frames.append((now_ns, snapshot.t_ns, snapshot.measured_ns, late_ns, cpu_ns))
            if len(frames) % SPIN_EVERY == 0:
                spins.append(spin(SPIN_S))
                due_s = time.monotonic()
    np.savez(path, frames=np.array(frames), gaps_ns=np.concatenate(spins))


def spin(seconds: float) -> IntArray:
    """Read the clock and do nothing else; give the gaps between two readings, ns."""
    read, until_ns = time.perf_counter_ns, time.perf_counter_ns() + round(1e9 * seconds)
    at_ns = [read()]
    while at_ns[-1] < until_ns:
        at_ns.append(read())
    return np.diff(np.array(at_ns))


@contextmanager
def mannequin(folder: Path, rig: Rig, seconds: float) -> Iterator[tuple[OpenDevices, str]]:
    """Give what opens the session's mannequin, and its name for the table."""
    if rig.mannequin is not None and shutil.which("gcc") and shutil.which("make"):
        program = build_host_board(folder / "host")
        with HostBoard(program, "--serial", rig.mannequin.serial) as board:
            yield BoardSources(board.port), "the real firmware on a pseudo-terminal"
    else:
        sources = SimSources("good", Mode.HANDS_ONLY, seconds + 60.0, 1, 5.0, 1.0, camera=False)
        yield sources, "the simulated mannequin, its arrivals stamped up to 2 ms late"


def measure_latency(folder: Path, seconds: float) -> dict[str, Any]:
    """Run a session for `seconds` with one view; give its figures in ms."""
    rig, path, log = calibrated_rig(1), folder / "latency.mcap", folder / "latency.npz"
    with mannequin(folder, rig, seconds) as (sources, name):
        plan = SessionPlan(sources, rig, SessionConfig(), load_guideline(GUIDELINE), path)
        with LiveSession(plan, [partial(watching_view, log, seconds)]) as session:
            load: list[float] = []
            while session.running and not log.exists():
                time.sleep(0.5)
                load.append(_cpu_s(session._sensing.pid))
            session.say("stop")
            while session.running:
                time.sleep(0.05)
            session.result()
    share = (load[-1] - load[len(load) // 2]) / (0.5 * (len(load) - 1 - len(load) // 2))
    frames = [s for s in open_recording(path).samples() if isinstance(s, MannequinFrame)]
    found = np.load(log)
    figures = ages(
        found["frames"], np.array([f.arrival.arrival_ns for f in frames]), found["gaps_ns"]
    )
    seqs = np.array([f.arrival.seq for f in frames])
    return {
        "mannequin": name,
        "seconds": seconds,
        "scenes": len(found["frames"]),
        "samples": len(frames),
        "samples_lost": int((np.diff(seqs) - 1).sum()),
        "sensing_cpu_pct": 100.0 * share,
        "ms": figures,
    }


def latency_table(found: Mapping[str, Any]) -> Table:
    """Lay the figures out; what is ours stands above what the machine does by itself."""
    title = (
        f"Latency over {found['seconds']:.0f} s, ms: {found['scenes']} scenes of "
        f"{found['samples']} samples ({found['samples_lost']} lost) of {found['mannequin']}; "
        f"sensing took {found['sensing_cpu_pct']:.0f} % of a core"
    )
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("")
    for name in ("p50", "p90", "p99", "worst"):
        table.add_column(name, justify="right")
    for what, row in found["ms"].items():
        table.add_row(what, *(f"{ms:.3g}" for ms in row.values()))
    return table


def ages(frames: IntArray, arrivals_ns: IntArray, gaps_ns: IntArray) -> dict[str, dict[str, float]]:
    """Turn instants into figures, each ms: p50, p90, p99 and the worst.

    Parameters
    ----------
    frames
        (n, 5) ns of each scene: when it was built, when its snapshot was made, when that one's
        motion was captured, how late the loop woke, and the CPU time of reading and building.
    arrivals_ns
        When each sample arrived. The newest in a snapshot is the last that arrived before it.
    gaps_ns
        An idle loop's.
    """
    built, made, captured, late, cpu = frames.T
    newest = arrivals_ns[np.searchsorted(arrivals_ns, made, "right") - 1]
    of_time = np.sort(gaps_ns)
    share = np.cumsum(of_time) / of_time.sum()
    return {
        "sample's arrival to scene": _figures(built - newest),
        "sample's capture to scene": _figures(built - captured),
        "snapshot to scene": _figures(built - made),
        "CPU time of reading, predicting and building": _figures(cpu),
        "idle loop that sleeps to the next frame, late by": _figures(late),
        "idle spin loop, gaps": _figures(gaps_ns),
        "idle spin loop, the gap at an instant": {
            **{
                f"p{100 * q:.0f}": 1e-6 * float(of_time[np.searchsorted(share, q)])
                for q in QUANTILES
            },
            "worst": 1e-6 * float(of_time[-1]),
        },
    }


def _figures(values_ns: IntArray | FloatArray) -> dict[str, float]:
    row = {f"p{100 * q:.0f}": 1e-6 * float(np.quantile(values_ns, q)) for q in QUANTILES}
    return row | {"worst": 1e-6 * float(np.max(values_ns))}


def _cpu_s(pid: int | None) -> float:
    """CPU time of a process until now (Linux; NaN elsewhere)."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return float("nan")
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
