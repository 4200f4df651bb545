"""A simulated technician who lets the cameras look at the mannequin at rest.

Takes the true rig of one camera, gives its looks; leaves measuring to `calibration.mannequin`.
"""

from __future__ import annotations

from collections.abc import Iterator

from calibration.mannequin.normal_guide import RestLook
from mr.rig import CameraCalibration
from mr.sim.camera import M_PER_COUNT, SimImager
from mr.sim.learner import still_script
from mr.sim.rig import SimRig
from mr.tracking.markers import look_around

N_LOOKS = 12


def rest_looks(
    rig: SimRig,
    camera: CameraCalibration,
    *,
    seed: int = 0,
    n: int = N_LOOKS,
    hands: bool = False,
    pictures: int = 3,
    calibration_error: bool = True,
) -> Iterator[RestLook]:
    """Yield `n` looks; the colour picture is new in `pictures` of them (they take longest)."""
    imager = SimImager(
        rig, still_script(float(n), hands), seed, calibration_error=calibration_error
    )
    assert camera.color is not None
    layout = rig.marker_layout()
    seen = None
    for k in range(n):
        t_s = k / 10.0
        if seen is None or k < pictures:
            seen = look_around(imager.bgr(t_s), layout, camera.color, None)
        yield RestLook(
            rig.camera_id,
            seen.ids,
            seen.corners_px,
            seen.n_foreign,
            imager.depth_counts(t_s),
            M_PER_COUNT,
        )
