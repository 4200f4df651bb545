"""Options are written in order and read back; what did not take is said."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from mr.config import CameraSettings, parse
from mr.devices.realsense.options import Written, write_options
from mr.errors import ConfigError

NAMES = (
    "global_time_enabled auto_exposure_priority visual_preset depth_units enable_auto_exposure "
    "exposure gain emitter_enabled laser_power"
)
RS = SimpleNamespace(
    option=SimpleNamespace(**{name: name for name in NAMES.split()}),
    rs400_visual_preset=SimpleNamespace(default=1, hand=2, high_accuracy=3, high_density=4),
)


class Sensor:
    """Behaves as a D400 does: a preset sets others, any value makes it custom, power has steps."""

    def __init__(self, lacks: str = "", locked: str = "") -> None:
        self.values = dict.fromkeys(NAMES.split(), 1.0) | {"exposure": 8500.0, "laser_power": 150.0}
        for name in lacks.split():
            del self.values[name]
        self._locked = locked.split()
        self.order: list[str] = []

    def supports(self, name: str) -> bool:
        return name in self.values

    def is_option_read_only(self, name: str) -> bool:
        return name in self._locked

    def get_option(self, name: str) -> float:
        return self.values[name]

    def set_option(self, name: str, value: float) -> None:
        self.order.append(name)
        if name == "exposure" and value > 20_000:
            raise RuntimeError("out of range")
        if name == "visual_preset":
            self.values["exposure"] = 33_000.0
        else:
            self.values["visual_preset"] = 0.0
        self.values[name] = round(value / 30) * 30.0 if name == "laser_power" else value


def written(sensor: Sensor, **settings: Any) -> dict[str, Written]:
    done = write_options(RS, sensor, "depth", CameraSettings(**settings))
    return {w.name: w for w in done}


def test_all_values_take_though_the_preset_changes_others() -> None:
    sensor = Sensor()
    done = written(sensor, preset="high-density", gain=16, laser_power_mw=150, laser=False)
    assert all(w.took for w in done.values())
    assert sensor.order[:2] == ["global_time_enabled", "visual_preset"]
    assert sensor.values["exposure"] == 8000 and sensor.values["enable_auto_exposure"] == 0
    assert sensor.values["emitter_enabled"] == 0
    assert done["exposure_us"].words == "8000"


@pytest.mark.parametrize(
    ("sensor", "settings", "name", "words"),
    [
        (Sensor(), {"exposure_us": 33000}, "exposure_us", "8500, not 33000 as asked for"),
        (Sensor(), {"laser_power_mw": 100}, "laser_power_mw", "90, not 100 as asked for"),
        (Sensor(locked="depth_units"), {}, "depth_unit_m", "1, not 0.0001 as asked for"),
        (Sensor(lacks="emitter_enabled"), {}, "laser", "not supported (1 was asked for)"),
    ],
)
def test_what_did_not_take_is_said(
    sensor: Sensor, settings: dict[str, Any], name: str, words: str
) -> None:
    done = written(sensor, **settings)
    assert {n for n, w in done.items() if not w.took} == {name}
    assert done[name].words == words


def test_none_is_left_alone() -> None:
    sensor = Sensor()
    written(sensor, exposure_us=None, laser=None)
    assert sensor.order == ["global_time_enabled", "depth_units"]


def test_colour_keeps_its_rate_in_low_light() -> None:
    sensor = Sensor()
    assert write_options(RS, sensor, "color", CameraSettings()) == []
    assert sensor.values["auto_exposure_priority"] == 0


def test_settings_out_of_bounds_are_refused() -> None:
    for bad in ({"exposure_us": 0}, {"preset": "best"}, {"lazer": True}):
        with pytest.raises(ConfigError, match=next(iter(bad))):
            parse(CameraSettings, bad, "x")
