"""One frame as it is to be drawn: a scene, where the mannequin is, and which sheets stand where.

Takes a scene, the mannequin's place and the head, gives a `Composed` frame; leaves what is in the
scene to `overlays.scene` and drawing to `overlays.xr.session`. Where sheets stand is decided here
alone: who looks at one (`overlays.xr.gaze`) and who draws it must agree. Pure but for the side.
"""

from __future__ import annotations

from dataclasses import dataclass

from mr.types import Pose
from overlays.primitives import Panel, Scene
from overlays.xr.placement import (
    PANEL_AT_M,
    PANEL_WIDTH_M,
    UNDER_PICTURE_M,
    Side,
    debrief_pose,
    panel_pose,
    panel_side,
)


@dataclass(frozen=True, slots=True, eq=False)
class PlacedPanel:
    """A panel and where it stands; `name` says which one it is from frame to frame."""

    name: str
    panel: Panel
    xr_from_panel: Pose
    width_m: float

    @property
    def size_m(self) -> tuple[float, float]:
        """Its width and height."""
        return self.width_m, self.width_m * self.panel.height_px / self.panel.width_px


@dataclass(frozen=True, slots=True, eq=False)
class Composed:
    """What a frame shows."""

    scene: Scene
    xr_from_mannequin: Pose
    side: Side
    """On which side of the mannequin sheets stand: the learner kneels at the other."""
    panels: tuple[PlacedPanel, ...]
    """In the order of their layers."""


class Standing:
    """Where sheets stand, from frame to frame: they change sides only when the learner does."""

    def __init__(self) -> None:
        self.side: Side | None = None

    def stand(
        self, scene: Scene, xr_from_mannequin: Pose, xr_from_head: Pose, *, in_space: bool = True
    ) -> Composed:
        """Put a scene's panels where the head sees them.

        Parameters
        ----------
        scene : Scene
            With its panels.
        xr_from_mannequin, xr_from_head : Pose
            Where both are.
        in_space : bool
            False where a picture stands in for the room: the panel then stands under it.
        """
        head_in_mannequin_m = xr_from_mannequin.inverse().apply(xr_from_head.t_m)
        self.side = panel_side(head_in_mannequin_m, self.side)
        at_m = PANEL_AT_M if in_space else UNDER_PICTURE_M
        xr_from_panel = panel_pose(xr_from_mannequin, xr_from_head.t_m, self.side, at_m)
        panel = PlacedPanel("panel", scene.panel, xr_from_panel, PANEL_WIDTH_M)
        panels = (panel,) if scene.debrief is None else (panel, _above(panel, scene.debrief))
        return Composed(scene, xr_from_mannequin, self.side, panels)


def _above(below: PlacedPanel, debrief: Panel) -> PlacedPanel:
    """Put the debrief over the panel, at the same size of its letters."""
    width_m = below.width_m * debrief.width_px / below.panel.width_px
    height_m = width_m * debrief.height_px / debrief.width_px
    pose = debrief_pose(below.xr_from_panel, below.size_m[1], height_m)
    return PlacedPanel("debrief", debrief, pose, width_m)
