"""`mrcpr demo`: a simulated training session from sensors to overlay, score and report."""

from __future__ import annotations

import shlex
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from calibration.simulated.quick import calibrate_simulated
from mr import DISCLAIMER
from mr.cli.console import Output
from mr.cli.deliver import (
    analysis_of_recording,
    as_json,
    picture_beside,
    print_analysis,
    write_file,
    write_report,
)
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
from mr.cli.places import folder_for_results, unused
from mr.cli.sources import SimSources
from mr.cli.stream import stream_place
from mr.cli.train import train_fast, train_shown
from mr.cli.view import Views
from mr.config import Mode
from mr.errors import ConfigError
from mr.rig import Rig, save_rig
from mr.scoring.profiles import load_guideline
from mr.session.offline import Rerun, differences, rerun
from mr.session.processes import SessionPlan
from mr.sim.camera import SimImager
from mr.sim.learner import STYLES
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from mr.sim.script import Truth
from overlays.look import look_named

TRIAL_FRAMES = 5
DEPTH_SHARE, COLOR_SHARE = 0.30, 0.10
"""Shares of one core that rendering may take, so that measuring keeps its time."""
FAST_HZ = (10.0, 2.0)
"""Depth and colour images a second of simulated time when only quickness counts."""
WHOLE_SHARE = 0.97
"""A session shorter than this share of its plan was not seen whole."""
DEPTH_HZ_BOUNDS, COLOR_HZ_BOUNDS = (5.0, 30.0), (1.0, 5.0)


def camera_rates_hz(sources: SimSources) -> tuple[float, float]:
    """Time a few frames and give the depth and colour rates that one core can render."""
    imager = SimImager(make_sim_rig(), sources.script())

    def seconds_per_frame(render: Any) -> float:
        render(3.0)  # the first frame builds what the others share
        start = time.perf_counter()
        for k in range(TRIAL_FRAMES):
            render(3.5 + 0.1 * k)
        return (time.perf_counter() - start) / TRIAL_FRAMES

    def within(hz: float, bounds: tuple[float, float]) -> float:
        return float(round(min(max(hz, bounds[0]), bounds[1])))

    return (
        within(DEPTH_SHARE / seconds_per_frame(imager.depth_counts), DEPTH_HZ_BOUNDS),
        within(COLOR_SHARE / seconds_per_frame(imager.bgr), COLOR_HZ_BOUNDS),
    )


def truth_table(truth: Truth, analysis: dict[str, Any]) -> Table:
    """Put the simulator's truth and the measured values side by side."""
    summary = analysis["summary"]
    table = Table(
        title="SIMULATED: the simulator's truth beside what was measured",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    table.add_column("", style="dim")
    for name in ("truth", "measured", "difference"):
        table.add_column(name, justify="right")
    for label, true, measured, digits in (
        ("compressions", float(truth.count), float(summary["n_compressions"]), 0),
        ("mean depth, mm", truth.mean_depth_mm, summary["mean_depth_mm"], 2),
        (
            "mean release depth, mm",
            truth.mean_release_depth_mm,
            summary["mean_release_depth_mm"],
            2,
        ),
        ("mean rate, /min", truth.mean_rate_cpm, summary["mean_rate_cpm"], 2),
        ("CCF, %", truth.ccf_pct, summary["ccf_pct"], 1),
    ):
        known = measured is not None
        table.add_row(
            label,
            f"{true:.{digits}f}",
            f"{measured:.{digits}f}" if known else "unknown",
            f"{measured - true:+.{digits}f}" if known else "–",
        )
    return table


def demo(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where each demo makes a folder of its own.")
    ] = Path("out/demo"),
    fast: Annotated[
        bool, typer.Option("--fast", help="As quick as it can, not in real time.")
    ] = False,
    learner: Annotated[
        str, typer.Option(metavar="STYLE", help=f"One of {', '.join(STYLES)}.")
    ] = "demo",
    mode: ModeOption = Mode.HANDS_ONLY,
    seconds: Annotated[
        float, typer.Option(metavar="S", min=3, max=3600, help="How long the learner compresses.")
    ] = 30.0,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of the learner and of all noise.")
    ] = 1,
    camera: Annotated[bool, typer.Option(help="Simulate the camera, too.")] = True,
    guideline: GuidelineOption = DEFAULT_GUIDELINE,
    assessment: AssessmentOption = False,
    attempt: AttemptOption = None,
    criteria: CriteriaOption = None,
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
    """Train on a simulated rig: sensors, overlay, score, report and picture.

    The mannequin samples at 200 Hz and the camera at the rate that one core can
    render. All outputs say "simulated"; the simulator's truth stands beside the
    measured values at the end.
    """
    console = Output()
    if hands and (fast or not camera):
        raise ConfigError(
            "--hands looks at colour pictures in a process of its own: leave out --fast "
            "and --no-camera"
        )
    needing_live = (
        ("--headset", headset),
        ("--window", window),
        ("--stream", stream or stream_at is not None),
    )
    for option, wanted in needing_live:
        if fast and wanted:
            raise ConfigError(f"{option} shows a session while it goes on: leave out --fast")
    if arms and not camera:
        raise ConfigError("--arms looks at depth pictures: leave out --no-camera")
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
    )
    look = look_named(theme, brightness, density)
    way = headset_way(passthrough, headset)
    place = stream_place(stream, stream_at)
    views = Views(window, place, headset, way, comfort)
    sources = SimSources(learner, mode, seconds, seed, *DEPTH_HZ_BOUNDS, camera=camera)
    script = sources.script()
    truth = script.truth()
    profile = load_guideline(guideline)
    profile.require_mode(mode)
    console.prose(f"[bold]MR-CPR demo, simulated.[/] {DISCLAIMER}")
    with folder_for_results(unused(out / f"{datetime.now():%Y-%m-%d_%H-%M-%S}")) as folder:
        if camera and fast:
            sources = replace(sources, depth_hz=FAST_HZ[0], color_hz=FAST_HZ[1])
        elif camera:
            sources = _at_rates_of_this_machine(sources, console)
        with console.status(
            "calibrating the simulated rig: blocks, masses, a syringe, compressions"
        ):
            rig = calibrated_rig(seed)
        config = config.model_copy(update={"out_dir": folder})
        plan = SessionPlan(sources, rig, config, profile, folder / "session.mcap")
        planned_s = script.duration_s - truth.compressions[0].onset_s
        if fast:
            keeper = train_fast(plan, console, look, planned_s)
        else:
            keeper = train_shown(plan, console, views, look, planned_s=planned_s, hands=hands)
        save_rig(rig, folder / "rig.toml")
        keeper.save(folder / "session.png")
        with console.status("running the recording through the pipeline again, for the report"):
            again = rerun(plan.path)
            analysis = analysis_of_recording(again)
            write_file(folder / "session.json", as_json(analysis).encode())
            picture = picture_beside(plan.path, console)
            write_report(again, analysis, folder / "session.html", picture)
    _conclude(console, truth, again, analysis, folder)
    if keeper.lesson:
        console.print(f"The coach's last words: {keeper.lesson}")


def _at_rates_of_this_machine(sources: SimSources, console: Output) -> SimSources:
    with console.status("measuring how fast this machine renders the simulated camera"):
        depth_hz, color_hz = camera_rates_hz(sources)
    console.prose(
        f"simulated mannequin at 200 Hz, simulated camera at {depth_hz:.0f} Hz depth and "
        f"{color_hz:.0f} Hz colour: what one core of this machine can render"
    )
    return replace(sources, depth_hz=depth_hz, color_hz=color_hz)


def calibrated_rig(seed: int) -> Rig:
    """Calibrate the simulated rig by the technician's own procedures."""
    return calibrate_simulated(make_sim_rig(), Bench(seed))


def _whole(truth: Truth, analysis: dict[str, Any]) -> bool:
    planned_s = truth.compressions[-1].release_s - truth.compressions[0].onset_s
    return bool(analysis["summary"]["duration_s"] >= WHOLE_SHARE * planned_s)


def _conclude(
    console: Output,
    truth: Truth,
    again: Rerun,
    analysis: dict[str, Any],
    folder: Path,
) -> None:
    console.print()
    print_analysis(console, analysis)
    if not _whole(truth, analysis):
        console.print(
            f"not compared with the truth of the whole plan: {len(truth.compressions)} "
            f"compressions were planned and {analysis['summary']['n_compressions']} were seen. "
            "It was stopped early, or this machine was too busy (try --no-camera, or --fast)"
        )
    else:
        console.print(truth_table(truth, analysis))
    found = differences(again)
    console.print(
        f"replay: identical to the last bit, {len(again.compressions)} compressions"
        if not found
        else f"[bold red]replay of the recording differs[/] in {len(found)} places: "
        f"{escape(found[0])}"
    )
    console.print("\nAll of this is simulated. What it left behind:")
    for name, what in (
        ("session.mcap", "the recording"),
        ("session.html", "the report: open it in a browser"),
        ("session.json", "the analysis"),
        ("session.png", "the mirror view"),
        ("rig.toml", "the simulated rig's calibration"),
    ):
        if (folder / name).exists():  # without a camera there is no picture
            console.print(f"  {escape(str(folder / name))}  [dim]{what}[/]")
    console.print()
    console.prose(
        "Next: [bold]mrcpr doctor[/] says what a real rig still needs here, "
        "[bold]mrcpr demo --learner leaning[/] trains somebody else."
    )
    shown = shlex.quote(str(folder / "session.mcap"))
    console.print(f"As an instructor sees it: [bold]mrcpr review --open {escape(shown)}[/]")
