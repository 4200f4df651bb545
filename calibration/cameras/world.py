"""Several cameras into one world, from a board that they see at the same instants.

Takes views of a ChArUco board, lying flat at the world's origin first and last and held about
between the cameras meanwhile; gives ``world_from_cam`` of each camera with covariance. Leaves
capture to `calibration.cameras.world_guide`, and finding what is wrong to
`calibration.cameras.world_faults`. One camera alone will do.

The world: origin at the board's own, x to its right, y up along the print, z out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from calibration.boards.charuco import CharucoBoard
from calibration.cameras.board_depth import color_of
from calibration.cameras.boards_seen import BoardsSeen
from calibration.cameras.bow import Bow, board_bow, require_flat
from calibration.cameras.pose_graph import Graph
from calibration.cameras.stated import FOCAL_SIGMA, PRINT_SIGMA, SHIFT_SIGMA_M
from calibration.cameras.view_pose import ViewPose, pooled_sigma_px, view_pose
from calibration.cameras.world_faults import (
    Looks,
    require_board,
    require_linked,
    require_size,
    without_faults,
)
from mr.geometry.camera import Camera
from mr.geometry.poses import chain
from mr.rig import CameraModel
from mr.types import FloatArray, IntArray, Pose

WORLD_FROM_BOARD = Pose(np.diag([1.0, -1.0, -1.0]), np.zeros(3))
"""A board that lies at the world's origin: its z goes into the paper, the world's up."""
RETURN_SIGMA = (0.001, 0.001, 0.004, 0.0015, 0.0015, 0.0003)
"""Of a board laid back against its marks: tilts and turn (rad), x, y, z (m)."""
TABLE_SIGMA = (0.0015, 0.0015, np.inf, np.inf, np.inf, 0.0003)
"""Of a board laid elsewhere on the same table."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Where the cameras are."""

    camera_ids: tuple[str, ...]
    world_from_cam: tuple[Pose, ...]
    """With the covariance of the capture and of all that is stated (print, lens, sensors)."""
    capture_covariance: tuple[FloatArray, ...]
    """(6, 6) each: what another capture with the same board and lenses would scatter by."""
    rms_px: tuple[float, ...]
    """Of each camera's corners, in the joint solution."""
    n_views: tuple[int, ...]
    misfit_m: FloatArray
    """(views,) distance of the board's middle from where the joint solution has it."""
    view_camera: IntArray
    view_instant: IntArray
    left_px: FloatArray
    """(corners, 2) what is left of all corners."""
    corner_sigma_px: float
    stretch: float
    """Square root of chi² per degree of freedom; above 1 the covariance was stretched by it."""
    left_out: tuple[int, ...]
    """Instants in which the board was not still."""
    size_ratio: tuple[float, ...]
    """Depth sensor's over corners' distance by camera; NaN where no depth was given."""
    bow: Bow


def measure_world(
    samples: Sequence[BoardsSeen],
    board: CharucoBoard,
    cameras: Mapping[str, CameraModel],
    *,
    print_sigma: float = PRINT_SIGMA,
    focal_sigma: float = FOCAL_SIGMA,
    shift_sigma_m: float = SHIFT_SIGMA_M,
) -> World:
    """Measure where the cameras are.

    Parameters
    ----------
    samples
        In order of time; instants of the board at the origin first and last.
    board
        As it was printed.
    cameras
        Every camera to be placed.
    print_sigma, focal_sigma, shift_sigma_m
        One-sigmas, stated: of the print's and the lenses' scale, of ``color_from_depth``.

    Raises
    ------
    CalibrationError
        When the origin was not seen, cameras never saw the board together, one moved, the
        board is another one, of another size or bent, or it was not held still.
    """
    looks = _looks(samples, board, cameras)
    names = tuple(cameras)
    require_board(samples, looks, board)
    require_linked(looks, names)
    lenses = [color_of(c)[0] for c in cameras.values()]
    bow = _bow(looks, board, lenses)
    require_flat(bow, "world")
    ratios = require_size(looks, names)
    looks, graph, left_out = without_faults(looks, names)
    stretch = max(1.0, float(np.sqrt(graph.chi2 / max(graph.freedom, 1))))
    capture, poses = [], []
    for k, camera in enumerate(cameras.values()):
        assert camera.color_from_depth is not None
        color_from_depth = camera.color_from_depth.pose()
        pose = graph.cameras[k]
        seen = graph.camera_covariance(k) * stretch**2
        own = chain(Pose(pose.R, pose.t_m, seen), color_from_depth)
        stated = _stated(pose, board, print_sigma, focal_sigma)
        whole = chain(Pose(pose.R, pose.t_m, seen + stated), color_from_depth)
        assert own.covariance is not None
        assert whole.covariance is not None
        whole.covariance[3:, 3:] += np.eye(3) * shift_sigma_m**2
        capture.append(own.covariance)
        poses.append(whole)
    return _result(names, poses, capture, looks, graph, stretch, left_out, ratios, bow)


def _stated(
    world_from_color: Pose, board: CharucoBoard, print_sigma: float, focal_sigma: float
) -> FloatArray:
    """Give the covariance that a wrong print and lens leave: both move a camera along rays."""
    middle = WORLD_FROM_BOARD.apply(np.array([*board.size_m, 0.0]) / 2)
    from_origin, from_board = world_from_color.t_m, world_from_color.t_m - middle
    out = np.zeros((6, 6))
    out[3:, 3:] = print_sigma**2 * np.outer(from_origin, from_origin)
    out[3:, 3:] += focal_sigma**2 * np.outer(from_board, from_board)
    return out


def _looks(
    samples: Sequence[BoardsSeen], board: CharucoBoard, cameras: Mapping[str, CameraModel]
) -> Looks:
    """Condense every picture to a pose; boards that lie still at the origin are one board."""
    names = list(cameras)
    lenses = {name: color_of(c) for name, c in cameras.items()}
    views: list[ViewPose] = []
    camera_of, instant_of, ratio = [], [], []
    middle = np.array([*board.size_m, 0.0]) / 2
    for i, sample in enumerate(samples):
        for k, name in enumerate(sample.camera_ids):
            if name not in cameras:
                continue
            lens, cam_from_color = lenses[name]
            view = view_pose(sample.ids[k], sample.corners_px[k], board, lens)
            if view is None or not view.clear:
                continue
            views.append(view)
            camera_of.append(names.index(name))
            instant_of.append(i)
            told = (cam_from_color @ view.color_from_board).apply(middle)[2]
            ratio.append(sample.depth_m[k] / told)
    return Looks(
        tuple(s.place for s in samples),
        views,
        np.array(camera_of, dtype=np.int64),
        np.array(instant_of, dtype=np.int64),
        np.array(ratio),
        len(cameras),
        middle,
        WORLD_FROM_BOARD,
        RETURN_SIGMA,
        TABLE_SIGMA,
    )


def _bow(looks: Looks, board: CharucoBoard, lenses: Sequence[Camera]) -> Bow:
    """Measure the board's bow with the camera that has seen it most often."""
    busiest = int(np.bincount(looks.camera).argmax())
    mine = [v for v, c in zip(looks.views, looks.camera, strict=True) if c == busiest]
    return board_bow(mine, board, lenses[busiest])


def _result(
    names: tuple[str, ...],
    poses: Sequence[Pose],
    capture: Sequence[FloatArray],
    looks: Looks,
    graph: Graph,
    stretch: float,
    left_out: tuple[int, ...],
    ratios: tuple[float, ...],
    bow: Bow,
) -> World:
    left = [v.miss_px - (v.slope @ -graph.off[k]).reshape(-1, 2) for k, v in enumerate(looks.views)]
    rms, n = [], []
    for c in range(len(names)):
        mine = [px for px, of in zip(left, looks.camera, strict=True) if of == c]
        rms.append(float(np.sqrt(np.mean((np.concatenate(mine) ** 2).sum(axis=1)))))
        n.append(len(mine))
    return World(
        camera_ids=names,
        world_from_cam=tuple(poses),
        capture_covariance=tuple(capture),
        rms_px=tuple(rms),
        n_views=tuple(n),
        misfit_m=looks.misfit_m(graph),
        view_camera=looks.camera,
        view_instant=looks.instant,
        left_px=np.concatenate(left),
        corner_sigma_px=pooled_sigma_px(looks.views),
        stretch=stretch,
        left_out=left_out,
        size_ratio=ratios,
        bow=bow,
    )
