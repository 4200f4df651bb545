"""Writes a sensor's options and reads them back.

Takes an SDK sensor and what is asked for, gives what each option then was; leaves saying
so to `mr.devices.realsense.describe`. A value may be refused, rounded or clipped without
an error, so only what is read back counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mr.config import CameraSettings, Preset
from mr.devices.realsense.frames import Kind

_SAME = 1e-3
"""Options are float32, and some come in steps."""
_PRESETS: dict[Preset, str] = {
    "default": "default",
    "hand": "hand",
    "high-accuracy": "high_accuracy",
    "high-density": "high_density",
    "medium-density": "medium_density",
}


@dataclass(frozen=True, slots=True)
class Written:
    """One option: what was asked for and what it is; None means the sensor lacks it."""

    kind: Kind
    name: str
    asked: float
    got: float | None
    by_name: bool = True
    """Whether somebody asked for just this, or it is the usual value."""

    @property
    def took(self) -> bool:
        """Whether the sensor does what it was asked for."""
        return self.got is not None and math.isclose(self.got, self.asked, rel_tol=_SAME)

    @property
    def words(self) -> str:
        """What the option is, and what it should have been."""
        if self.got is None:
            return f"not supported ({self.asked:g} was asked for)"
        return f"{self.got:g}" if self.took else f"{self.got:g}, not {self.asked:g} as asked for"


def write_options(rs: Any, sensor: Any, kind: Kind, want: CameraSettings) -> list[Written]:
    """Fix what would change under our hands, and tell what the sensor made of it.

    The common clock of several cameras is switched off without a word: it follows the
    host's wall clock, and we have our own. So is a lower rate for the sake of the exposure.
    """
    _write(rs, sensor, "global_time_enabled", 0.0)
    if kind == "color":
        _write(rs, sensor, "auto_exposure_priority", 0.0)
        return []
    done: list[Written] = []
    if want.preset is not None:
        # Read at once: any other value that is written makes it "custom".
        value = float(int(getattr(rs.rs400_visual_preset, _PRESETS[want.preset])))
        _write(rs, sensor, "visual_preset", value)
        done.append(Written(kind, "preset", value, _read(rs, sensor, "visual_preset")))
    asked = _asked_of_depth(want)
    for _, option, value in asked:
        _write(rs, sensor, option, value)
    # Read when all are written: one may have changed another.
    chosen = want.model_fields_set
    for name, option, value in asked:
        got = _read(rs, sensor, option)
        done.append(Written(kind, name, value, got, name in chosen))
    return done


def _asked_of_depth(want: CameraSettings) -> Sequence[tuple[str, str, float]]:
    """Name the values in the order in which they must be written: (ours, the SDK's, value)."""
    asked: list[tuple[str, str, float | None]] = [
        ("depth_unit_m", "depth_units", want.depth_unit_m),
        ("auto_exposure", "enable_auto_exposure", None if want.exposure_us is None else 0.0),
        ("exposure_us", "exposure", want.exposure_us),
        ("gain", "gain", want.gain),
        ("laser", "emitter_enabled", None if want.laser is None else float(want.laser)),
        ("laser_power_mw", "laser_power", want.laser_power_mw),
    ]
    return [(name, option, float(v)) for name, option, v in asked if v is not None]


def _write(rs: Any, sensor: Any, option: str, value: float) -> None:
    """Write a value if it can be; whether it took is read, not believed."""
    which = getattr(rs.option, option)
    if not sensor.supports(which) or sensor.is_option_read_only(which):
        return
    try:
        sensor.set_option(which, value)
    except RuntimeError:  # refused; what it is now is read back and told
        return


def _read(rs: Any, sensor: Any, option: str) -> float | None:
    which = getattr(rs.option, option)
    return float(sensor.get_option(which)) if sensor.supports(which) else None
