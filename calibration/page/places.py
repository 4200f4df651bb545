"""Where things are in the room, as far as that was measured.

Takes a draft, gives what can be drawn and what cannot because nobody knows its place yet;
nothing is ever drawn where it might be. Leaves drawing to `calibration.page.scene`.
"""

from __future__ import annotations

from dataclasses import dataclass

from calibration.draft import RigDraft


@dataclass(frozen=True, slots=True)
class Place:
    """One thing of the room."""

    what: str
    known: bool
    words: str


def places_of(draft: RigDraft) -> tuple[Place, ...]:
    """List the cameras and the mannequin with what is on it."""
    found = [
        _place(f"camera {camera_id}", camera_id in draft.world_from_cam, "world")
        for camera_id in draft.cameras
    ]
    lies = draft.world_from_mannequin is not None
    found.append(_place("the mannequin", lies, "rest"))
    if draft.cameras:
        for what, there, step in (
            ("its marker plates", draft.markers is not None, "plates"),
            ("its surface", draft.surface is not None, "rest"),
        ):
            found.append(_place(what, there and lies, step if not there else "rest"))
    return tuple(found)


def _place(what: str, known: bool, step: str) -> Place:
    return Place(what, known, "drawn" if known else f"place not known yet: do “{step}”")
