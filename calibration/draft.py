"""A rig that is being calibrated: what is known of it so far.

Takes what one procedure after the other found, gives a `mr.rig.Rig` when nothing is missing;
leaves measuring to the procedures and the files to `calibration.workbook`. A `Rig` is whole or
is refused, and what is unknown must not stand in it as a default: so what has not been measured
yet is absent here.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

import tomlkit
from pydantic import Field

import mr
from mr.clock.host import wall_now_utc
from mr.config import Strict, parse
from mr.errors import CalibrationError, ConfigError
from mr.files import write_whole
from mr.rig import (
    Bending,
    CameraCalibration,
    CameraModel,
    Curve,
    HeadsetCalibration,
    MannequinCalibration,
    MarkerLayout,
    PoseEntry,
    Provenance,
    Rig,
    StiffnessEntry,
    SurfaceEntry,
    toml_ready,
)
from mr.types import Pose
from mr.validity import Validity

FourCurves = tuple[Curve, Curve, Curve, Curve]
FourPlaces = tuple[
    tuple[float, float], tuple[float, float], tuple[float, float], tuple[float, float]
]


class MannequinDraft(Strict):
    """One sensor mannequin, as far as it is calibrated."""

    serial: str
    body: Literal["adult", "child", "infant"] = "adult"
    chest_ap_m: float = Field(gt=0.05, lt=0.5)
    chest_depth_m: Curve | None = None
    cell_force_n: FourCurves | None = None
    cell_xy_in_mannequin_m: FourPlaces | None = None
    airway_flow_ml_s: Curve | None = None
    cell_crosstalk: tuple[tuple[float, ...], ...] | None = None
    stiffness: StiffnessEntry | None = None

    def missing(self) -> tuple[str, ...]:
        """Name the curves that are not measured yet, by their procedures."""
        parts = {
            "chest": self.chest_depth_m,
            "cells": self.cell_force_n and self.cell_xy_in_mannequin_m,
            "airway": self.airway_flow_ml_s,
        }
        return tuple(name for name, part in parts.items() if part is None)

    def calibration(self) -> MannequinCalibration:
        """Give the whole mannequin; `missing` has said that it is."""
        return MannequinCalibration.model_validate(self.model_dump())


class RigDraft(Strict):
    """A rig as far as it is calibrated; the procedures' results go in, a `Rig` comes out."""

    schema_id: Literal["mrcpr.rig-draft/1"] = Field(default="mrcpr.rig-draft/1", alias="schema")
    name: str
    kind: Literal["live", "sim"]
    mannequin: MannequinDraft | None = None
    cameras: dict[str, CameraModel] = Field(default_factory=dict)
    world_from_cam: dict[str, PoseEntry] = Field(default_factory=dict)
    """Where the cameras stand, as far as that was measured."""
    markers: MarkerLayout | None = None
    surface: SurfaceEntry | None = None
    bending: Bending | None = None
    world_from_mannequin: PoseEntry | None = None
    headset: HeadsetCalibration | None = None
    validity: Validity | None = None
    stale: tuple[str, ...] = ()
    """Procedures that were done before something that they build on was measured again."""
    provenance: Provenance
    base_sha256: str | None = None
    """Of the rig file that this was begun from; None: from none."""

    def missing(self) -> tuple[str, ...]:
        """Name the procedures without which this is no rig yet, in the order of their use."""
        cameras = self.cameras
        unmeasured = self.mannequin.missing() if self.mannequin is not None else ()
        have = {
            "plates": not cameras or self.markers is not None or self.surface is not None,
            "world": all(camera_id in self.world_from_cam for camera_id in cameras),
            "rest": not cameras or self.world_from_mannequin is not None,
            **{name: name not in unmeasured for name in ("chest", "cells", "airway")},
        }
        return tuple(name for name, known in have.items() if not known or name in self.stale)

    def rig(self) -> Rig:
        """Give the rig.

        Raises
        ------
        CalibrationError
            When something is not measured yet; the message names the procedures.
        """
        if missing := self.missing():
            raise CalibrationError(
                f"rig {self.name!r} is not whole yet: do `mrcpr calibrate {missing[0]}`"
                + (f", then {', '.join(missing[1:])}" if missing[1:] else "")
            )
        # Where no camera sees it, the world is the mannequin's own frame.
        lies = self.world_from_mannequin or PoseEntry.of(Pose.identity())
        cameras = {
            camera_id: CameraCalibration(
                **model.model_dump(), world_from_cam=self.world_from_cam[camera_id]
            )
            for camera_id, model in self.cameras.items()
        }
        return Rig(
            name=self.name,
            mannequin=None if self.mannequin is None else self.mannequin.calibration(),
            cameras=cameras,
            markers=self.markers,
            surface=self.surface,
            bending=self.bending,
            world_from_mannequin=lies,
            headset=self.headset,
            validity=self.validity,
            provenance=self.provenance,
        )

    @classmethod
    def of(cls, rig: Rig) -> RigDraft:
        """Begin with a rig that is calibrated already."""
        known = MannequinDraft.model_fields
        mannequin = None
        if rig.mannequin is not None:
            kept = {k: v for k, v in rig.mannequin.model_dump().items() if k in known}
            mannequin = MannequinDraft.model_validate(kept)
        return cls(
            name=rig.name,
            kind=rig.provenance.kind,
            mannequin=mannequin,
            cameras={k: model_of(camera) for k, camera in rig.cameras.items()},
            world_from_cam={k: camera.world_from_cam for k, camera in rig.cameras.items()},
            markers=rig.markers,
            surface=rig.surface,
            bending=rig.bending,
            world_from_mannequin=rig.world_from_mannequin,
            headset=rig.headset,
            validity=rig.validity,
            provenance=rig.provenance,
        )


def model_of(camera: CameraCalibration) -> CameraModel:
    """Give what is known of a camera wherever it stands."""
    return CameraModel.model_validate(camera.model_dump(exclude={"world_from_cam"}))


def new_draft(
    name: str,
    kind: Literal["live", "sim"],
    cameras: dict[str, CameraModel],
    mannequin: MannequinDraft | None,
) -> RigDraft:
    """Begin a rig of which only its makers' words are known."""
    provenance = Provenance(
        made_utc=wall_now_utc().isoformat(timespec="seconds"),
        software=f"mrcpr {mr.__version__}",
        kind=kind,
    )
    return RigDraft(
        name=name, kind=kind, cameras=cameras, mannequin=mannequin, provenance=provenance
    )


def load_draft(path: Path) -> RigDraft:
    """Read a draft.

    Raises
    ------
    ConfigError
        When it is missing, no TOML, or has an unknown key.
    """
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{path}: cannot read this draft of a rig ({error}): mend it, or move it away and "
            "begin again from the rig file, or with `mrcpr calibrate new` where there is none"
        ) from error
    return parse(RigDraft, data, str(path))


def save_draft(draft: RigDraft, path: Path) -> None:
    """Write a draft whole or not at all."""
    try:
        write_whole(path, tomlkit.dumps(toml_ready(draft.model_dump(by_alias=True))).encode())
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot write this draft of a rig ({error.strerror}): choose another place"
        ) from error
