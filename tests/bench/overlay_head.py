"""How far off a point at the chest is for a head whose pose was predicted, on a real head's way.

Takes `shared/data/headmotion` (a Magic Leap 2's head pose at 60 Hz while somebody compresses),
gives the distance at arm's length between where a point is drawn and where it is. The runtime's
own predictor has an inertial unit at some 1000 Hz and corrects each frame late; it is neither ours
nor here, and better than what can be made of 60 poses a second. The poses are joined by splines.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.signal import butter, filtfilt
from scipy.spatial.transform import Rotation, RotationSpline

from mr.types import FloatArray

LEADS_S = (0.011, 0.022, 0.033, 0.05)
"""One frame at 90 Hz, two, three, and what the data's README tells of."""
CHEST_M = 0.7
"""From the eyes to the chest, straight ahead (Unity's +z)."""
COMPRESSING_S = (2.0, 38.0)
"""Of the recording; then the learner gets up."""
GRID_HZ, STEP_S, EDGE_S = 60.0, 0.011, 0.3
SWAY_HZ = 1.0
"""What is slower is the sway of somebody who kneels; the bob of 111.9 /min is gone."""
POSE_S, MOMENT_S = 1.0 / 60.0, 0.004
"""Over so long the velocity is told: by the last two poses, or about the moment itself."""
FILE_STEP_M, FILE_STEP = 0.001, 0.001
"""The file's own steps: of a place, and of a quaternion's parts."""


@dataclass(frozen=True, slots=True, eq=False)
class HeadWay:
    """A head's way as splines: place (m) and turn (rad) from a middle one, over `t_s`."""

    t_s: FloatArray
    place: CubicSpline
    turn: CubicSpline
    middle: Rotation

    def at(self, t_s: FloatArray) -> tuple[FloatArray, Rotation]:
        """Give places (n, 3) and turns."""
        return np.asarray(self.place(t_s)), self.middle * Rotation.from_rotvec(self.turn(t_s))

    def sway(self) -> HeadWay:
        """Give the same without all that is quicker than `SWAY_HZ`."""
        b, a = butter(3, SWAY_HZ / (0.5 * GRID_HZ))
        place, turn = (filtfilt(b, a, c(self.t_s), axis=0) for c in (self.place, self.turn))
        return HeadWay(
            self.t_s, CubicSpline(self.t_s, place), CubicSpline(self.t_s, turn), self.middle
        )


def read_way(path: Path) -> HeadWay:
    """Read the recording's compressions."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    t_s = 1e-3 * np.array([int(row["RealTime"]) for row in rows])
    t_s = t_s - t_s[0]
    during = (t_s > COMPRESSING_S[0]) & (t_s < COMPRESSING_S[1])
    place_m, quaternion = (_columns(rows, name)[during] for name in ("EyePosition", "HeadRotation"))
    return _way(t_s[during], place_m, quaternion)


def still_way(seed: int, seconds: float = 20.0) -> HeadWay:
    """Give a head that does not move, written in the file's steps: what they alone do."""
    rng = np.random.default_rng([seed, 0x4EAD])
    t_s = np.arange(0.0, seconds, POSE_S)
    place_m = rng.uniform(-0.5, 0.5, (len(t_s), 3)) * FILE_STEP_M
    quaternion = np.array([0.475, 0.548, -0.405, 0.557])
    return _way(t_s, place_m, quaternion + rng.uniform(-0.5, 0.5, (len(t_s), 4)) * FILE_STEP)


def _columns(rows: list[dict[str, str]], name: str) -> FloatArray:
    return np.array([[float(x) for x in row[name].strip("()").split("|")] for row in rows])


def _way(t_s: FloatArray, place_m: FloatArray, quaternion: FloatArray) -> HeadWay:
    grid_s = np.arange(t_s[0], t_s[-1], 1.0 / GRID_HZ)
    turns = RotationSpline(t_s, Rotation.from_quat(quaternion))(grid_s)
    middle = turns.mean()
    turn = (middle.inv() * turns).as_rotvec()
    place = CubicSpline(t_s, place_m)(grid_s)
    return HeadWay(grid_s, CubicSpline(grid_s, place), CubicSpline(grid_s, turn), middle)


Predict = Callable[[HeadWay, FloatArray, float], tuple[FloatArray, Rotation]]


def _none(way: HeadWay, t_s: FloatArray, _lead_s: float) -> tuple[FloatArray, Rotation]:
    return way.at(t_s)


def _by_velocity(from_s: float, to_s: float, *, turning: bool = True) -> Predict:
    """Go on as between two instants about the present: straight, and turning evenly."""

    def predict(way: HeadWay, t_s: FloatArray, lead_s: float) -> tuple[FloatArray, Rotation]:
        (place, turn), share = way.at(t_s), lead_s / (to_s - from_s)
        (first, first_turn), (last, last_turn) = way.at(t_s + from_s), way.at(t_s + to_s)
        turned = (last_turn * first_turn.inv()).as_rotvec() * (share if turning else 0.0)
        return place + share * (last - first), Rotation.from_rotvec(turned) * turn

    return predict


WAYS: dict[str, Predict] = {
    "none": _none,
    "constant velocity, by the last two poses, no turning": _by_velocity(
        -POSE_S, 0.0, turning=False
    ),
    "constant velocity and turning, by the last two poses": _by_velocity(-POSE_S, 0.0),
    "constant velocity and turning, of the moment": _by_velocity(-MOMENT_S, MOMENT_S),
}
"""The last stands for an inertial unit, which tells the velocity of now; poses alone tell an older
one. It sees 4 ms of the poses that come, the leads begin at 11."""
OF_THE_MOMENT = "constant velocity and turning, of the moment"


def error_mm(way: HeadWay, predict: Predict, lead_s: float) -> float:
    """Tell the rms distance between a point straight ahead and where it is drawn."""
    t_s = np.arange(way.t_s[0] + EDGE_S, way.t_s[-1] - EDGE_S, STEP_S)
    place, turn = predict(way, t_s, lead_s)
    true_place, true_turn = way.at(t_s + lead_s)
    ahead_m = np.array([0.0, 0.0, CHEST_M])
    seen_m = turn.inv().apply(true_place + true_turn.apply(ahead_m) - place)
    return 1e3 * float(np.sqrt(np.mean(np.sum((seen_m - ahead_m) ** 2, axis=1))))


def measure_head(path: Path) -> dict[str, Any]:
    """Give rms in mm by way of predicting and lead (ms): compressing, swaying, and the file's."""
    way = read_way(path)
    ways = {"compressing": way, "still": way.sway(), "the file's own steps": still_way(1)}
    return {
        name: {
            how: {f"{1e3 * lead_s:.0f}": error_mm(each, predict, lead_s) for lead_s in LEADS_S}
            for how, predict in WAYS.items()
        }
        for name, each in ways.items()
    }
