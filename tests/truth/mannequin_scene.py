"""Scenes for the mannequin's pose: a true rig, a camera with errors of its own, and looks.

The pixels come from the simulator's ray caster and painter. What a mannequin leaves behind
when it alone is moved is composed here, pixel by pixel, with a floor and a bench that are
met by arithmetic of this file: the simulator's own floor moves with the mannequin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from calibration.mannequin.surface import Scan, scan_surface
from mr.rig import CameraCalibration, PoseEntry, Provenance, Rig, SurfaceEntry
from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.sim.noise import NoiseField, NoiseModel, Stereo, measure
from mr.sim.rig import (
    COLOR_SHIFT_ERROR_M,
    FOCAL_ERROR,
    SimRig,
    make_sim_rig,
    sim_calibration,
)
from mr.sim.script import Script
from mr.types import Arrival, ColorFrame, DepthFrame, FloatArray, Pose, Stamp

FOCAL_SIGMA = SCALE_SIGMA = 0.6 * FOCAL_ERROR
SHIFT_SIGMA_M = 0.6 * COLOR_SHIFT_ERROR_M
"""What a factory's calibration is off: focal lengths, depth scale, and where the colour sensor
sits. The simulator's one camera is off by 1.7 of these sigmas in all of them at once; here
each camera draws its own, so that a claimed sigma can be judged over many cameras."""
M_PER_COUNT = 1e-4


@dataclass(eq=False)
class View:
    """One camera before one mannequin, with what its maker says about it."""

    sim: SimRig
    imager: SimImager
    calibration: CameraCalibration
    m_per_count: float
    seq: int = 0

    @property
    def truth(self) -> Pose:
        """The true ``world_from_mannequin``."""
        return self.sim.world_from_mannequin

    def depth(self, t_s: float, counts: npt.NDArray[np.uint16] | None = None) -> DepthFrame:
        arrival = self._arrival("depth", t_s)
        if counts is None:
            counts = self.imager.depth_counts(t_s)
        return DepthFrame(arrival, self.sim.camera_id, counts, self.m_per_count)

    def color(self, t_s: float, bgr: npt.NDArray[np.uint8] | None = None) -> ColorFrame:
        arrival = self._arrival("color", t_s)
        if bgr is None:
            bgr = self.imager.bgr(t_s)
        return ColorFrame(arrival, self.sim.camera_id, bgr)

    def _arrival(self, stream: str, t_s: float) -> Arrival:
        self.seq += 1
        return Arrival(f"cam_{self.sim.camera_id}.{stream}", self.seq, self.seq, stamp(t_s).t_ns)


def stamp(t_s: float) -> Stamp:
    return Stamp(round(t_s * 1e9) + 10**9, 100_000)


def drawn_camera(sim: SimRig, rng: np.random.Generator | None) -> tuple[CameraCalibration, float]:
    """Give what a factory might say about the camera, and its depth's scale."""
    exact = sim_calibration(sim, exact=True)
    if rng is None:
        return exact, M_PER_COUNT
    assert exact.color is not None and exact.color_from_depth is not None
    lenses = {}
    for name, lens in (("depth", exact.depth), ("color", exact.color)):
        focal = 1.0 + float(rng.normal(0.0, FOCAL_SIGMA))
        lenses[name] = lens.model_copy(
            update={"fx_px": lens.fx_px * focal, "fy_px": lens.fy_px * focal}
        )
    true = exact.color_from_depth.pose()
    shifted = Pose(true.R, true.t_m + rng.normal(0.0, SHIFT_SIGMA_M, 3))
    told = exact.model_copy(update={**lenses, "color_from_depth": PoseEntry.of(shifted)})
    return told, M_PER_COUNT * (1.0 + float(rng.normal(0.0, SCALE_SIGMA)))


def make_view(
    sim: SimRig,
    seed: int,
    sigma_px: float = 0.09,
    rng: np.random.Generator | None = None,
    script: Script | None = None,
) -> View:
    calibration, scale = drawn_camera(sim, rng)
    imager = SimImager(
        sim,
        still_script(60.0) if script is None else script,
        seed,
        NoiseModel(sigma_px=sigma_px),
        calibration_error=False,
    )
    imager.painter()
    return View(sim, imager, calibration, scale)


def nearby(pose: Pose, turn_deg: tuple[float, float, float], move_mm: FloatArray) -> Pose:
    turn = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
    return Pose(turn @ pose.R, pose.t_m + np.asarray(move_mm) / 1e3)


def scanned(view: View, n: int = 12, beside: Pose | None = None) -> SurfaceEntry:
    """Scan the resting mannequin; `beside` is where it is wrongly taken to lie."""
    frames = tuple(view.depth(0.1 * k).depth_counts for k in range(n))
    lies = view.sim.mannequin_from_cam.inverse() if beside is None else beside
    scan = Scan(frames, view.m_per_count, view.calibration, lies)
    return SurfaceEntry.of(scan_surface([scan], view.sim.marker_layout(), view.sim.chest_ap_m))


def make_rig(view: View, surface: SurfaceEntry | None, markers: bool = True) -> Rig:
    """Give the rig, whose mannequin was put down some millimetres beside its place."""
    beside = nearby(view.truth, (1.0, -1.0, 0.5), np.array([8.0, -6.0, 4.0]))
    return Rig(
        name="truth",
        cameras={view.sim.camera_id: view.calibration},
        markers=view.sim.marker_layout() if markers else None,
        surface=surface,
        world_from_mannequin=PoseEntry.of(beside),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )


def drawn_scenes(n: int, first_seed: int) -> Iterator[tuple[int, View]]:
    """Give views from 0.6 to 0.9 m, 15 to 45°, with noise of 0.08 to 0.12 px."""
    for seed in range(first_seed, first_seed + n):
        rng = np.random.default_rng([seed, 0xA0])
        distance_m, tilt_deg = float(rng.uniform(0.6, 0.9)), float(rng.uniform(15.0, 45.0))
        sim = make_sim_rig(distance_m=distance_m, tilt_deg=tilt_deg)
        yield seed, make_view(sim, seed, float(rng.uniform(0.08, 0.12)), rng)


class Room:
    """A room that stays where it is: a floor and a low bench, both at rest in the world.

    Parameters
    ----------
    sim
        Says where the world's floor is: under the mannequin before anything moves.
    """

    def __init__(self, sim: SimRig) -> None:
        self._from_mannequin = sim.world_from_mannequin.inverse()
        self._floor_m = -sim.chest_ap_m - 0.018
        self._bench = ((-0.75, 0.75), (-1.2, -0.53), self._floor_m + 0.09)

    def depth_m(self, view: View) -> FloatArray:
        """Depth (H, W) of floor and bench along the optical axis; inf where there is none."""
        k = view.sim.camera.depth
        column, row = np.meshgrid(np.arange(k.width_px), np.arange(k.height_px))
        ray = np.stack(
            [(column - k.cx_px) / k.fx_px, (row - k.cy_px) / k.fy_px, np.ones(column.shape)], -1
        )
        room_from_cam = self._from_mannequin @ view.sim.camera.world_from_cam
        turned, eye = ray @ room_from_cam.R.T, room_from_cam.t_m
        best = np.full(column.shape, np.inf)
        everywhere = ((-9.0, 9.0), (-9.0, 9.0), self._floor_m)
        for (x0, x1), (y0, y1), z in (everywhere, self._bench):
            t = (z - eye[2]) / turned[..., 2]
            x, y = eye[0] + t * turned[..., 0], eye[1] + t * turned[..., 1]
            met = (t > 0) & (x > x0) & (x < x1) & (y > y0) & (y < y1)
            best = np.where(met & (t < best), t, best)
        return best


@dataclass(eq=False)
class Composed:
    """A view's depth with the room in place of what the simulator lays under a mannequin."""

    view: View
    room: Room
    seed: int = 0

    def __post_init__(self) -> None:
        camera = self.view.sim.camera
        self._noise = NoiseModel()
        fb = camera.depth.fx_px * camera.baseline_m
        self._stereo = Stereo(fb, fb)
        self._room_m = self.room.depth_m(self.view)
        self._field = NoiseField(self._noise, self._room_m.shape, self.seed)

    def depth(self, t_s: float) -> DepthFrame:
        """Give a frame in which the mannequin lies over the room."""
        true_m = self.view.imager.true_depth_m(t_s).astype(np.float64)
        back = self.view.sim.mannequin_from_cam
        k = self.view.sim.camera.depth
        column, row = np.meshgrid(np.arange(k.width_px), np.arange(k.height_px))
        ray = np.stack(
            [(column - k.cx_px) / k.fx_px, (row - k.cy_px) / k.fy_px, np.ones(column.shape)], -1
        )
        points = back.apply(ray * true_m[..., None])
        # The simulator's floor, board and kneeling legs belong to the room, not to it.
        own = (points[..., 2] > -self.view.sim.chest_ap_m + 0.004) & (points[..., 0] > -0.30)
        depth_m = np.where(own, np.minimum(true_m, self._room_m), self._room_m)
        counts = measure(depth_m.astype(np.float32), self._stereo, self._noise, self._field, t_s)
        return self.view.depth(t_s, counts)


def bumped(sim: SimRig, *, mannequin: Pose | None = None, camera: Pose | None = None) -> SimRig:
    """Give the same rig after a bump."""
    changed = sim
    if mannequin is not None:
        changed = replace(changed, world_from_mannequin=mannequin)
    if camera is not None:
        changed = replace(changed, camera=replace(sim.camera, world_from_cam=camera))
    return changed
