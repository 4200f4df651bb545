"""Options that several commands take, each with its one help text; and a session's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from mr.config import Attempt, Criteria, Mode, SessionConfig, load_criteria, parse
from mr.errors import ConfigError
from mr.scoring.assessment import require_items
from mr.types import GuidanceLevel
from overlays.look import DENSITIES, LEAST_BRIGHTNESS
from overlays.messages import languages, load_messages
from overlays.theme import THEMES
from overlays.xr.passthrough import MEANING

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
SmoothedOption = Annotated[
    bool,
    typer.Option(
        "--smoothed",
        help="What the mannequin taught a camera later goes into what that camera measured "
        "alone, too; recordings only.",
    ),
]
HeadsetOption = Annotated[bool, typer.Option("--headset", help="Show the overlay in the headset.")]
HandsOption = Annotated[
    bool,
    typer.Option(
        "--hands", help="Find hands in colour, too: evidence beside depth (see fetch-hands)."
    ),
]
SoundOption = Annotated[
    bool, typer.Option(help="Sound, where there is a sound device; --no-sound: none at all.")
]
MetronomeOption = Annotated[bool, typer.Option(help="The metronome; it adapts to nothing.")]
ClickRateOption = Annotated[
    float | None,
    typer.Option(
        "--click-rate",
        metavar="CPM",
        help="The metronome's clicks a minute, 20 to 300; default: the guideline's middle.",
    ),
]
VoiceOption = Annotated[
    bool, typer.Option(help="Speak advice, too, rarely: one correction a cycle (espeak-ng).")
]
LevelOption = Annotated[
    GuidanceLevel | None,
    typer.Option(
        "--guidance",
        metavar="LEVEL",
        help="How much practice is helped, all session long: full, reduced (the target and what "
        "is urgent), sound (nothing to see while compressing) or none. Default: full.",
    ),
]
StopAfterOption = Annotated[
    float | None,
    typer.Option(
        "--stop-after",
        metavar="S",
        min=5,
        max=600,
        help="End without hands: when nobody has pushed for so long after the start.",
    ),
]
ThemeOption = Annotated[
    str, typer.Option("--theme", metavar="NAME", help=f"Colours: {', '.join(THEMES)}.")
]
BrightnessOption = Annotated[
    float,
    typer.Option(
        "--brightness",
        metavar="SHARE",
        help=f"Light of all that is drawn, {LEAST_BRIGHTNESS:g} to 1.",
    ),
]
DensityOption = Annotated[
    str,
    typer.Option(
        "--density", metavar="NAME", help=f"How much is shown at once: {', '.join(DENSITIES)}."
    ),
]
PassthroughOption = Annotated[
    str | None,
    typer.Option(
        "--passthrough",
        metavar="WAY",
        help=f"How the headset shows the room: {', '.join(MEANING)}; default: the best that "
        "its runtime offers. chroma is never chosen unasked.",
    ),
]
ComfortOption = Annotated[
    bool,
    typer.Option(
        "--comfort/--no-comfort",
        help="With --headset: ask how the learner feels before and after; nothing is kept.",
    ),
]
PromptsOption = Annotated[bool, typer.Option(help="Written advice; the measured values stay.")]
LanguageOption = Annotated[
    str, typer.Option(metavar="CODE", help=f"What the learner reads: {', '.join(languages())}.")
]
WindowOption = Annotated[
    bool | None, typer.Option(help="Mirror window; default: where there is a display.")
]
StreamOption = Annotated[
    bool,
    typer.Option(
        "--stream", help="Show the mirror in a browser on this machine, too: a second screen."
    ),
]
StreamAtOption = Annotated[
    str | None,
    typer.Option(
        "--stream-at",
        metavar="[HOST:]PORT",
        help="The same at this port, or for other machines: people's pictures leave this one.",
    ),
]
ArmsOption = Annotated[
    bool,
    typer.Option(
        "--arms", help="Experimental: look at elbows and shoulders, too, with the cameras."
    ),
]


def headset_way(passthrough: str | None, headset: bool) -> str | None:
    """Give the way in which the room is to be shown.

    Raises
    ------
    ConfigError
        When there is no such way, or no headset was asked for.
    """
    if passthrough is not None and not headset:
        raise ConfigError("--passthrough is for a headset: add --headset")
    if passthrough is not None and passthrough not in MEANING:
        raise ConfigError(f"--passthrough {passthrough}: choose one of {', '.join(MEANING)}")
    return passthrough


def session_config(
    *,
    mode: Mode,
    attempt: Attempt | None,
    assessment: bool,
    criteria: Path | None,
    sound: bool,
    metronome: bool,
    click_rate: float | None,
    voice: bool,
    language: str,
    level: GuidanceLevel | None,
    **as_named: Any,
) -> SessionConfig:
    """Put what `run` and `demo` were asked for into a session's settings.

    `as_named` go in under their own names.

    Raises
    ------
    ConfigError
        When two options do not fit each other, the criteria ask for what the mode does not
        judge, or there are no messages in the language; it lists the languages.
    """
    load_messages(language)
    if assessment and attempt not in (None, Attempt.ASSESSMENT):
        raise ConfigError(f"--assessment and --attempt {attempt} differ: leave one out")
    what_for = Attempt.ASSESSMENT if assessment else attempt or Attempt.PRACTICE
    if criteria is not None and what_for is not Attempt.ASSESSMENT:
        what = "add it" if attempt is None else f"give it in place of --attempt {attempt}"
        raise ConfigError(f"--criteria needs --assessment: {what}, or leave --criteria out")
    if level not in (None, "none") and what_for is not Attempt.PRACTICE:
        raise ConfigError(f"--guidance {level} is for practice only: leave it out")
    if level == "sound" and not (sound and metronome):
        silent = "--no-metronome" if sound else "--no-sound"
        raise ConfigError(f"--guidance sound is the metronome alone: leave out {silent}")
    settings: dict[str, Any] = {
        "attempt": what_for,
        "criteria": None if criteria is None else _criteria_for(criteria, mode),
        "mode": mode,
        "language": language,
        "voice": voice and sound,
        "metronome": metronome and sound,
        "metronome_cpm": click_rate,
    }
    if level is not None:
        settings["level"] = level
    return parse(SessionConfig, settings | as_named, "the command line")


def _criteria_for(path: Path, mode: Mode) -> Criteria:
    criteria = load_criteria(path)
    try:
        require_items(criteria, mode)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error
    return criteria
