"""A film's frames have one size, and without a picture ring and mannequin lie where they lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mr.geometry.cloud import Cloud
from mr.rig import CameraCalibration, Intrinsics, PoseEntry, Provenance, Rig, SurfaceEntry
from mr.types import Pose, Snapshot
from overlays.film import GROUND, Film, drawn_surface
from overlays.messages import load_messages
from overlays.mirror import WIDTH_PX, MirrorView
from overlays.render.registered import project_px
from overlays.theme import THEMES

SCALE = WIDTH_PX / 640


def block(height_m: float = 0.0) -> Cloud:
    """A flat surface of 20 by 40 cm with its normals up."""
    x, y = np.meshgrid(np.linspace(-0.1, 0.1, 21), np.linspace(-0.2, 0.2, 41))
    points_m = np.stack([x.ravel(), y.ravel(), np.full(x.size, height_m)], axis=1)
    return Cloud(points_m, np.tile([0.0, 0.0, 1.0], (len(points_m), 1)))


@pytest.fixture
def rig(lens: Intrinsics, cam_from_mannequin: Pose) -> Rig:
    camera = CameraCalibration(
        serial="0", baseline_m=0.05, depth=lens, color=lens,
        world_from_cam=PoseEntry.of(Pose.identity()),
        color_from_depth=PoseEntry.of(Pose.identity()),
    )  # fmt: skip
    return Rig(
        name="test", cameras={"a": camera}, surface=SurfaceEntry.of(block()),
        world_from_mannequin=PoseEntry.of(cam_from_mannequin),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )  # fmt: skip


@pytest.fixture
def right(states: dict[str, Snapshot], cam_from_mannequin: Pose) -> Snapshot:
    return replace(states["right"], world_from_mannequin=cam_from_mannequin)


def test_the_drawn_surface_lies_where_the_camera_would_see_it(
    lens: Intrinsics, cam_from_mannequin: Pose
) -> None:
    drawn = drawn_surface(block(), cam_from_mannequin, lens)
    assert drawn.shape == (480, 640, 3)
    skin = drawn[..., 2].astype(int) > GROUND[2] + 40

    def share(z_m: float, x_m: float, y_m: float) -> float:
        turn = np.linspace(0, 2 * np.pi, 60)
        edge = np.stack([x_m * np.sign(np.cos(turn)), y_m * np.sin(turn), 0 * turn + z_m], axis=1)
        at_px, _ = project_px(edge, cam_from_mannequin, lens)
        return float(np.mean([skin[round(y), round(x)] for x, y in at_px]))

    assert share(0.0, 0.09, 0.19) == 1.0, "within its edge"
    assert share(0.0, 0.14, 0.19) == 0.0, "beyond its edge"


def test_what_faces_away_is_not_drawn(lens: Intrinsics, cam_from_mannequin: Pose) -> None:
    away = Cloud(block().points_m, -block().normals)
    for surface in (away, None):
        drawn = drawn_surface(surface, cam_from_mannequin, lens)
        assert (drawn == np.array(GROUND, np.uint8)).all()


def test_without_a_picture_the_ring_lies_on_the_drawn_mannequin_and_it_is_said(
    rig: Rig, right: Snapshot, lens: Intrinsics, cam_from_mannequin: Pose
) -> None:
    frame = Film(rig).frame(right, None)
    black = (np.zeros((480, 640, 3), np.uint8), cam_from_mannequin, "a")
    mirror = MirrorView(rig).draw(right, black)
    ring = mirror[:560].max(axis=2) > 120
    assert ring.sum() > 1000
    assert (np.abs(frame[:560].astype(int) - mirror[:560]).max(axis=2)[ring] < 40).mean() > 0.9
    note = frame[700:768].astype(int)
    in_spanish = Film(rig, messages=load_messages("es")).frame(right, None)[700:768]
    assert (np.abs(note - in_spanish) > 100).sum() > 500, "other words"


def test_a_film_has_its_theme(rig: Rig, right: Snapshot) -> None:
    one, other = (Film(rig, theme).frame(right, None) for theme in THEMES.values())
    assert one.shape == other.shape and (one != other).mean() > 0.1


def test_a_rig_without_colour_gives_the_panel_alone(rig: Rig, right: Snapshot) -> None:
    dark = {"a": rig.cameras["a"].model_copy(update={"color": None, "color_from_depth": None})}
    frame = Film(rig.model_copy(update={"cameras": dark})).frame(right, None)
    assert frame.shape[0] < Film(rig).frame(right, None).shape[0]
    assert frame.shape[1] == WIDTH_PX


@pytest.mark.parametrize("size", [(480, 640), (720, 1280), (300, 640), (481, 641)])
def test_every_frame_has_the_size_of_the_first_one(
    rig: Rig, right: Snapshot, cam_from_mannequin: Pose, size: tuple[int, int]
) -> None:
    film = Film(rig)
    first = film.frame(right, (np.full((480, 640, 3), 90, np.uint8), cam_from_mannequin, "a"))
    white = np.full((*size, 3), 255, np.uint8)
    other = film.frame(right, (white, cam_from_mannequin, "a"))
    assert other.shape == first.shape
    seen = (other[: round(0.4 * len(other))] > 250).all(axis=2)
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    assert columns.size and rows.size, "the other picture is in it"
    if size == (720, 1280):  # made smaller by the same share both ways, black beside it
        assert len(columns) == pytest.approx(1024, abs=2)


def test_a_film_is_even_both_ways(rig: Rig, right: Snapshot, cam_from_mannequin: Pose) -> None:
    picture = (np.full((721, 1281, 3), 90, np.uint8), cam_from_mannequin, "a")
    height_px, width_px = Film(rig).frame(right, picture).shape[:2]
    assert height_px % 2 == 0 and width_px % 2 == 0 and width_px == 1282
