"""The steps about the mannequin's place: its plates, where it lies, its surface.

Takes looks of the placed cameras, gives the draft with the layout, the resting pose and the
surface; leaves measuring to `calibration.mannequin`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from calibration.boards.layout import STANDARD, TAG_M
from calibration.boards.registration import RegistrationBoard
from calibration.draft import RigDraft
from calibration.kit import Kit
from calibration.mannequin.normal_guide import RestGuide, RestLook
from calibration.mannequin.rest import measure_rest, rest_record
from calibration.mannequin.survey import PlatesSeen, measure_survey
from calibration.mannequin.survey_guide import SurveyGuide
from calibration.mannequin.survey_record import survey_record
from calibration.steps.cameras import color_of
from calibration.steps.step import Done, Setup
from calibration.workbook import Parameter
from mr.errors import CalibrationError
from mr.rig import CameraCalibration, MarkerLayout, PoseEntry, SurfaceEntry

DICTIONARY = "DICT_APRILTAG_36h11"


def registration_board(kit: Kit) -> RegistrationBoard:
    """Give the registration board as the kit's was printed."""
    card = RegistrationBoard()
    board = card.board.model_copy(update={"print_scale": kit.registration_print_scale})
    return RegistrationBoard(board=board)


def placed_cameras(draft: RigDraft) -> dict[str, CameraCalibration]:
    """Give the cameras with their places."""
    for camera_id in draft.cameras:
        if camera_id not in draft.world_from_cam:
            raise CalibrationError(
                f"camera {camera_id} has no place yet: do `mrcpr calibrate world` first"
            )
    return {
        camera_id: CameraCalibration(
            **model.model_dump(), world_from_cam=draft.world_from_cam[camera_id]
        )
        for camera_id, model in draft.cameras.items()
    }


def layout_of(draft: RigDraft) -> MarkerLayout:
    """Give the surveyed plates."""
    if draft.markers is None:
        raise CalibrationError(
            "where the plates are is not known yet: do `mrcpr calibrate plates` first"
        )
    return draft.markers


class PlatesStep:
    """Where the marker plates are."""

    sample = PlatesSeen
    kept = True

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Pictures of other cameras, lenses or prints are others."""
        cameras = setup.draft.cameras
        return {
            "cameras": {key: camera.serial for key, camera in cameras.items()},
            "color": {key: color_of(camera) for key, camera in cameras.items()},
            "registration": setup.kit.registration_print_scale,
            "sides_m": {str(key): side for key, side in _sides(setup.kit).items()},
        }

    def guide(self, setup: Setup) -> SurveyGuide:
        """Guide a camera round the mannequin."""
        board = registration_board(setup.kit).board
        return SurveyGuide(board, setup.draft.cameras, _sides(setup.kit))

    def finish(self, setup: Setup, samples: Sequence[PlatesSeen]) -> Done:
        """Survey the plates."""
        card = registration_board(setup.kit)
        found = measure_survey(
            samples,
            card.board,
            setup.draft.cameras,
            card.mannequin_from_board,
            _sides(setup.kit),
            DICTIONARY,
        )
        draft = setup.draft.model_copy(update={"markers": found.layout})
        return Done(draft, (survey_record(found, setup.subject, samples),))


class RestStep:
    """Where the mannequin lies, its chest's normal and its surface."""

    sample = RestLook
    kept = True

    def parameters(self, setup: Setup) -> Mapping[str, Parameter]:
        """Looks of cameras that stand elsewhere, or at other plates, are others."""
        return {
            "world_from_cam": dict(setup.draft.world_from_cam),
            "markers": layout_of(setup.draft),
        }

    def guide(self, setup: Setup) -> RestGuide:
        """Guide some seconds of rest."""
        return RestGuide(placed_cameras(setup.draft), layout_of(setup.draft))

    def finish(self, setup: Setup, samples: Sequence[RestLook]) -> Done:
        """Measure pose, normal and surface."""
        draft, mannequin = setup.draft, setup.draft.mannequin
        chest_ap_m = None if mannequin is None else mannequin.chest_ap_m
        found = measure_rest(samples, layout_of(draft), placed_cameras(draft), chest_ap_m)
        changed = draft.model_copy(
            update={
                "world_from_mannequin": PoseEntry.of(found.world_from_mannequin),
                "surface": SurfaceEntry.of(found.surface),
            }
        )
        return Done(changed, (rest_record(found, setup.subject),))


def _sides(kit: Kit) -> dict[int, float]:
    return {place.id: TAG_M * kit.plates_print_scale for place in STANDARD}
