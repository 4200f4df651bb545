"""What a session on a rig is checked for before, and what it leaves behind after.

Takes a session's settings, or its finished recording with the picture that was kept; gives the
words, the report and the table. `run` and `join` are alike in this.
"""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from mr.cli.console import Output
from mr.cli.deliver import analysis_of_recording, picture_beside, print_analysis, write_report
from mr.cli.drift import note_drift
from mr.cli.train import PictureKeeper
from mr.config import Attempt, SessionConfig
from mr.errors import ConfigError
from mr.scoring.assessment import needs_force
from mr.scoring.guideline import Guideline
from mr.session.offline import rerun


def require_no_force(config: SessionConfig, profile: Guideline, console: Output) -> None:
    """Refuse an assessment that a mannequin's force must judge; say what practice lacks."""
    if not needs_force(profile, config.mode, config.criteria):
        return
    why = (
        f"--guideline {config.guideline}: it judges recoil by force, which only a mannequin "
        "measures, so there would be no score: train with the mannequin, or by a profile whose "
        "criterion is displacement"
    )
    if config.attempt is Attempt.ASSESSMENT:
        raise ConfigError(why)
    console.prose(f"[yellow]![/] {escape(why)}")


def conclude(path: Path, keeper: PictureKeeper, rig: Path | None, console: Output) -> None:
    """Write the picture and the report of a finished recording, and print what it came to.

    `rig` is the rig's file, where there is one: what the session tells of its drift is noted
    beside it.
    """
    keeper.save(path.with_suffix(".png"))
    again = rerun(path)
    analysis = analysis_of_recording(again)
    write_report(again, analysis, path.with_suffix(".html"), picture_beside(path, console))
    print_analysis(console, analysis)
    if rig is not None:
        note_drift(rig, again, console)
    if keeper.lesson:
        console.print(f"to take along: {keeper.lesson}")
    console.print(escape(f"recording: {path}\nreport:    {path.with_suffix('.html')}"))
