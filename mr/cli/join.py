"""`mrcpr join`: this rig belongs to a class, and trains when the class's wall says so."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from mr import DISCLAIMER
from mr.cli.conclude import conclude, require_no_force
from mr.cli.console import Output
from mr.cli.demo import calibrated_rig
from mr.cli.join_desk import JoinDesk, Order, RigFacts
from mr.cli.join_home import CaOption, Member
from mr.cli.join_report import RigReporter
from mr.cli.join_screen import JoinScreen
from mr.cli.options import (
    ArmsOption,
    BrightnessOption,
    DensityOption,
    HandsOption,
    HeadsetOption,
    LanguageOption,
    MetronomeOption,
    PassthroughOption,
    PromptsOption,
    SoundOption,
    StreamAtOption,
    StreamOption,
    ThemeOption,
    VoiceOption,
    WindowOption,
    headset_way,
    session_config,
)
from mr.cli.places import folder_for_results
from mr.cli.sources import RigSources, SimSources
from mr.cli.stream import stream_place
from mr.cli.train import train_shown
from mr.cli.view import Views
from mr.clock.host import wall_now_utc
from mr.config import Attempt, SessionConfig
from mr.errors import ConfigError, MrError
from mr.files import is_there
from mr.review.live.messages import Start
from mr.review.live.reporting import Reporter
from mr.review.live.rig_key import RigHome, held
from mr.review.live.rig_link import RigLink
from mr.review.live.server_link import Address
from mr.review.live.upload import Uploader
from mr.rig import Rig, load_rig
from mr.scoring.profiles import load_guideline
from mr.session.processes import OpenDevices, SessionPlan
from mr.sim.learner import STYLES
from mr.validity import concerns
from overlays.look import Look, look_named

WAIT_S = 0.2
SIM_SECONDS = 30.0
SIM_LEAD_S = 2.0
"""So much longer than its session a simulated learner goes on."""


@dataclass(frozen=True, slots=True)
class Joined:
    """How this rig trains whenever it is told to."""

    rig: Rig
    rig_file: Path | None
    """None: simulated."""
    sources: Callable[[Start], OpenDevices]
    config: Callable[[Start], SessionConfig]
    views: Views
    look: Look
    hands: bool
    out: Path
    forceless: bool
    """Whether nothing measures force here."""
    console: Output

    def plan_of(self, start: Start) -> SessionPlan:
        """Turn the wall's word into a plan; `MrError` when it cannot be done here."""
        config, profile = self.config(start), load_guideline(start.guideline)
        profile.require_mode(start.mode, start.rescuers)
        if self.forceless:
            require_no_force(config, profile, self.console)
        path = self.out / f"{datetime.now():%Y-%m-%d_%H-%M-%S}_{config.learner_id}.mcap"
        return SessionPlan(self.sources(start), self.rig, config, profile, path)

    def train(
        self,
        order: Order,
        desk: JoinDesk,
        uploader: Uploader,
        screen: JoinScreen,
        report: RigReporter,
    ) -> None:
        """Run an order to its end, put its recording into the outbox, write its report."""
        plan, planned_s = order.plan, order.start.duration_s
        keeper = None
        try:
            with folder_for_results(self.out):
                keeper = train_shown(
                    plan,
                    self.console,
                    self.views,
                    self.look,
                    planned_s=planned_s,
                    hands=self.hands,
                    follower=desk,
                )
        except MrError as error:
            desk.become("refused", str(error))
            report.fault(f"a session could not be done: {error}")
            screen.note(f"the session could not be done: {error}")
        finally:
            if is_there(plan.path):
                _post(order, desk, uploader, screen)
        if keeper is None:
            return
        desk.become("finishing")
        report.session_done(plan.path)
        try:
            conclude(plan.path, keeper, self.rig_file, self.console)
        except MrError as error:
            screen.note(f"no report was written: {error}")
        desk.become("ready")


def _post(order: Order, desk: JoinDesk, uploader: Uploader, screen: JoinScreen) -> None:
    """Put an order's recording into the outbox, whatever became of its session."""
    plan = order.plan
    try:
        desk.outbox.put(plan.path, plan.recording_id, order.start.course_id)
    except (MrError, OSError) as error:
        screen.note(f"{plan.path} is kept, and not uploaded ({error}): use mrcpr upload")
        return
    uploader.wake()


def join(
    url: Annotated[str, typer.Argument(metavar="URL", help="The class's server.")],
    rig: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The rig's calibration, rig.toml.")
    ] = None,
    code: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="The one-time code that enrols this rig; needed once."),
    ] = None,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="A simulated rig and learner, to show a wall.")
    ] = False,
    name: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="The rig's name on the wall; default: the rig file's."),
    ] = None,
    learner: Annotated[
        str,
        typer.Option(metavar="STYLE", help=f"With --simulate: one of {', '.join(STYLES)}."),
    ] = "demo",
    port: Annotated[
        str | None,
        typer.Option(metavar="PORT", help="The mannequin's serial port; default: found."),
    ] = None,
    mannequin: Annotated[bool, typer.Option(help="Use the sensor mannequin.")] = True,
    camera: Annotated[bool, typer.Option(help="Use the rig's cameras.")] = True,
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
    ca: CaOption = None,
    headset: HeadsetOption = False,
    passthrough: PassthroughOption = None,
    theme: ThemeOption = "default",
    brightness: BrightnessOption = 1.0,
    density: DensityOption = "normal",
    hands: HandsOption = False,
    arms: ArmsOption = False,
    sound: SoundOption = True,
    metronome: MetronomeOption = True,
    voice: VoiceOption = False,
    prompts: PromptsOption = True,
    language: LanguageOption = "en",
    window: WindowOption = None,
    stream: StreamOption = False,
    stream_at: StreamAtOption = None,
) -> None:
    """Join a class: train when its wall says so, and upload the recordings.

    It stays joined until Ctrl-C, also while the server is away. Recordings are uploaded when the
    server is there, and stay in the folder, too.
    """
    console = Output()
    if simulate == (rig is not None):
        raise ConfigError("give --rig FILE for a rig, or --simulate for a simulated one")
    if learner not in STYLES:
        raise ConfigError(f"--learner {learner}: choose one of {', '.join(STYLES)}")
    if (arms or hands) and (simulate or not camera):
        raise ConfigError("--arms and --hands look at pictures of a rig's cameras")
    address = Address.of(url, ca)
    shown = name or ("Simulated" if simulate else None)
    seed = zlib.crc32((shown or "").encode()) % 1_000_000
    if rig is not None:
        loaded = load_rig(rig)
    else:
        with console.status("calibrating the simulated rig"):
            loaded = calibrated_rig(1)
    told = concerns(loaded.provenance, loaded.validity, wall_now_utc())

    def sources(start: Start) -> OpenDevices:
        if not simulate:
            return RigSources(loaded, port, (), mannequin, camera)
        seconds = SIM_SECONDS if start.duration_s is None else start.duration_s + SIM_LEAD_S
        return SimSources(learner, start.mode, seconds, seed, 5.0, 1.0, camera=False)

    def config(start: Start) -> SessionConfig:
        return session_config(
            mode=start.mode,
            attempt=start.attempt,
            assessment=False,
            criteria=None,
            sound=sound,
            metronome=metronome,
            click_rate=None,
            voice=voice,
            language=language,
            level=start.level if start.attempt is Attempt.PRACTICE else None,
            learner_id=start.learner_id,
            guideline=start.guideline,
            arms=arms,
            prompts=prompts,
            rescuers=start.rescuers,
            duration_s=start.duration_s,
            storage_level=level,
            out_dir=out,
        )

    views = Views(
        window, stream_place(stream, stream_at), headset, headset_way(passthrough, headset), False
    )
    look = look_named(theme, brightness, density)
    forceless = not simulate and (not mannequin or loaded.mannequin is None)
    joined = Joined(loaded, rig, sources, config, views, look, hands, out, forceless, console)
    facts = RigFacts.of(shown or loaded.name, loaded, simulate, told)
    home = RigHome.of_name(shown if simulate else None)
    with held(home):
        member = Member.of(
            home,
            address,
            code,
            facts.name,
            {"simulated": simulate, "rig_sha256": facts.rig_sha256},
        )
        _introduce(console, address, told)
        _stay(joined, member, facts)


def _introduce(console: Output, address: Address, told: tuple[str, ...]) -> None:
    console.prose(f"[dim]{DISCLAIMER}[/]")
    for words in told:
        console.prose(f"[yellow]![/] {escape(words)}")
    if address.is_open_to_listeners:
        console.prose(
            "[yellow]![/] without https others on this network can read what this rig sends: "
            "use it in a network of your own, or give the server a certificate"
        )


def _stay(joined: Joined, member: Member, facts: RigFacts) -> None:
    """Wait for orders and run them, until Ctrl-C."""
    outbox, address = member.outbox, member.address
    desk = JoinDesk(facts, joined.plan_of, outbox)
    report = RigReporter(joined.rig, joined.rig_file)
    screen = JoinScreen(joined.console, facts.name, address.url, facts.simulated, outbox)
    with (
        Uploader(outbox, member.link, member.signer, screen.note) as uploader,
        Reporter(member.link, report.make, screen.note) as reporter,
        RigLink(address, member.time, member.signer, desk, screen.link_told) as link,
    ):
        try:
            while not desk.interrupted:
                order = None
                with screen.waiting():
                    while order is None:
                        link.require_alive()
                        order = desk.next_order(WAIT_S)
                joined.train(order, desk, uploader, screen, report)
                reporter.wake()
        except KeyboardInterrupt:
            joined.console.print("leaving the class")
    left = len(outbox.waiting())
    if left:
        joined.console.print(f"{left} recordings wait to be uploaded: they go when it joins again")
