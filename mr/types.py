"""The nouns of the house: what flows from the sensors to the score.

Takes nothing, gives frozen dataclasses and the `Device` protocol; leaves every
computation to others. Conventions (docs/CONVENTIONS.md): the last suffix of a name is
its unit; geometry is in m and rad, millimetres appear from `mr.metrics` on; instants
are integer nanoseconds of the host's monotonic clock; transforms are named
``a_from_b``; what is unknown is None with a reason, never zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Literal, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
"""Array of float64; its shape is given where it is used."""

SourceKind = Literal["live", "replay", "sim"]
"""Where samples come from. Stored in recordings and shown on every output."""


# --- time --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Arrival:
    """When and in which order a raw sample reached the host.

    `device_ticks` are unwrapped ticks of the device's own clock, `arrival_ns` is the
    host's monotonic time of reception. Neither is the instant of capture: that is a
    `Stamp`, made from many arrivals by `mr.clock`.
    """

    stream: str
    seq: int
    device_ticks: int
    arrival_ns: int


@dataclass(frozen=True, slots=True)
class Stamp:
    """The instant of capture on the host's monotonic clock, with its one-sigma."""

    t_ns: int
    sigma_ns: int


# --- raw samples ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MannequinFrame:
    """One raw sample of the sensor mannequin, in counts, as the firmware sent it."""

    arrival: Arrival
    chest_counts: int
    force_counts: tuple[int, int, int, int]
    airway_counts: int
    overflow: int
    """Samples the firmware had to drop since the previous frame."""


@dataclass(frozen=True, slots=True)
class ClockExchange:
    """One ping and its answer; ticks are unwrapped device ticks."""

    arrival: Arrival
    sent_ns: int
    device_rx_ticks: int
    device_tx_ticks: int


@dataclass(frozen=True, slots=True)
class DepthFrame:
    """Depth image of one camera: (H, W) uint16 counts; 0 means no measurement."""

    arrival: Arrival
    camera_id: str
    depth_counts: npt.NDArray[np.uint16]
    m_per_count: float


@dataclass(frozen=True, slots=True)
class ColorFrame:
    """Colour image of one camera: (H, W, 3) uint8, blue-green-red."""

    arrival: Arrival
    camera_id: str
    bgr: npt.NDArray[np.uint8]


# --- geometry ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """A rigid transform; which one is said by the name of the variable (``a_from_b``).

    `R` is (3, 3), `t_m` is (3,): ``point_in_a = R @ point_in_b + t_m``. `covariance`
    is (6, 6) of a left perturbation [rotation vector (rad), translation (m)] or None.
    """

    R: FloatArray
    t_m: FloatArray
    covariance: FloatArray | None = None

    def __matmul__(self, other: Pose) -> Pose:
        """Chain: ``a_from_b @ b_from_c`` is ``a_from_c`` (covariance is dropped)."""
        return Pose(self.R @ other.R, self.R @ other.t_m + self.t_m)

    def inverse(self) -> Pose:
        """``a_from_b`` → ``b_from_a`` (covariance is dropped)."""
        return Pose(self.R.T, -self.R.T @ self.t_m)

    def apply(self, points_m: FloatArray) -> FloatArray:
        """Map points of shape (..., 3) from frame b to frame a."""
        return points_m @ self.R.T + self.t_m

    @staticmethod
    def identity() -> Pose:
        """Give the transform that changes nothing."""
        return Pose(np.eye(3), np.zeros(3))


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """Where the headset's frame lies in the rig's world."""

    xr_from_world: Pose
    rms_m: float
    """What is left of the pairs that it was found by, root mean square of lengths."""
    n_pairs: int
    t_ns: int
    """When the newest of the pairs was seen."""
    sigma_m: float | None = None
    """Length of the one-sigma by which the chest is off in the headset; None: not known."""
    source: Literal["hands", "touch"] = "hands"
    """By hands that both see, or by a fingertip on known places."""


@dataclass(frozen=True, slots=True, eq=False)
class Placing:
    """How well it is known where the headset's frame lies, and what would help."""

    state: Literal["unknown", "weak", "ok", "lost"]
    """"weak": worse than its limit; "lost": what was known no longer holds."""
    registration: Registration | None = None
    """The newest, also while it is weak; None while unknown or lost."""
    ask: str = ""
    """What the learner is to do for it: a key of the catalogue below ``placing.``."""
    touch: int | None = None
    """Which of the rig's places to touch next, where touching is asked for."""
    share: float = 0.0
    """How far what is asked for is done, 0 ... 1."""


# --- observations (what tracking makes of pixels; what recordings keep) ---------------


@dataclass(frozen=True, slots=True, eq=False)
class MarkersSeen:
    """Which of the rig's markers one colour frame shows, and where.

    All that the mannequin's pose takes of a picture, so tracking can be run again without
    the picture, which is kept with consent only. No stamp, like the frame that it stands for.
    """

    arrival: Arrival
    camera_id: str
    ids: tuple[int, ...]
    corners_px: FloatArray
    """(n, 4, 2) of the n markers in `ids`."""
    n_foreign: int
    """Markers of another layout."""
    looked: bool = True
    """False: nobody looked for markers, for the last picture was searched just before."""


@dataclass(frozen=True, slots=True, eq=False)
class MannequinPose:
    """Where the mannequin lies, seen by one camera (or taken from calibration)."""

    arrival: Arrival
    stamp: Stamp
    world_from_mannequin: Pose
    residual_px: float
    n_markers: int
    source: Literal["calibrated", "markers", "surface"]
    valid: bool
    why: str = ""
    apart_m: float | None = None
    """How far apart markers and surface say, on the mean, that it lies; None: not both say."""
    apart_sigma_m: float | None = None
    """One-sigma of `apart_m` along the way between them; None with it."""


@dataclass(frozen=True, slots=True)
class ChestObservation:
    """What one depth frame says about the surface over the compression point.

    `surface_z_m` is the height, along the chest's normal, of the surface seen over the
    compression point above the *resting* chest plane of the mannequin's frame: the bare
    chest without hands, the back of the hand with them (its thickness included). The
    zero and the camera's slow bias are estimated by `mr.fusion`, not here. None (with
    `why`) when it cannot be measured. `sigma_m` is the noise of this one value.

    `beside_depth_m` is the chest's depth at the compression point as the bare chest beside
    pressing hands tells it, by how far it lies under its rest: no skin of a hand is in it.
    None without hands, when too little of it is seen or was not seen bare before, and when
    the rig does not know how the chest bends.
    """

    arrival: Arrival
    stamp: Stamp
    camera_id: str
    surface_z_m: float | None
    sigma_m: float
    hands: Literal["on", "off", "unknown"]
    n_px: int
    why: str = ""
    beside_depth_m: float | None = None
    beside_sigma_m: float | None = None
    """Noise of `beside_depth_m`; None with it."""


@dataclass(frozen=True, slots=True)
class HandSample:
    """The heel of the hand in the mannequin's frame, seen by one camera.

    `side` "both": two arms, or two hands, are seen; "left" and "right": the hand that is
    seen is that one. Of two stacked hands it is the upper one: which hand lies *under* it no
    camera can tell. A known heel may have a `why`: then hand landmarks contradict it, and
    `sigma_m` says by how much.
    """

    arrival: Arrival
    stamp: Stamp
    camera_id: str
    heel_in_mannequin_m: tuple[float, float, float] | None
    sigma_m: float
    side: Literal["left", "right", "both", "unknown"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class ArmPosture:
    """How the learner's arms stood in the last second, seen by one camera (experimental).

    `bend_rad` is the angle between upper arm and forearm at the elbow, 0 when straight: of
    the arm nearer to the mannequin's head, and of the other one. `lean_rad` is the angle
    between the chest's normal and the line from the heel of the hands to the middle of the
    shoulders, 0 when they are straight above; it has no sign. `confidence` is the share of
    the last second's looks in which both arms were measured, 0 ... 1. `n_px` counts this
    frame's pixels of the upper arms.
    """

    arrival: Arrival
    stamp: Stamp
    camera_id: str
    bend_rad: tuple[Measured, Measured]
    lean_rad: Measured
    confidence: float
    n_px: int


@dataclass(frozen=True, slots=True, eq=False)
class HandLandmarks:
    """Hand landmarks of one colour frame: (21, 2) px and a confidence, or nothing.

    `side` is one look's guess, and `confidence` the finder's trust in it.
    """

    arrival: Arrival
    stamp: Stamp
    camera_id: str
    landmarks_px: FloatArray
    confidence: float
    side: Literal["left", "right", "unknown"] = "unknown"


@dataclass(frozen=True, slots=True, eq=False)
class HandPoints:
    """Wrist and knuckles of one hand, lifted out of a colour picture by the depth behind it.

    (5, 3) m in the mannequin's frame: wrist, then the knuckles from index to little finger;
    NaN where the depth picture has nothing. `sigma_m` is the noise of one place, one axis.
    """

    arrival: Arrival
    stamp: Stamp
    camera_id: str
    side: Literal["left", "right", "unknown"]
    points_in_mannequin_m: FloatArray
    sigma_m: float


@dataclass(frozen=True, slots=True, eq=False)
class HeadPose:
    """The headset's pose in its own frame at the instant of `stamp`."""

    arrival: Arrival
    stamp: Stamp
    xr_from_head: Pose


@dataclass(frozen=True, slots=True, eq=False)
class HandJoints:
    """26 hand joints in the headset's frame: (26, 3) m with a (26,) validity mask."""

    arrival: Arrival
    stamp: Stamp
    side: Literal["left", "right"]
    joints_in_xr_m: FloatArray
    valid: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FrameShown:
    """One frame that a view has handed in: when it is seen, and of when it tells.

    `display_ns` is when the runtime means to show it; `measured_ns` the capture of the motion
    that it was drawn from, None when there was none; so its age is the difference: below zero
    where a busy machine handed the frame in after its time. `predicted` tells whether the chest
    was moved on to `display_ns`.
    """

    arrival: Arrival
    display_ns: int
    measured_ns: int | None
    predicted: bool


# --- fused motion --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ChestSample:
    """The chest's motion at one instant: positive into the chest from the unloaded zero.

    `sigma_m` covers noise and remaining bias. When `zero_known` is False the zero is
    relative (release depth and absolute depth are then unknown, excursions are not).
    """

    stamp: Stamp
    depth_m: float
    velocity_m_s: float
    sigma_m: float
    sources: tuple[str, ...]
    zero_known: bool = True
    force_n: float | None = None
    hand_offset_m: tuple[float, float] | None = None
    """Centre of pressure or heel from the compression point, mannequin's x and y."""
    hand_sigma_m: float | None = None
    hands: Literal["on", "off", "unknown"] = "unknown"
    airway_ml: float | None = None
    """Volume of air in the lungs now, integrated from the airway sensor."""
    chest_rise_m: float | None = None
    """Height of the bare chest that a camera sees, for breaths where no airway sensor speaks."""


# --- metrics (millimetres from here on) ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its one-sigma, or None with the reason why it is unknown."""

    value: float | None
    sigma: float | None = None
    why: str = ""

    @staticmethod
    def unknown(why: str) -> Measured:
        """Say why a number is not known."""
        return Measured(None, None, why)


NO_FORCE = Measured.unknown("no force was measured")


@dataclass(frozen=True, slots=True)
class Compression:
    """One chest compression; definitions in docs/guides/definitions.md."""

    index: int
    onset_ns: int
    peak_ns: int
    release_ns: int
    depth_mm: Measured
    release_depth_mm: Measured
    rate_cpm: Measured
    duty_cycle: Measured
    release_velocity_mm_s: Measured
    force_peak_n: Measured
    hand_offset_mm: tuple[Measured, Measured]
    release_force_n: Measured = NO_FORCE
    """What the load cells still feel where the chest is shallowest after it."""


@dataclass(frozen=True, slots=True)
class Ventilation:
    """One breath given to the mannequin."""

    start_ns: int
    end_ns: int
    volume_ml: Measured
    inspiration_s: float


@dataclass(frozen=True, slots=True)
class Pause:
    """A time without compressions longer than the profile's pause threshold."""

    start_ns: int
    end_ns: int
    kind: Literal["ventilation", "hands_off", "hands_resting", "unknown"]


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """A time in which nothing measured the chest: neither a pause nor compressions."""

    start_ns: int
    end_ns: int


MetricsEvent = Compression | Ventilation | Pause | Unmeasured


# --- score and coaching ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Deduction:
    """Points lost to one thing."""

    what: Literal["compression", "breath", "missing breath", "pause", "shock", "session"]
    index: int | None
    """Of a compression its own, of a breath, pause or shock its place among those judged,
    from 0; None for what is missing and for the session as a whole."""
    t_ns: int | None
    """When it was; None for what is missing and for the session as a whole."""
    points: float
    reason: str


@dataclass(frozen=True, slots=True)
class ScoreItem:
    """One sub-skill: what it was worth, what was lost, and why."""

    key: str
    label: str
    weight_pct: float
    value_pct: float | None
    """0 … 100 for this item alone; None when it could not be judged."""
    points_lost: float | None
    reason: str
    interval_pct: tuple[float, float] | None = None
    """Where `value_pct` may be, by the measurement's uncertainty (95 %)."""
    in_target_pct: float | None = None
    """Share of what was judged that is on target: hit or miss, unlike `value_pct`."""
    deductions: tuple[Deduction, ...] = ()
    """All that cost points, dearest first; together `points_lost`."""


@dataclass(frozen=True, slots=True)
class CycleLoss:
    """What one cycle cost: the compressions since the pause before it, and its own pause."""

    index: int
    start_ns: int
    n_compressions: int
    points_lost: tuple[tuple[str, float], ...]
    """Of each item's key that lost points in it."""


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a session; `value_pct` is None when needed data are missing."""

    value_pct: float | None
    items: tuple[ScoreItem, ...]
    guideline_id: str
    missing: tuple[str, ...] = ()
    interval_pct: tuple[float, float] | None = None
    """Where `value_pct` may be, by the measurement's uncertainty (95 %)."""
    cycles: tuple[CycleLoss, ...] = ()


@dataclass(frozen=True, slots=True)
class Cue:
    """What to do now: a key of the message catalogue, with its severity."""

    key: str
    severity: Literal["good", "hint", "warning"]
    since_ns: int = 0
    """Since when it has stood, in the samples' time; two showings of a key differ in it."""
    aloud: bool = False
    """Whether it is worth a spoken word, too."""
    written: bool = True
    """Whether a view may write it; False where written prompts are turned off."""


@dataclass(frozen=True, slots=True)
class Health:
    """The state of one stream."""

    stream: str
    kind: SourceKind
    state: Literal["ok", "degraded", "lost", "absent"]
    rate_hz: float
    lost: int
    age_s: float
    why: str = ""


class Phase(StrEnum):
    """Where a session stands."""

    WAITING = "waiting"
    COMPRESSING = "compressing"
    VENTILATING = "ventilating"
    PAUSED = "paused"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class Targets:
    """The bands a learner aims for, out of the guideline profile; None is one-sided."""

    depth_low_mm: float
    depth_high_mm: float | None
    rate_low_cpm: float
    rate_high_cpm: float
    release_max_mm: float
    hand_offset_max_mm: float


GuidanceLevel = Literal["full", "reduced", "sound", "none"]
"""How much a learner is helped while practising; set before, and none in an assessment."""


@dataclass(frozen=True, slots=True)
class CycleDigest:
    """One finished cycle of compressions in a few numbers, for the pause after it.

    Without pauses for breaths a cycle ends with any pause. Unknown is None.
    """

    index: int
    n_compressions: int
    depth_mm: float | None
    """Mean of the peaks, as the others are means."""
    rate_cpm: float | None
    release_mm: float | None
    depth_in_target_pct: float | None
    rate_in_target_pct: float | None
    release_in_target_pct: float | None
    ended_ns: int
    """The last compression's release."""
    lesson: str = ""
    """What to do otherwise: a key of the catalogue below ``cue.``; "" before it is chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """All that a view may show at one instant; published by the session."""

    t_ns: int
    seq: int
    phase: Phase
    mode: str
    guidance: bool
    kind: SourceKind
    elapsed_s: float
    depth_mm: float | None
    depth_sigma_mm: float | None
    velocity_mm_s: float | None
    rate_cpm: float | None
    n_compressions: int
    n_in_cycle: int
    last_depth_mm: float | None
    last_release_mm: float | None
    hands: Literal["on", "off", "unknown"]
    hand_offset_mm: tuple[float, float] | None
    hands_off_s: float
    targets: Targets
    cue: Cue | None
    score_pct: float | None
    world_from_mannequin: Pose | None
    health: tuple[Health, ...] = ()
    measured_ns: int | None = None
    """When the motion behind `depth_mm` and `velocity_mm_s` was captured."""
    level: GuidanceLevel = "full"
    n_breaths: int = 0
    """Breaths given in this pause."""
    cycle: CycleDigest | None = None
    """The last finished cycle."""
    placing: Placing | None = None
    """None: there is no headset in this session."""


# --- sources ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """Something that happened to the session itself, in its place among the samples.

    Kinds: ``open`` (the session exists, devices are up), ``start`` and ``stop`` (what
    lies between is scored), ``device_lost``, ``device_back``, ``note``; and, with the text
    ``stream: words``, ``complaint`` (this ails the stream from now on), ``remark`` (this is
    to be known of it) and ``settled`` (either is over).
    """

    t_ns: int
    kind: Literal[
        "open",
        "start",
        "stop",
        "device_lost",
        "device_back",
        "note",
        "complaint",
        "remark",
        "settled",
    ]
    text: str = ""


Sample = (
    MannequinFrame
    | ClockExchange
    | DepthFrame
    | ColorFrame
    | MarkersSeen
    | MannequinPose
    | ChestObservation
    | HandSample
    | ArmPosture
    | HandLandmarks
    | HandPoints
    | HeadPose
    | HandJoints
    | FrameShown
    | SessionEvent
)
"""Anything a device may deliver, or tracking may make of it."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream of a device: its name, its nominal rate, and its tick rate."""

    name: str
    rate_hz: float
    ticks_per_s: float


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Who a device is; written into recordings and shown by ``mrcpr doctor``."""

    kind: SourceKind
    maker: str
    model: str
    serial: str
    firmware: str
    streams: tuple[StreamInfo, ...]
    details: dict[str, str] = field(default_factory=dict)


class EndOfStream(Exception):  # noqa: N818 -- not an error, like StopIteration
    """A source has nothing more to give, now or later. Not an error."""


@runtime_checkable
class Device(Protocol):
    """What live devices, replayed recordings and the simulator have in common."""

    @property
    def info(self) -> DeviceInfo:
        """Who it is; complete once the device is open."""
        ...

    def __enter__(self) -> Self:
        """Open it, or raise `DeviceError` with what to do."""
        ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None: ...

    def poll(self) -> Sequence[Sample]:
        """What has arrived on any of its streams since the last call, in order.

        Never waits. An empty sequence means nothing yet.

        Raises
        ------
        EndOfStream
            When the source has ended.
        DeviceError
            When the device is lost.
        """
        ...
