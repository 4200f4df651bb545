"""What an export is of: an analysis, and what people said about the session.

Takes an analysis and plain values, gives frozen dataclasses, and the marks that no export may
lack. Leaves names, courses and access to whoever calls: an export holds what it is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mr.review.edited import edits
from mr.review.plots import Trace

Json = dict[str, Any]

MANNEQUINS_ONLY = "For training on mannequins only. Not a medical device."
SIMULATED_WORDS = "These numbers come from a simulated rig, not from a person on a mannequin."


@dataclass(frozen=True, slots=True)
class Editor:
    """Who corrected a session; what and why is in its analysis."""

    by: str
    at_utc: str


@dataclass(frozen=True, slots=True)
class Approval:
    """Who stands for a result; never the learner whose it is."""

    by: str
    at_utc: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What an instructor wrote, about an instant or about the whole session."""

    words: str
    by: str
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class PastSession:
    """A learner's other session, for the progress; oldest first in an `Export`."""

    made_utc: str
    score_pct: float | None
    interval_pct: tuple[float, float] | None
    attempt: str | None
    mode: str
    guideline_sha256: str
    simulated: bool = False
    edited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One session as it leaves the house."""

    analysis: Json
    who: str
    """The learner's name, or their random id where names are not wanted."""
    course: str = ""
    trace: Trace | None = None
    """Of the same zero of time as the analysis; None where none was kept."""
    remarks: tuple[Remark, ...] = ()
    editor: Editor | None = None
    """Who corrected the session, where its analysis is of a corrected one."""
    approval: Approval | None = None
    others: tuple[PastSession, ...] = ()

    @property
    def edited(self) -> bool:
        """Tell whether an instructor corrected what is exported."""
        return "corrected" in self.analysis

    @property
    def simulated(self) -> bool:
        """Tell whether no person was measured."""
        return bool(self.analysis["source"]["simulated"])

    @property
    def made_words(self) -> str:
        """The day and time of the session; empty when unknown."""
        return day_and_time(self.analysis["source"]["made_utc"])


def day_and_time(utc: str | None) -> str:
    """Write an instant for people, to the minute; empty when unknown."""
    return "" if utc is None else f"{utc[:16].replace('T', ' ')} UTC"


def editor_words(export: Export) -> str:
    """Say who corrected a session and when; empty where nobody did, or where it is not told."""
    if not export.edited or export.editor is None:
        return ""
    return f"by {export.editor.by} on {day_and_time(export.editor.at_utc)}"


def edited_words(export: Export) -> str:
    """Say who corrected a session, when, what and why; empty where nobody did."""
    said = "; ".join(f"{what} ({why})" for what, why in edits(export.analysis))
    return ": ".join(filter(None, (editor_words(export), said)))


def approval_words(export: Export) -> str:
    """Say who stands for a result."""
    if export.approval is None:
        return "Not approved by an instructor"
    return f"Approved by {export.approval.by} on {day_and_time(export.approval.at_utc)}"


def marks(export: Export) -> list[str]:
    """List what must be said wherever these numbers go."""
    said = []
    if export.simulated:
        said.append(f"SIMULATED: {SIMULATED_WORDS}")
    if export.edited:
        said.append(f"EDITED {edited_words(export)}. The original is kept.")
    if export.analysis["source"]["smoothed"]:
        said.append("SMOOTHED: judged with what was only known afterwards.")
    if why := export.analysis["source"]["why_incomplete"]:
        said.append(f"INCOMPLETE: {why}.")
    return said
