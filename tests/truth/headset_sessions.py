"""Simulated sessions of a headset: what it and the rig see of the same hands, as samples.

Each part of a session (a sweep, compressions, touches, nothing) says where the true hands go;
the headset is `mr.sim.headset`'s, the rig's looks are lifted landmarks and heels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from scipy.spatial.transform import Rotation

from mr.fusion.frame_filter import TILT_RAD
from mr.fusion.frame_finding import XR_FROM_UPRIGHT
from mr.fusion.placer import Placer
from mr.geometry.hand import SEEN_BY_BOTH
from mr.rig import HeadsetCalibration, PoseEntry, Provenance, Rig
from mr.sim.headset import HeadsetTraits, SimHeadset, Way, cpr_way, sweep_way, touch_way
from mr.sim.rig import make_sim_rig, sim_calibration
from mr.types import (
    Arrival,
    FloatArray,
    HandJoints,
    HandPoints,
    HandSample,
    HeadPose,
    MannequinPose,
    Placing,
    Pose,
    Sample,
    Stamp,
)

NS = 1_000_000_000
ZERO_NS = 5 * NS
"""`mr.sim.headset` stamps from here on."""
CHEST = Pose(Rotation.from_euler("z", 70, degrees=True).as_matrix(), np.array([0.3, -0.2, 0.25]))
MODEL = "simulated"
LEARNER = "learner-0badcafe"
LANDMARKS_LATE_NS, JOINTS_LATE_NS = 80_000_000, 4_000_000
SIM = make_sim_rig()
BIAS_KNOWN_M = 0.002
"""Length of the one-sigma by which a calibration knows a user's bias."""
PRESSING = Rotation.from_euler("z", -90, degrees=True)
"""Fingers to the mannequin's left."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some seconds of a session."""

    duration_s: float
    seen_by_both: Way | None = None
    """The hand that cameras see."""
    side: str = "right"
    under: Way | None = None
    """The other hand, which only the headset sees."""
    rig_sees: bool = True
    heel: bool = False
    headset_sees: bool = True
    rig_way: Way | None = None
    """Another person's hand, if the cameras see that one instead."""


def over_chest(way: Way, lies: Pose = CHEST) -> Way:
    """Bring a way over the mannequin into the world."""
    turned = Rotation.from_matrix(lies.R)

    def placed(t_s: FloatArray) -> tuple[FloatArray, Rotation]:
        place, turns = way(t_s)
        return lies.apply(place), turned * turns

    return placed


def sweep(seed: int, turning_rad: float = 0.7, size_m: float = 0.35) -> Way:
    """Sweep as far as the cameras' window over the sternum allows."""
    way = sweep_way(seed, size_m, turning_rad)

    def lower(t_s: FloatArray) -> tuple[FloatArray, Rotation]:
        place, turns = way(t_s)
        return place - np.array([0.0, 0.0, 0.22]), turns

    return over_chest(lower)


def sweeping(seed: int, s: float = 10.0, **how: float) -> Part:
    return Part(s, sweep(seed, **how), side="left" if seed % 2 else "right")


def pressing(seed: int, s: float = 60.0, *, rig_sees: bool = True, lies: Pose = CHEST) -> Part:
    """Stacked hands: the cameras see the upper one, the headset both."""
    way = cpr_way(seed)
    upper = "right" if seed % 2 else "left"

    def hand(lift_m: float, yaw: float) -> Way:
        def placed(t_s: FloatArray) -> tuple[FloatArray, Rotation]:
            place, turns = way(t_s)
            turns = turns * PRESSING * Rotation.from_euler("zx", [yaw, 0.3])
            return place + np.array([-0.05, 0.0, lift_m]), turns

        return over_chest(placed, lies)

    return Part(s, hand(0.032, 0.15), upper, under=hand(0.0, -0.1), rig_sees=rig_sees, heel=True)


def touching(place_in_mannequin_m: FloatArray, side: str, seed: int, s: float = 1.8) -> Part:
    rng = np.random.default_rng([seed, 0x70])
    yaw = np.degrees(np.arctan2(-place_in_mannequin_m[0], -place_in_mannequin_m[1] + 0.4))
    turn = Rotation.from_euler(
        "zx", [yaw + rng.normal(0, 15), -30 + rng.normal(0, 8)], degrees=True
    )
    turn = Rotation.from_matrix(CHEST.R) * turn
    way = touch_way(CHEST.apply(place_in_mannequin_m), turn, side, seed)
    return Part(s, way, side, rig_sees=False)


@dataclass(frozen=True, eq=False)
class Session:
    """A headset on somebody, and what is done with it."""

    seed: int
    parts: Sequence[Part]
    traits: HeadsetTraits = field(default_factory=HeadsetTraits)
    jump_s: float = np.inf
    jump: Pose = field(default_factory=Pose.identity)
    """``new_from_old`` of the headset's frame from `jump_s` on."""
    head: bool = True
    take: int = 0
    """Another one has the same headset and user, and other noise."""
    moved_s: float = np.inf
    lies_then: Pose = CHEST
    """Where the mannequin lies from `moved_s` on."""

    @property
    def xr_from_world(self) -> Pose:
        rng = np.random.default_rng([self.seed, 0x7E])
        yaw, tilt = rng.uniform(-np.pi, np.pi), rng.normal(0, TILT_RAD, 2)
        turn = Rotation.from_euler("z", yaw) * Rotation.from_rotvec([*tilt, 0.0])
        return Pose(XR_FROM_UPRIGHT @ turn.as_matrix(), rng.normal(0, 1, 3))

    def xr_from_world_at(self, t_s: float) -> Pose:
        return self.jump @ self.xr_from_world if t_s >= self.jump_s else self.xr_from_world

    def lies_at(self, t_s: float) -> Pose:
        return self.lies_then if t_s >= self.moved_s else CHEST

    @property
    def headset(self) -> SimHeadset:
        return SimHeadset(self.xr_from_world, self.seed, self.traits)

    def known(self) -> HeadsetCalibration:
        """What a calibration of this headset and user would have found."""
        rng = np.random.default_rng([self.seed, 0xCA])
        biases = self.headset.biases_m()
        hand = biases[list(SEEN_BY_BOTH)].mean(axis=0)
        hand, tip = (v + rng.normal(0, BIAS_KNOWN_M / np.sqrt(3), 3) for v in (hand, biases[10]))
        return HeadsetCalibration(
            model=MODEL,
            user=LEARNER,
            latency_s=self.traits.latency_s + rng.normal(0, 0.004),
            latency_sigma_s=0.004,
            hand_bias_m=(float(hand[0]), float(hand[1]), float(hand[2])),
            tip_bias_m=(float(tip[0]), float(tip[1]), float(tip[2])),
            bias_sigma_m=BIAS_KNOWN_M,
            made_utc="2026-01-01T00:00:00Z",
        )

    def rig(self, *, known: bool) -> Rig:
        return Rig(
            name="truth",
            cameras={SIM.camera_id: sim_calibration(SIM)},
            markers=SIM.marker_layout(),
            world_from_mannequin=PoseEntry.of(CHEST),
            headset=self.known() if known else None,
            provenance=Provenance(made_utc="2026-01-01T00:00:00Z", software="test", kind="sim"),
        )

    def samples(self) -> list[Sample]:
        """Give all samples in the order of their arrival."""
        timed: list[tuple[int, Sample]] = []
        start_s = 0.0
        for k, part in enumerate(self.parts):
            timed += self._part(part, start_s, 1000 * self.seed + 10 * k + 100_000 * self.take)
            start_s += part.duration_s
        timed += self._poses(start_s)
        if self.head:
            timed += self._head(start_s)
        return [sample for _, sample in sorted(timed, key=lambda entry: entry[0])]

    def _part(self, part: Part, start_s: float, seed: int) -> list[tuple[int, Sample]]:
        if part.seen_by_both is None:
            return []
        moved_s = self.jump_s - start_s
        headset = replace(self.headset, recentred_s=moved_s, recentred=self.jump, side=part.side)
        shift_ns = round(start_s * NS)
        hand = headset.see(part.seen_by_both, part.duration_s, seed)
        out: list[tuple[int, Sample]] = []
        if part.headset_sees:
            out += _joints(hand.xr_t_ns + shift_ns, hand.joints_in_xr_m, hand.valid, part.side)
        if part.under is not None and part.headset_sees:
            other = "left" if part.side == "right" else "right"
            under = replace(headset, side=other).see(part.under, part.duration_s, seed + 1)
            out += _joints(under.xr_t_ns + shift_ns, under.joints_in_xr_m, under.valid, other)
        points = hand
        if part.rig_way is not None:
            points = headset.see(part.rig_way, part.duration_s, seed + 2)
        rng = np.random.default_rng([seed, 0x51])
        if part.rig_sees:
            for t_ns, places in zip(
                points.rig_t_ns + shift_ns, points.points_in_world_m, strict=True
            ):
                out.append(self._points(int(t_ns), places, part, rng))
        if part.heel and part.headset_sees:
            out += self._heels(part, start_s, seed)
        return out

    def _points(
        self, t_ns: int, places: FloatArray, part: Part, rng: np.random.Generator
    ) -> tuple[int, Sample]:
        lies = self.lies_at((t_ns - ZERO_NS) / NS)
        flips = rng.random() < (0.3 if part.under is not None else 0.05)
        other = "left" if part.side == "right" else "right"
        sample = HandPoints(
            Arrival(f"cam_{SIM.camera_id}.points", 0, 0, t_ns + LANDMARKS_LATE_NS),
            Stamp(t_ns, 100_000),
            SIM.camera_id,
            other if flips else part.side,  # type: ignore[arg-type]
            lies.inverse().apply(places),
            0.004,
        )
        return t_ns + LANDMARKS_LATE_NS, sample

    def _heels(self, part: Part, start_s: float, seed: int) -> list[tuple[int, Sample]]:
        assert part.under is not None and part.seen_by_both is not None
        rng = np.random.default_rng([seed, 0x52])
        t_s = np.arange(0.005, part.duration_s, 1 / 30)
        middle = (part.under(t_s)[0] + part.seen_by_both(t_s)[0]) / 2
        aside = np.random.default_rng([self.seed, 0x53]).normal(0, 0.015, 3)
        out: list[tuple[int, Sample]] = []
        for at_s, place in zip(t_s, middle, strict=True):
            t_ns = ZERO_NS + round((start_s + at_s) * NS)
            lies = self.lies_at(start_s + at_s)
            heel = lies.inverse().apply(place) + aside + rng.normal(0, 0.002, 3)
            sample = HandSample(
                Arrival(f"cam_{SIM.camera_id}.hand", 0, 0, t_ns + 20_000_000),
                Stamp(t_ns, 100_000),
                SIM.camera_id,
                (float(heel[0]), float(heel[1]), float(heel[2])),
                0.006,
                "both",
            )
            out.append((t_ns + 20_000_000, sample))
        return out

    def _poses(self, end_s: float) -> list[tuple[int, Sample]]:
        out: list[tuple[int, Sample]] = []
        for at_s in np.arange(0.0, end_s, 0.2):
            t_ns = ZERO_NS + round(at_s * NS)
            arrival = Arrival(f"cam_{SIM.camera_id}.pose", 0, 0, t_ns + 20_000_000)
            pose = MannequinPose(
                arrival, Stamp(t_ns, 100_000), self.lies_at(at_s), 0.2, 5, "markers", True
            )
            out.append((arrival.arrival_ns, pose))
        return out

    def _head(self, end_s: float) -> list[tuple[int, Sample]]:
        out: list[tuple[int, Sample]] = []
        rng = np.random.default_rng([self.seed, 0x4EAD])
        hz, phase = rng.uniform(0.3, 1.9, 6), rng.uniform(0, 6, 6)
        for at_s in np.arange(0.002, end_s, 1 / 72):
            sway = np.sin(2 * np.pi * hz * at_s + phase)
            place = CHEST.apply(np.array([-0.5, 0.0, 0.6])) + 0.03 * sway[:3]
            turn = Rotation.from_rotvec(0.1 * sway[3:]).as_matrix()
            xr_from_head = self.xr_from_world_at(at_s) @ Pose(turn, place)
            t_ns = ZERO_NS + round(at_s * NS)
            arrival = Arrival("headset.head", 0, 0, t_ns + JOINTS_LATE_NS)
            out.append((arrival.arrival_ns, HeadPose(arrival, Stamp(t_ns, 1000), xr_from_head)))
        return out


def _joints(
    t_ns: np.ndarray, joints_m: FloatArray, valid: np.ndarray, side: str
) -> list[tuple[int, Sample]]:
    return [
        (
            int(t) + JOINTS_LATE_NS,
            HandJoints(
                Arrival("headset.hands", k, int(t), int(t) + JOINTS_LATE_NS),
                Stamp(int(t), 1000),
                side,  # type: ignore[arg-type]
                joints,
                seen,
            ),
        )
        for k, (t, joints, seen) in enumerate(zip(t_ns, joints_m, valid, strict=True))
    ]


@dataclass(frozen=True, eq=False)
class Moment:
    """What a view was told at one instant, and how wrong that was."""

    t_s: float
    placing: Placing
    error_m: float | None
    """At the chest; None without a registration."""
    sigma_m: float | None

    @property
    def state(self) -> str:
        return self.placing.state


def follow(
    session: Session,
    *,
    known: bool,
    samples: Sequence[Sample] | None = None,
    every_s: float = 0.1,
    placer: Placer | None = None,
    watch: Callable[[Placer], None] | None = None,
) -> list[Moment]:
    """Play a session to a placer and look at it ten times a second."""
    placer = placer or Placer(session.rig(known=known), MODEL, LEARNER)
    told: list[Moment] = []
    next_ns = ZERO_NS
    for sample in session.samples() if samples is None else samples:
        at_ns = sample.arrival.arrival_ns  # type: ignore[union-attr]
        while at_ns > next_ns:
            told.append(_moment(session, placer, next_ns))
            next_ns += round(every_s * NS)
        placer.step(sample)
        if watch is not None:
            watch(placer)
    return told


def _moment(session: Session, placer: Placer, t_ns: int) -> Moment:
    t_s = (t_ns - ZERO_NS) / NS
    placing = placer.placing()
    if placing.registration is None:
        return Moment(t_s, placing, None, None)
    chest = session.lies_at(t_s).t_m
    true = session.xr_from_world_at(t_s).apply(chest)
    off = placing.registration.xr_from_world.apply(chest) - true
    return Moment(t_s, placing, float(np.linalg.norm(off)), placing.registration.sigma_m)


quiet = partial(replace, rig_sees=False)
