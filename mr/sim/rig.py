"""The simulated rig as it truly is, and what its makers say about it.

Gives true geometry (camera, marker plates, where the mannequin lies) to the renderer and
to tests, and the *nominal* calibration with its small stated errors to everything that
measures. Leaves the mannequin's curves to `calibration`, which samples `mr.sim.plant`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from mr.rig import CameraCalibration, Intrinsics, Marker, MarkerLayout, PoseEntry
from mr.sim.body import CHEST_AP_M
from mr.types import FloatArray, Pose

FOCAL_ERROR = 5e-4
"""Relative error of the factory's focal length."""
BASELINE_ERROR = -4e-4
"""Relative error of the factory's baseline."""
COLOR_SHIFT_ERROR_M = 0.0002
"""Error of the factory's colour-from-depth translation, on each axis."""


DEPTH = Intrinsics(width_px=848, height_px=480, fx_px=424.6, fy_px=424.6, cx_px=422.7, cy_px=241.3)
COLOR = Intrinsics(width_px=848, height_px=480, fx_px=612.4, fy_px=612.1, cx_px=426.1, cy_px=243.8)
COLOR_FROM_DEPTH = Pose(
    Rotation.from_rotvec([0.0021, -0.0034, 0.0012]).as_matrix(),
    np.array([0.01477, 0.00012, 0.00031]),
)
"""A D435's sensors at 848×480, as they truly are."""

PLACES = (
    (0, (0.238, 0.235, -0.110), 0.90, 0.10),
    (1, (0.245, -0.250, -0.145), 0.40, -0.06),
    (2, (-0.222, 0.285, -0.095), 1.00, 0.05),
    (3, (-0.232, -0.275, -0.060), 0.60, -0.12),
    (4, (0.105, -0.420, -0.090), 0.75, 0.15),
)
"""The plates: id, centre, how far tilted towards the camera (0 … 1), turn about the normal."""


@dataclass(frozen=True, slots=True, eq=False)
class TrueCamera:
    """A depth camera as it truly is; cam is the depth sensor's frame."""

    serial: str
    depth: Intrinsics
    color: Intrinsics
    color_from_depth: Pose
    baseline_m: float
    world_from_cam: Pose


@dataclass(frozen=True, slots=True)
class Plate:
    """A marker plate: a square tag on a round white board."""

    id: int
    center_in_mannequin_m: tuple[float, float, float]
    rotvec_rad: tuple[float, float, float]
    """Turns the plate's frame (x right, y up on the tag, z out of it) into the mannequin's."""
    tag_m: float = 0.088
    board_m: float = 0.145
    """Diameter. The board is round: OpenCV takes a square one's outline for the tag's."""

    def corners_in_mannequin_m(self, side_m: float) -> FloatArray:
        """Give the corners of a centred square in OpenCV's order, (4, 3) m."""
        half = side_m / 2
        corners = np.array([[-half, half, 0], [half, half, 0], [half, -half, 0], [-half, -half, 0]])
        turned = Rotation.from_rotvec(self.rotvec_rad).apply(corners)
        return np.asarray(turned + np.array(self.center_in_mannequin_m))


@dataclass(frozen=True, slots=True, eq=False)
class SimRig:
    """The true rig as one camera has it: plates fixed around the torso, the mannequin."""

    camera_id: str
    camera: TrueCamera
    plates: tuple[Plate, ...]
    world_from_mannequin: Pose
    mannequin_serial: str = "SIM-MANNEQUIN-1"
    chest_ap_m: float = CHEST_AP_M
    dictionary: str = "DICT_APRILTAG_36h11"

    @property
    def mannequin_from_cam(self) -> Pose:
        """Where the depth sensor is, seen from the mannequin."""
        return self.world_from_mannequin.inverse() @ self.camera.world_from_cam

    @property
    def mannequin_from_color(self) -> Pose:
        """Where the colour sensor is, seen from the mannequin."""
        return self.mannequin_from_cam @ self.camera.color_from_depth.inverse()

    def marker_layout(self) -> MarkerLayout:
        """Give the plates as a surveyed layout (exact)."""
        markers = []
        for plate in self.plates:
            c = plate.corners_in_mannequin_m(plate.tag_m).tolist()
            corners = tuple((p[0], p[1], p[2]) for p in c)
            markers.append(
                Marker(
                    id=plate.id,
                    corners_in_mannequin_m=(corners[0], corners[1], corners[2], corners[3]),
                )
            )
        return MarkerLayout(dictionary=self.dictionary, markers=tuple(markers))


def looking_at(eye_m: FloatArray, aim_m: FloatArray, up: FloatArray) -> Pose:
    """Give ``mannequin_from_cam`` of a camera at `eye_m` that looks at `aim_m`."""
    forward = (aim_m - eye_m) / np.linalg.norm(aim_m - eye_m)
    down = -(up - (up @ forward) * forward)
    down /= np.linalg.norm(down)
    return Pose(np.stack([np.cross(down, forward), down, forward], axis=1), eye_m)


def _facing(
    center: tuple[float, float, float], eye_m: FloatArray, share: float, spin: float
) -> tuple[float, float, float]:
    """Tilt a plate from lying flat towards the eye by `share`, spun about its normal."""
    to_eye = eye_m - np.array(center)
    to_eye /= np.linalg.norm(to_eye)
    axis = np.cross([0.0, 0.0, 1.0], to_eye)
    angle = share * float(np.arcsin(np.linalg.norm(axis)))
    tilt = Rotation.from_rotvec(axis / np.linalg.norm(axis) * angle)
    r = (tilt * Rotation.from_rotvec([0.0, 0.0, np.pi / 2 + spin])).as_rotvec()
    return float(r[0]), float(r[1]), float(r[2])


@dataclass(frozen=True, slots=True)
class CameraPlace:
    """Where a camera hangs, seen from the mannequin."""

    distance_m: float = 0.78
    """From the sternum."""
    tilt_deg: float = 30.0
    """Off the chest's normal."""
    azimuth_deg: float = 3.43
    """0: on the mannequin's left; 90: at its head. The learner kneels on its right."""

    def eye_in_mannequin_m(self) -> FloatArray:
        """Give the depth sensor's place, (3,) m."""
        tilt, around = np.radians(self.tilt_deg), np.radians(self.azimuth_deg)
        level = np.sin(tilt) * np.array([np.cos(around), np.sin(around)])
        return self.distance_m * np.array([*level, np.cos(tilt)])


def make_sim_rig(
    camera_id: str = "side", distance_m: float = 0.78, tilt_deg: float = 30.0
) -> SimRig:
    """Build the standard simulated rig; its camera hangs on the mannequin's left."""
    place = CameraPlace(distance_m=distance_m, tilt_deg=tilt_deg)
    return make_sim_rigs({camera_id: place})[camera_id]


def make_sim_rigs(places: Mapping[str, CameraPlace]) -> dict[str, SimRig]:
    """Build one rig as each of its cameras has it: they share the mannequin and its plates.

    Five plates stand around the torso at different heights and tilts, none in one plane,
    turned towards the first camera.
    """
    eyes = {camera_id: place.eye_in_mannequin_m() for camera_id, place in places.items()}
    first_m = next(iter(eyes.values()))
    plates = tuple(Plate(i, c, _facing(c, first_m, share, spin)) for i, c, share, spin in PLACES)
    world_from_mannequin = Pose(
        Rotation.from_euler("zyx", [11.0, 1.2, -0.8], degrees=True).as_matrix(),
        np.array([0.31, -0.17, CHEST_AP_M + 0.02]),
    )
    aim_m, up = np.array([0.030, 0.005, -0.04]), np.array([0.0, 0.0, 1.0])
    rigs = {}
    for k, (camera_id, eye_m) in enumerate(eyes.items(), start=1):
        camera = TrueCamera(
            serial=f"SIM-D435-{k}",
            depth=DEPTH,
            color=COLOR,
            color_from_depth=COLOR_FROM_DEPTH,
            baseline_m=0.0500,
            world_from_cam=world_from_mannequin @ looking_at(eye_m, aim_m, up),
        )
        rigs[camera_id] = SimRig(camera_id, camera, plates, world_from_mannequin)
    return rigs


def _scaled(k: Intrinsics, factor: float) -> Intrinsics:
    return k.model_copy(update={"fx_px": k.fx_px * factor, "fy_px": k.fy_px * factor})


def sim_calibration(rig: SimRig, exact: bool = False) -> CameraCalibration:
    """Give what the simulated camera's factory and its fitter say about it.

    Focal length, baseline and the colour sensor's place carry the small errors stated in
    this module (`exact=True`: none); ``world_from_cam`` is where the camera was hung.
    """
    true = rig.camera
    focal = 1.0 if exact else 1.0 + FOCAL_ERROR
    shift_m = 0.0 if exact else COLOR_SHIFT_ERROR_M
    color_from_depth = Pose(true.color_from_depth.R, true.color_from_depth.t_m + shift_m)
    return CameraCalibration(
        serial=true.serial,
        model="simulated D435",
        depth=_scaled(true.depth, focal),
        color=_scaled(true.color, focal),
        color_from_depth=PoseEntry.of(color_from_depth),
        baseline_m=true.baseline_m * (1.0 if exact else 1.0 + BASELINE_ERROR),
        world_from_cam=PoseEntry.of(true.world_from_cam),
    )
