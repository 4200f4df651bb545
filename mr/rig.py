"""The calibrated rig: file format, validity, provenance.

Takes a TOML file, gives a `Rig` whose numbers every other room uses; leaves the making
of those numbers to `calibration`. A rig made for another serial number is refused, and
so is an unknown key. Poses are written as a rotation vector (rad) and a translation (m).
"""

from __future__ import annotations

import hashlib
import itertools
import re
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import tomlkit
from pydantic import (
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from mr.config import CameraSettings, Strict, parse
from mr.errors import CalibrationError, ConfigError
from mr.files import write_whole
from mr.geometry.cloud import Cloud, pack_cloud, unpack_cloud
from mr.types import FloatArray, Pose
from mr.validity import Step, Validity
from mr.wire import UNNAMED

CHEST_DEPTH_MAX_M = 0.2
CROSSTALK_MAX = 0.2
"""Cells that share more than that of a force are no four cells."""
BENDING_CELL_M = 0.020
BENDING_ROWS, BENDING_COLUMNS = 14, 10
"""Cells of the chest along the midline and across; the compression point is amid them."""


class Finite(Strict):
    """Part of a rig file: a number that is none (nan, inf) is refused by its key."""

    model_config = ConfigDict(allow_inf_nan=False)


class PoseEntry(Finite):
    """A rigid transform as it is written in a rig file.

    SciPy is loaded when it is asked for: that takes a fifth of the time in which a program
    starts, and the numbers of a recording need no pose.
    """

    rotvec_rad: tuple[float, float, float]
    t_m: tuple[float, float, float]

    def pose(self) -> Pose:
        """Give the transform as matrices."""
        from mr.geometry.poses import pose_of  # noqa: PLC0415 -- SciPy loads late

        return pose_of(np.array(self.rotvec_rad), np.array(self.t_m))

    @classmethod
    def of(cls, pose: Pose) -> PoseEntry:
        """Write a transform down."""
        from scipy.spatial.transform import Rotation  # noqa: PLC0415 -- SciPy loads late

        rotvec = Rotation.from_matrix(pose.R).as_rotvec()
        return cls(
            rotvec_rad=(float(rotvec[0]), float(rotvec[1]), float(rotvec[2])),
            t_m=(float(pose.t_m[0]), float(pose.t_m[1]), float(pose.t_m[2])),
        )


class Intrinsics(Finite):
    """A pinhole camera with Brown-Conrady distortion (OpenCV's order k1 k2 p1 p2 k3)."""

    width_px: int = Field(gt=0)
    height_px: int = Field(gt=0)
    fx_px: float = Field(gt=0)
    fy_px: float = Field(gt=0)
    cx_px: float
    cy_px: float
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)

    def matrix(self) -> FloatArray:
        """Give the (3, 3) camera matrix in px."""
        return np.array(
            [[self.fx_px, 0.0, self.cx_px], [0.0, self.fy_px, self.cy_px], [0.0, 0.0, 1.0]]
        )


class CameraModel(Finite):
    """One depth camera: its depth and colour models, wherever it stands."""

    serial: str
    model: str = ""
    depth: Intrinsics
    color: Intrinsics | None = None
    color_from_depth: PoseEntry | None = None
    baseline_m: float = Field(gt=0, lt=0.5)
    depth_scale: float = Field(default=1.0, gt=0.9, lt=1.1)
    """True over reported distance, from calibration against a plane."""
    depth_offset_m: float = Field(default=0.0, gt=-0.05, lt=0.05)
    """What is added to the scaled distance, from calibration against a plane."""
    depth_gain: float = Field(default=1.0, gt=0)
    """Seen displacement over true displacement of the chest, from calibration."""
    heel_offset_m: tuple[float, float] = (0.0, 0.0)
    """Seen heel of the hand minus centre of pressure, mannequin's x and y, from calibration."""
    latency_s: float = 0.0
    """By how much this camera's stamps lag the mannequin's, from calibration."""
    driver: str | None = None
    """Which module opens it; None is ``realsense``."""
    settings: CameraSettings | None = None
    """What it was calibrated with and is asked for; None: see `live_settings`."""

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        """A lens model holds for one size of picture only."""
        want, color = self.settings, self.color
        if want is None:
            return self
        pairs = [("depth", want.depth_width_px, want.depth_height_px, self.depth)]
        if want.color and color is not None:
            pairs.append(("color", want.color_width_px, want.color_height_px, color))
        for name, width_px, height_px, lens in pairs:
            if (width_px, height_px) != (lens.width_px, lens.height_px):
                raise ValueError(
                    f"settings ask for {name} at {width_px}x{height_px}, but it was calibrated "
                    f"at {lens.width_px}x{lens.height_px}: use that size or calibrate again"
                )
        return self

    def live_settings(self) -> CameraSettings:
        """Give the settings, or the usual ones at the sizes that were calibrated."""
        if self.settings is not None:
            return self.settings
        sizes: dict[str, Any] = {"color": self.color is not None}
        for name, lens in (("depth", self.depth), ("color", self.color)):
            if lens is not None:
                sizes[f"{name}_width_px"] = lens.width_px
                sizes[f"{name}_height_px"] = lens.height_px
        return CameraSettings(**sizes)


class CameraCalibration(CameraModel):
    """One depth camera of a rig, and where it stands."""

    world_from_cam: PoseEntry
    """cam is the *depth* sensor's frame: x right, y down, z forward."""


class Curve(Finite):
    """A monotone piecewise-linear curve from counts to a physical value."""

    counts: tuple[float, ...] = Field(min_length=2)
    values: tuple[float, ...] = Field(min_length=2)
    sigma: float = Field(gt=0)
    """One-sigma of the curve, in the unit of its values."""

    @field_validator("counts")
    @classmethod
    def _increasing(cls, counts: tuple[float, ...]) -> tuple[float, ...]:
        if any(b <= a for a, b in itertools.pairwise(counts)):
            raise ValueError("counts must increase")
        return counts

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if len(self.values) != len(self.counts):
            raise ValueError(f"{len(self.counts)} counts, but {len(self.values)} values")
        steps = [b - a for a, b in itertools.pairwise(self.values)]
        if not (all(step > 0 for step in steps) or all(step < 0 for step in steps)):
            raise ValueError("values must rise or fall all the way")
        return self

    def __call__(self, counts: FloatArray | float) -> FloatArray:
        """Map counts to values, extrapolating the outer segments."""
        x = np.asarray(counts, dtype=np.float64)
        xs, ys = np.array(self.counts), np.array(self.values)
        k = np.clip(np.searchsorted(xs, x, side="right") - 1, 0, len(xs) - 2)
        slope = (ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k])
        return np.asarray(ys[k] + slope * (x - xs[k]))


class StiffnessEntry(Finite):
    """The chest's spring as it was found: wear shows as a change of it.

    Force on the chest = ``linear_n_m * depth + cubic_n_m3 * depth**3 + damping_ns_m * velocity``.
    """

    linear_n_m: float = Field(gt=0)
    cubic_n_m3: float
    damping_ns_m: float | None = None
    """None: it was pressed too slowly to tell."""
    force_at_50mm_n: float = Field(gt=0)
    sigma_n: float = Field(gt=0)
    """One-sigma of `force_at_50mm_n`."""


class MannequinCalibration(Finite):
    """One sensor mannequin: curves from counts to m, N and mL/s, and its landmarks."""

    serial: str
    body: Literal["adult", "child", "infant"] = "adult"
    chest_ap_m: float = Field(gt=0.05, lt=0.5)
    """Front-to-back diameter of the uncompressed chest."""
    chest_depth_m: Curve
    cell_force_n: tuple[Curve, Curve, Curve, Curve]
    cell_xy_in_mannequin_m: tuple[
        tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]
    ]
    airway_flow_ml_s: Curve
    cell_crosstalk: (
        tuple[
            tuple[float, float, float, float],
            tuple[float, float, float, float],
            tuple[float, float, float, float],
            tuple[float, float, float, float],
        ]
        | None
    ) = None
    """Force on each cell (row) from what the four curves say (column); None: each its own."""
    stiffness: StiffnessEntry | None = None

    @field_validator("cell_crosstalk")
    @classmethod
    def _nearly_own(
        cls, rows: tuple[tuple[float, ...], ...] | None
    ) -> tuple[tuple[float, ...], ...] | None:
        if rows is None:
            return None
        off = np.abs(np.array(rows) - np.eye(4))
        if off.max() > CROSSTALK_MAX:
            raise ValueError(
                f"a cell that feels more than {CROSSTALK_MAX:g} of another one's force, or a "
                "diagonal that is not 1: calibrate the cells again"
            )
        return rows

    @field_validator("chest_depth_m")
    @classmethod
    def _of_a_chest(cls, curve: Curve) -> Curve:
        if max(map(abs, curve.values)) > CHEST_DEPTH_MAX_M:
            raise ValueError(f"a depth beyond {CHEST_DEPTH_MAX_M} m: values are in m")
        return curve


class Marker(Finite):
    """One fiducial fixed to the mannequin: corners in OpenCV's order, (4, 3) m."""

    id: int = Field(ge=0)
    corners_in_mannequin_m: tuple[
        tuple[float, float, float],
        tuple[float, float, float],
        tuple[float, float, float],
        tuple[float, float, float],
    ]


class MarkerLayout(Finite):
    """The mannequin's fiducials; non-coplanar, of one OpenCV dictionary."""

    dictionary: str = "DICT_APRILTAG_36h11"
    markers: tuple[Marker, ...] = Field(min_length=1)


class SurfaceEntry(Finite):
    """The resting mannequin's rigid surface, for `mr.tracking.registration`."""

    packed: str
    """Points and normals in the mannequin's frame: `mr.geometry.cloud.pack_cloud`."""
    n_points: int = Field(gt=0)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        n = len(unpack_cloud(self.packed))
        if n != self.n_points:
            raise ValueError(f"{self.n_points} points, but {n} are packed")
        return self

    def cloud(self) -> Cloud:
        """Give the points with their normals."""
        return unpack_cloud(self.packed)

    @classmethod
    def of(cls, cloud: Cloud) -> SurfaceEntry:
        """Write a surface down."""
        return cls(packed=pack_cloud(cloud), n_points=len(cloud))


class Bending(Finite):
    """How the chest bends around the compression point: its depth's share that cells go down.

    Cells are squares of `cell_m` about it, in rows from the belly to the head and columns
    from the mannequin's right to its left; 0 where that was not measured.
    """

    cell_m: float = BENDING_CELL_M
    shares: tuple[tuple[float, ...], ...]

    @field_validator("cell_m")
    @classmethod
    def _of_these_cells(cls, cell_m: float) -> float:
        if cell_m != BENDING_CELL_M:
            raise ValueError(f"cells of {BENDING_CELL_M} m are looked at: calibrate again")
        return cell_m

    @field_validator("shares")
    @classmethod
    def _of_a_chest(cls, rows: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
        if [len(row) for row in rows] != [BENDING_COLUMNS] * BENDING_ROWS:
            raise ValueError(
                f"{BENDING_ROWS} rows of {BENDING_COLUMNS} shares are looked at: calibrate again"
            )
        if any(not 0.0 <= share <= 1.3 for row in rows for share in row):
            raise ValueError("shares lie between 0 and 1.3")
        return rows

    def flat(self) -> FloatArray:
        """Give the shares row by row, (BENDING_ROWS * BENDING_COLUMNS,)."""
        return np.array(self.shares, dtype=np.float64).reshape(-1)


class HeadsetCalibration(Finite):
    """What stays of one headset and one user's hands when its frame is another each session.

    Where the frame lies (``xr_from_world``) is found anew in each session. Biases
    are in the hand's own axes: x right when the palm is down, y along the fingers, z out of the
    back.
    """

    model: str
    """As the runtime names it; another headset's numbers are no use."""
    user: str = ""
    """Whose hands; "" for anybody's, with sigmas to match."""
    latency_s: float = Field(ge=-0.1, lt=0.4)
    """By how much its hand joints' stamps lag the rig's."""
    latency_sigma_s: float = Field(gt=0)
    hand_bias_m: tuple[float, float, float]
    """Of wrist and knuckles."""
    tip_bias_m: tuple[float, float, float]
    """Of the index finger's pad."""
    bias_sigma_m: float = Field(gt=0, lt=0.05)
    """One-sigma of the hand's bias, its length."""
    made_utc: str


class Provenance(Finite):
    """Where a rig's numbers come from."""

    made_utc: str
    software: str
    kind: Literal["live", "sim"]
    inputs_sha256: dict[str, str] = Field(default_factory=dict)
    residuals: dict[str, float] = Field(default_factory=dict)
    operator: str = ""
    """Who calibrated: a name or a staff number, as the lab's quality rules want it."""
    steps: dict[str, Step] = Field(default_factory=dict)
    """The newest of each procedure, by `Step.key`; none in a file older than that."""

    def with_steps(self, *steps: Step) -> Self:
        """Put procedures that were done (again) in; the others stay as they were."""
        return self.model_copy(update={"steps": self.steps | {step.key: step for step in steps}})

    @model_serializer(mode="wrap")
    def _as_before(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what older files do not have, so that their hash stays what it was."""
        later = {"operator", "steps"}
        return {key: value for key, value in write(self).items() if value or key not in later}


class Rig(Finite):
    """A calibrated rig. `mannequin` or `cameras` may be absent, not both."""

    schema_id: Literal["mrcpr.rig/1"] = Field(default="mrcpr.rig/1", alias="schema")
    name: str
    mannequin: MannequinCalibration | None = None
    cameras: dict[str, CameraCalibration] = Field(default_factory=dict)
    markers: MarkerLayout | None = None
    surface: SurfaceEntry | None = None
    """Without one, nothing but the markers says where the mannequin is."""
    bending: Bending | None = None
    """Without one, a camera's depth rests on hands that give like the technician's."""
    headset: HeadsetCalibration | None = None
    """Without one, a headset's latency and biases are found with its place in each session."""
    world_from_mannequin: PoseEntry
    """At rest, as calibrated."""
    validity: Validity | None = None
    """Without one, all holds for `mr.validity.RECALIBRATE_AFTER_DAYS`."""
    provenance: Provenance

    @model_validator(mode="after")
    def _measures(self) -> Self:
        if self.mannequin is None and not self.cameras:
            raise ValueError("a rig needs a [mannequin] or at least one [cameras.<id>]")
        return self

    def require_mannequin(self, serial: str) -> MannequinCalibration:
        """Give the mannequin's calibration, refusing one made for another mannequin.

        Raises
        ------
        CalibrationError
            When the rig has no mannequin or was calibrated with another one.
        """
        if self.mannequin is None:
            raise CalibrationError(
                f"rig {self.name!r} has no mannequin calibration: "
                "calibrate this mannequin or run with --no-mannequin"
            )
        if serial == UNNAMED:
            raise CalibrationError(
                f"rig {self.name!r} was calibrated for mannequin {self.mannequin.serial}, but the "
                "one that is connected has no name yet: if it is that one, run "
                f"`mrcpr mannequin name {self.mannequin.serial}`"
            )
        if self.mannequin.serial != serial:
            raise CalibrationError(
                f"rig {self.name!r} was calibrated for mannequin {self.mannequin.serial}, "
                f"but {serial} is connected: use its own rig file or calibrate again"
            )
        return self.mannequin


def toml_ready(value: Any) -> Any:
    """Leave out what is None, which TOML cannot say."""
    if isinstance(value, dict):
        ready = {k: toml_ready(v) for k, v in value.items() if v is not None}
        if "value" not in ready:
            return ready
        line = tomlkit.inline_table()  # a number with its unit and limits reads best on one line
        line.update(ready)
        return line
    if isinstance(value, (list, tuple)):
        return [toml_ready(v) for v in value]
    return value


def dumps_rig(rig: Rig) -> str:
    """Write a rig as TOML text."""
    return tomlkit.dumps(toml_ready(rig.model_dump(by_alias=True)))


MAX_KEY_PARTS = 64
"""Reading a key takes time by the square of its parts: a megabyte of them, hours."""


def loads_rig(text: str, source: str) -> Rig:
    """Read a rig from TOML text; `source` names it in errors (`ConfigError`)."""
    if any(part.count(".") > MAX_KEY_PARTS for part in re.split(r"[,=\[\]{}#\n]", text)):
        raise ConfigError(f"{source}: not a rig file (a key of more than {MAX_KEY_PARTS} parts)")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number or a nest without end, too
        raise ConfigError(f"{source}: not a TOML file ({error}): is it a rig file?") from error
    return parse(Rig, data, source)


def load_rig(path: Path) -> Rig:
    """Read a rig file.

    Raises
    ------
    ConfigError
        When it is missing, no TOML, or has an unknown key or a value out of bounds.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path}: cannot read this rig file ({getattr(error, 'strerror', None) or 'no text'}): "
            "give --rig the path of a rig.toml"
        ) from error
    return loads_rig(text, str(path))


def save_rig(rig: Rig, path: Path) -> None:
    """Write a rig file whole or not at all."""
    try:
        write_whole(path, dumps_rig(rig).encode())
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot write this rig file ({error.strerror}): choose another place"
        ) from error


def rig_sha256(rig: Rig) -> str:
    """Hash a rig's canonical text; recordings name the rig by it."""
    return hashlib.sha256(dumps_rig(rig).encode()).hexdigest()
