"""The room in three dimensions: what is calibrated stands where it was measured.

Takes a draft and the cameras' newest pictures, draws cameras, points, mannequin, plates and
board into a viser scene; leaves what is not known yet undrawn, and its naming to
`calibration.page.places`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

from calibration.boards.charuco import BoardView, CharucoBoard, board_texture
from calibration.cameras.view_pose import view_pose
from calibration.draft import RigDraft
from calibration.look import Seen
from calibration.page.pictures import Rgb
from calibration.page.places import places_of
from mr.geometry.camera import Camera
from mr.rig import CameraModel, MarkerLayout
from mr.types import FloatArray, Pose

THIN = 4
"""Of a depth picture's rows and columns, one in so many is drawn: some 25,000 points."""
NEAR_M, FAR_M = 0.15, 2.5
"""Farther away there is nothing of a rig."""
FRUSTUM_M = 0.11
POINT_M = 0.0035
LEAST_CORNERS = 8
"""Fewer of the board's corners leave its tilt open."""
GREY = (125, 135, 145)
SKIN, PLATE, NORMAL, HEEL = (205, 150, 120), (250, 250, 250), (11, 107, 58), (194, 65, 12)


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """A viser scene as this project's room."""

    scene: Any
    """`viser.SceneApi`."""

    def begin(self) -> None:
        """Draw what is there in any case."""
        self.scene.set_up_direction("+z")
        self.scene.add_grid(
            "/floor", width=2.0, height=2.0, cell_size=0.1, section_size=0.5, plane="xy",
            cell_color=(225, 229, 233), section_color=(190, 197, 204),
        )  # fmt: skip
        self.scene.add_frame("/world", axes_length=0.12, axes_radius=0.004)
        self.scene.add_label("/world/name", "world", position=(0.0, 0.0, -0.02))

    def draw(self, draft: RigDraft) -> None:
        """Draw what is calibrated; what was drawn before and is not known now goes."""
        unknown = [place.what for place in places_of(draft) if not place.known]
        self._gone("/unknown", "/mannequin")
        for k, what in enumerate(reversed(unknown)):
            self.scene.add_label(
                f"/unknown/{k}", f"{what}: place not known yet",
                position=(0.0, 0.0, 0.22 + 0.07 * k), anchor="bottom-center",
            )  # fmt: skip
        if draft.world_from_mannequin is not None:
            self._mannequin(draft, draft.world_from_mannequin.pose())
        for camera_id in draft.cameras:
            if camera_id not in draft.world_from_cam:
                self._gone(f"/camera {camera_id}")

    def _mannequin(self, draft: RigDraft, world_from_mannequin: Pose) -> None:
        self.scene.add_frame(
            "/mannequin", axes_length=0.07, axes_radius=0.003, **_at(world_from_mannequin)
        )
        self.scene.add_label(
            "/mannequin/name", "compression point", position=(0.0, 0.0, 0.23),
            anchor="bottom-center",
        )  # fmt: skip
        self.scene.add_arrows(
            "/mannequin/chest normal", np.array([[[0.0, 0.0, 0.0], [0.0, 0.0, 0.20]]]), NORMAL,
            shaft_radius=0.004, head_radius=0.011, head_length=0.03,
        )  # fmt: skip
        if draft.surface is not None:
            points = np.asarray(draft.surface.cloud().points_m, dtype=np.float32)
            self.scene.add_point_cloud(
                "/mannequin/surface", points, SKIN, point_size=0.006, point_shape="circle",
                precision="float32",
            )  # fmt: skip
        if draft.markers is not None:
            self._plates(draft.markers)

    def _plates(self, layout: MarkerLayout) -> None:
        for marker in layout.markers:
            corners_m = np.array(marker.corners_in_mannequin_m)
            name, middle_m = f"/mannequin/plate {marker.id}", corners_m.mean(axis=0)
            faces = np.array([[0, 1, 2], [0, 2, 3]])
            self.scene.add_mesh_simple(
                name, corners_m.astype(np.float32), faces, color=PLATE, side="double",
                flat_shading=True,
            )  # fmt: skip
            edges = np.stack([corners_m, np.roll(corners_m, -1, axis=0)], axis=1)
            self.scene.add_line_segments(f"{name}/edge", edges, (27, 39, 50), thickness=0.004)
            self.scene.add_label(
                f"{name}/id", str(marker.id), position=tuple(middle_m), anchor="center-center"
            )

    def camera(self, camera_id: str, draft: RigDraft, seen: Seen, picture: Rgb | None) -> None:
        """Draw a camera with its newest picture, and the points that its depth gives."""
        if camera_id not in draft.world_from_cam:
            return
        model = draft.cameras[camera_id]
        world_from_cam = draft.world_from_cam[camera_id].pose()
        lens = model.depth if model.color is None else model.color
        place = world_from_color(model, world_from_cam)
        fov_rad = 2.0 * float(np.arctan(lens.height_px / (2.0 * lens.fy_px)))
        self.scene.add_camera_frustum(
            f"/camera {camera_id}", fov_rad, lens.width_px / lens.height_px, scale=FRUSTUM_M,
            thickness=0.004, color=(31, 95, 168), image=picture, jpeg_quality=70, **_at(place),
        )  # fmt: skip
        self.scene.add_label(
            f"/camera {camera_id}/name", f"camera {camera_id}", position=(0.0, -0.06, 0.0),
            anchor="bottom-center",
        )  # fmt: skip
        if seen.depth_counts is None:
            return
        points_m, colors = cloud_of(model, seen)
        self.scene.add_point_cloud(
            f"/points of {camera_id}", world_from_cam.apply(points_m).astype(np.float32), colors,
            point_size=POINT_M, point_shape="circle", precision="float32", point_shading="flat",
        )  # fmt: skip

    def board(
        self, camera_id: str, draft: RigDraft, board: CharucoBoard, view: BoardView | None
    ) -> None:
        """Draw the board where a camera sees it now."""
        name = f"/board seen by {camera_id}"
        world_from_board = board_place(draft, camera_id, board, view)
        if world_from_board is None:
            self._gone(name)
            return
        width_m, height_m = board.size_m
        flip = Rotation.from_euler("x", 180, degrees=True).as_matrix()
        middle = world_from_board @ Pose(flip, np.array([width_m / 2, height_m / 2, 0.0]))
        ink = cv2.cvtColor(board_texture(board, 24), cv2.COLOR_GRAY2RGB)
        self.scene.add_image(name, ink, width_m, height_m, **_at(middle))

    def heel(self, camera_id: str, heel_in_world_m: FloatArray | None) -> None:
        """Draw the heel of the hand, while a camera sees it."""
        name = f"/heel seen by {camera_id}"
        if heel_in_world_m is None:
            self._gone(name)
            return
        x, y, z = (float(v) for v in heel_in_world_m)
        self.scene.add_icosphere(name, radius=0.02, color=HEEL, position=(x, y, z))
        self.scene.add_label(
            f"{name}/name", f"heel of the hand, seen by {camera_id}", position=(0.0, 0.0, 0.04),
            anchor="bottom-left",
        )  # fmt: skip

    def _gone(self, *names: str) -> None:
        for name in names:
            node = self.scene.get_handle_by_name(name)
            if node is not None:
                node.remove()


def world_from_color(model: CameraModel, world_from_cam: Pose) -> Pose:
    """Give a colour sensor's place; the depth sensor's where the two are not told apart."""
    if model.color_from_depth is None:
        return world_from_cam
    return world_from_cam @ model.color_from_depth.pose().inverse()


def board_place(
    draft: RigDraft, camera_id: str, board: CharucoBoard, view: BoardView | None
) -> Pose | None:
    """Give ``world_from_board`` as a camera sees it; None: not seen, or the camera is nowhere."""
    model = draft.cameras.get(camera_id)
    if view is None or model is None or model.color is None:
        return None
    size_px = (model.color.width_px, model.color.height_px)
    if camera_id not in draft.world_from_cam or len(view.ids) < LEAST_CORNERS:
        return None
    if view.size_px != size_px:
        return None
    fitted = view_pose(view.ids, view.corners_px, board, Camera(model.color))
    if fitted is None:
        return None
    return world_from_color(model, draft.world_from_cam[camera_id].pose()) @ fitted.color_from_board


def cloud_of(model: CameraModel, seen: Seen) -> tuple[FloatArray, Rgb]:
    """Give a depth picture's points (n, 3) m in the camera's frame, thinned, with their colours."""
    assert seen.depth_counts is not None
    reported_m = seen.depth_counts[::THIN, ::THIN].astype(np.float64) * seen.m_per_count
    z_m = model.depth_scale * reported_m + model.depth_offset_m * (reported_m > 0)
    there = (z_m > NEAR_M) & (z_m < FAR_M)
    rows, columns = np.nonzero(there)
    at_px = THIN * np.column_stack([columns, rows]).astype(np.float64)
    points_m = Camera(model.depth).deproject(at_px, z_m[there])
    colors = np.full((len(points_m), 3), GREY, dtype=np.uint8)
    if seen.bgr is None or model.color is None or model.color_from_depth is None:
        return points_m, colors
    if not seen.together:
        return points_m, colors  # what lay there then may not lie there now
    px = np.rint(Camera(model.color).project(model.color_from_depth.pose().apply(points_m)))
    height, width = seen.bgr.shape[:2]
    inside = (px >= 0).all(axis=1) & (px[:, 0] < width) & (px[:, 1] < height)
    x, y = px[inside].astype(int).T
    colors[inside] = seen.bgr[y, x, ::-1]
    return points_m, colors


def _at(place: Pose) -> dict[str, Any]:
    """Say a place as viser has it."""
    x, y, z, w = Rotation.from_matrix(place.R).as_quat()
    return {"wxyz": (float(w), float(x), float(y), float(z)), "position": tuple(place.t_m)}
