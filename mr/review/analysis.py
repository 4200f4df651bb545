"""A session's numbers as one JSON object for people and programs.

Takes events, a summary, a score and a guideline profile; gives a dictionary with the
schema ``mrcpr.analysis/2``, checked against the JSON Schema in this package. Leaves
drawing it to `report`. What is unknown is null, with the reason in `why` beside it.
Documented in docs/guides/instructor/analysis-json.md.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

import jsonschema_rs

import mr
from mr.config import Criteria, Mode
from mr.corrections import Corrections
from mr.metrics.summary import Summary
from mr.recording.reader import Recording
from mr.review.explained import assessment_as_json, score_as_json
from mr.rig import Rig, rig_sha256
from mr.scoring.guideline import Guideline, Sourced
from mr.scoring.items import distance_mm
from mr.scoring.profiles import profile_sha256
from mr.types import (
    Compression,
    Health,
    Measured,
    MetricsEvent,
    Pause,
    Score,
    Targets,
    Ventilation,
)

ANALYSIS_SCHEMA = "mrcpr.analysis/2"
Kind = Literal["live", "sim", "replay", "csv", "ssx"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where the numbers come from, as far as it is known; nothing here is a name."""

    recording_id: str | None = None
    made_utc: str | None = None
    recorded_by: str | None = None
    """Software that made the recording; the analysis is by this software."""
    learner_id: str | None = None
    guidance: bool | None = None
    attempt: str | None = None
    """Cold attempt, practice, cold retest or assessment."""
    arms: bool | None = None
    """Whether elbows and shoulders were looked at, too (experimental)."""
    storage_level: int | None = None
    smoothed: bool = False
    """Whether what was learnt after each instant is in the motion, too."""
    why_incomplete: str = ""
    assumptions: tuple[str, ...] = ()
    """What a file does not say and was taken to be so, in words; and by which profile a
    recording is judged, where it is not the one in its head."""
    rig: Rig | None = None

    @staticmethod
    def of(recording: Recording, *, smoothed: bool = False) -> Provenance:
        """Take it from a recording."""
        header = recording.header
        return Provenance(
            recording_id=header.recording_id,
            made_utc=header.made_utc,
            recorded_by=header.software,
            learner_id=header.session.learner_id,
            guidance=header.session.guidance,
            attempt=header.session.attempt.value,
            arms=header.session.arms,
            storage_level=header.storage_level,
            smoothed=smoothed,
            why_incomplete=recording.why_incomplete or recording.repaired,
            rig=recording.rig,
        )


def build_analysis(
    source: str,
    kind: Kind,
    guideline: Guideline,
    events: Iterable[MetricsEvent],
    summary: Summary,
    score: Score,
    t0_ns: int,
    mode: Mode,
    provenance: Provenance | None = None,
    health: Sequence[Health] = (),
    *,
    rescuers: int = 1,
    shocks_ns: Sequence[int] = (),
    criteria: Criteria | None = None,
    locked: bool = False,
    not_used: Criteria | None = None,
    calibrated: bool = True,
    simpad: Json | None = None,
    drift: Sequence[Json] | None = None,
    corrections: Corrections | None = None,
    offset_s: float = 0.0,
) -> Json:
    """Put a session's numbers into one JSON object.

    Parameters
    ----------
    source
        Name of the file or rig the numbers come from, without its folder.
    kind
        Where the samples first came from; for a replay, what was recorded.
    events
        Compressions, ventilations and pauses within the judged bounds.
    summary
        Of the same bounds; what was not measured is taken from it.
    t0_ns
        Instant from which all times count, in ns: the summary's start.
    provenance, health
        What is known about the recording and its streams.
    rescuers, shocks_ns
        How many they were; when a shock was marked.
    criteria, locked, not_used
        What an assessment must reach; whether it was fixed before the session; other criteria
        that were given and not used, for the recording has its own.
    calibrated
        False for a signal of unknown scale: the profile's least excursion in mm was then
        not used, and is null.
    simpad
        What else a SimPad file says, as it stands.
    drift
        How far the rig had drifted since it was calibrated; None where no rig took part.
    corrections, offset_s
        What an instructor corrected in these numbers, and by how much later `t0_ns` is than
        without it; None or empty: nothing.

    Raises
    ------
    jsonschema_rs.ValidationError
        When the result is not what its schema says: an internal fault.
    """
    every = sorted(events, key=lambda e: e.peak_ns if isinstance(e, Compression) else e.start_ns)
    compressions = [e for e in every if isinstance(e, Compression)]
    ventilations = [e for e in every if isinstance(e, Ventilation)]
    pauses = [e for e in every if isinstance(e, Pause)]
    analysis = {
        "schema": ANALYSIS_SCHEMA,
        "software": f"mrcpr {mr.__version__}",
        "source": _source(source, kind, provenance or Provenance(), health),
        "guideline": _guideline(guideline, mode, rescuers, calibrated=calibrated),
        "compressions": [_compression(c, t0_ns) for c in compressions],
        "ventilations": [_ventilation(v, t0_ns) for v in ventilations],
        "pauses": [
            {"start_s": _s(p.start_ns, t0_ns), "end_s": _s(p.end_ns, t0_ns), "kind": p.kind}
            for p in pauses
        ],
        "shocks_s": [_s(t_ns, t0_ns) for t_ns in shocks_ns],
        "unmeasured": [{"start_s": a_s, "end_s": b_s} for a_s, b_s in summary.unmeasured_s],
        "summary": _summary(summary, compressions, ventilations, guideline),
        "score": score_as_json(score, t0_ns),
        "assessment": None
        if criteria is None
        else assessment_as_json(score, criteria, locked=locked, not_used=not_used),
    }
    if simpad is not None:
        analysis["simpad"] = simpad
    if drift is not None:
        analysis["drift"] = list(drift)
    if corrections is not None and not corrections.is_empty:
        analysis["corrected"] = {
            "offset_s": offset_s,
            "sha256": corrections.sha256,
            "corrections": corrections.to_json(),
        }
    validate(analysis)
    return analysis


@cache
def analysis_schema() -> Json:
    """Give the JSON Schema of the analysis, as shipped in the package."""
    text = resources.files("mr.review").joinpath("analysis.schema.json").read_text("utf-8")
    return dict(json.loads(text))


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(analysis_schema())


def validate(analysis: Json) -> None:
    """Check an analysis against its schema; raises `jsonschema_rs.ValidationError`."""
    _validator().validate(analysis)


def _s(t_ns: int, t0_ns: int) -> float:
    return (t_ns - t0_ns) / 1e9


def _put(row: Json, why: dict[str, str], name: str, unit: str, measured: Measured) -> None:
    """Write ``name_unit`` and ``name_sigma_unit``, and the reason where there is no value."""
    tail = f"_{unit}" if unit else ""
    row[f"{name}{tail}"] = measured.value
    row[f"{name}_sigma{tail}"] = measured.sigma if measured.value is not None else None
    if measured.value is None:
        why[f"{name}{tail}"] = measured.why or "not measured"


def _source(name: str, kind: Kind, provenance: Provenance, health: Sequence[Health]) -> Json:
    rig = provenance.rig
    from_sim = kind == "sim" or (rig is not None and rig.provenance.kind == "sim")
    return {
        "name": name,
        "kind": kind,
        "simulated": from_sim,
        "recording_id": provenance.recording_id,
        "made_utc": provenance.made_utc,
        "recorded_by": provenance.recorded_by,
        "learner_id": provenance.learner_id,
        "guidance": provenance.guidance,
        "attempt": provenance.attempt,
        "arms": provenance.arms,
        "storage_level": provenance.storage_level,
        "smoothed": provenance.smoothed,
        "why_incomplete": provenance.why_incomplete,
        "assumptions": list(provenance.assumptions),
        "rig": None
        if rig is None
        else {
            "name": rig.name,
            "sha256": rig_sha256(rig),
            "made_utc": rig.provenance.made_utc,
            "kind": rig.provenance.kind,
            "mannequin_serial": rig.mannequin.serial if rig.mannequin else None,
            "camera_serials": [camera.serial for camera in rig.cameras.values()],
        },
        "health": [asdict(h) for h in health],
    }


def _guideline(guideline: Guideline, mode: Mode, rescuers: int, *, calibrated: bool) -> Json:
    sourced = {
        name: value for name in type(guideline).model_fields
        if isinstance(value := getattr(guideline, name), Sourced)
    }  # fmt: skip
    return {
        "id": guideline.id,
        "version": guideline.version,
        "title": guideline.title,
        "sha256": profile_sha256(guideline),
        "mode": mode.value,
        "rescuers": rescuers,
        "targets": _targets(guideline, mode),
        "definitions": {
            "min_excursion_mm": guideline.definitions.min_excursion_mm if calibrated else None,
            "pause_threshold_s": guideline.definitions.pause_threshold_s,
        },
        "sources": {k: {"source": v.source, "standing": v.standing} for k, v in sourced.items()},
    }


def _targets(guideline: Guideline, mode: Mode) -> Json:
    breath, recoil = guideline.ventilation, guideline.recoil
    return {
        **asdict(guideline.targets),
        "depth_low_ap_share": guideline.depth.low_ap_share,
        "recoil_criterion": recoil.criterion,
        "release_max_n": recoil.release_max_n,
        "ccf_min_pct": guideline.flow.ccf_min_pct.get(mode),
        "pause_max_s": guideline.flow.pause_max_s,
        "shock_pause_max_s": None if guideline.shock is None else guideline.shock.pause_max_s,
        "volume_low_ml": breath.volume_low_ml,
        "volume_high_ml": breath.volume_high_ml,
        "inspiration_min_s": breath.inspiration_min_s,
        "breath_interval_low_s": breath.interval_low_s,
        "breath_interval_high_s": breath.interval_high_s,
    }


def _compression(c: Compression, t0_ns: int) -> Json:
    why: dict[str, str] = {}
    row: Json = {
        "index": c.index,
        "onset_s": _s(c.onset_ns, t0_ns),
        "peak_s": _s(c.peak_ns, t0_ns),
        "release_s": _s(c.release_ns, t0_ns),
    }
    _put(row, why, "depth", "mm", c.depth_mm)
    _put(row, why, "release_depth", "mm", c.release_depth_mm)
    _put(row, why, "rate", "cpm", c.rate_cpm)
    _put(row, why, "duty_cycle", "", c.duty_cycle)
    _put(row, why, "release_force", "n", c.release_force_n)
    _put(row, why, "release_velocity", "mm_s", c.release_velocity_mm_s)
    _put(row, why, "force_peak", "n", c.force_peak_n)
    _put(row, why, "hand_x", "mm", c.hand_offset_mm[0])
    _put(row, why, "hand_y", "mm", c.hand_offset_mm[1])
    return {**row, "why": why}


def _ventilation(v: Ventilation, t0_ns: int) -> Json:
    why: dict[str, str] = {}
    row: Json = {"start_s": _s(v.start_ns, t0_ns), "end_s": _s(v.end_ns, t0_ns)}
    _put(row, why, "volume", "ml", v.volume_ml)
    return {**row, "inspiration_s": v.inspiration_s, "why": why}


def _summary(
    summary: Summary,
    compressions: Sequence[Compression],
    ventilations: Sequence[Ventilation],
    guideline: Guideline,
) -> Json:
    why: dict[str, str] = {}
    row: Json = {
        "duration_s": summary.duration_s,
        "n_compressions": summary.n_compressions,
        "n_pauses": summary.n_pauses,
        "longest_pause_s": summary.longest_pause_s,
        "n_ventilations": summary.n_ventilations,
        "compressions_per_cycle": list(summary.compressions_per_cycle),
    }
    for name, unit, measured in (
        ("mean_depth", "mm", summary.mean_depth_mm),
        ("sd_depth", "mm", summary.sd_depth_mm),
        ("mean_release_depth", "mm", summary.mean_release_depth_mm),
        ("mean_rate", "cpm", summary.mean_rate_cpm),
        ("mean_duty_cycle", "", summary.mean_duty_cycle),
        ("mean_release_velocity", "mm_s", summary.mean_release_velocity_mm_s),
        ("mean_force_peak", "n", summary.mean_force_peak_n),
        ("mean_hand_x", "mm", summary.mean_hand_offset_mm[0]),
        ("mean_hand_y", "mm", summary.mean_hand_offset_mm[1]),
        ("ccf", "pct", summary.ccf_pct),
        ("time_to_first_compression", "s", summary.time_to_first_compression_s),
        ("mean_volume", "ml", summary.mean_volume_ml),
        ("mean_inspiration", "s", summary.mean_inspiration_s),
        ("breath_rate", "per_min", summary.breath_rate_per_min),
        ("depth_trend", "mm_min", summary.depth_trend_mm_min),
        *_in_target(compressions, ventilations, guideline),
    ):
        _put(row, why, name, unit, measured)
    return {**row, "why": why}


def _in_target(
    compressions: Sequence[Compression], ventilations: Sequence[Ventilation], guideline: Guideline
) -> list[tuple[str, str, Measured]]:
    """Shares of the *known* values inside their bands; hit or miss, unlike the score."""
    t: Targets = guideline.targets
    high_mm = math.inf if t.depth_high_mm is None else t.depth_high_mm
    volume, recoil = guideline.ventilation, guideline.recoil
    far = [distance_mm(*c.hand_offset_mm) for c in compressions]
    releases = _share((c.release_depth_mm for c in compressions), -math.inf, t.release_max_mm)
    if recoil.criterion == "force" and recoil.release_max_n is not None:
        releases = _share(
            (c.release_force_n for c in compressions), -math.inf, recoil.release_max_n
        )
    volumes = Measured.unknown("this profile wants no volume")
    if volume.volume_low_ml is not None or volume.volume_high_ml is not None:
        volumes = _share(
            (v.volume_ml for v in ventilations),
            volume.volume_low_ml or -math.inf,
            volume.volume_high_ml or math.inf,
        )
    shares = {
        "depth": _share((c.depth_mm for c in compressions), t.depth_low_mm, high_mm),
        "rate": _share((c.rate_cpm for c in compressions), t.rate_low_cpm, t.rate_high_cpm),
        "release": releases,
        "hand": _share(far, 0.0, t.hand_offset_max_mm),
        "volume": volumes,
    }
    return [(f"{name}_in_target", "pct", share) for name, share in shares.items()]


def _share(values: Iterable[Measured], low: float, high: float) -> Measured:
    every = list(values)
    # To a tenth, as it is shown and scored: 120.0 is not above 120.
    known = [round(m.value, 1) for m in every if m.value is not None]
    if not known:
        return Measured.unknown(next((m.why for m in every if m.why), "there are none"))
    return Measured(100.0 * sum(low <= v <= high for v in known) / len(known))
