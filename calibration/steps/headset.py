"""The step about the headset: where its frame lies, and how it sees this user's hands.

Takes a hand that both see and touches of the registration board's crosses, gives the draft
with what stays of them; leaves measuring to `calibration.headset`. Where the frame lies is of
this session alone: a headset makes a new one whenever it is put on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from calibration.boards.registration import RegistrationBoard
from calibration.headset.capture import HandSeen, HeadsetGuide
from calibration.headset.records import registration_record, rig_entry
from calibration.headset.touch import Crosses, measure_headset
from calibration.steps.place import registration_board
from calibration.steps.step import Done, Setup
from calibration.workbook import Parameter
from mr.clock.host import wall_now_utc
from mr.errors import CalibrationError
from mr.types import Pose


def resting_pose(setup: Setup) -> Pose:
    """Give where the mannequin lies."""
    entry = setup.draft.world_from_mannequin
    if entry is None:
        raise CalibrationError(
            "where the mannequin lies is not known yet: do `mrcpr calibrate rest` first"
        )
    return entry.pose()


def crosses_of(card: RegistrationBoard, world_from_mannequin: Pose) -> Crosses:
    """Give the places of the registration board's crosses in the world, by their numbers."""
    places = world_from_mannequin.apply(card.touch_points_in_mannequin_m)
    return {k + 1: (float(x), float(y), float(z)) for k, (x, y, z) in enumerate(places)}


class HeadsetStep:
    """The headset, by a sweep and by touches."""

    sample = HandSeen
    kept = False
    """A headset's frame is another one after each start: what was taken before is of another."""

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Nothing is kept that could be mixed."""
        del setup
        return {}

    def guide(self, setup: Setup) -> HeadsetGuide:
        """Guide the sweep and the touches."""
        lies = resting_pose(setup)
        return HeadsetGuide(lies, crosses_of(registration_board(setup.kit), lies))

    def finish(self, setup: Setup, samples: Sequence[HandSeen]) -> Done:
        """Register the headset."""
        lies = resting_pose(setup)
        pieces = [s.piece for s in samples if s.piece is not None]
        touches = [s.touch for s in samples if s.touch is not None]
        found = measure_headset(pieces, touches, crosses_of(registration_board(setup.kit), lies))
        record = registration_record(found, setup.subject, lies.t_m)
        made = wall_now_utc().isoformat(timespec="seconds")
        model = next((s.headset for s in samples if s.headset), setup.subject)
        learner = next((s.learner for s in samples if s.learner), "")
        entry = rig_entry(found, model, learner, made)
        return Done(setup.draft.model_copy(update={"headset": entry}), (record,))
