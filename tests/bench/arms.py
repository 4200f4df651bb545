"""How often the arms' alarm is false, and how often it hits: simulated learner-sessions.

Takes plans of learners with straight or bent arms, with shoulders over the hands or behind
them, and gives alarm rates with Wilson intervals and the errors of both angles. The truth
is measured on the learner's own cones.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rich.table import Table

from mr.coaching.arms import ArmAlarm
from mr.geometry.camera import Camera
from mr.sim.camera import M_PER_COUNT, SimImager
from mr.sim.learner import make_script, style_named
from mr.sim.limbs import Physique, learner_cones
from mr.sim.noise import NoiseModel
from mr.sim.rig import CameraPlace, make_sim_rigs, sim_calibration
from mr.sim.script import Script
from mr.tracking.arm_find import ArmView
from mr.tracking.arms import ArmLook, ArmWatch
from mr.tracking.chest import ChestWatch
from mr.tracking.surface import ChestView
from mr.types import ArmPosture, Arrival, DepthFrame, Stamp

COMPRESSING_S = 5.0
LOOK_S = 0.15
"""As often as the tracker looks."""
SETTLED_S = 1.2
"""Looks later than this after the first are compared with the truth."""
STYLES = ("good", "shallow", "deep", "leaning", "fast", "slow", "off-centre")
GROUPS = ("straight, over the hands", "bent 25 to 40 deg", "0.17 to 0.20 m behind the hands")


@dataclass(frozen=True, slots=True)
class ArmSession:
    """One simulated learner before one camera."""

    group: str
    seed: int
    place: CameraPlace
    physique: Physique
    sigma_px: float
    style: str
    n_looks: int = round(COMPRESSING_S / LOOK_S)

    def script(self) -> Script:
        """Plan hands that sway and slide."""
        style = replace(style_named(self.style), sway_mm=(4.0, 3.0), slide_mm=(-6.0, 6.0))
        return make_script(style, compressing_s=COMPRESSING_S, seed=self.seed)


@dataclass(frozen=True, slots=True)
class ArmResult:
    """What was seen of one session, beside its truth, in degrees."""

    session: ArmSession
    looks: Sequence[ArmLook]
    true_bend_deg: tuple[float, float]
    """Of the arm nearer to the mannequin's head, and of the other."""
    true_lean_deg: Sequence[float]
    t_ns: Sequence[int]

    def alarms(self) -> frozenset[str]:
        """Give every fault that was named at any instant."""
        alarm, named = ArmAlarm(), set[str]()
        for look, t_ns in zip(self.looks, self.t_ns, strict=True):
            at = Arrival("arms", 0, 0, t_ns)
            alarm.step(
                ArmPosture(
                    at, Stamp(t_ns, 0), "a", look.bend_rad, look.lean_rad, look.confidence, 0
                )
            )
            named |= alarm.lasting()
        return frozenset(named)

    def settled(self) -> list[int]:
        """Give the looks that have a whole window behind them."""
        return [k for k, t_ns in enumerate(self.t_ns) if t_ns - self.t_ns[0] >= SETTLED_S * 1e9]

    def errors(self, what: str) -> list[tuple[float, float]]:
        """Give (error, sigma) in degrees of each settled look's ``bend`` or ``lean``."""
        found = []
        for k in self.settled():
            look = self.looks[k]
            pairs = [(look.lean_rad, self.true_lean_deg[k])]
            if what == "bend":
                pairs = list(zip(look.bend_rad, self.true_bend_deg, strict=True))
            for measured, true_deg in pairs:
                if measured.value is not None and measured.sigma is not None:
                    error_deg = float(np.degrees(measured.value)) - true_deg
                    found.append((error_deg, float(np.degrees(measured.sigma))))
        return found


def measure_arms(quick: bool = False) -> list[dict[str, Any]]:
    """Simulate and watch all sessions (`quick`: one in eight) and give the figures."""
    return arms_figures(watch_all(plans()[:: 8 if quick else 1]))


def plans(
    n_straight: int = 64,
    n_bent: int = 32,
    n_behind: int = 24,
    draw: int = 14,
    first_seed: int = 1000,
) -> list[ArmSession]:
    """Plan the sessions: 0.6 to 0.8 m, 15 to 45 degrees, 0.08 to 0.12 px of noise.

    Sessions on which nothing was tuned: ``plans(48, 12, 0, draw=77, first_seed=6000)``.
    """
    made = []
    for k in range(n_straight + n_bent + n_behind):
        group = (k >= n_straight) + (k >= n_straight + n_bent)
        rng = np.random.default_rng([draw, k])
        place = CameraPlace(
            float(rng.uniform(0.6, 0.8)), float(rng.uniform(15, 45)), float(rng.uniform(-25, 25))
        )
        physique = Physique(
            gloves=bool(rng.random() < 0.4),
            squeeze_m=float(rng.uniform(0.0015, 0.0035)),
            elbow_bend_rad=float(np.radians(rng.uniform(25, 40))) if group == 1 else 0.0,
            shoulder_back_m=float(rng.uniform(*((0.17, 0.20) if group == 2 else (0.0, 0.10)))),
            head_forward_m=float(rng.uniform(0.02, 0.10)),
        )
        made.append(
            ArmSession(
                GROUPS[group],
                first_seed + k,
                place,
                physique,
                float(rng.uniform(0.08, 0.12)),
                STYLES[k % len(STYLES)],
            )
        )
    return made


def true_angles_deg(script: Script, t_s: float, who: Physique) -> tuple[list[float], float]:
    """Measure bend (head's side first) and lean on the cones themselves."""
    hands = script.hands_at(t_s)
    cones = learner_cones(hands, float(script.chest_depth_m(t_s)), who)
    forearms = [c for c in cones if c.radius_b_m == 0.042]
    sleeves = [c for c in cones if (c.radius_a_m, c.radius_b_m) == (0.054, 0.066)]
    arms = sorted(zip(forearms, sleeves, strict=True), key=lambda pair: -pair[1].b_m[1])
    bends = []
    for forearm, sleeve in arms:
        down, up = np.subtract(forearm.b_m, forearm.a_m), np.subtract(sleeve.b_m, sleeve.a_m)
        cosine = down @ up / np.linalg.norm(down) / np.linalg.norm(up)
        bends.append(float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))))
    middle_m = np.mean([sleeve.b_m for _, sleeve in arms], axis=0)
    line = middle_m - np.array(hands.heel_in_mannequin_m)
    return bends, float(np.degrees(np.arccos(line[2] / np.linalg.norm(line))))


def watch(session: ArmSession) -> ArmResult:
    """Render one session's looks and let the tracking watch them."""
    rig = make_sim_rigs({"a": session.place})["a"]
    script, who = session.script(), session.physique
    noise = NoiseModel(sigma_px=session.sigma_px)
    imager = SimImager(rig, script, session.seed, noise, physique=who)
    calibration = sim_calibration(rig)
    camera, pose = Camera(calibration.depth), rig.mannequin_from_cam.inverse()
    chest_view = ChestView(camera, calibration.baseline_m, pose)
    arm_view = ArmView(camera, calibration.baseline_m, pose)
    chest, arms = ChestWatch(), ArmWatch()
    looks, leans, times = [], [], []
    start_s = script.compressions[0].onset_s
    for k in range(session.n_looks):
        t_s = start_s + LOOK_S * k
        t_ns = round(t_s * 1e9)
        frame = DepthFrame(Arrival("depth", k, k, t_ns), "a", imager.depth_counts(t_s), M_PER_COUNT)
        if k == 0:
            chest.look(chest_view, frame, t_ns - 1)  # the hands have already arrived
        heel_m = chest.look(chest_view, frame, t_ns).heel_in_mannequin_m
        looks.append(arms.look(arm_view, frame, t_ns, heel_m))
        bends, lean_deg = true_angles_deg(script, t_s, who)
        leans.append(lean_deg)
        times.append(t_ns)
    return ArmResult(session, looks, (bends[0], bends[1]), leans, times)


def watch_all(sessions: Sequence[ArmSession]) -> list[ArmResult]:
    """Watch all sessions on all cores, in the order of the plans."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), context) as pool:
        return list(pool.map(watch, sessions))


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Give the 95 % interval of a share, (0, 1) without any trial.

    Ref: Wilson 1927.
    """
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


ROWS = (
    ("false alarms, bend: straight elbows", "bend", "elbows_bent", (0, 2)),
    ("hits, bend: elbows bent 25 to 40 deg", "bend", "elbows_bent", (1,)),
    ("false alarms, lean: shoulders 0 to 0.10 m behind", "lean", "shoulders_back", (0, 1)),
    ("hits, lean: shoulders 0.17 to 0.20 m behind", "lean", "shoulders_back", (2,)),
)
"""What is counted, of which angle and fault, over which groups."""


def arms_figures(results: Sequence[ArmResult]) -> list[dict[str, Any]]:
    """Count alarms and errors, a row for each of `ROWS`.

    "measured" are sessions known in more than half of the looks.
    """
    rows = []
    for label, what, fault, groups in ROWS:
        mine = [r for r in results if r.session.group in {GROUPS[k] for k in groups}]
        if mine:
            rows.append({"": label} | _counts(mine, what, fault))
    return rows


def _counts(mine: Sequence[ArmResult], what: str, fault: str) -> dict[str, Any]:
    seen = [r for r in mine if len(r.errors(what)) > 0.5 * len(r.settled())]
    counts: dict[str, Any] = {
        "sessions": len(mine),
        "alarm": sum(fault in r.alarms() for r in mine),
        "measured": len(seen),
        "of these, alarm": sum(fault in r.alarms() for r in seen),
    }
    errors = np.array([pair for r in mine for pair in r.errors(what)]).reshape(-1, 2)
    off_deg, sigma_deg = errors.T
    measured = len(errors) > 0
    return counts | {
        "bias": float(off_deg.mean()) if measured else None,
        "RMS": float(np.sqrt(np.mean(off_deg**2))) if measured else None,
        "worst": float(np.abs(off_deg).max()) if measured else None,
        "sigma": float(sigma_deg.mean()) if measured else None,
    }


def arms_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Lay alarms and errors out, the alarms with their intervals."""
    title = (
        "SIMULATED: sessions of 5 s in which the arms' alarm spoke (95 % Wilson), and errors, deg"
    )
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in rows[0]:
        table.add_column(name, justify="right" if name else "left")
    for row in rows:
        shares = {"alarm": row["sessions"], "of these, alarm": row["measured"]}
        table.add_row(
            *(
                _share(value, shares[name]) if name in shares else _cell(name, value)
                for name, value in row.items()
            )
        )
    return table


def _cell(name: str, value: float | str | None) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, float):
        return f"{value:+.1f}" if name == "bias" else f"{value:.1f}"
    return str(value)


def _share(hits: int, n: int) -> str:
    low, high = wilson(hits, n)
    return f"{hits} ({100 * low:.0f} to {100 * high:.0f} %)"
