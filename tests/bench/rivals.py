"""Other detectors on the same signals, tuned as well as can be.

Takes `hard` signals, gives their peaks as SciPy's `find_peaks` and NeuroKit2's two generic
peak finders see them. Each is tuned by trying every setting of its grid on a training half,
once for all signals and once for each noise by itself (which a user would have to know).
Smoothing comes first and is part of the grid; gaps are cut, jitter is interpolated away.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from mr.types import FloatArray
from tests.bench.detection import Tally, score
from tests.bench.hard import Signal, parts

INSTALL = "NeuroKit2 is not installed, so it is left out: pip install -e '.[bench]'"
Setting = dict[str, float]
Finder = Callable[[FloatArray, float, Setting], FloatArray]
"""Takes (N,) uniform samples (mm), their rate and a setting, gives indices of peaks."""


@dataclass(frozen=True, slots=True)
class Rival:
    """A detector and the settings that are tried."""

    name: str
    find: Finder
    grid: dict[str, tuple[float, ...]]
    tuned_on: int = 1
    """One in so many training signals is enough: NeuroKit2 is a hundred times slower."""

    def settings(self) -> Iterator[Setting]:
        """Give every combination of the grid."""
        for values in itertools.product(*self.grid.values()):
            yield dict(zip(self.grid, values, strict=True))


SMOOTH_S = (0.0, 0.02, 0.04, 0.06)


def _scipy(mm: FloatArray, rate_hz: float, setting: Setting) -> FloatArray:
    found, _ = find_peaks(
        mm,
        prominence=setting["prominence_mm"],
        distance=max(setting["distance_s"] * rate_hz, 1.0),
        width=setting["width_s"] * rate_hz,
    )
    return np.asarray(found)


def _neurokit(mm: FloatArray, _: float, setting: Setting) -> FloatArray:
    import neurokit2

    return np.asarray(neurokit2.signal_findpeaks(mm, height_min=setting["height_mm"])["Peaks"])


def _neurokit_ppg(mm: FloatArray, rate_hz: float, setting: Setting) -> FloatArray:
    import neurokit2

    if mm.size < 2 * rate_hz:
        return np.array([], dtype=int)
    try:
        found = neurokit2.ppg_findpeaks(
            mm - np.mean(mm),
            sampling_rate=rate_hz,
            method="elgendi",
            peakwindow=setting["peakwindow_s"],
            beatwindow=setting["beatwindow_s"],
            beatoffset=setting["beatoffset"],
            mindelay=setting["mindelay_s"],
        )
    except IndexError:  # its way of saying that it found no wave at all
        return np.array([], dtype=int)
    return np.asarray(found["PPG_Peaks"])


SCIPY = Rival(
    "scipy.signal.find_peaks",
    _scipy,
    {
        "smooth_s": SMOOTH_S,
        "prominence_mm": (7.0, 8.0, 9.0, 10.0, 11.0, 12.0),
        "distance_s": (0.0, 0.2, 0.3),
        "width_s": (0.0, 0.08),
    },
)
NEUROKIT = (
    Rival(
        "neurokit2.signal_findpeaks",
        _neurokit,
        {"smooth_s": SMOOTH_S, "height_mm": SCIPY.grid["prominence_mm"]},
        tuned_on=8,
    ),
    Rival(
        "neurokit2.ppg_findpeaks (Elgendi)",
        _neurokit_ppg,
        {
            "smooth_s": (0.0, 0.04),
            "peakwindow_s": (0.08, 0.15),
            "beatwindow_s": (0.5, 0.8),
            "beatoffset": (0.02, 0.2),
            "mindelay_s": (0.2, 0.3),
        },
    ),
)


def rivals() -> tuple[Rival, ...]:
    """Give the rivals that are installed."""
    return (SCIPY, *(NEUROKIT if find_spec("neurokit2") else ()))


def found_s(rival: Rival, signal: Signal, setting: Setting) -> list[float]:
    """Run a rival over one signal: smoothed, gap by gap; give its peaks' instants."""
    every: list[float] = []
    for part in parts(signal.t_s):
        t_s, mm = signal.t_s[part], signal.mm[part]
        if t_s.size < 3:
            continue
        even_s = np.arange(t_s[0], t_s[-1], 1.0 / signal.rate_hz)
        even_mm = np.interp(even_s, t_s, mm)
        if setting["smooth_s"]:
            even_mm = gaussian_filter1d(even_mm, setting["smooth_s"] * signal.rate_hz)
        every += even_s[rival.find(even_mm, signal.rate_hz, setting)].tolist()
    return every


def _tally(rival: Rival, signals: Sequence[Signal], setting: Setting) -> Tally:
    return sum((score(s.presses, found_s(rival, s, setting)) for s in signals), Tally())


def tuned(rival: Rival, training: Sequence[Signal]) -> Setting:
    """Give the setting with the highest F1 on the training signals."""
    some = training[:: rival.tuned_on]
    return max(rival.settings(), key=lambda setting: _tally(rival, some, setting).f1)


def contest(
    rival: Rival, training: Sequence[Signal], held_out: Sequence[Signal], *, by_noise: bool
) -> dict[str, Any]:
    """Tune on one half, score on the other; `by_noise` tunes for each noise by itself."""
    noises = sorted({s.noise_mm for s in held_out})
    groups = [{noise} for noise in noises] if by_noise else [set(noises)]
    total, settings = Tally(), []
    for group in groups:
        setting = tuned(rival, [s for s in training if s.noise_mm in group])
        settings.append(setting)
        total = total + _tally(rival, [s for s in held_out if s.noise_mm in group], setting)
    how = "tuned for each noise" if by_noise else "one setting"
    return {"name": f"{rival.name}, {how}", "tally": total, "settings": settings}
