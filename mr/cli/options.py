"""Options that several commands take, each with its one help text."""

from __future__ import annotations

from typing import Annotated

import typer

from mr.config import Mode

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
    bool, typer.Option("--assessment", help="Cold: without cues and metronome.")
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
