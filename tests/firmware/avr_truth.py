"""Ten minutes of learners as voltages and pressures, and what they truly did.

Gives what the emulated sensors feel (`Play.waveform`) by the equations of the wiring plan,
the calibration that follows from the same equations (`calibration`), and the truth at any
instant out of the learners' scripts. No estimator is used here: the truth is the plan's.

The circuit: a linear potentiometer of 75 mm between 0 V and the reference (ratiometric), mounted
so that the unloaded chest stands at 4 mm; four cells with linear amplifiers of slightly
different zero and gain; a flow element whose pressure drop has a laminar and a turbulent part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mr.config import Mode
from mr.rig import Curve, MannequinCalibration
from mr.sim.learner import LearnerStyle, make_script
from mr.sim.plant import Stiffness
from mr.sim.script import Script
from mr.types import FloatArray

SUPPLY_MV = 5000.0
STEPS = 1024
TRUNCATED = 0.5
"""The converter truncates: counts k stand for the middle of their step."""

STROKE_MM = 75.0
REST_MM = 4.0
CELL_XY_M = ((0.050, 0.050), (-0.050, 0.050), (0.050, -0.050), (-0.050, -0.050))
CELL_ZERO_MV = (212.0, 187.0, 240.0, 169.0)
CELL_MV_PER_N = (11.0, 10.4, 11.5, 10.8)
LAMINAR_PA_S_L = 60.0
TURBULENT_PA_S2_L2 = 110.0
COUNTS_PER_PA = 60.0

ROWS_PER_S = 1000
FIRST_S = 9.5
"""By then the host has found the mannequin and set its rate: the emulator is forty times as fast
as time, and goes on by what its port's buffers hold while a busy machine keeps the host waiting."""
GAP_S = 1.0
"""Between two learners nobody is there for so long, beside their own coming and going."""
RAMP_S = 0.010
RAMP_ROWS_PER_S = 100_000

LEARNERS = (
    LearnerStyle("steady", depth_mm=54.0, rate_cpm=110.0, breath_ml=500.0, breath_spread_ml=30.0),
    LearnerStyle(
        "quick and shallow", depth_mm=41.0, depth_spread_mm=2.5, rate_cpm=128.0,
        offset_mm=(-22.0, 12.0), slide_mm=(3.0, 6.0), breath_ml=250.0, breath_spread_ml=20.0,
    ),
    LearnerStyle(
        "leaning", depth_mm=57.0, rate_cpm=104.0, lean_mm=9.0, lean_spread_mm=2.0,
        offset_mm=(19.0, -20.0), slide_mm=(4.0, 3.0), breath_ml=640.0, breath_spread_ml=25.0,
    ),
    LearnerStyle(
        "slow and deep", depth_mm=62.0, depth_spread_mm=1.8, rate_cpm=88.0, tiring_mm=9.0,
        offset_mm=(3.0, 23.0), slide_mm=(-6.0, -5.0), breath_ml=380.0, breath_spread_ml=60.0,
    ),
)  # fmt: skip


def breathing_learners(duration_s: float) -> tuple[Turn, ...]:
    """Let the learners take turns, 30:2, until the time is up."""
    turns: list[Turn] = []
    start_s = FIRST_S
    while True:
        k = len(turns)
        style = LEARNERS[k % len(LEARNERS)]
        script = make_script(style, Mode.C30_2, compressing_s=34.0, seed=k + 1)
        if start_s + script.duration_s > duration_s:
            return tuple(turns)
        turns.append(Turn(start_s, script))
        start_s += script.duration_s + GAP_S


@dataclass(frozen=True, slots=True)
class Turn:
    """One learner at the mannequin from `start_s` on."""

    start_s: float
    script: Script

    @property
    def end_s(self) -> float:
        """When the learner has gone."""
        return self.start_s + self.script.duration_s


@dataclass(frozen=True, slots=True)
class Play:
    """All turns of one run; functions of true time in s since the start."""

    duration_s: float
    turns: tuple[Turn, ...]

    @classmethod
    def of(cls, duration_s: float) -> Play:
        """Plan a run of so many seconds."""
        return cls(duration_s, breathing_learners(duration_s))

    def depth_mm(self, t_s: FloatArray) -> FloatArray:
        """Tell how deep the chest is."""
        return 1e3 * self._each(t_s, lambda s, t: s.chest_depth_m(t))

    def flow_l_s(self, t_s: FloatArray) -> FloatArray:
        """Tell the flow of air into the lungs."""
        return 1e-3 * self._each(t_s, lambda s, t: s.airflow_ml_s(t))

    def hand_m(self, t_s: FloatArray) -> FloatArray:
        """Tell where the force goes in: (n, 2)."""
        x = self._each(t_s, lambda s, t: s.hand_offset_m(t)[..., 0])
        return np.stack([x, self._each(t_s, lambda s, t: s.hand_offset_m(t)[..., 1])], axis=-1)

    def force_n(self, t_s: FloatArray) -> FloatArray:
        """Tell the force on the chest."""
        spring = Stiffness()
        return self._each(
            t_s, lambda s, t: spring.force_n(s.chest_depth_m(t), s.chest_velocity_m_s(t))
        )

    def _each(
        self, t_s: FloatArray, what: Callable[[Script, FloatArray], FloatArray]
    ) -> FloatArray:
        """Ask each learner about the instants of the own turn; zero in between."""
        out = np.zeros_like(t_s)
        for turn in self.turns:
            here = (t_s >= turn.start_s) & (t_s < turn.end_s)
            out[here] = what(turn.script, t_s[here] - turn.start_s)
        return out

    def waveform(self) -> npt.NDArray[np.float32]:
        """Give what the sensors feel, (n, 6) at `ROWS_PER_S`."""
        t_s = np.arange(round(ROWS_PER_S * self.duration_s) + 1) / ROWS_PER_S
        table = np.empty((len(t_s), 6), dtype=np.float32)
        table[:, 0] = SUPPLY_MV * (REST_MM + self.depth_mm(t_s)) / STROKE_MM
        force, hand = self.force_n(t_s), self.hand_m(t_s)
        for k, (x, y) in enumerate(CELL_XY_M):
            share = (0.5 + hand[:, 0] / (2 * x)) * (0.5 + hand[:, 1] / (2 * y))
            table[:, 1 + k] = CELL_ZERO_MV[k] + CELL_MV_PER_N[k] * force * share
        table[:, 5] = pressure_pa(self.flow_l_s(t_s))
        return table


def ramps(duration_s: float) -> npt.NDArray[np.float32]:
    """Give a chest that runs through the converter's range every `RAMP_S`.

    One count is 9.8 µs of it: what the converter said tells when it held its input.
    """
    t_s = np.arange(round(duration_s * RAMP_ROWS_PER_S)) / RAMP_ROWS_PER_S
    table = np.zeros((len(t_s), 6), dtype=np.float32)
    table[:, 0] = SUPPLY_MV * (t_s % RAMP_S) / RAMP_S
    return table


def ramp_lateness_s(counts: FloatArray, stamp_s: FloatArray) -> tuple[float, FloatArray]:
    """Tell by how much stamps are late on the ramp: the median, and each one's rest.

    The median is when the device's clock began; it is unknown by whole ramps.
    """
    held_s = (counts + TRUNCATED) / STEPS * RAMP_S
    late_s = (stamp_s - held_s) % RAMP_S
    zero_s = float(np.median(late_s))
    inside = np.abs((stamp_s - zero_s) % RAMP_S - RAMP_S / 2) < 0.45 * RAMP_S
    return zero_s, (late_s - zero_s)[inside]


def pressure_pa(flow_l_s: FloatArray) -> FloatArray:
    """Tell the pressure drop over the flow element."""
    return LAMINAR_PA_S_L * flow_l_s + TURBULENT_PA_S2_L2 * flow_l_s * np.abs(flow_l_s)


def depth_mm_of(counts: FloatArray, half_count: float = TRUNCATED) -> FloatArray:
    """Turn chest counts into depth by the circuit's equation."""
    return (counts + half_count) / STEPS * STROKE_MM - REST_MM


def calibration(
    serial: str, half_count: float = TRUNCATED, cells: Sequence[int] = (0, 1, 2, 3)
) -> MannequinCalibration:
    """Give the calibration that follows from the circuit; `cells` in another order is wrong."""
    ends = np.array([0.0, STEPS - 1.0])
    depth_m = depth_mm_of(ends, half_count) / 1e3
    mv = (ends + half_count) / STEPS * SUPPLY_MV
    curves = [_curve(ends, (mv - CELL_ZERO_MV[k]) / CELL_MV_PER_N[k], sigma=0.3) for k in cells]
    flow_l_s = np.concatenate([-np.geomspace(2.2, 0.002, 60), [0.0], np.geomspace(0.002, 2.2, 60)])
    return MannequinCalibration(
        serial=serial,
        chest_ap_m=0.22,
        chest_depth_m=_curve(ends, depth_m, sigma=2e-5),
        cell_force_n=(curves[0], curves[1], curves[2], curves[3]),
        cell_xy_in_mannequin_m=CELL_XY_M,
        airway_flow_ml_s=_curve(COUNTS_PER_PA * pressure_pa(flow_l_s), 1e3 * flow_l_s, sigma=3.0),
    )


def _curve(counts: FloatArray, values: FloatArray, sigma: float) -> Curve:
    return Curve(counts=tuple(counts.tolist()), values=tuple(values.tolist()), sigma=sigma)
