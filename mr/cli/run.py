"""`mrcpr run`: a training session on a rig."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.markup import escape

from mr import DISCLAIMER
from mr.cli.conclude import conclude, require_no_force
from mr.cli.console import Output
from mr.cli.options import (
    DEFAULT_GUIDELINE,
    ArmsOption,
    AssessmentOption,
    AttemptOption,
    BrightnessOption,
    ClickRateOption,
    ComfortOption,
    CriteriaOption,
    DensityOption,
    GuidelineOption,
    HandsOption,
    HeadsetOption,
    LanguageOption,
    LevelOption,
    MetronomeOption,
    ModeOption,
    PassthroughOption,
    PromptsOption,
    RescuersOption,
    SoundOption,
    StopAfterOption,
    StreamAtOption,
    StreamOption,
    ThemeOption,
    VoiceOption,
    WindowOption,
    headset_way,
    session_config,
)
from mr.cli.places import folder_for_results
from mr.cli.sources import MANNEQUIN_HZ, RigSources
from mr.cli.stream import stream_place
from mr.cli.train import PictureKeeper, train_fast, train_shown
from mr.cli.view import Views
from mr.clock.host import wall_now_utc
from mr.config import LEARNER_ID, Mode
from mr.errors import CalibrationError, ConfigError, RecordingError
from mr.rig import load_rig
from mr.scoring.profiles import load_guideline
from mr.session.processes import SessionPlan
from mr.validity import concerns
from overlays.look import Look, look_named

Start = Literal["first-compression", "key", "command"]


def _camera_files(rig_cameras: list[str], given: list[str]) -> tuple[tuple[str, Path], ...]:
    """Read ``ID=FILE`` pairs; a lone FILE stands for the rig's only camera."""
    pairs = []
    for text in given:
        camera_id, _, file = text.rpartition("=")
        if not camera_id and len(rig_cameras) == 1:
            camera_id = rig_cameras[0]
        if camera_id not in rig_cameras:
            known = ", ".join(rig_cameras) or "none"
            raise ConfigError(
                f"--camera-file {text}: write ID=FILE with one of the rig's cameras ({known})"
            )
        pairs.append((camera_id, Path(file)))
    return tuple(pairs)


def _play(
    plan: SessionPlan,
    files: tuple[tuple[str, Path], ...],
    console: Output,
    look: Look,
    duration_s: float | None,
) -> PictureKeeper:
    """Play camera files; a damaged one, or one of another mode, leaves no half of a recording."""
    try:
        return train_fast(plan, console, look, duration_s)
    except CalibrationError:
        plan.path.unlink(missing_ok=True)
        raise
    except RecordingError as error:
        if any(str(error).startswith(str(file)) for _, file in files):
            plan.path.unlink(missing_ok=True)
        raise


def run(
    rig: Annotated[Path, typer.Option(metavar="FILE", help="The rig's calibration, rig.toml.")],
    port: Annotated[
        str | None,
        typer.Option(
            metavar="PORT",
            help="Path or USB id (usb:VID:PID) of the mannequin's serial port; default: found.",
        ),
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option(metavar="HZ", help="The mannequin's samples a second; default: 200."),
    ] = None,
    mannequin: Annotated[bool, typer.Option(help="Use the sensor mannequin.")] = True,
    camera: Annotated[bool, typer.Option(help="Use the rig's cameras.")] = True,
    camera_file: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[ID=]FILE",
            help="Play this .bag or .db3 in place of a camera; needs --no-mannequin. Several "
            "begin together; the rig's other cameras are left out.",
        ),
    ] = None,
    learner: Annotated[
        str | None, typer.Option(metavar="ID", help="The learner's random id; default: a new one.")
    ] = None,
    mode: ModeOption = Mode.HANDS_ONLY,
    guideline: GuidelineOption = DEFAULT_GUIDELINE,
    assessment: AssessmentOption = False,
    attempt: AttemptOption = None,
    criteria: CriteriaOption = None,
    rescuers: RescuersOption = 1,
    start: Annotated[
        Start,
        typer.Option(
            metavar="WHEN",
            help="first-compression; key: Enter starts and stops it, s and Enter mark a shock; "
            "command: lines start, shock and stop on standard input do (its end stops, too).",
        ),
    ] = "first-compression",
    duration: Annotated[
        float | None,
        typer.Option(metavar="S", min=1, help="End so many seconds after the start."),
    ] = None,
    level: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            max=3,
            help="What is kept: 1 observations, 2 depth pictures, too, 3 colour, too (consent!).",
        ),
    ] = 1,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where recordings go.")] = Path(
        "recordings"
    ),
    headset: HeadsetOption = False,
    passthrough: PassthroughOption = None,
    comfort: ComfortOption = True,
    theme: ThemeOption = "default",
    brightness: BrightnessOption = 1.0,
    density: DensityOption = "normal",
    guidance: LevelOption = None,
    stop_after: StopAfterOption = None,
    hands: HandsOption = False,
    arms: ArmsOption = False,
    sound: SoundOption = True,
    metronome: MetronomeOption = True,
    click_rate: ClickRateOption = None,
    voice: VoiceOption = False,
    prompts: PromptsOption = True,
    language: LanguageOption = "en",
    window: WindowOption = None,
    stream: StreamOption = False,
    stream_at: StreamAtOption = None,
) -> None:
    """Train on the rig that RIG.toml describes.

    The session ends with Ctrl-C, after --duration, or with the end of its files.
    It leaves a recording, a report and, with a camera, a picture of the mirror view.
    """
    console = Output()
    if learner is not None and not re.fullmatch(LEARNER_ID, learner):
        raise ConfigError(
            f"--learner {learner}: a random id, never a name: learner- and 8 hex digits, "
            "as an earlier session's file name has it"
        )
    loaded = load_rig(rig)
    for words in concerns(loaded.provenance, loaded.validity, wall_now_utc()):
        console.prose(f"[yellow]![/] {escape(f'rig {loaded.name!r}: {words}')}")
    config = session_config(
        mode=mode,
        guideline=guideline,
        attempt=attempt,
        assessment=assessment,
        criteria=criteria,
        arms=arms,
        sound=sound,
        metronome=metronome,
        click_rate=click_rate,
        voice=voice,
        prompts=prompts,
        language=language,
        level=guidance,
        stop_after_s=stop_after,
        rescuers=rescuers,
        start_on=start,
        duration_s=duration,
        storage_level=level,
        out_dir=out,
        **({"learner_id": learner} if learner else {}),
    )
    files = _camera_files(list(loaded.cameras), camera_file or [])
    if files and mannequin and loaded.mannequin is not None:
        raise ConfigError(
            "--camera-file plays with its own time and cannot be joined with a live mannequin: "
            "add --no-mannequin"
        )
    needing_live = (
        ("--hands", hands),
        ("--headset", headset),
        ("--window", window),
        ("--stream", stream or stream_at is not None),
        (f"--start {start}", start != "first-compression"),
    )
    for option, wanted in needing_live:
        if files and wanted:
            raise ConfigError(f"{option} needs live cameras: leave it out with --camera-file")
    if arms and not camera:
        raise ConfigError("--arms looks at depth pictures: leave out --no-camera")
    if hands and not camera:
        raise ConfigError("--hands looks at colour pictures: leave out --no-camera")
    if rate is not None and (not mannequin or loaded.mannequin is None):
        raise ConfigError(
            "--rate is the mannequin's, which this session does without: leave it out"
        )
    look = look_named(theme, brightness, density)
    way = headset_way(passthrough, headset)
    place = stream_place(stream, stream_at)
    views = Views(window, place, headset, way, comfort)
    sources = RigSources(
        loaded, port, files, mannequin, camera, MANNEQUIN_HZ if rate is None else rate
    )
    profile = load_guideline(guideline)
    if not mannequin or loaded.mannequin is None:
        require_no_force(config, profile, console)
    path = out / f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{config.learner_id}.mcap"
    plan = SessionPlan(sources, loaded, config, profile, path)
    console.prose(f"[dim]{DISCLAIMER}[/]")
    with folder_for_results(out):
        if files:
            keeper = _play(plan, files, console, look, duration)
        else:
            keeper = train_shown(plan, console, views, look, planned_s=duration, hands=hands)
    conclude(path, keeper, rig, console)
