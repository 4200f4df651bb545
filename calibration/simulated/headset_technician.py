"""A simulated technician with a headset: sweeps a hand, and touches crosses.

Takes the true place of the headset's frame, gives pieces of a sweep and touches as they would
be recorded, some of them bad; leaves guiding to `calibration.headset`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.headset.hands import SweepPiece, Touch
from calibration.headset.sweep_guide import SweepGuide
from calibration.headset.touch import Crosses
from calibration.headset.touch_guide import WAYS, TouchGuide
from mr.errors import CalibrationError
from mr.sim.headset import SimHand, SimHeadset, Way, sweep_way, touch_way
from mr.types import Pose

CROSSES_IN_MANNEQUIN_M: dict[int, tuple[float, float, float]] = {
    1: (0.0, 0.0, 0.0),
    2: (0.15, 0.12, -0.02),
    3: (-0.15, 0.12, -0.02),
    4: (0.12, -0.15, -0.04),
    5: (-0.12, -0.15, -0.04),
    6: (0.0, 0.25, 0.02),
    7: (0.22, 0.0, -0.08),
    8: (-0.22, 0.0, -0.08),
}
"""Over the chest and beside it, not in one plane."""
PIECE_S, SWEEP_S, TOUCH_S, BETWEEN_S = 1.0, 24.0, 1.0, 2.5
YAW_PITCH_DEG = ((0.0, -10.0), (80.0, -50.0), (-80.0, -50.0), (180.0, -60.0))
"""How the hand is held for each of the guide's `WAYS`."""
TILT_DEG = 8.0
CLUMSY = {4: "slipped", 9: "wrong cross"}
"""Which touches go wrong at first."""
NS = 1_000_000_000
PATIENCE = 80


@dataclass(frozen=True, slots=True, eq=False)
class HeadsetTechnician:
    """Wears one headset; the same seed does the same."""

    headset: SimHeadset
    world_from_mannequin: Pose
    seed: int = 0
    clumsy: bool = True
    crosses_in_mannequin_m: Mapping[int, tuple[float, float, float]] = field(
        default_factory=lambda: CROSSES_IN_MANNEQUIN_M
    )

    @property
    def crosses(self) -> dict[int, tuple[float, float, float]]:
        """Give the crosses' places in the world."""
        placed = {}
        for number, place in self.crosses_in_mannequin_m.items():
            x, y, z = self.world_from_mannequin.apply(np.array(place))
            placed[number] = (float(x), float(y), float(z))
        return placed

    def sweep(self, way: Way | None = None, duration_s: float = SWEEP_S) -> list[SweepPiece]:
        """Sweep a hand; a clumsy one hides it from the cameras for a second first."""
        way = way or _placed(sweep_way(self.seed), self.world_from_mannequin)
        hand = self.headset.see(way, duration_s, self.seed)
        pieces = pieces_of(hand, self.headset.side)
        if self.clumsy:
            hidden = np.full_like(pieces[2].points_in_world_m, np.nan)
            pieces.insert(2, replace(pieces[2], points_in_world_m=hidden))
        return pieces

    def touch(self, cross: int, way: str, n: int, how: str = "") -> Touch:
        """Touch a cross as the guide says; `how`: "slipped" or "wrong cross" for a bad one."""
        rng = np.random.default_rng([self.seed, n, 0x70])
        yaw, pitch = YAW_PITCH_DEG[WAYS.index(way)]
        tilt = rng.normal(0, TILT_DEG)
        turn = Rotation.from_euler("z", yaw, degrees=True)
        turn = turn * Rotation.from_euler("x", pitch + tilt, degrees=True)
        turn = Rotation.from_matrix(self.world_from_mannequin.R) * turn
        numbers = list(self.crosses)
        at = numbers[(numbers.index(cross) + 1) % len(numbers)] if how == "wrong cross" else cross
        place = np.array(self.crosses[at])
        slip_m = 0.12 if how == "slipped" else 0.0
        hand = self.headset.see(
            touch_way(place, turn, self.headset.side, self.seed * 1000 + n, slip_m),
            TOUCH_S,
            self.seed * 1000 + n,
        )
        later_ns = round((SWEEP_S + 5.0 + BETWEEN_S * n) * NS)
        return Touch(
            cross, hand.xr_t_ns + later_ns, hand.joints_in_xr_m, hand.valid, self.headset.side
        )

    def all_touches(self) -> list[Touch]:
        """Touch each cross in each way, none of them clumsily, without asking a guide."""
        numbers = list(self.crosses)
        wanted = [
            (cross, WAYS[(k + turn) % len(WAYS)])
            for turn in range(len(WAYS))
            for k, cross in enumerate(numbers)
        ]
        return [self.touch(cross, way, n) for n, (cross, way) in enumerate(wanted)]

    def candidates(self, guide: TouchGuide) -> Iterator[Touch]:
        """Touch what the guide wants, clumsily."""
        for n in range(PATIENCE):
            wanted = guide.wanted
            if wanted is None:
                return
            yield self.touch(*wanted, n, CLUMSY.get(n, "") if self.clumsy else "")
        raise CalibrationError("headset, touch: the technician gave up: see the refusals")


def guided_headset(
    technician: HeadsetTechnician,
) -> tuple[tuple[SweepPiece, ...], tuple[Touch, ...], Crosses, list[str]]:
    """Let a technician do the whole capture; the refusals' words come last.

    Raises
    ------
    CalibrationError
        When a capture does not come to its end.
    """
    refused: list[str] = []
    sweeping = SweepGuide(technician.world_from_mannequin)
    for piece in technician.sweep():
        verdict = sweeping.offer(piece)
        if not verdict.taken:
            refused.append(verdict.why)
    if not sweeping.progress.done:
        raise CalibrationError(f"headset, sweep: not done: {sweeping.progress.next}")
    touching = TouchGuide(technician.crosses)
    for touch in technician.candidates(touching):
        verdict = touching.offer(touch)
        if not verdict.taken:
            refused.append(verdict.why)
    return sweeping.samples, touching.samples, technician.crosses, refused


def pieces_of(hand: SimHand, side: str) -> list[SweepPiece]:
    """Cut what both saw into pieces of a second, each headset look with the rig's of its time."""
    zero_ns = int(hand.rig_t_ns[0])
    index_rig = (hand.rig_t_ns - zero_ns) // round(PIECE_S * NS)
    index_xr = (hand.xr_t_ns - zero_ns) // round(PIECE_S * NS)
    out = []
    for k in range(int(index_rig[-1]) + 1):
        rig, xr = index_rig == k, index_xr == k
        if rig.sum() > 5 and xr.sum() > 5:
            out.append(
                SweepPiece(
                    hand.xr_t_ns[xr],
                    hand.joints_in_xr_m[xr],
                    hand.valid[xr],
                    hand.rig_t_ns[rig],
                    hand.points_in_world_m[rig],
                    side,
                )
            )
    return out


def _placed(way: Way, world_from_mannequin: Pose) -> Way:
    """Bring a way over the mannequin into the world."""
    turned = Rotation.from_matrix(world_from_mannequin.R)

    def placed(t_s: np.ndarray) -> tuple[np.ndarray, Rotation]:
        place, turns = way(t_s)
        return world_from_mannequin.apply(place), turned * turns

    return placed
