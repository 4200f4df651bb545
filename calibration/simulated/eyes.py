"""What the simulated cameras see of the room between the steps, for the technician's page.

Takes the true rig as each camera has it, tells one picture after the other to a `Look`; leaves
what they see during a step to the simulated technician.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from calibration.look import Look
from mr.sim.camera import SimImager
from mr.sim.learner import still_script
from mr.sim.rig import SimRig

EVERY_S = 3.0
"""Nothing moves in the room; a picture of both kinds takes a fifth of a second."""
SCRIPT_S = 3600.0


def look_about(
    rigs: Mapping[str, SimRig],
    look: Look,
    wanted: Callable[[], bool],
    hands: Callable[[], bool],
    ended: threading.Event,
    *,
    seed: int = 0,
    every_s: float = EVERY_S,
) -> None:
    """Tell pictures of each camera, while they are wanted, until it ends; for a thread.

    `hands` tells whether somebody's hands rest on the chest now.
    """
    imagers: dict[tuple[str, bool], SimImager] = {}
    t_s = 0.0
    while not ended.is_set():
        for k, (camera_id, rig) in enumerate(rigs.items()):
            if ended.is_set() or not wanted():
                break
            which = (camera_id, hands())
            if which not in imagers:
                script = still_script(duration_s=SCRIPT_S, hands=which[1])
                imagers[which] = SimImager(rig, script, seed + k)
            look(camera_id, imagers[which].bgr(t_s), imagers[which].depth_counts(t_s))
        t_s = (t_s + every_s) % SCRIPT_S
        ended.wait(every_s if imagers else 0.2)
