"""How far off the chest is that is drawn for an instant ahead, by each way to predict it.

Takes a plan of simulated sessions, gives the errors of the depth at leads of 20 to 100 ms
against the script's truth, as a view at 72 frames a second would have drawn it; and the same
ways on the only real CPR rhythm at hand, the up and down of a learner's head. Leaves the
errors of everything else in the picture to `overlay`.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.table import Table

from mr.cli.demo import calibrated_rig
from mr.cli.sources import SimSources
from mr.clock.host import NowNs
from mr.config import Mode, SessionConfig
from mr.scoring.profiles import load_guideline
from mr.session.processes import SessionPlan, run_fast
from mr.sim.learner import STYLES, LearnerStyle, make_script
from mr.sim.script import Script
from mr.types import Device, FloatArray, Phase, Snapshot
from overlays.prediction import ChestPast, predicted, swing_ahead_mm
from tests.snapshots import IN_FULL_SWING

GUIDELINE = "aha-2025-adult-bls"
LEADS_S = (0.02, 0.04, 0.06, 0.08, 0.1)
FRAME_NS = 13_888_889
"""72 frames a second: the slowest of today's headsets see the least of the past."""
DEPTH_HZ = 60.0
UNEVEN = replace(
    STYLES["good"], name="uneven", depth_spread_mm=4.0, rate_spread_cpm=6.0, lean_spread_mm=2.0
)
"""Three times as uneven as the others: a tired or untrained learner."""
HEAD_CPM = 111.9
"""The recording's own rate (shared/data/README)."""
AS_A_CHEST = 0.55
"""The head goes up and down by some 75 mm while it wanders by as much."""
Sensor = Literal["mannequin", "camera"]
Errors = dict[str, dict[float, FloatArray]]
"""Drawn minus true depth in mm: by way, by lead."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One plan: a learner before one sensor."""

    style: LearnerStyle
    seed: int
    sensor: Sensor = "mannequin"
    mode: Mode = Mode.HANDS_ONLY
    compressing_s: float = 15.0


@dataclass(frozen=True, slots=True)
class _Sources(SimSources):
    """Simulated devices of a learner who is in no list."""

    learner: LearnerStyle = STYLES["good"]

    def script(self) -> Script:
        return make_script(self.learner, self.mode, self.compressing_s, self.seed)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What a view saw of a session, frame by frame, and the truth, which began at `start_ns`."""

    plan: Watched
    snapshots: Sequence[Snapshot]
    script: Script
    start_ns: int

    def true_mm(self, t_ns: int) -> float:
        """Tell the true depth."""
        return 1e3 * float(self.script.chest_depth_m(1e-9 * (t_ns - self.start_ns)))

    def compressing(self, t_ns: int) -> bool:
        """Whether a bout of compressions is under way."""
        t_s, plan = 1e-9 * (t_ns - self.start_ns), self.script.compressions
        bouts = {c.bout for c in plan if c.onset_s <= t_s} & {
            c.bout for c in plan if t_s <= c.release_s
        }
        return bool(bouts)


def plans(quick: bool) -> list[Watched]:
    """Plan every style, an uneven learner and 30:2, no two of one seed; some before a camera."""
    styles = [*STYLES.values(), UNEVEN]
    if quick:
        chosen = [STYLES["good"], STYLES["fast"], UNEVEN]
        by_mannequin = [Watched(style, 40 + k, compressing_s=8.0) for k, style in enumerate(chosen)]
        return [*by_mannequin, Watched(STYLES["good"], 70, "camera", compressing_s=4.0)]
    made = [Watched(style, 40 + k) for k, style in enumerate(styles)]
    made.append(Watched(STYLES["good"], 60, mode=Mode.C30_2, compressing_s=30.0))
    by_camera = (STYLES["good"], STYLES["fast"], UNEVEN)
    return made + [
        Watched(style, 70 + k, "camera", compressing_s=10.0) for k, style in enumerate(by_camera)
    ]


def watch(plan: Watched) -> Seen:
    """Run a session as fast as it goes and keep what a view's frames would have read."""
    by_camera = plan.sensor == "camera"
    sources = _Sources(
        plan.style.name,
        plan.mode,
        plan.compressing_s,
        plan.seed,
        DEPTH_HZ,
        1.0,
        camera=by_camera,
        mannequin=not by_camera,
        learner=plan.style,
    )
    started_ns: list[int] = []
    snapshots: list[Snapshot] = []

    def open_devices(now: NowNs) -> Sequence[Device]:
        started_ns.append(now())
        return sources(now)

    def publish(snapshot: Snapshot) -> None:
        if not snapshots or snapshot.t_ns - snapshots[-1].t_ns >= FRAME_NS:
            snapshots.append(snapshot)

    with tempfile.TemporaryDirectory() as folder:
        config, guideline = SessionConfig(mode=plan.mode), load_guideline(GUIDELINE)
        rig, path = calibrated_rig(plan.seed), Path(folder) / "session.mcap"
        run_fast(
            SessionPlan(open_devices, rig, config, guideline, path), publish, lambda _picture: None
        )
    return Seen(plan, snapshots, sources.script(), started_ns[0])


def drawn(
    snapshots: Iterable[Snapshot], leads_s: Sequence[float]
) -> Iterator[tuple[Snapshot, float, dict[str, float]]]:
    """Give each snapshot that knows the chest, each lead, and the depth by each way."""
    past, before = ChestPast(), list[Snapshot]()
    for snapshot in snapshots:
        past.see(snapshot)
        measured_ns, depth_mm = snapshot.measured_ns, snapshot.depth_mm
        if measured_ns is None or depth_mm is None or snapshot.velocity_mm_s is None:
            continue
        bend_mm_s2 = _bend_mm_s2(before, snapshot)
        before = [*before[-1:], snapshot]
        for lead_s in leads_s:
            ahead_ns = measured_ns + round(1e9 * lead_s)
            straight_mm = snapshot.velocity_mm_s * lead_s
            swing_mm = swing_ahead_mm(snapshot, lead_s)
            wrong = replace(snapshot, velocity_mm_s=-snapshot.velocity_mm_s)
            yield (
                snapshot,
                lead_s,
                {
                    "none": depth_mm,
                    "straight": depth_mm + straight_mm,
                    "constant acceleration": depth_mm
                    + straight_mm
                    + 0.5 * bend_mm_s2 * lead_s * lead_s,
                    "swing": depth_mm + (straight_mm if swing_mm is None else swing_mm),
                    "as before": predicted(snapshot, ahead_ns, past).depth_mm or 0.0,
                    "control: velocity's sign wrong": predicted(wrong, ahead_ns).depth_mm or 0.0,
                },
            )


def _bend_mm_s2(before: Sequence[Snapshot], snapshot: Snapshot) -> float:
    """Tell the acceleration by the velocities of two frames; 0 without them."""
    if not before or before[-1].velocity_mm_s is None or snapshot.velocity_mm_s is None:
        return 0.0
    step_ns = (snapshot.measured_ns or 0) - (before[-1].measured_ns or 0)
    if not 0 < step_ns < 5 * FRAME_NS:
        return 0.0
    return (snapshot.velocity_mm_s - before[-1].velocity_mm_s) / (1e-9 * step_ns)


def errors(seen: Seen, leads_s: Sequence[float] = LEADS_S, *, compressing: bool = True) -> Errors:
    """Compare what is drawn with the truth at the instant for which it is drawn."""
    found: dict[str, dict[float, list[float]]] = {}
    for snapshot, lead_s, depths_mm in drawn(seen.snapshots, leads_s):
        assert snapshot.measured_ns is not None
        if seen.compressing(snapshot.measured_ns) is not compressing:
            continue
        true_mm = seen.true_mm(snapshot.measured_ns + round(1e9 * lead_s))
        for way, depth_mm in depths_mm.items():
            found.setdefault(way, {}).setdefault(lead_s, []).append(depth_mm - true_mm)
    return {w: {s: np.array(e) for s, e in by.items()} for w, by in found.items()}


def pooled(every: Sequence[Errors]) -> Errors:
    """Put the errors of several sessions together."""
    return {
        way: {lead_s: np.concatenate([e[way][lead_s] for e in every]) for lead_s in by}
        for way, by in every[0].items()
    }


def rms(values: FloatArray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(values * values)))


def figures(found: Errors) -> dict[str, dict[str, float]]:
    """Give the rms in mm by way and lead (ms)."""
    return {w: {f"{1e3 * s:.0f}": rms(e) for s, e in by.items()} for w, by in found.items()}


def measure_prediction(quick: bool, head_file: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """Measure all ways on all plans; each learner's own figures are of the way in use."""
    by_sensor: dict[str, list[Errors]] = {}
    still: dict[str, list[Errors]] = {}
    learners = {}
    for plan in plans(quick):
        seen = watch(plan)
        found = errors(seen)
        by_sensor.setdefault(plan.sensor, []).append(found)
        still.setdefault(plan.sensor, []).append(errors(seen, compressing=False))
        name = f"{plan.style.name}, {plan.mode.value}, {plan.sensor}"
        learners[name] = figures(found)["as before"]
        tell(f"predicted {name}")
    return {
        "simulated": True,
        "sessions": sum(map(len, by_sensor.values())),
        "compressing": {k: figures(pooled(e)) for k, e in by_sensor.items()},
        "still": {k: figures(pooled(e)) for k, e in still.items()},
        "by_learner": learners,
        "real_head": figures(head_as_a_chest(head_file)) if head_file.exists() else None,
    }


def prediction_tables(found: dict[str, Any]) -> Iterator[Table]:
    """Lay the figures out: rms mm by lead in ms."""
    title = "SIMULATED: depth drawn ahead, by {}, {}: rms mm by lead in ms"
    for when in ("compressing", "still"):
        for sensor, rows in found[when].items():
            yield _table(title.format(sensor, when), rows)
    yield _table("SIMULATED: the way in use, by learner", found["by_learner"])
    if found["real_head"] is not None:
        yield _table("Real: a learner's head, as small as a chest's stroke", found["real_head"])


def _table(title: str, rows: dict[str, dict[str, float]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column("")
    for lead in next(iter(rows.values())):
        table.add_column(lead, justify="right")
    for name, row in rows.items():
        table.add_row(name, *(f"{mm:.2f}" for mm in row.values()))
    return table


def head_as_a_chest(path: Path, leads_s: Sequence[float] = LEADS_S) -> Errors:
    """Predict the up and down of a real learner's head during CPR as if it were a chest's.

    No recording of a real chest is at hand. The head's rhythm is a person's own, with all its
    unevenness; it is one axis of a head pose at 60 Hz, written in steps of 1 mm, and is made as
    small as a chest's stroke (`AS_A_CHEST`). Instants that the file leaves out are not judged.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    t_ns = np.array([1_000_000 * int(row["RealTime"]) for row in rows])
    y_mm = np.array([-1e3 * float(row["EyePosition"].strip("()").split("|")[1]) for row in rows])
    pressing = (t_ns - t_ns[0] > 2e9) & (t_ns - t_ns[0] < 38e9)
    t_ns, y_mm = t_ns[pressing], y_mm[pressing]
    y_mm = AS_A_CHEST * (y_mm - y_mm.min())
    found: dict[str, dict[float, list[float]]] = {}
    for snapshot, lead_s, depths_mm in drawn(_as_snapshots(t_ns, y_mm), leads_s):
        assert snapshot.measured_ns is not None
        at_ns = snapshot.measured_ns + round(1e9 * lead_s)
        k = int(np.searchsorted(t_ns, at_ns))
        if k == len(t_ns) or t_ns[k] - t_ns[k - 1] > 20_000_000:
            continue
        true_mm = float(np.interp(at_ns - t_ns[0], t_ns - t_ns[0], y_mm))
        for way, depth_mm in depths_mm.items():
            found.setdefault(way, {}).setdefault(lead_s, []).append(depth_mm - true_mm)
    return {w: {s: np.array(e) for s, e in by.items()} for w, by in found.items()}


def _as_snapshots(t_ns: np.ndarray[Any, Any], y_mm: FloatArray) -> Iterator[Snapshot]:
    """Dress positions as a chest's, each with the slope at the end of a parabola through three."""
    for k in range(2, len(t_ns)):
        a_s, b_s = 1e-9 * (t_ns[k] - t_ns[k - 1]), 1e-9 * (t_ns[k] - t_ns[k - 2])
        near, far = (y_mm[k] - y_mm[k - 1]) / a_s, (y_mm[k] - y_mm[k - 2]) / b_s
        between = (y_mm[k - 1] - y_mm[k - 2]) / (b_s - a_s)
        last_s = y_mm[max(0, k - 60) : k + 1]
        yield replace(
            IN_FULL_SWING,
            phase=Phase.COMPRESSING,
            measured_ns=int(t_ns[k]),
            depth_mm=float(y_mm[k]),
            velocity_mm_s=float(near + far - between),
            rate_cpm=HEAD_CPM,
            last_depth_mm=float(last_s.max()),
            last_release_mm=float(last_s.min()),
        )
