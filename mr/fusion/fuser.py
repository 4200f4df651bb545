"""Join the mannequin and the cameras into one motion of the chest.

Takes `MannequinFrame`s, `ChestObservation`s and `HandSample`s in the order in which they
*arrived* (late and out of order between streams), gives `ChestSample`s in order of time;
leaves stamping to `mr.clock`, pixels to `mr.tracking`, strokes to `mr.metrics`.

While the mannequin speaks it is the motion: it is ten times finer than a camera, so a
weighted mean would only add the camera's delay. Cameras then learn from it what they see of
a depth (`mr.fusion.lesson`). When the mannequin is silent (or absent) they carry on with
what they learnt.

A sample's depth is the measurement that made it, not the filter's: a causal filter lags,
shaves peaks by some tenths of a millimetre at 60 Hz, and hides from `mr.metrics` how
noisy the samples are. The filter gives a camera's velocity and refuses its outliers; the
mannequin's are `mr.fusion.wild`'s.
All state follows from the samples in their order of arrival alone: a replay gives the
same bits however the samples were cut into blocks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mr.blocks import HANDS, ChestBlock, MannequinBlock
from mr.fusion.diary import Diary
from mr.fusion.eyes import Eyes, Taught
from mr.fusion.hand import HandPlace
from mr.fusion.kalman import JerkFilter
from mr.fusion.lead import REMEMBER_NS, MannequinMotion, Said
from mr.fusion.lesson import Look
from mr.fusion.rise import ChestRise
from mr.fusion.witness import Finding
from mr.rig import Rig
from mr.types import ChestObservation, ChestSample, HandSample, IntArray, MannequinFrame, Stamp

SILENT_NS = 150_000_000
"""A mannequin unheard for so long, by the cameras' time, is silent."""
GAP_S = 0.1
GATE = 6.0
LEAST_GATE_M = 0.010
PATIENCE = 3
"""So many surprises in a row are the truth; fewer are outliers."""
LEARN_FORCE_N = 20.0

Hands = Literal["on", "off", "unknown"]


@dataclass(frozen=True, slots=True)
class _Late:
    """A camera's observation that waits for its turn."""

    t_ns: int
    order: int
    seen: ChestObservation


def _turn(late: _Late) -> tuple[int, int]:
    return late.t_ns, late.order


class MotionFuser:
    """The fold over arriving samples; see the module's first lines."""

    def __init__(self, rig: Rig, diary: Diary | None = None) -> None:
        self._rig, self._diary = rig, diary
        self._mannequin = MannequinMotion(rig.mannequin) if rig.mannequin else None
        self._eyes = Eyes({key: c.depth_gain for key, c in rig.cameras.items()}, diary)
        self._hand = HandPlace({key: c.heel_offset_m for key, c in rig.cameras.items()})
        self._rise = ChestRise()
        self._filter = JerkFilter()
        self._surprises = 0
        self._t0_ns: int | None = None
        self._last_ns: int | None = None
        self._mannequin_ns: int | None = None
        self._late: list[_Late] = []
        self._n_late = 0
        self._newest_ns: dict[str, int] = {}
        self._seen_hands: tuple[int, Hands] | None = None
        self._found: tuple[Finding, ...] = ()
        self._news: list[tuple[int, tuple[Finding, ...]]] = []

    def step(
        self, sample: MannequinFrame | ChestObservation | HandSample, stamp: Stamp
    ) -> list[ChestSample]:
        """Take in one sample, captured at `stamp`; give the motion that it completes."""
        if isinstance(sample, MannequinFrame):
            at = np.array([stamp.t_ns]), np.array([stamp.sigma_ns])
            blocks = self.block(MannequinBlock.of([sample]), *at)
            return [chest for block in blocks for chest in block.samples()]
        self._begin(stamp.t_ns)
        if isinstance(sample, HandSample):
            self._hand.see(sample, self._s(self._in_time(sample.camera_id, stamp)))
            return []
        return self._on_camera(sample, stamp)

    def block(
        self, block: MannequinBlock, t_ns: IntArray, t_sigma_ns: IntArray
    ) -> list[ChestBlock]:
        """Take in frames of the mannequin, captured at `t_ns` (N,); give what they complete.

        The same bits as one frame after another.
        """
        motion: list[ChestBlock] = []
        k = 0
        while k < len(block) and self._late:
            # An observation that waits may be due after any frame.
            part = slice(k, k + 1)
            motion += self._on_mannequin(block.part(part), t_ns[part], t_sigma_ns[part])
            k += 1
        if k:
            block, t_ns, t_sigma_ns = block.part(slice(k, None)), t_ns[k:], t_sigma_ns[k:]
        return motion + self._on_mannequin(block, t_ns, t_sigma_ns) if len(block) else motion

    def finish(self) -> list[ChestSample]:
        """Give what still waits when the session ends."""
        return self._drain(last=True)

    def findings(self) -> tuple[Finding, ...]:
        """Tell which sources disagree, and which cameras are late."""
        return self._found

    def news(self) -> list[tuple[int, tuple[Finding, ...]]]:
        """Give what the findings have become since this was asked last: each with its instant.

        That of the look's arrival (host ns): so it does not matter how blocks were cut.
        """
        news, self._news = self._news, []
        return news

    def _note(self, seen: ChestObservation) -> None:
        found = self._eyes.findings()
        if found != self._found:
            self._found = found
            self._news.append((seen.arrival.arrival_ns, found))

    def taught(self) -> tuple[Taught, ...]:
        """Tell what the mannequin has taught of each camera so far."""
        return self._eyes.taught()

    def lag_s(self, camera_id: str) -> float:
        """Tell by how much a camera was found to be later than calibrated; it is put right."""
        return self._eyes.lag_s(camera_id)

    def _begin(self, t_ns: int) -> None:
        if self._t0_ns is None:
            self._t0_ns = t_ns
            if self._diary is not None:
                self._diary.t0_ns = t_ns

    def _s(self, t_ns: int) -> float:
        return (t_ns - (self._t0_ns or 0)) * 1e-9

    def _in_time(self, camera_id: str, stamp: Stamp) -> int:
        """Instant of capture on the mannequin's time: the camera's latency taken out."""
        camera = self._rig.cameras.get(camera_id)
        if camera is None:
            return stamp.t_ns
        return stamp.t_ns - round((camera.latency_s + self._eyes.lag_s(camera_id)) * 1e9)

    # --- mannequin --------------------------------------------------------------------

    def _on_mannequin(
        self, block: MannequinBlock, t_ns: IntArray, t_sigma_ns: IntArray
    ) -> list[ChestBlock]:
        if self._mannequin is None:
            return []
        self._begin(int(t_ns[0]))
        before = -1 if self._last_ns is None else self._last_ns
        newest = np.maximum.accumulate(np.concatenate(([before], t_ns)))
        later = t_ns > newest[:-1]
        if not later.all():
            if not later.any():
                return []
            block, t_ns, t_sigma_ns = block.part(later), t_ns[later], t_sigma_ns[later]
        self._last_ns = int(t_ns[-1])
        t_s = np.multiply(t_ns - (self._t0_ns or 0), 1e-9)
        said = self._mannequin.step(block, t_ns, t_sigma_ns, t_s)
        if not len(said.t_ns):
            return []
        self._mannequin_ns = int(said.t_ns[-1])
        if self._rig.cameras:
            # A camera that leads next goes on from here.
            self._surprises = 0
            self._filter.restart(float(said.depth_m[-1]), float(said.sigma_m[-1]) ** 2)
            self._filter.v = float(said.velocity_m_s[-1])
        sample = self._from_mannequin(said)
        return [sample, *(ChestBlock.of([seen]) for seen in self._drain(last=False))]

    def _from_mannequin(self, said: Said) -> ChestBlock:
        place_m, place_sigma_m = self._hand.block(said.t_s, said.pressure_m, said.pressure_sigma_m)
        n = len(said.t_ns)
        return ChestBlock(
            sources=("mannequin",),
            t_ns=said.t_ns,
            t_sigma_ns=said.t_sigma_ns,
            depth_m=said.depth_m,
            velocity_m_s=said.velocity_m_s,
            sigma_m=said.sigma_m,
            zero_known=np.ones(n, np.bool_),
            force_n=said.force_n,
            hand_offset_m=place_m,
            hand_sigma_m=place_sigma_m,
            hands=self._hands(said),
            airway_ml=said.airway_ml,
            chest_rise_m=np.full(n, np.nan),
        )

    def _hands(self, said: Said) -> IntArray:
        """Tell where the hands are: the cells feel them, and cameras see the lightest ones."""
        untouched = np.full(len(said.t_ns), HANDS.index("off"))
        if self._seen_hands is not None and self._seen_hands[1] == "on":
            near = np.abs(said.t_ns - self._seen_hands[0]) < REMEMBER_NS // 2
            untouched[near] = HANDS.index("on")
        return np.where(said.touched, HANDS.index("on"), untouched)

    # --- cameras ----------------------------------------------------------------------

    def _on_camera(self, seen: ChestObservation, stamp: Stamp) -> list[ChestSample]:
        if seen.camera_id not in self._rig.cameras:
            return []
        t_ns = self._in_time(seen.camera_id, stamp)
        self._n_late += 1
        self._late.append(_Late(t_ns, self._n_late, seen))
        self._late.sort(key=_turn)
        self._newest_ns[seen.camera_id] = max(t_ns, self._newest_ns.get(seen.camera_id, t_ns))
        return self._drain(last=False)

    def _drain(self, last: bool) -> list[ChestSample]:
        """Use the observations whose turn has come."""
        out: list[ChestSample] = []
        while self._late:
            late = self._late[0]
            heard = self._mannequin_ns is not None and late.t_ns <= self._mannequin_ns
            if not (heard or last or self._may_lead(late.t_ns)):
                break
            del self._late[0]
            if heard:
                self._learn(late)
            else:
                out += self._lead(late)
            self._note(late.seen)
        return out

    def _may_lead(self, t_ns: int) -> bool:
        """Whether the mannequin is silent and no other camera may still be earlier.

        One camera's frames come in order, so a camera that has sent a later frame will
        not send an earlier one; a silent camera is not waited for.
        """
        newest_ns = max(self._newest_ns.values())
        if self._mannequin_ns is not None and newest_ns - self._mannequin_ns <= SILENT_NS:
            return False
        heard = [t for t in self._newest_ns.values() if newest_ns - t <= SILENT_NS]
        return t_ns <= min(heard)

    def _learn(self, late: _Late) -> None:
        """Let a camera learn its zero from what the mannequin said at that time."""
        seen = late.seen
        if self._seen_hands is None or late.t_ns >= self._seen_hands[0]:
            self._seen_hands = (late.t_ns, seen.hands)
        if seen.hands == "off":
            self._eyes.left(seen.camera_id, self._s(late.t_ns))
        if seen.surface_z_m is None or seen.hands == "off":
            return
        past = self._mannequin.at(late.t_ns) if self._mannequin else None
        if past is None or past.force_n < LEARN_FORCE_N:
            return
        self._eyes.learn(Look(seen, past.depth_m, past.velocity_m_s, self._s(late.t_ns)))
        self._put_right(seen.camera_id)

    def _put_right(self, camera_id: str) -> None:
        """Move what waits of a camera that was found to be late; what comes later is in time."""
        lag_ns = round(1e9 * self._eyes.catch_up(camera_id))
        if not lag_ns:
            return
        self._newest_ns[camera_id] -= lag_ns
        self._late = [
            replace(late, t_ns=late.t_ns - lag_ns) if late.seen.camera_id == camera_id else late
            for late in self._late
        ]
        self._late.sort(key=_turn)

    def _lead(self, late: _Late) -> list[ChestSample]:
        """Carry the motion on by a camera alone."""
        if not self._later(late.t_ns):
            return []
        seen = self._eyes.depth(late.seen, self._s(late.t_ns), self._expected_m(late.t_ns))
        if seen is None:
            return []
        variance = max(seen.noise_m, 1e-5) ** 2
        if not self._moved(late.t_ns, seen.depth_m, variance):
            return []
        stamp = Stamp(late.t_ns, late.seen.stamp.sigma_ns)
        place, place_sigma = self._hand.seen(self._s(late.t_ns))
        rise_m = None
        if late.seen.hands == "off" and late.seen.surface_z_m is not None:
            rise_m = self._rise.step(late.seen.camera_id, self._s(late.t_ns), late.seen.surface_z_m)
        return [
            ChestSample(
                stamp=stamp,
                depth_m=seen.depth_m,
                velocity_m_s=self._filter.v,
                sigma_m=self._sigma_m(seen.noise_m, seen.bias_m, stamp),
                sources=(late.seen.camera_id,),
                zero_known=seen.zero_known,
                hand_offset_m=place,
                hand_sigma_m=place_sigma,
                hands=seen.hands,
                chest_rise_m=rise_m,
            )
        ]

    # --- the motion -------------------------------------------------------------------

    def _later(self, t_ns: int) -> bool:
        return self._last_ns is None or t_ns > self._last_ns

    def _expected_m(self, t_ns: int) -> float | None:
        """Tell the depth that the motion so far leads to; None where it has stopped."""
        if self._last_ns is None or not self._filter.started:
            return None
        dt_s = (t_ns - self._last_ns) * 1e-9
        return self._filter.d + self._filter.v * dt_s if dt_s <= GAP_S else None

    def _moved(self, t_ns: int, depth_m: float, variance: float) -> bool:
        """Move the filter on with one measured depth; False when it is an outlier."""
        motion = self._filter
        dt_s = GAP_S * 2 if self._last_ns is None else (t_ns - self._last_ns) * 1e-9
        if dt_s > GAP_S or not motion.started:
            motion.restart(depth_m, variance)
            self._last_ns, self._surprises = t_ns, 0
            return True
        motion.predict(dt_s)
        self._last_ns = t_ns
        far = abs(depth_m - motion.d) > LEAST_GATE_M
        if far and motion.surprise(depth_m, variance) > GATE:
            self._surprises += 1
            if self._surprises <= PATIENCE:
                return False
            motion.restart(depth_m, variance)
        else:
            motion.update(depth_m, variance)
        self._surprises = 0
        return True

    def _sigma_m(self, noise_m: float, bias_m: float, stamp: Stamp) -> float:
        """Noise, slow bias, and what the stamp's own error means at this velocity."""
        timing_m = self._filter.v * stamp.sigma_ns * 1e-9
        return math.sqrt(noise_m * noise_m + bias_m * bias_m + timing_m * timing_m)
