"""A session's snapshot tells where the headset is, and only where there is one."""

from __future__ import annotations

import numpy as np

from mr.config import SessionConfig
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.headset import HANDS
from mr.session.pipeline import Pipeline
from mr.types import DeviceInfo, HandJoints, HeadPose, Placing, Sample, StreamInfo
from tests.truth.headset_sessions import MODEL, ZERO_NS, Session, sweeping

HEADSET = DeviceInfo("sim", "nobody", MODEL, "1", "", (StreamInfo(HANDS, 72.0, 1e9),))


def pipeline(rig: Rig, *infos: DeviceInfo) -> Pipeline:
    config = SessionConfig()
    return Pipeline(rig, config, load_guideline(config.guideline), list(infos), "sim")


def fed(samples: list[Sample], rig: Rig, every: int) -> Placing:
    """Feed a session, with a snapshot after so many samples."""
    running = pipeline(rig, HEADSET)
    for k, sample in enumerate(samples):
        running.step(sample)
        if k % every == 0:
            running.snapshot(ZERO_NS + k)
    told = running.snapshot(ZERO_NS).placing
    assert told is not None
    return told


def test_without_a_headset_there_is_no_placing() -> None:
    session = Session(0, [sweeping(0, 1)])
    running = pipeline(session.rig(known=True))
    for sample in session.samples():
        if not isinstance(sample, HandJoints | HeadPose):
            running.step(sample)
    assert running.snapshot(ZERO_NS).placing is None


def test_one_that_is_expected_or_heard_of_has_one() -> None:
    session = Session(0, [sweeping(0, 1)])
    expected = pipeline(session.rig(known=True), HEADSET).snapshot(ZERO_NS).placing
    assert expected is not None
    assert (expected.state, expected.ask) == ("unknown", "wait")
    heard = pipeline(session.rig(known=True))
    heard.step(next(s for s in session.samples() if isinstance(s, HandJoints)))
    assert heard.snapshot(ZERO_NS).placing is not None


def test_snapshots_leave_no_trace() -> None:
    session = Session(0, [sweeping(0, 8)])
    samples, rig = session.samples(), session.rig(known=True)
    often, seldom = fed(samples, rig, 3), fed(samples, rig, 100_000)
    assert often.state == seldom.state == "weak"
    assert often.registration is not None and seldom.registration is not None
    one, two = often.registration.xr_from_world, seldom.registration.xr_from_world
    assert np.array_equal(one.R, two.R) and np.array_equal(one.t_m, two.t_m)
    assert often.registration.sigma_m == seldom.registration.sigma_m
