"""Simulated cameras at any place round the mannequin, for the mount's tests and its sweep."""

from __future__ import annotations

from mr.rig import PoseEntry, Provenance, Rig
from mr.sim.camera import SimImager
from mr.sim.rig import CameraPlace, SimRig, make_sim_rigs, sim_calibration
from mr.tracking.mount import MountWatch
from mr.types import Arrival, ColorFrame, DepthFrame

M_PER_COUNT = 1e-4


def rig_at(place: CameraPlace) -> SimRig:
    """Give the simulated rig with its camera at a place."""
    return make_sim_rigs({"side": place})["side"]


def rig_file(sim: SimRig) -> Rig:
    """Give a simulated rig's calibration."""
    return Rig(
        name="mount",
        cameras={sim.camera_id: sim_calibration(sim)},
        markers=sim.marker_layout(),
        world_from_mannequin=PoseEntry.of(sim.world_from_mannequin),
        provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
    )


def calibrated_watch(sim: SimRig) -> MountWatch:
    """Begin to watch a camera whose place is calibrated, without markers."""
    return MountWatch(sim_calibration(sim), None, sim.mannequin_from_cam.inverse())


def depth_frame(imager: SimImager, seq: int, t_s: float) -> DepthFrame:
    """Give the depth frame of an instant."""
    arrival = _arrival(imager, "depth", seq, t_s)
    return DepthFrame(arrival, imager.rig.camera_id, imager.depth_counts(t_s), M_PER_COUNT)


def color_frame(imager: SimImager, seq: int, t_s: float) -> ColorFrame:
    """Give the colour frame of an instant."""
    arrival = _arrival(imager, "color", seq, t_s)
    return ColorFrame(arrival, imager.rig.camera_id, imager.bgr(t_s))


def _arrival(imager: SimImager, what: str, seq: int, t_s: float) -> Arrival:
    t_ns = round(t_s * 1e9)
    return Arrival(f"cam_{imager.rig.camera_id}.{what}", seq, t_ns // 1000, t_ns)
