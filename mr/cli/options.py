"""Options that several commands take, each with its one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mr.config import Attempt, Mode
from mr.errors import ConfigError

DEFAULT_GUIDELINE = "aha-2025-adult-bls"
MODE_HELP = f"How compressions and breaths alternate: {', '.join(Mode)}."

ModeOption = Annotated[Mode, typer.Option(metavar="MODE", help=MODE_HELP)]
GuidelineOption = Annotated[
    str, typer.Option(metavar="PROFILE", help="Profile id, or the path of a .toml.")
]
JudgedByOption = Annotated[
    str | None,
    typer.Option(
        "--guideline",
        metavar="PROFILE",
        help="Profile id, or the path of a .toml; default: the recording's.",
    ),
]
JudgedAsOption = Annotated[
    Mode | None,
    typer.Option("--mode", metavar="MODE", help=f"{MODE_HELP} Default: the recording's."),
]
AssessmentOption = Annotated[
    bool, typer.Option("--assessment", help="As --attempt assessment: without cues and metronome.")
]
AttemptOption = Annotated[
    Attempt | None,
    typer.Option(
        "--attempt",
        metavar="KIND",
        help=f"What it is for: {', '.join(Attempt)}; all but practice are without cues. "
        "Default: practice.",
    ),
]
RescuersOption = Annotated[
    int, typer.Option("--rescuers", metavar="N", min=1, max=2, help="How many they are: 1 or 2.")
]
JudgedCrewOption = Annotated[
    int | None,
    typer.Option(
        "--rescuers",
        metavar="N",
        min=1,
        max=2,
        help="How many they were: 1 or 2; default: the recording's.",
    ),
]
CriteriaOption = Annotated[
    Path | None,
    typer.Option(
        "--criteria",
        metavar="FILE",
        help="What an assessment must reach, a .toml; locked when the session starts.",
    ),
]
JudgedCriteriaOption = Annotated[
    Path | None,
    typer.Option(
        "--criteria", metavar="FILE", help="Criteria (.toml), for a recording that has none."
    ),
]
HeadsetOption = Annotated[bool, typer.Option("--headset", help="Show the overlay in the headset.")]
HandsOption = Annotated[
    bool,
    typer.Option(
        "--hands", help="Find hands in colour, too: evidence beside depth (see fetch-hands)."
    ),
]
SoundOption = Annotated[bool, typer.Option(help="Metronome, where there is a sound device.")]
WindowOption = Annotated[
    bool | None, typer.Option(help="Mirror window; default: where there is a display.")
]
ArmsOption = Annotated[
    bool,
    typer.Option(
        "--arms", help="Experimental: look at elbows and shoulders, too, with the cameras."
    ),
]


def attempt_of(attempt: Attempt | None, assessment: bool) -> Attempt:
    """Join both ways to say what a session is for (`ConfigError` when they differ)."""
    if assessment and attempt not in (None, Attempt.ASSESSMENT):
        raise ConfigError(f"--assessment and --attempt {attempt} differ: leave one out")
    return Attempt.ASSESSMENT if assessment else attempt or Attempt.PRACTICE
