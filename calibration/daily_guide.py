"""How the daily check is guided: leave the chest alone, press it onto the block, let go.

Takes a session's samples one by one, in their order of arrival and after the front end, gives
words for the technician; keeps those that `calibration.daily.measure_check` takes, without
attempts that went wrong. Time is the mannequin's own: its ticks.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto

import numpy as np

from calibration.daily import BLOCK_MM
from calibration.daily_presses import (
    BARE_N,
    BLOCK_NEAR_MM,
    DOWN_MM,
    MANNEQUIN_STREAM,
    PRESSES,
    UP_MM,
)
from calibration.guide import Progress, Verdict
from mr.errors import CalibrationError
from mr.rig import MannequinCalibration, Rig
from mr.types import (
    ChestObservation,
    ClockExchange,
    ColorFrame,
    DepthFrame,
    DeviceInfo,
    MannequinFrame,
    MannequinPose,
    MarkersSeen,
    Sample,
)

REST_S, HOLD_S, AFTER_S = 2.0, 1.0, 0.8
"""What is asked for; `calibration.daily_presses` is content with a little less."""
STILL_MM = 0.4
"""A chest that moves less than this over a tenth of a second is held, or left alone."""
LOOKS = 2
"""Searched pictures with two plates each, of every camera that can see them."""
LOOKS_WAIT_S = 10.0
"""So long after the presses a camera may take to see its plates; the check then says so."""
WINDOW_S = 0.1


class _Phase(Enum):
    REST = auto()
    PRESS = auto()
    HOLD = auto()
    LET_GO = auto()
    LOOK = auto()
    DONE = auto()


class CheckGuide:
    """Guides one check; see the module's first lines.

    Parameters
    ----------
    rig
        As it is to be checked.
    infos
        The devices that take part.
    block_mm
        The gauge block's height.

    Raises
    ------
    CalibrationError
        When there is no mannequin to press.
    """

    def __init__(self, rig: Rig, infos: Sequence[DeviceInfo], block_mm: float = BLOCK_MM) -> None:
        streams = [s for info in infos for s in info.streams if s.name == MANNEQUIN_STREAM]
        if rig.mannequin is None or not streams:
            raise CalibrationError("check: it presses a mannequin: connect the rig's own")
        self.samples: list[Sample] = []
        """What `measure_check` takes."""
        self._mannequin: MannequinCalibration = rig.mannequin
        self._ticks_per_s = streams[0].ticks_per_s
        self._block_mm = block_mm
        self._phase = _Phase.REST
        self._n_held = 0
        self._mark = 0
        """Where in `samples` the attempt began."""
        self._since_s: float | None = None
        """When the phase began to be as it must."""
        self._t_s = 0.0
        self._recent: list[tuple[float, float]] = []
        """Times (s) and depths (mm) of the last tenth of a second."""
        self._zero_mm: list[float] = []
        self._held_mm = self._deepest_mm = 0.0
        self._spoilt = False
        """The attempt is dropped as soon as the chest is let go."""
        names = {s.name for info in infos for s in info.streams}
        can_see = [key for key in rig.cameras if f"cam_{key}.color" in names and rig.markers]
        self._looks_left = dict.fromkeys(sorted(can_see), LOOKS)

    def offer(self, sample: Sample) -> Verdict:
        """Take a sample; refuse what spoils the attempt, which then begins anew."""
        if self._phase is _Phase.DONE or isinstance(sample, DepthFrame | ColorFrame):
            return Verdict(True)
        self.samples.append(sample)
        if isinstance(sample, MannequinFrame):
            return self._moved(sample)
        if isinstance(sample, MarkersSeen) and sample.looked and len(sample.ids) >= 2:
            left = self._looks_left.get(sample.camera_id, 0)
            self._looks_left[sample.camera_id] = max(left - 1, 0)
        hands = isinstance(sample, ChestObservation) and sample.hands == "on"
        if hands and self._phase is _Phase.REST:
            return self._again("hands are on the chest: leave it alone until it is said to press")
        return Verdict(True)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        share = 0.2 * (self._phase is not _Phase.REST) + 0.2 * self._n_held
        done = self._phase is _Phase.DONE
        return Progress(1.0 if done else min(share, 0.95), done, self._next(), len(self.samples))

    def _next(self) -> str:
        k = f"{min(self._n_held + 1, PRESSES)} of {PRESSES}"
        blind = [f"camera {key}" for key, left in self._looks_left.items() if left]
        return {
            _Phase.REST: "leave the chest alone",
            _Phase.PRESS: f"press down onto the block and hold, {k}",
            _Phase.HOLD: f"hold, {k}",
            _Phase.LET_GO: "let go",
            _Phase.LOOK: f"let {' and '.join(blind) or 'the camera'} see the plates",
            _Phase.DONE: "done: leave the chest alone",
        }[self._phase]

    # --- the mannequin's part -----------------------------------------------------------

    def _moved(self, frame: MannequinFrame) -> Verdict:
        m = self._mannequin
        self._t_s = frame.arrival.device_ticks / self._ticks_per_s
        depth_mm = 1e3 * float(m.chest_depth_m(frame.chest_counts))
        self._recent = [r for r in self._recent if self._t_s - r[0] <= WINDOW_S]
        self._recent.append((self._t_s, depth_mm))
        depths = np.array([d for _, d in self._recent])
        still = float(np.ptp(depths)) < 2.0 * STILL_MM
        at_mm = float(np.median(depths))
        if self._phase is _Phase.REST:
            pairs = zip(m.cell_force_n, frame.force_counts, strict=True)
            return self._resting(at_mm, sum(float(c(n)) for c, n in pairs), still)
        at_mm -= float(np.median(self._zero_mm))
        if self._phase is _Phase.PRESS:
            return self._going_down(at_mm)
        if self._phase is _Phase.HOLD:
            return self._holding(at_mm, still)
        return self._after(at_mm)

    def _resting(self, at_mm: float, force_n: float, still: bool) -> Verdict:
        if self._since_s is None:
            self._since_s = self._t_s
        if not still or force_n > 2.0 * BARE_N:
            return self._again("the chest is touched: leave it alone until it is said to press")
        self._zero_mm.append(at_mm)
        if self._t_s - self._since_s >= REST_S:
            self._go(_Phase.PRESS)
        return Verdict(True)

    def _going_down(self, at_mm: float) -> Verdict:
        if at_mm > DOWN_MM:
            self._go(_Phase.HOLD)
        return Verdict(True)

    def _holding(self, at_mm: float, still: bool) -> Verdict:
        self._deepest_mm = max(self._deepest_mm, at_mm)
        if at_mm < UP_MM:
            return self._let_go_early()
        if not still or abs(at_mm - self._held_mm) > STILL_MM:
            self._since_s, self._held_mm = None, at_mm
            return Verdict(True)
        self._since_s = self._t_s if self._since_s is None else self._since_s
        if self._t_s - self._since_s < HOLD_S:
            return Verdict(True)
        if abs(at_mm - self._block_mm) > BLOCK_NEAR_MM:
            return self._refuse(
                f"held at {at_mm:.0f} mm: is this the {self._block_mm:g} mm block, and is the "
                "chest down on it? Let go and press once more"
            )
        self._n_held += 1
        self._go(_Phase.LET_GO)
        return Verdict(True)

    def _let_go_early(self) -> Verdict:
        if abs(self._deepest_mm - self._block_mm) > BLOCK_NEAR_MM:
            why = f"pressed to {self._deepest_mm:.0f} mm: is this the {self._block_mm:g} mm block? "
        else:
            why = "not held for one second: "
        return self._refuse(why + "Press down onto the block once more and hold")

    def _after(self, at_mm: float) -> Verdict:
        if at_mm > UP_MM:
            self._since_s = None
            return Verdict(True)
        self._since_s = self._t_s if self._since_s is None else self._since_s
        waited_s = self._t_s - self._since_s
        if self._phase is _Phase.LET_GO and waited_s >= AFTER_S:
            if self._spoilt:
                self._drop_attempt()
            self._go(_Phase.PRESS if self._n_held < PRESSES else _Phase.LOOK)
        if self._phase is _Phase.LOOK and (
            not any(self._looks_left.values()) or waited_s > LOOKS_WAIT_S
        ):
            self._phase = _Phase.DONE
        return Verdict(True)

    # --- attempts -----------------------------------------------------------------------

    def _go(self, phase: _Phase) -> None:
        self._phase, self._since_s = phase, None
        if phase is _Phase.PRESS:
            self._mark = len(self.samples)
        if phase is _Phase.HOLD:
            self._held_mm = self._deepest_mm = 0.0

    def _refuse(self, why: str) -> Verdict:
        """Let an attempt at the block begin anew, once the chest is let go."""
        self._spoilt = True
        self._go(_Phase.LET_GO)
        return Verdict(False, why)

    def _again(self, why: str) -> Verdict:
        """Let the rest begin anew."""
        self._mark = 0
        self._drop_attempt()
        self._zero_mm, self._since_s = [], None
        return Verdict(False, why)

    def _drop_attempt(self) -> None:
        """Forget what was taken since the attempt began; clocks and poses are still good."""
        kept = (ClockExchange, MannequinPose, MarkersSeen)
        late = [s for s in self.samples[self._mark :] if isinstance(s, kept)]
        self.samples = [*self.samples[: self._mark], *late]
        self._spoilt = False
