"""The head of a recording: who made it, from what, how much it keeps.

Takes a session's settings, its rig and its devices; gives a frozen `RecordingHeader`
that is written before the first sample. Holds no names: a learner is a random id, and
the folder of the session's settings (it may carry a user's name) is left out.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Literal, Self

from pydantic import Field, model_validator

import mr
from mr.clock.host import wall_now_utc
from mr.config import SessionConfig, Strict
from mr.rig import Rig, rig_sha256
from mr.types import DeviceInfo, SourceKind

RECORDING_SCHEMA = "mrcpr.recording/1"


def random_recording_id() -> str:
    """Make a random recording id."""
    return "rec-" + secrets.token_hex(8)


class RecordingHeader(Strict):
    """What is said once about a whole recording."""

    schema_id: Literal["mrcpr.recording/1"] = Field(default="mrcpr.recording/1", alias="schema")
    recording_id: str = Field(default_factory=random_recording_id)
    made_utc: str
    software: str
    kind: SourceKind
    """Where the samples came from; ``sim`` can never pass for ``live``."""
    storage_level: Literal[1, 2, 3]
    """1: observations; 2: with lossless depth; 3: with colour as well."""
    session: SessionConfig
    guideline_id: str
    guideline_profile: dict[str, Any] | None = None
    """The profile's values, so that a later version of it changes nothing here; None: older."""
    criteria_sha256: str | None = None
    """Of the criteria in `session`: a change afterwards shows. It guards against slips and not
    against forgery, for who can change the one can change the other."""
    devices: tuple[DeviceInfo, ...]
    rig_sha256: str

    @classmethod
    def make(
        cls,
        kind: SourceKind,
        session: SessionConfig,
        rig: Rig,
        devices: Sequence[DeviceInfo],
        guideline_profile: dict[str, Any] | None = None,
        recording_id: str | None = None,
    ) -> RecordingHeader:
        """Write the head of a new recording, now, by this software.

        Who told others of the recording before it began gives its `recording_id`.
        A profile of the user's own is named by its id: its path may hold a person's name.
        """
        guideline_id = session.guideline
        if guideline_profile is not None:
            guideline_id = str(guideline_profile["id"])
            session = session.model_copy(update={"guideline": guideline_id})
        return cls(
            recording_id=recording_id or random_recording_id(),
            made_utc=wall_now_utc().isoformat(timespec="seconds"),
            software=f"mrcpr {mr.__version__}",
            kind=kind,
            storage_level=session.storage_level,
            session=session,
            guideline_id=guideline_id,
            guideline_profile=guideline_profile,
            criteria_sha256=None if session.criteria is None else session.criteria.sha256,
            devices=tuple(devices),
            rig_sha256=rig_sha256(rig),
        )

    @model_validator(mode="after")
    def _criteria_are_locked(self) -> Self:
        criteria = self.session.criteria
        if (None if criteria is None else criteria.sha256) != self.criteria_sha256:
            raise ValueError(
                "the criteria were changed after the session: use the recording as made"
            )
        return self

    def to_json(self) -> dict[str, Any]:
        """Give the head as JSON values, without the folder of the session."""
        dumped = self.model_dump(mode="json", by_alias=True, exclude={"session": {"out_dir"}})
        return dict(dumped)
