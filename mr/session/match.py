"""Whether a rig was calibrated for the devices that are connected, and a profile for it.

Takes a rig, a profile and who the devices are; refuses a rig that belongs to others, for
its numbers would be wrong without anybody noticing. Leaves the numbers themselves to `mr.rig`.
"""

from __future__ import annotations

from collections.abc import Sequence

from mr.config import SessionConfig
from mr.errors import CalibrationError
from mr.rig import Rig
from mr.scoring.guideline import Guideline
from mr.types import DeviceInfo

MANNEQUIN_STREAM = "mannequin"


def own_profile(guideline: Guideline, rig: Rig, config: SessionConfig) -> Guideline:
    """Give the profile as it is on this rig's mannequin.

    Raises
    ------
    ConfigError
        When it cannot judge this mode, so many rescuers or this mannequin.
    """
    guideline.require_mode(config.mode, config.rescuers)
    if rig.mannequin is None:
        return guideline.for_chest(None)
    guideline.require_body(rig.mannequin.body)
    return guideline.for_chest(1000.0 * rig.mannequin.chest_ap_m)


def require_own_rig(rig: Rig, infos: Sequence[DeviceInfo]) -> None:
    """Refuse devices that the rig was not calibrated with.

    A camera whose recording tells no serial number is believed.

    Raises
    ------
    CalibrationError
        Which device it is, whose rig this is, and what to do.
    """
    for info in infos:
        names = {stream.name for stream in info.streams}
        if MANNEQUIN_STREAM in names:
            rig.require_mannequin(info.serial)
        for camera_id, camera in rig.cameras.items():
            here = any(name.startswith(f"cam_{camera_id}.") for name in names)
            if here and info.serial and info.serial != camera.serial:
                raise CalibrationError(
                    f"rig {rig.name!r} was calibrated with camera {camera_id} {camera.serial}, "
                    f"but this is {info.serial}: use its own rig file or calibrate again"
                )
