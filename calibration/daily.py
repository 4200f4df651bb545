"""The daily check: a minute in which a rig shows that it still is what its file says.

Takes one capture's samples (after the front end) of a technician who leaves the chest alone
and then presses it three times down onto a gauge block, gives what was found with limits and
words; leaves the capture's guiding to `calibration.daily_guide`, cameras' and markers' part to
`calibration.daily_views` and `.daily_plates`, and showing to the commands. Nothing is calibrated
here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.daily_plates import PlatesChecked, check_plates
from calibration.daily_presses import Pressed, pressed_onto
from calibration.daily_views import PRESS_NS, CameraChecked, check_cameras
from calibration.record import Check, Plot, Record, line, points
from mr.errors import CalibrationError
from mr.rig import Rig
from mr.session.drift_limits import LIMITS
from mr.session.drift_spring import spring_ratio, spring_sums
from mr.types import DeviceInfo, FloatArray, Sample

BLOCK_MM, BLOCK_SIGMA_MM = 50.0, 0.05
"""The usual block, with its seating."""
ZERO_MM = 0.5
BIAS_MM = 0.5
"""The issue's: depth without bias to half a millimetre."""
SPREAD_MM = 0.3
"""Ours: three presses onto one block hardly differ; more is a block that tips."""
RETURN_MM = 0.5
LEAST_SHARE_PCT = 5.0
"""Ours: each cell carries a quarter of a press in the middle; a dead one carries none."""
FROM_MM, SHORT_OF_MM, LEAST_ROWS = 15.0, 2.0, 20
"""The spring is weighed between these: from the zero, and short of the block."""
ZERO_SIGMA_MM, CELL_SIGMA_N, FLOW_SIGMA_ML_S = 0.05, 0.1, 1.0
"""What comes beside the scatter, as in `mr.session.drift_rest`. Assumed."""


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """What the check found. Depths are positive into the chest."""

    serial: str
    block_mm: float
    zero_mm: float
    """Of the chest's curve, before the first press."""
    zero_sigma_mm: float
    held_mm: FloatArray
    """(presses,) from the zero before each."""
    held_sigma_mm: float
    """Of their mean, with the block's."""
    return_mm: FloatArray
    """(presses,) where the chest comes to rest after each, from the first zero."""
    force_n: float
    """Over the held block, mean."""
    stiffness_pct: float | None
    """Of the calibrated force at that depth, what it is more; None: the rig has no stiffness."""
    stiffness_sigma_pct: float
    cells_n: FloatArray
    """(4,) with nothing on the chest."""
    cells_sigma_n: FloatArray
    shares_pct: FloatArray
    """(4,) of the force over the held block."""
    flow_ml_s: float | None
    """Of the airway with nothing blown; None: its sensor was silent."""
    flow_sigma_ml_s: float
    cameras: tuple[CameraChecked, ...]
    plates: tuple[PlatesChecked, ...]
    absent: tuple[str, ...]
    """Cameras of the rig that took no part."""
    t_s: FloatArray
    depth_mm: FloatArray
    """The whole capture, thinned, for the plot."""
    n_samples: int

    @property
    def bias_mm(self) -> float:
        """Mean depth at the block, less the block."""
        return float(self.held_mm.mean()) - self.block_mm

    def _took_part(self) -> list[Check]:
        """Fail for each camera of the rig that was not there: nobody has checked it."""
        return [
            Check(
                item=f"camera {key}, took part",
                value=0.0,
                unit="",
                low=1.0,
                why="it was not checked: plug it in, and check again",
            )
            for key in self.absent
        ]

    def record(self) -> Record:
        """Show it with limits."""
        checks = [
            *_chest_checks(self),
            *_force_checks(self),
            *(check for camera in self.cameras for check in camera.checks(self.block_mm)),
            *(check for plates in self.plates for check in plates.checks()),
        ]
        return Record(
            procedure="check",
            subject=self.serial,
            checks=(*checks, *self._took_part()),
            plots=(_plot(self),),
            n_samples=self.n_samples,
        )


def measure_check(
    samples: Iterable[Sample],
    rig: Rig,
    infos: Sequence[DeviceInfo],
    block_mm: float = BLOCK_MM,
    block_sigma_mm: float = BLOCK_SIGMA_MM,
) -> Checked:
    """Measure what the daily check asks about.

    Parameters
    ----------
    samples
        In their order of arrival, frames of cameras turned into observations.
    rig
        As it is to be checked; it needs a mannequin.
    infos
        The devices that gave the samples.
    block_mm, block_sigma_mm
        The gauge block's height, and its one-sigma with its seating.

    Raises
    ------
    CalibrationError
        When the presses are not what was asked for: not onto this block, too short, too few,
        hands on the chest at its zero; or the rig has no mannequin.
    """
    if rig.mannequin is None:
        raise CalibrationError(
            f"rig {rig.name!r} has no mannequin: the daily check presses one onto a gauge block"
        )
    every = list(samples)
    streams = {s.name.rpartition(".")[0] for info in infos for s in info.streams}
    seeing = tuple(key for key in rig.cameras if f"cam_{key}" in streams)
    pressed = pressed_onto(every, rig.mannequin, infos, block_mm)
    holds = pressed.holds
    before_mm = np.array([hold.before_mm for hold in holds])
    held_mm = np.array([hold.depth_mm for hold in holds]) - before_mm
    rest = pressed.rest
    sem_mm = float(held_mm.std(ddof=1)) / math.sqrt(len(held_mm))
    force_n = float(np.mean([hold.cells_n.sum() for hold in holds]) - rest.cells_n.sum())
    shares = np.mean([hold.cells_n - rest.cells_n for hold in holds], axis=0) / max(force_n, 1.0)
    stiffness_pct, stiffness_sigma_pct = _stiffness(rig, pressed, block_mm)
    return Checked(
        serial=rig.mannequin.serial,
        block_mm=block_mm,
        zero_mm=rest.depth_mm,
        zero_sigma_mm=math.hypot(rest.depth_sem_mm, ZERO_SIGMA_MM),
        held_mm=held_mm,
        held_sigma_mm=math.sqrt(
            sem_mm**2 + block_sigma_mm**2 + (1e3 * rig.mannequin.chest_depth_m.sigma) ** 2
        ),
        return_mm=np.array([hold.after_mm for hold in holds]) - rest.depth_mm,
        force_n=force_n,
        stiffness_pct=stiffness_pct,
        stiffness_sigma_pct=stiffness_sigma_pct,
        cells_n=rest.cells_n,
        cells_sigma_n=np.hypot(rest.cells_sem_n, CELL_SIGMA_N),
        shares_pct=100.0 * shares,
        flow_ml_s=rest.flow_ml_s,
        flow_sigma_ml_s=math.hypot(rest.flow_sem_ml_s, FLOW_SIGMA_ML_S),
        cameras=check_cameras(every, rig, seeing, pressed, block_mm, block_sigma_mm),
        plates=check_plates(every, rig, seeing),
        absent=tuple(key for key in rig.cameras if key not in seeing),
        t_s=pressed.t_s[::10],
        depth_mm=pressed.depth_mm[::10],
        n_samples=len(pressed.t_s),
    )


def _stiffness(rig: Rig, pressed: Pressed, block_mm: float) -> tuple[float | None, float]:
    """Compare the force on the ways to the block with the calibrated spring; (%, one-sigma).

    Not over the held block: there the cells feel what the technician presses beyond the spring.
    """
    assert rig.mannequin is not None
    spring = rig.mannequin.stiffness
    if spring is None:
        return None, math.nan
    depth_mm = pressed.depth_mm - pressed.rest.depth_mm
    ways = (depth_mm > FROM_MM) & (depth_mm < block_mm - SHORT_OF_MM)
    ratios = []
    for hold in pressed.holds:
        near = np.abs(pressed.t_ns - 0.5 * (hold.start_ns + hold.end_ns))
        mine = ways & (near < 0.5 * (hold.end_ns - hold.start_ns) + PRESS_NS)
        columns = depth_mm[mine] / 1e3, pressed.velocity_m_s[mine], pressed.force_n[mine]
        ratio = spring_ratio(spring_sums(spring, *columns)) if mine.sum() >= LEAST_ROWS else None
        ratios += [] if ratio is None else [ratio]
    if len(ratios) < 2:
        return None, math.nan
    cells_n = math.sqrt(sum(curve.sigma**2 for curve in rig.mannequin.cell_force_n))
    scatter = float(np.std(ratios, ddof=1)) / math.sqrt(len(ratios))
    known_n = math.hypot(spring.sigma_n, cells_n) / spring.force_at_50mm_n
    return 100.0 * (float(np.mean(ratios)) - 1.0), 100.0 * math.hypot(known_n, scatter)


def _chest_checks(c: Checked) -> list[Check]:
    shift = ""
    if abs(c.zero_mm) > ZERO_MM:
        shift = (
            f"the chest's zero has moved by {c.zero_mm:+.1f} mm since calibration: look whether "
            "something lies on the chest, else calibrate the chest"
        )
    off = ""
    if abs(c.bias_mm) > BIAS_MM:
        off = (
            f"the chest reads {c.held_mm.mean():.1f} mm on the {c.block_mm:g} mm block: press once "
            "more to be sure of the block's seat, else calibrate the chest"
        )
    spread_mm, back_mm = float(np.ptp(c.held_mm)), c.return_mm
    worst_mm = float(back_mm[np.argmax(np.abs(back_mm))])
    return [
        Check(item="chest, zero", value=c.zero_mm, unit="mm", sigma=c.zero_sigma_mm,
              low=-ZERO_MM, high=ZERO_MM, why=shift or "ours: the depth's bias that is allowed"),
        Check(item="chest, depth at the block", value=c.bias_mm, unit="mm", sigma=c.held_sigma_mm,
              low=-BIAS_MM, high=BIAS_MM, why=off or "ours: the depth's bias that is allowed"),
        Check(item="chest, spread of the presses", value=spread_mm, unit="mm", high=SPREAD_MM,
              why="ours: largest less smallest; more is a block that tips or a loose sensor"),
        Check(item="chest, back at zero", value=worst_mm, unit="mm", sigma=c.zero_sigma_mm,
              low=-RETURN_MM, high=RETURN_MM,
              why="ours: the worst of the presses; more is a chest that sticks"),
    ]  # fmt: skip


def _force_checks(c: Checked) -> list[Check]:
    checks = []
    if c.stiffness_pct is None:
        why = "for information: over the block; the rig has no calibrated stiffness"
        checks.append(Check(item="spring", value=c.force_n, unit="N", why=why))
    else:
        limit, how = LIMITS["stiffness"], "softer" if c.stiffness_pct < 0 else "stiffer"
        why = limit.why
        if abs(c.stiffness_pct) > limit.limit:
            why = (
                f"the spring is {abs(c.stiffness_pct):.0f} % {how} than calibrated "
                f"({c.force_n:.0f} N at {c.block_mm:g} mm): {limit.recalibrate}"
            )
        checks.append(
            Check(item="spring", value=c.stiffness_pct, unit="%",
                  sigma=c.stiffness_sigma_pct, low=-limit.limit, high=limit.limit, why=why)
        )  # fmt: skip
    limit = LIMITS["cell"]
    for k in range(4):
        n, share_pct = float(c.cells_n[k]), float(c.shares_pct[k])
        why = limit.why
        if abs(n) > limit.limit:
            why = f"cell {k} reads {n:+.1f} N with nothing on the chest: {limit.recalibrate}"
        checks.append(Check(item=f"cell {k}, zero", value=n, unit="N",
                            sigma=float(c.cells_sigma_n[k]), low=-limit.limit, high=limit.limit,
                            why=why))  # fmt: skip
        why = "ours: each carries a quarter of a press in the middle"
        if share_pct < LEAST_SHARE_PCT:
            why = f"cell {k} does not feel the press: is its lead off, or the press at the edge?"
        checks.append(Check(item=f"cell {k}, share of the press", value=share_pct, unit="%",
                            low=LEAST_SHARE_PCT, why=why))  # fmt: skip
    if c.flow_ml_s is not None:
        limit, why = LIMITS["airway"], LIMITS["airway"].why
        if abs(c.flow_ml_s) > limit.limit:
            why = (
                f"the airway reads {c.flow_ml_s:+.0f} mL/s while no air flows: look that nothing "
                f"blows on it, else {limit.recalibrate}"
            )
        checks.append(Check(item="airway, zero", value=c.flow_ml_s, unit="mL/s",
                            sigma=c.flow_sigma_ml_s, low=-limit.limit, high=limit.limit,
                            why=why))  # fmt: skip
    return checks


def _plot(c: Checked) -> Plot:
    ends_s = [float(c.t_s[0]), float(c.t_s[-1])]
    return Plot(
        title="Three presses onto the block",
        x_label="time (s)",
        y_label="depth (mm)",
        series=(
            line("the chest's sensor", c.t_s, c.depth_mm),
            line("block", ends_s, [c.block_mm, c.block_mm]),
            points("zero", ends_s[:1], [c.zero_mm]),
        ),
    )


def compare(record: Record, last: Record) -> tuple[str, ...]:
    """Say what has changed since the last check: what is more than three sigmas, or fails anew.

    Checks are matched by item and unit; one that the last record had not is left out.
    """
    before = {(check.item, check.unit): check for check in last.checks}
    said = []
    for check in record.checks:
        old = before.get((check.item, check.unit))
        if old is None:
            continue
        by = check.value - old.value
        sigma = math.hypot(check.sigma or 0.0, old.sigma or 0.0)
        if old.passed and not check.passed:
            said.append(f"{check.item}: passed last time ({_num(old)}), now {_num(check)}")
        elif check.passed and not old.passed:
            said.append(f"{check.item}: failed last time ({_num(old)}), now {_num(check)}")
        elif sigma > 0.0 and abs(by) > 3.0 * sigma:
            said.append(f"{check.item}: {by:+.2g} {check.unit} since the last check")
    return tuple(said)


def _num(check: Check) -> str:
    return f"{check.value:.2g} {check.unit}".strip()
