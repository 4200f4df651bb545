"""Simulated scenes for the cameras alone: many places, learners and noises, truth beside them.

Takes a plan of a scene, gives what its cameras observed and what the pipeline made of it
with one camera and with two; leaves comparing to `accuracy`.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from calibration.simulated.compressions import WANDERING
from calibration.simulated.several import calibrate_together
from mr.clock.host import SteppedClock
from mr.config import Mode, SessionConfig
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.front import FrontEnd
from mr.session.outcome import Outcome
from mr.session.pipeline import Pipeline
from mr.sim.camera import CameraTraits, Imager, SimCamera, SimImager
from mr.sim.film import FilmedImager, FilmStore, default_folder
from mr.sim.learner import make_script, style_named
from mr.sim.limbs import Physique
from mr.sim.noise import NoiseModel
from mr.sim.rig import CameraPlace, SimRig, make_sim_rigs
from mr.sim.script import HandsSegment, Script
from mr.tracking.surface import BOX_M
from mr.types import DeviceInfo, EndOfStream, Sample, SessionEvent

GUIDELINE = "aha-2025-adult-bls"
DEPTH_HZ, COLOR_HZ = 60.0, 1.0
POLL_NS = 4_000_000
LATE_S = 0.2
CALIBRATING_S = 15.0
TRAITS = CameraTraits(dropped_share=0.01)


def film_store() -> FilmStore:
    """Give the folder where the bench keeps its films: fifty of 20 s are some 9 GB."""
    return FilmStore(default_folder(), 12 << 30)


CORNERS_M = np.array(list(itertools.product(*BOX_M)))
"""Of the region that tracking looks at; the rest of a frame is rendered once."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """A break that is put into a plan of compressions."""

    after: int
    """Compressions before it."""
    lasts_s: float
    place: Literal["chest", "away"] = "chest"
    """Where the hands are meanwhile."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One learner before one or two cameras."""

    name: str
    style: str
    seed: int
    places: Mapping[str, CameraPlace]
    sigma_px: float
    physique: Physique = field(default_factory=Physique)
    compressing_s: float = 15.0
    mode: Mode = Mode.HANDS_ONLY
    breaks: tuple[Interruption, ...] = ()

    def script(self) -> Script:
        """Plan the learner: hands that sway and slide by centimetres."""
        style = replace(style_named(self.style), sway_mm=(4.0, 3.0), slide_mm=(-8.0, 10.0))
        script = make_script(style, self.mode, self.compressing_s, self.seed)
        for pause in self.breaks:
            script = interrupted(script, pause)
        return script

    def rigs(self) -> dict[str, SimRig]:
        """Give the true rig as each camera has it."""
        return make_sim_rigs(self.places)


@dataclass(frozen=True, slots=True, eq=False)
class Filmed:
    """What the cameras of a scene observed, in order of arrival."""

    scene: Scene
    rig: Rig
    infos: Sequence[DeviceInfo]
    start_ns: int
    end_ns: int
    samples: Sequence[Sample]

    def outcome(self, camera_ids: Iterable[str]) -> Outcome:
        """Let the pipeline measure with some of the cameras."""
        chosen = set(camera_ids)
        infos = [i for i in self.infos if i.streams[0].name.split(".")[0][4:] in chosen]
        rig = self.rig.model_copy(
            update={"cameras": {k: c for k, c in self.rig.cameras.items() if k in chosen}}
        )
        config = SessionConfig(learner_id="learner-00000000")
        pipeline = Pipeline(rig, config, load_guideline(GUIDELINE), infos, "sim")
        pipeline.step(SessionEvent(self.start_ns, "open"))
        for sample in self.samples:
            if sample.arrival.stream.split(".")[0][4:] in chosen:
                pipeline.step(sample)
        pipeline.step(SessionEvent(self.end_ns, "stop"))
        pipeline.finish()
        return pipeline.outcome()


def scenes(quick: bool = False) -> list[Scene]:
    """Plan twenty scenes of 20 s: 0.6 to 0.9 m, 15 to 45 degrees, 0.08 to 0.12 px of noise.

    When quick, two of them and of a quarter of the length.
    """
    rng = np.random.default_rng(5)
    styles = ("good", "shallow", "deep", "leaning", "fast", "slow", "tiring", "off-centre")
    distances = [0.6] * 3 + [0.7] * 8 + [0.8] * 6 + [0.9] * 3
    made = []
    for k, distance_m in enumerate(distances):
        tilt, other_tilt = rng.uniform(15, 45), rng.uniform(20, 45)
        # From 0.6 m a D435's colour picture holds two plates only from the head's side.
        azimuth = rng.uniform(-15, 15) + (25 if distance_m < 0.7 else 0)
        other = azimuth + (50 if azimuth < 0 else -50)
        places = {
            "a": CameraPlace(distance_m, tilt, azimuth),
            "b": CameraPlace(distance_m, other_tilt, other),
        }
        physique = Physique(
            gloves=bool(rng.random() < 0.4),
            squeeze_m=float(rng.uniform(0.0015, 0.0035)),
            shoulder_back_m=float(rng.uniform(0.05, 0.15)),
            head_forward_m=float(rng.uniform(0.02, 0.10)),
        )
        sigma_px = float(rng.uniform(0.08, 0.12))
        style = styles[k % len(styles)]
        name = f"{k:02d} {style} {distance_m} m {tilt:.0f} deg {sigma_px:.2f} px"
        made.append(Scene(name, style, 200 + k, places, sigma_px, physique))
    if quick:
        return [replace(made[k], compressing_s=4.0) for k in (4, 12)]
    return made


def more_scenes() -> list[Scene]:
    """Plan five learners beyond the twenty scenes, whose cycles are not one like the other.

    Two with double dips, one 30:2 with breaths, one interrupted with the hands on the chest and
    off it, and the demonstration's, who leans for a while.
    """
    rng = np.random.default_rng(6)
    breaks = (Interruption(9, 2.5), Interruption(18, 4.0, "away"))
    kinds: list[tuple[str, str, dict[str, Any]]] = [
        ("double-dip", "double-dip", {}),
        ("30:2", "good", {"mode": Mode.C30_2, "compressing_s": 24.0}),
        ("interrupted", "good", {"breaks": breaks}),
        ("double-dip", "double-dip", {}),
        ("demo", "demo", {}),
    ]
    made = []
    for k, (kind, style, more) in enumerate(kinds, 20):
        distance_m, tilt, azimuth = (0.7, 0.8)[k % 2], rng.uniform(15, 45), rng.uniform(-15, 15)
        places = {
            "a": CameraPlace(distance_m, tilt, azimuth),
            "b": CameraPlace(distance_m, rng.uniform(20, 45), azimuth - np.copysign(50, azimuth)),
        }
        sigma_px = float(rng.uniform(0.08, 0.12))
        name = f"{k} {kind} {distance_m} m {tilt:.0f} deg {sigma_px:.2f} px"
        made.append(Scene(name, style, 200 + k, places, sigma_px, **more))
    return made


def interrupted(script: Script, pause: Interruption) -> Script:
    """Put a break into a plan; who takes the hands away lets go before."""
    before, after = script.compressions[: pause.after], script.compressions[pause.after :]
    if pause.place == "away":
        before = (*before[:-1], replace(before[-1], release_depth_mm=0.0))
        after = (replace(after[0], start_depth_mm=0.0), *after[1:])
    from_s = before[-1].release_s
    hands = [replace(h, start_s=h.start_s + pause.lasts_s * (h.start_s > from_s))
             for h in script.hands]  # fmt: skip
    if pause.place == "away":
        leave_s, return_s = from_s + 0.3, from_s + pause.lasts_s - 0.7
        hands += [HandsSegment(leave_s, "away"), HandsSegment(return_s, "chest")]
        hands.sort(key=lambda h: h.start_s)
    later = (
        replace(c, onset_s=c.onset_s + pause.lasts_s, bout=c.bout + 1) for c in after
    )  # fmt: skip
    return replace(
        script,
        duration_s=script.duration_s + pause.lasts_s,
        compressions=(*before, *later),
        breaths=tuple(
            replace(b, start_s=b.start_s + pause.lasts_s * (b.start_s > from_s))
            for b in script.breaths
        ),
        hands=tuple(hands),
        _grid={},
    )


def calibrate(scene: Scene) -> Rig:
    """Calibrate the scene's rig as a technician would, each camera by its own procedures."""
    return calibrate_together(
        scene.rigs().values(),
        scene.seed,
        seed=scene.seed,
        compressing_s=CALIBRATING_S,
        technician=WANDERING,
    )


def film(scene: Scene, rig: Rig, store: FilmStore | None = None) -> Filmed:
    """Let every camera watch the scene; frames are tracked in order of their arrival.

    With a store a scene is rendered once and then played from its film: a tracker that
    changes sees the very same frames again, in a tenth of the time.
    """
    now = SteppedClock()
    start_ns, script = now(), scene.script()
    with ExitStack() as films:
        cameras = [
            one_camera(scene, sim, now, imager(scene, sim, k, store, films), k)
            for k, sim in enumerate(scene.rigs().values())
        ]
        infos = [camera.info for camera in cameras]
        front = FrontEnd(rig, infos)
        samples: list[Sample] = []
        for frame in merged(cameras, now, start_ns + round((script.duration_s + LATE_S) * 1e9)):
            samples += front.step(frame)[1:]
    return Filmed(scene, rig, infos, start_ns, now(), samples)


def one_camera(
    scene: Scene, sim: SimRig, now: SteppedClock, pictures: Imager | None, k: int = 0
) -> SimCamera:
    """Give camera number `k` of a scene, from now on."""
    return SimCamera(
        sim,
        scene.script(),
        now,
        depth_hz=DEPTH_HZ,
        color_hz=COLOR_HZ,
        seed=scene.seed + 1000 * k,
        start_ns=now(),
        traits=TRAITS,
        imager=pictures,
    )


def imager(
    scene: Scene, sim: SimRig, k: int, store: FilmStore | None, films: ExitStack
) -> SimImager | FilmedImager:
    """Give what camera number `k` of a scene sees: from its film, where there is a store."""
    script, seed = scene.script(), scene.seed + 1000 * k
    noise = NoiseModel(sigma_px=scene.sigma_px)
    look: dict[str, Any] = {
        "physique": scene.physique,
        "exposure_s": TRAITS.exposure_s,
        "focus_m": CORNERS_M,
    }
    if store is None:
        return SimImager(sim, script, seed, noise, **look)
    schedule = (DEPTH_HZ, COLOR_HZ, TRAITS.dropped_share)
    filmed = FilmedImager(sim, script, seed, noise, store=store, schedule=schedule, **look)
    return films.enter_context(filmed)


def merged(cameras: Sequence[SimCamera], now: SteppedClock, end_ns: int) -> Iterator[Sample]:
    """Give the cameras' frames in order of arrival."""
    waiting: list[tuple[int, int, int, Sample]] = []
    playing = list(cameras)
    order = 0
    while now() < end_ns:
        now.advance(POLL_NS)
        for camera in list(playing):
            try:
                frames = camera.poll()
            except EndOfStream:
                playing.remove(camera)
                continue
            for frame in frames:
                order += 1
                arrival_ns = frame.arrival.arrival_ns
                heapq.heappush(waiting, (arrival_ns, order, 0, frame))
        while waiting:
            yield heapq.heappop(waiting)[3]
