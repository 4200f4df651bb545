"""The steps about cameras: lens, depth, places in the world.

Takes samples, gives drafts with the cameras' numbers in them; leaves measuring to
`calibration.cameras`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from calibration.boards.charuco import BoardView
from calibration.cameras.board_depth import BoardDepth
from calibration.cameras.boards_seen import BoardsSeen
from calibration.cameras.depth_guide import DepthGuide
from calibration.cameras.depth_record import depth_record
from calibration.cameras.depth_scale import measure_depth_scale
from calibration.cameras.factory import prove_factory
from calibration.cameras.intrinsics_guide import IntrinsicsGuide
from calibration.cameras.intrinsics_record import intrinsics_record
from calibration.cameras.world import measure_world
from calibration.cameras.world_guide import WorldGuide
from calibration.cameras.world_record import world_record
from calibration.steps.step import Done, Setup
from calibration.workbook import Parameter
from mr.errors import CalibrationError
from mr.rig import CameraModel, Intrinsics, PoseEntry

UNPROVED = (
    "these pictures neither prove nor refute the maker's intrinsics: the measured ones, which "
    "keep their limits, are used"
)


def color_of(camera: CameraModel) -> Intrinsics:
    """Give a camera's colour lens, which every board needs."""
    if camera.color is None:
        raise CalibrationError(
            f"camera {camera.serial} has no colour sensor, or it is switched off: boards and "
            "markers are seen in colour"
        )
    return camera.color


class IntrinsicsStep:
    """The lens: the factory's is kept where pictures prove it, and replaced where they do not."""

    sample = BoardView
    kept = True

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Samples of another board, camera or size of picture are others."""
        lens = color_of(setup.camera)
        return {
            "camera": setup.camera.serial,
            "board": setup.kit.board,
            "size_px": (lens.width_px, lens.height_px),
        }

    def guide(self, setup: Setup) -> IntrinsicsGuide:
        """Guide the board all over the picture."""
        lens = color_of(setup.camera)
        return IntrinsicsGuide(setup.kit.board, (lens.width_px, lens.height_px))

    def finish(self, setup: Setup, samples: Sequence[BoardView]) -> Done:
        """Measure the lens and hold it against the factory's.

        Where the pictures neither prove nor refute the factory's, the measured one is taken if
        it keeps its own limits: what is known of it is stated.
        """
        lens, board, subject = color_of(setup.camera), setup.kit.board, setup.subject
        proof = prove_factory(samples, board, lens)
        if proof.verdict == "holds":
            return Done(setup.draft, (proof.record(subject, samples),))
        record = intrinsics_record(proof.measured, subject, samples)
        if not record.passed:  # a weak lens must not replace the factory's
            record = record.model_copy(update={"notes": (proof.words, *record.notes)})
            return Done(setup.draft, (record,))
        why = proof.words if proof.verdict == "differs" else UNPROVED
        record = record.model_copy(update={"notes": (why, *record.notes)})
        return Done(setup.with_camera(color=proof.measured.intrinsics), (record,))


class DepthStep:
    """The depth camera's scale and offset."""

    sample = BoardDepth
    kept = True

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Samples of another board, camera or block are others."""
        camera = setup.camera
        return {
            "camera": camera.serial,
            "board": setup.kit.board,
            "color": color_of(camera),
            "depth": camera.depth,
            "step_mm": setup.kit.step_mm,
        }

    def guide(self, setup: Setup) -> DepthGuide:
        """Guide the board from near to far, and onto the block."""
        return DepthGuide(setup.kit.board, setup.camera)

    def finish(self, setup: Setup, samples: Sequence[BoardDepth]) -> Done:
        """Measure scale and offset."""
        found = measure_depth_scale(
            samples, setup.kit.board, setup.camera, print_sigma=setup.kit.print_scale_sigma
        )
        record = depth_record(
            found, setup.subject, samples, print_sigma=setup.kit.print_scale_sigma
        )
        if not record.passed:
            return Done(setup.draft, (record,))
        draft = setup.with_camera(depth_scale=found.scale, depth_offset_m=found.offset_m)
        return Done(draft, (record,))


class WorldStep:
    """Where the cameras stand, all of them together."""

    sample = BoardsSeen
    kept = True

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Instants of other cameras, lenses or boards are others."""
        cameras = setup.draft.cameras
        return {
            "board": setup.kit.board,
            "cameras": {key: camera.serial for key, camera in cameras.items()},
            "color": {key: color_of(camera) for key, camera in cameras.items()},
        }

    def guide(self, setup: Setup) -> WorldGuide:
        """Guide the board from the origin through the cameras' views and back."""
        return WorldGuide(setup.kit.board, setup.draft.cameras)

    def finish(self, setup: Setup, samples: Sequence[BoardsSeen]) -> Done:
        """Place the cameras."""
        board, sigma = setup.kit.board, setup.kit.print_scale_sigma
        found = measure_world(samples, board, setup.draft.cameras, print_sigma=sigma)
        records = tuple(
            world_record(found, camera_id, samples, board, print_sigma=sigma)
            for camera_id in found.camera_ids
        )
        places = zip(found.camera_ids, found.world_from_cam, strict=True)
        stand = {camera_id: PoseEntry.of(pose) for camera_id, pose in places}
        return Done(setup.draft.model_copy(update={"world_from_cam": stand}), records)
