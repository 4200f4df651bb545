"""Whether the rig has drifted since it was calibrated: a watch over every session.

Takes the mannequin's frames, the fused motion and cameras' looks as the pipeline has them,
gives `DriftReading`s at any time and tells the streams' health of those that are off, before
they spoil numbers; leaves limits to `.drift_limits` and to fusion what it puts right. It works
on pieces of the streams, each so many samples long, so that a replay tells the same to the bit
however the samples were cut into blocks; per sample it costs next to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mr.blocks import ChestBlock, MannequinBlock
from mr.fusion.eyes import Taught
from mr.fusion.witness import MANNEQUIN, Finding
from mr.rig import PoseEntry, Rig
from mr.session.drift_limits import STAYS_TOLD, DriftReading, reading
from mr.session.drift_rest import RestReading, RestWatch
from mr.session.drift_spring import SpringReading, SpringWatch
from mr.session.findings import FindingsLog
from mr.session.health import HealthWatch
from mr.session.pieces import Pieces
from mr.types import ChestObservation, MannequinPose

LOOK_EVERY_NS = 500_000_000
"""Cameras are asked about so often."""
HANDS_SEEN_NS = 500_000_000
"""Hands that a camera saw on the chest so lately are still there."""
LASTS_LOOKS = 5
"""So often in a row a camera must be off before it is told: for two seconds."""
CLOCKS_SIGMA_MS = 1.0
"""Clocks settle anew in each session."""
LAG_KNOWN_MS = 2.5
"""A lag that is known no better is not told."""
TOLD_AT_ONCE, TOLD_EVERY = 4, 4
"""Pieces after which words are made anew."""
SOFTER = "softer", "stiffer"


class DriftWatch:
    """The fold; see the module's first lines.

    Parameters
    ----------
    rig
        As calibrated.
    health
        Whose streams are told.
    """

    def __init__(self, rig: Rig, health: HealthWatch) -> None:
        self._frames: Pieces[MannequinBlock] = Pieces()
        self._motion: Pieces[ChestBlock] = Pieces()
        self._rest: RestWatch | None = None
        self._spring: SpringWatch | None = None
        # A log each, for each stream of pieces ends at instants of its own.
        self._rest_log, self._spring_log = FindingsLog(health), FindingsLog(health)
        self._cameras_log = FindingsLog(health)
        self._told: set[tuple[str, str]] = set()
        self._off: dict[tuple[str, str], int] = {}
        """How often in a row each was off."""
        self._lies: PoseEntry = rig.world_from_mannequin
        self._placed: dict[str, MannequinPose] = {}
        self._taught: tuple[Taught, ...] = ()
        self._hands_ns: int | None = None
        self._looked_ns: int | None = None
        mannequin = rig.mannequin
        if mannequin is not None:
            self._rest = RestWatch(mannequin)
            if mannequin.stiffness is not None:
                self._spring = SpringWatch(mannequin.stiffness, mannequin)

    # --- in ---------------------------------------------------------------------------

    def frames(self, block: MannequinBlock) -> None:
        """Take in the mannequin's raw frames."""
        if self._rest is None:
            return
        for piece in self._frames.add(block):
            at_ns = piece.last("arrival_ns")
            on = self._hands_ns is not None and at_ns - self._hands_ns < HANDS_SEEN_NS
            if not on and self._rest.piece(piece) and _is_due(self._rest.n_taken):
                self._rest_log.hear(self._findings(self._of_rest()), at_ns)

    def moved(self, motion: Sequence[ChestBlock]) -> None:
        """Take in the motion that the mannequin measured."""
        if self._spring is None:
            return
        for block in motion:
            if block.sources != (MANNEQUIN,):
                continue
            for piece in self._motion.add(block):
                if self._spring.piece(piece) and _is_due(self._spring.n_taken):
                    at_ns = piece.last("t_ns")
                    self._spring_log.hear(self._findings(self._of_spring()), at_ns)

    def placed(self, pose: MannequinPose) -> None:
        """Take in where a camera sees the mannequin."""
        if pose.valid and pose.source != "calibrated":
            self._placed[_camera_of(pose.arrival.stream)] = pose

    def looked(self, seen: ChestObservation, taught: Sequence[Taught] | None) -> None:
        """Take in a camera's look, and what the mannequin has taught of all cameras if asked."""
        at_ns = seen.arrival.arrival_ns
        if seen.hands == "on":
            self._hands_ns = at_ns
        if taught is not None:
            self._looked_ns, self._taught = at_ns, tuple(taught)
            told = self._findings(self._of_cameras())
            self._cameras_log.hear(told, at_ns)

    def wants(self, seen: ChestObservation) -> bool:
        """Whether cameras are to be asked about with this look."""
        return self._looked_ns is None or (
            seen.arrival.arrival_ns - self._looked_ns >= LOOK_EVERY_NS
        )

    # --- out --------------------------------------------------------------------------

    def readings(self) -> tuple[DriftReading, ...]:
        """Give all that is known now."""
        sensors = (*self._of_rest(), *self._of_spring())
        return (*sensors, *self._of_cameras(), *self._of_places())

    def _findings(self, found: Sequence[DriftReading]) -> tuple[Finding, ...]:
        told = []
        for one in found:
            key, level = (one.subject, one.topic), one.level
            low = one.warn_at is None or abs(one.value) < STAYS_TOLD * one.warn_at
            off = level in ("warn", "beyond")
            self._off[key] = self._off.get(key, 0) + 1 if off else 0
            if self._off[key] >= (LASTS_LOOKS if one.subject != MANNEQUIN else 1):
                self._told.add(key)
            elif low:
                self._told.discard(key)
            if key not in self._told or _fusion_says(one):
                continue
            told.append(Finding(one.subject, f"drift of {one.topic}", one.words, usable=True))
        return tuple(told)

    def _of_rest(self) -> list[DriftReading]:
        rest = None if self._rest is None else self._rest.reading()
        return [] if rest is None else rest_readings(rest)

    def _of_spring(self) -> list[DriftReading]:
        sprung = None if self._spring is None else self._spring.reading()
        return [] if sprung is None else [spring_reading(sprung)]

    def _of_cameras(self) -> list[DriftReading]:
        found: list[DriftReading] = []
        for one in self._taught:
            found += camera_readings(one)
        for camera_id, pose in self._placed.items():
            if pose.apart_m is not None and pose.apart_sigma_m is not None:
                mm = 1e3 * pose.apart_m
                what = f"markers and surface are {mm:.1f} mm apart"
                found.append(reading("markers", camera_id, mm, 1e3 * pose.apart_sigma_m, what))
        return found

    def _of_places(self) -> list[DriftReading]:
        found: list[DriftReading] = []
        for camera_id, pose in self._placed.items():
            found += place_readings(camera_id, pose, self._lies)
        return found


def rest_readings(rest: RestReading) -> list[DriftReading]:
    """Put what the sensors say at rest into readings."""
    mm = 1e3 * rest.zero_m
    what = f"the chest's zero has drifted by {mm:+.1f} mm since calibration"
    found = [reading("zero", MANNEQUIN, mm, 1e3 * rest.zero_sigma_m, what)]
    for k, (n, sigma_n) in enumerate(zip(rest.cells_n, rest.cells_sigma_n, strict=True)):
        what = f"force cell {k} reads {n:+.1f} N with nothing on the chest"
        found.append(reading(f"cell {k}", MANNEQUIN, float(n), float(sigma_n), what))
    if rest.flow_ml_s is not None:
        what = f"the airway reads {rest.flow_ml_s:+.0f} mL/s while no air flows"
        found.append(reading("airway", MANNEQUIN, rest.flow_ml_s, rest.flow_sigma_ml_s, what))
    return found


def spring_reading(sprung: SpringReading) -> DriftReading:
    """Put the spring's ratio into a reading."""
    pct = 100.0 * (sprung.ratio - 1.0)
    how = SOFTER[pct > 0.0]
    what = f"the chest is {abs(pct):.0f} % {how} than calibrated ({sprung.force_n:.0f} N at 50 mm)"
    return reading("stiffness", MANNEQUIN, pct, 100.0 * sprung.sigma, what)


def camera_readings(one: Taught) -> list[DriftReading]:
    """Put what the mannequin taught of a camera into readings."""
    found = []
    if one.scale is not None:
        pct = 100.0 * (one.scale.ratio - 1.0)
        how = "deeper" if pct > 0.0 else "shallower"
        what = f"cam_{one.camera_id} measures {abs(pct):.1f} % {how} than the mannequin"
        found.append(reading("scale", one.camera_id, pct, 100.0 * one.scale.sigma, what))
    ms, sigma_ms = 1e3 * one.late_s, math.hypot(1e3 * one.late_sigma_s, CLOCKS_SIGMA_MS)
    if sigma_ms < LAG_KNOWN_MS:
        how = "later" if ms > 0.0 else "earlier"
        what = f"its pictures come {abs(ms):.0f} ms {how} than calibrated, which is put right"
        found.append(reading("lag", one.camera_id, ms, sigma_ms, what))
    return found


def place_readings(camera_id: str, pose: MannequinPose, lies: PoseEntry) -> list[DriftReading]:
    """Say where the mannequin lies beside where the rig says: for information."""
    from mr.geometry.poses import difference  # noqa: PLC0415 -- SciPy loads late

    at = pose.world_from_mannequin
    gap = difference(at, lies.pose())
    mm, deg = 1e3 * float(np.linalg.norm(gap[3:])), math.degrees(float(np.linalg.norm(gap[:3])))
    unsure = np.zeros((6, 6)) if at.covariance is None else at.covariance
    sigma_mm = 1e3 * math.sqrt(float(np.trace(unsure[3:, 3:])) / 3.0)
    sigma_deg = math.degrees(math.sqrt(float(np.trace(unsure[:3, :3])) / 3.0))
    what = f"the mannequin lies {mm:.1f} mm from where the rig was calibrated"
    turned = f"the mannequin is turned by {deg:.2f} deg from how the rig was calibrated"
    return [
        DriftReading("place", camera_id, mm, sigma_mm, "mm", what),
        DriftReading("turn", camera_id, deg, sigma_deg, "deg", turned),
    ]


def _is_due(n: int) -> bool:
    """Whether so many pieces are worth a new word: the first few are, then some."""
    return n <= TOLD_AT_ONCE or n % TOLD_EVERY == 0


def _fusion_says(one: DriftReading) -> bool:
    """Whether fusion names it itself from the limit on."""
    return one.topic in ("scale", "lag") and one.level == "beyond"


def _camera_of(stream: str) -> str:
    return stream.removeprefix("cam_").rpartition(".")[0]
