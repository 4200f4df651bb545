"""What a row of each type of sample holds.

Gives a `Codec` for every type of `mr.types.Sample`, and the channel that a sample belongs to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mr.recording.codec import ChannelKey, Codec, Field, Row
from mr.recording.depth import pack_depth, unpack_depth
from mr.recording.pictures import image, jpeg
from mr.types import (
    ArmPosture,
    Arrival,
    ChestObservation,
    ClockExchange,
    ColorFrame,
    DepthFrame,
    FrameShown,
    HandJoints,
    HandLandmarks,
    HandPoints,
    HandSample,
    HeadPose,
    MannequinFrame,
    MannequinPose,
    MarkersSeen,
    Measured,
    Pose,
    Sample,
    SessionEvent,
    Stamp,
)


def channel_key(sample: Sample) -> ChannelKey:
    """Tell which channel a sample belongs to."""
    if isinstance(sample, SessionEvent):
        return ChannelKey("SessionEvent", "session", "")
    name = type(sample).__name__
    return ChannelKey(name, sample.arrival.stream, getattr(sample, "camera_id", ""))


def arrival_ns(sample: Sample) -> int:
    """Tell when a sample came in, on the host's clock."""
    return sample.t_ns if isinstance(sample, SessionEvent) else sample.arrival.arrival_ns


# --- pieces that several types share ---------------------------------------------------

ARRIVAL = (Field("seq", "<i8"), Field("device_ticks", "<i8"), Field("arrival_ns", "<i8", "ns"))
STAMP = (Field("t_ns", "<i8", "ns"), Field("sigma_ns", "<i8", "ns"))


def _pose_fields(name: str) -> tuple[Field, ...]:
    return (
        Field(f"{name}_R", "<f8", "", (3, 3)),
        Field(f"{name}_t_m", "<f8", "m", (3,)),
        Field(f"{name}_has_covariance", "u1"),
        Field(f"{name}_covariance", "<f8", "rad2, rad m, m2", (6, 6)),
    )


def _arrival(sample: Any) -> Row:
    a = sample.arrival
    return (a.seq, a.device_ticks, a.arrival_ns)


def _stamp(sample: Any) -> Row:
    return (sample.stamp.t_ns, sample.stamp.sigma_ns)


def _pose(pose: Pose) -> Row:
    known = pose.covariance is not None
    return (pose.R, pose.t_m, known, pose.covariance if known else np.zeros((6, 6)))


def _to_pose(R: Any, t_m: Any, known: int, covariance: Any) -> Pose:
    return Pose(np.array(R), np.array(t_m), np.array(covariance) if known else None)


def _measured_fields(name: str, unit: str) -> tuple[Field, ...]:
    return (
        Field(f"{name}_known", "?"),
        Field(f"{name}_{unit}", "<f8", unit),
        Field(f"{name}_sigma_known", "?"),
        Field(f"{name}_sigma_{unit}", "<f8", unit),
        Field(f"{name}_why", "text"),
    )


def _measured(measured: Measured) -> Row:
    value, sigma = measured.value, measured.sigma
    return (
        value is not None,
        0.0 if value is None else value,
        sigma is not None,
        0.0 if sigma is None else sigma,
        measured.why,
    )


def _to_measured(known: bool, value: float, sigma_known: bool, sigma: float, why: str) -> Measured:
    return Measured(value if known else None, sigma if sigma_known else None, why)


# --- the types -------------------------------------------------------------------------

CODECS = {
    codec.type.__name__: codec
    for codec in (
        Codec(
            MannequinFrame,
            (
                *ARRIVAL,
                Field("chest_counts", "<i4", "counts"),
                Field("force_counts", "<i4", "counts", (4,)),
                Field("airway_counts", "<i4", "counts"),
                Field("overflow", "<i4", "samples"),
            ),
            lambda s: (
                *_arrival(s),
                s.chest_counts,
                s.force_counts,
                s.airway_counts,
                s.overflow,
            ),
            lambda key, r: MannequinFrame(
                Arrival(key.stream, *r[:3]), r[3], (r[4][0], r[4][1], r[4][2], r[4][3]), r[5], r[6]
            ),
        ),
        Codec(
            ClockExchange,
            (
                *ARRIVAL,
                Field("sent_ns", "<i8", "ns"),
                Field("device_rx_ticks", "<i8", "ticks"),
                Field("device_tx_ticks", "<i8", "ticks"),
            ),
            lambda s: (*_arrival(s), s.sent_ns, s.device_rx_ticks, s.device_tx_ticks),
            lambda key, r: ClockExchange(Arrival(key.stream, *r[:3]), *r[3:]),
        ),
        Codec(
            DepthFrame,
            # mr.recording.depth says what the blob holds.
            (*ARRIVAL, Field("m_per_count", "<f8", "m"), Field("depth_counts_levels", "blob")),
            lambda s: (*_arrival(s), s.m_per_count, pack_depth(s.depth_counts)),
            lambda key, r: DepthFrame(
                Arrival(key.stream, *r[:3]), key.camera_id, unpack_depth(r[4]), r[3]
            ),
        ),
        Codec(
            ColorFrame,
            (*ARRIVAL, Field("bgr_jpeg", "blob")),
            lambda s: (*_arrival(s), jpeg(s.bgr)),
            lambda key, r: ColorFrame(Arrival(key.stream, *r[:3]), key.camera_id, image(r[3])),
        ),
        Codec(
            MarkersSeen,
            # As many rows of an id and of four corners (x, y) as markers were seen.
            (
                *ARRIVAL,
                Field("ids_i4", "blob"),
                Field("corners_px_f8_xy", "blob", "px"),
                Field("n_foreign", "<i4"),
                Field("looked", "?"),
            ),
            lambda s: (
                *_arrival(s),
                np.array(s.ids, "<i4").tobytes(),
                np.ascontiguousarray(s.corners_px, "<f8").tobytes(),
                s.n_foreign,
                s.looked,
            ),
            lambda key, r: MarkersSeen(
                Arrival(key.stream, *r[:3]),
                key.camera_id,
                tuple(np.frombuffer(r[3], "<i4").tolist()),
                np.frombuffer(r[4], "<f8").reshape(-1, 4, 2).copy(),
                *r[5:],
            ),
        ),
        Codec(
            MannequinPose,
            (
                *ARRIVAL,
                *STAMP,
                *_pose_fields("world_from_mannequin"),
                Field("residual_px", "<f8", "px"),
                Field("n_markers", "<i4"),
                Field("source", "text"),
                Field("valid", "?"),
                Field("why", "text"),
                Field("apart_known", "?"),
                Field("apart_m", "<f8", "m"),
                Field("apart_sigma_m", "<f8", "m"),
            ),
            lambda s: (
                *_arrival(s),
                *_stamp(s),
                *_pose(s.world_from_mannequin),
                s.residual_px,
                s.n_markers,
                s.source,
                s.valid,
                s.why,
                s.apart_m is not None,
                0.0 if s.apart_m is None else s.apart_m,
                0.0 if s.apart_sigma_m is None else s.apart_sigma_m,
            ),
            lambda key, r: MannequinPose(
                Arrival(key.stream, *r[:3]),
                Stamp(*r[3:5]),
                _to_pose(*r[5:9]),
                *r[9:14],
                *(r[15:] if any(r[14:15]) else ()),
            ),
            n_added=3,
        ),
        Codec(
            ChestObservation,
            (
                *ARRIVAL,
                *STAMP,
                Field("surface_z_known", "?"),
                Field("surface_z_m", "<f8", "m"),
                Field("sigma_m", "<f8", "m"),
                Field("hands", "text"),
                Field("n_px", "<i4", "px"),
                Field("why", "text"),
                Field("beside_known", "?"),
                Field("beside_depth_m", "<f8", "m"),
                Field("beside_sigma_m", "<f8", "m"),
            ),
            lambda s: (
                *_arrival(s),
                *_stamp(s),
                s.surface_z_m is not None,
                0.0 if s.surface_z_m is None else s.surface_z_m,
                s.sigma_m,
                s.hands,
                s.n_px,
                s.why,
                s.beside_depth_m is not None,
                0.0 if s.beside_depth_m is None else s.beside_depth_m,
                0.0 if s.beside_sigma_m is None else s.beside_sigma_m,
            ),
            lambda key, r: ChestObservation(
                Arrival(key.stream, *r[:3]),
                Stamp(*r[3:5]),
                key.camera_id,
                r[6] if r[5] else None,
                *r[7:11],
                *(r[12:] if any(r[11:12]) else ()),
            ),
            n_added=3,
        ),
        Codec(
            HandSample,
            (
                *ARRIVAL,
                *STAMP,
                Field("heel_known", "?"),
                Field("heel_in_mannequin_m", "<f8", "m", (3,)),
                Field("sigma_m", "<f8", "m"),
                Field("side", "text"),
                Field("why", "text"),
            ),
            lambda s: (
                *_arrival(s),
                *_stamp(s),
                s.heel_in_mannequin_m is not None,
                s.heel_in_mannequin_m or (0.0, 0.0, 0.0),
                s.sigma_m,
                s.side,
                s.why,
            ),
            lambda key, r: HandSample(
                Arrival(key.stream, *r[:3]),
                Stamp(*r[3:5]),
                key.camera_id,
                (r[6][0], r[6][1], r[6][2]) if r[5] else None,
                *r[7:],
            ),
        ),
        Codec(
            ArmPosture,
            (
                *ARRIVAL,
                *STAMP,
                *_measured_fields("bend_head_side", "rad"),
                *_measured_fields("bend_foot_side", "rad"),
                *_measured_fields("lean", "rad"),
                Field("confidence", "<f8"),
                Field("n_px", "<i4", "px"),
            ),
            lambda s: (
                *_arrival(s),
                *_stamp(s),
                *_measured(s.bend_rad[0]),
                *_measured(s.bend_rad[1]),
                *_measured(s.lean_rad),
                s.confidence,
                s.n_px,
            ),
            lambda key, r: ArmPosture(
                Arrival(key.stream, *r[:3]),
                Stamp(*r[3:5]),
                key.camera_id,
                (_to_measured(*r[5:10]), _to_measured(*r[10:15])),
                _to_measured(*r[15:20]),
                *r[20:],
            ),
        ),
        Codec(
            HandLandmarks,
            # As many rows of (x, y) as were seen: 21, or none.
            (
                *ARRIVAL,
                *STAMP,
                Field("confidence", "<f8"),
                Field("landmarks_px_f8_xy", "blob", "px"),
                Field("side", "text"),
            ),
            lambda s: (
                *_arrival(s),
                *_stamp(s),
                s.confidence,
                np.ascontiguousarray(s.landmarks_px, "<f8").tobytes(),
                s.side,
            ),
            lambda key, r: HandLandmarks(
                Arrival(key.stream, *r[:3]),
                Stamp(*r[3:5]),
                key.camera_id,
                np.frombuffer(r[6], "<f8").reshape(-1, 2).copy(),
                r[5],
                *r[7:],
            ),
            n_added=1,
        ),
        Codec(
            HandPoints,
            (
                *ARRIVAL,
                *STAMP,
                Field("side", "text"),
                Field("points_in_mannequin_m", "<f8", "m", (5, 3)),
                Field("sigma_m", "<f8", "m"),
            ),
            lambda s: (*_arrival(s), *_stamp(s), s.side, s.points_in_mannequin_m, s.sigma_m),
            lambda key, r: HandPoints(
                Arrival(key.stream, *r[:3]),
                Stamp(*r[3:5]),
                key.camera_id,
                r[5],
                np.array(r[6]),
                r[7],
            ),
        ),
        Codec(
            HeadPose,
            (*ARRIVAL, *STAMP, *_pose_fields("xr_from_head")),
            lambda s: (*_arrival(s), *_stamp(s), *_pose(s.xr_from_head)),
            lambda key, r: HeadPose(Arrival(key.stream, *r[:3]), Stamp(*r[3:5]), _to_pose(*r[5:9])),
        ),
        Codec(
            HandJoints,
            (
                *ARRIVAL,
                *STAMP,
                Field("side", "text"),
                Field("joints_in_xr_m", "<f8", "m", (26, 3)),
                Field("valid", "?", "", (26,)),
            ),
            lambda s: (*_arrival(s), *_stamp(s), s.side, s.joints_in_xr_m, s.valid),
            lambda key, r: HandJoints(
                Arrival(key.stream, *r[:3]), Stamp(*r[3:5]), r[5], np.array(r[6]), np.array(r[7])
            ),
        ),
        Codec(
            FrameShown,
            (
                *ARRIVAL,
                Field("display_ns", "<i8", "ns"),
                Field("measured_known", "?"),
                Field("measured_ns", "<i8", "ns"),
                Field("predicted", "?"),
            ),
            lambda s: (
                *_arrival(s),
                s.display_ns,
                s.measured_ns is not None,
                s.measured_ns or 0,
                s.predicted,
            ),
            lambda key, r: FrameShown(
                Arrival(key.stream, *r[:3]), r[3], r[5] if r[4] else None, r[6]
            ),
        ),
        Codec(
            SessionEvent,
            (Field("t_ns", "<i8", "ns"), Field("kind", "text"), Field("text", "text")),
            lambda s: (s.t_ns, s.kind, s.text),
            lambda key, r: SessionEvent(*r),
        ),
    )
}
"""Every type of `mr.types.Sample` by its name."""
