"""The headset's place in a session: nothing where there is no headset.

Takes every sample that is not the mannequin's, gives a `Placing` once a headset is expected or
heard of; leaves finding it to `mr.fusion.placer`, which is loaded then only, for a program
without a headset starts without SciPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mr.rig import Rig
from mr.session.headset import STREAMS
from mr.types import (
    DeviceInfo,
    HandJoints,
    HandPoints,
    HandSample,
    HeadPose,
    MannequinPose,
    Placing,
    Sample,
)

if TYPE_CHECKING:
    from mr.fusion.placer import Placer


class HeadsetPlace:
    """Where the headset's frame lies, if there is a headset.

    Parameters
    ----------
    rig
        The calibrated rig.
    infos
        Of the session's devices; one of them may be a headset.
    learner
        The learner's random id.
    """

    def __init__(self, rig: Rig, infos: Sequence[DeviceInfo], learner: str | None = None) -> None:
        self._rig, self._learner = rig, learner
        self._model: str | None = None
        self._placer: Placer | None = None
        headsets = [info for info in infos if _is_headset(info)]
        others = {info.kind for info in infos if not _is_headset(info)}
        self._nowhere = "sim" in others and any(info.kind == "live" for info in headsets)
        """A real headset has no place in a simulated room."""
        for info in headsets:
            self._model = info.model or None
            if not self._nowhere:
                self._begin()

    def step(self, sample: Sample) -> None:
        """Take in one sample, in the order of arrival."""
        if self._placer is None:
            if self._nowhere or not isinstance(sample, HandJoints | HeadPose):
                return
            self._begin()
        if isinstance(sample, HandJoints | HeadPose | HandPoints | HandSample | MannequinPose):
            assert self._placer is not None
            self._placer.step(sample)

    def away(self, t_ns: int) -> None:
        """Take note that the headset was lost: when it is back its frame may be another one."""
        if self._placer is not None:
            self._placer.doubt(t_ns)

    def placing(self) -> Placing | None:
        """Tell where it lies now; None without a headset."""
        return None if self._placer is None else self._placer.placing()

    def _begin(self) -> None:
        from mr.fusion.placer import Placer  # noqa: PLC0415 -- SciPy loads late

        self._placer = Placer(self._rig, self._model, self._learner)


def _is_headset(info: DeviceInfo) -> bool:
    return any(stream.name in STREAMS for stream in info.streams)
