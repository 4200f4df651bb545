"""What one frame of the headset costs our own code, pixels excluded, and a redraw of the panel.

Takes a snapshot in full swing, gives `Timing`s in CPU time of the thread: the chest moved on, the
chest's part of the scene, both eyes' triangles, the whole as a view composes it, and the panel.
What OpenGL, the runtime and its compositor take stands in `FrameReport.cost`, where there is a
headset.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mr.types import Pose, Snapshot
from overlays.cues.context import KNEELING
from overlays.look import Look
from overlays.messages import ENGLISH
from overlays.prediction import ChestPast, predicted
from overlays.primitives import Registered
from overlays.render.mesh import shapes_of
from overlays.render.panel import draw_panel
from overlays.scene import build_registered, build_scene
from overlays.xr.passthrough import passthrough
from overlays.xr.placement import default_xr_from_mannequin
from overlays.xr.training import Training
from tests.bench.stopwatch import Timing, contest

N = 60
HEAD = default_xr_from_mannequin() @ Pose(np.eye(3), np.array([-0.45, 0.0, 0.7]))
"""A kneeling learner's head, seen as a place alone."""
FRAME_NS, AHEAD_NS = 11_111_111, 22_000_000
EYES_IN_MANNEQUIN_M = (np.array([-0.45, -0.03, 0.7]), np.array([-0.45, 0.03, 0.7]))


def swinging(snapshot: Snapshot, n: int, from_ns: int) -> list[Snapshot]:
    """Give what a view at 90 Hz reads of a chest at 110 a minute: each frame another depth."""
    turn = 2.0 * np.pi * 110.0 / 60.0
    made = []
    for k in range(n):
        t_s = 1e-9 * k * FRAME_NS
        made.append(
            replace(
                snapshot,
                seq=snapshot.seq + k,
                measured_ns=from_ns + k * FRAME_NS,
                depth_mm=float(27.0 * (1.0 - np.cos(turn * t_s))),
                velocity_mm_s=float(27.0 * turn * np.sin(turn * t_s)),
            )
        )
    return made


def frame_timings(snapshot: Snapshot) -> list[Timing]:
    """Time a frame's parts and their sum, and the panel; `snapshot` is in full swing."""
    past, frames = ChestPast(), swinging(snapshot, 400, 10**12)
    for frame in frames:
        past.see(frame)
    last = frames[-N:]
    scene = build_scene(snapshot)

    def ahead() -> None:
        newest = frames[-1]
        for _ in range(N):
            predicted(newest, (newest.measured_ns or 0) + AHEAD_NS, past)

    def built() -> None:
        for frame in last:
            on_chest(frame)

    lying = [on_chest(frame) for frame in last]

    def meshes() -> None:
        for registered in lying:
            shapes_of.cache_clear()  # another scene each frame, and once for both eyes
            both_eyes(registered)

    def whole() -> None:
        given = iter(last)
        training = Training(lambda: next(given))
        for frame in last:
            shown_ns = (frame.measured_ns or 0) + AHEAD_NS
            composed = training.compose(shown_ns, HEAD, (), passthrough("alpha"))
            both_eyes(composed.scene.registered)

    def panel() -> None:
        for _ in range(N):
            draw_panel(scene.panel)

    parts: Sequence[tuple[str, Callable[[], None]]] = (
        ("headset frame, chest moved on", ahead),
        ("headset frame, what lies on the chest", built),
        ("headset frame, both eyes' triangles", meshes),
        ("headset frame, as a view composes it", whole),
        ("headset panel, a redraw", panel),
    )
    base = "a sort of 10 000 numbers"
    return [contest(name, "ms", work, base, _sorts, per=1e3 / N) for name, work in parts]


def on_chest(snapshot: Snapshot) -> tuple[Registered, ...]:
    """Make what moves with each frame."""
    return build_registered(snapshot, Look(), ENGLISH, KNEELING, view="headset")


def both_eyes(registered: tuple[Registered, ...]) -> None:
    """Make what is sent to the graphics card for both eyes."""
    shapes = shapes_of(registered)
    for eye_m in EYES_IN_MANNEQUIN_M:
        shapes.seen_from(eye_m)


_NUMBERS = np.random.default_rng(1).random(10_000)


def _sorts() -> None:
    for _ in range(N):
        np.sort(_NUMBERS)
