"""What one frame of the headset costs our own code, pixels excluded, and a redraw of the panel.

Takes a snapshot in full swing, gives `Timing`s in CPU time of the thread: the chest moved on, the
scene, both eyes' triangles, and the panel. What OpenGL, the runtime and its compositor take stands
in `FrameReport.cpu_s` of `overlays.xr.session`, where there is a headset.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from mr.types import Snapshot
from overlays.prediction import ChestPast, predicted
from overlays.primitives import Scene
from overlays.render.mesh import premultiplied_linear, solid_mesh
from overlays.render.panel import draw_panel
from overlays.scene import build_scene
from tests.bench.stopwatch import Timing, contest

N = 60
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
            build_scene(frame)

    def meshes() -> None:
        for _ in range(N):
            both_eyes(scene)

    def whole() -> None:
        newest = frames[-1]
        for frame in last:
            predicted(newest, (newest.measured_ns or 0) + AHEAD_NS, past)
            both_eyes(build_scene(frame))

    def panel() -> None:
        for _ in range(N):
            draw_panel(scene.panel)

    parts: Sequence[tuple[str, Callable[[], None]]] = (
        ("headset frame, chest moved on", ahead),
        ("headset frame, scene", built),
        ("headset frame, both eyes' triangles", meshes),
        ("headset frame, all of these", whole),
        ("headset panel, a redraw", panel),
    )
    base = "a sort of 10 000 numbers"
    return [contest(name, "ms", work, base, _sorts, per=1e3 / N) for name, work in parts]


def both_eyes(scene: Scene) -> None:
    """Make what is sent to the graphics card for both eyes."""
    for eye_m in EYES_IN_MANNEQUIN_M:
        mesh = solid_mesh(scene.registered, eye_m)
        premultiplied_linear(mesh.colors)


_NUMBERS = np.random.default_rng(1).random(10_000)


def _sorts() -> None:
    for _ in range(N):
        np.sort(_NUMBERS)
