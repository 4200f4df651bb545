"""A simulated technician who takes a whole simulated rig through every procedure.

Takes the true rig, gives candidates for each step as devices would have seen them while the
technician did what the guide said, some of them spoiled; leaves measuring to the steps and the
truth to whoever compares.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from calibration.boards.charuco import find_board
from calibration.boards.registration import RegistrationBoard
from calibration.cameras.intrinsics_guide import IntrinsicsGuide
from calibration.draft import MannequinDraft, RigDraft, model_of, new_draft
from calibration.headset.capture import HandSeen, HeadsetGuide
from calibration.look import NO_DEPTH, Look, unseen
from calibration.mannequin.station import StationsGuide
from calibration.mannequin.station import Step as Station
from calibration.plan import Task
from calibration.simulated.bench_technician import MOST_ATTEMPTS, BenchTechnician
from calibration.simulated.board_technician import BoardTechnician
from calibration.simulated.boards import depth_samples
from calibration.simulated.compressions import WANDERING, record_compressions
from calibration.simulated.headset_technician import HeadsetTechnician
from calibration.simulated.plates import survey_samples
from calibration.simulated.resting import rest_looks
from calibration.simulated.rooms import world_samples
from calibration.steps.place import placed_cameras, registration_board
from calibration.steps.step import Setup
from mr.errors import CalibrationError
from mr.geometry.poses import perturb
from mr.sim.bench import Workbench
from mr.sim.headset import SimHeadset
from mr.sim.plant import SensorTraits
from mr.sim.rig import SimRig, sim_calibration
from mr.types import Pose

COMPRESSING_S = 22.0
UNEVEN = replace(WANDERING, rate_spread_cpm=9.0)
"""Who does as the guide says: now faster, now slower."""
CARD_RAD, CARD_M = 0.002, 0.0005
"""How well a card is laid onto the compression point, by its cross hairs."""
N_ROUNDS = 3
"""Times that the board's places before a depth camera are gone through, if some were refused."""
N_ROUND = 40
"""Pictures of the plates, some of them taken."""


class SimulatedTechnician:
    """Does what guides ask, on a simulated rig.

    Parameters
    ----------
    rigs
        The true rig as each camera has it, by camera id.
    seed
        Of all noise and clumsiness.
    """

    def __init__(self, rigs: Mapping[str, SimRig], seed: int = 0) -> None:
        self.rigs = dict(rigs)
        self.seed = seed
        self.sensors = SensorTraits.real()
        self.look: Look = unseen
        """Told what a camera sees during a step that has pictures."""
        self._bench = BenchTechnician(Workbench(seed, traits=self.sensors))
        self._ways: dict[str, Callable[[Setup, Any], Iterable[Any]]] = {
            "intrinsics": self._intrinsics,
            "depth": self._depth,
            "world": self._world,
            "plates": self._plates,
            "rest": self._rest,
            "chest": self._chest,
            "cells": self._cells,
            "airway": self._airway,
            "motion": self._motion,
            "headset": self._headset,
        }

    @property
    def first(self) -> SimRig:
        """The rig as its first camera has it; the mannequin is the same for all."""
        return next(iter(self.rigs.values()))

    def draft(self, name: str) -> RigDraft:
        """Give what the makers say of the rig, before anything is measured."""
        cameras = {key: model_of(sim_calibration(rig)) for key, rig in self.rigs.items()}
        mannequin = MannequinDraft(
            serial=self.first.mannequin_serial, chest_ap_m=self.first.chest_ap_m
        )
        return new_draft(name, "sim", cameras, mannequin)

    def candidates(self, task: Task, setup: Setup, guide: Any, screen: object) -> Iterable[Any]:
        """Give candidates for one task; see `mr.cli.calibrate_steps.Technician`."""
        del screen
        way = self._ways.get(task.procedure.name)
        if way is None:
            raise CalibrationError(f"{task.procedure.name} cannot be simulated")
        return way(setup, guide)

    def cannot(self, name: str) -> str:
        """Say why a procedure cannot be captured; it can do all that there are."""
        return "" if name in self._ways else "nobody has simulated it yet"

    def _true(self, setup: Setup) -> SimRig:
        return self.rigs[setup.subject]

    def _intrinsics(self, setup: Setup, guide: IntrinsicsGuide) -> Iterator[Any]:
        board = setup.kit.board
        # Who goes on another day does not meet the same noise again.
        seed = self.seed + list(self.rigs).index(setup.subject) + 1000 * guide.progress.n_taken
        technician = BoardTechnician(self._true(setup).camera.color, board, seed)
        for frame in technician.frames(guide):
            self.look(setup.subject, np.repeat(frame.grey[..., None], 3, axis=2), NO_DEPTH)
            yield find_board(frame.grey, board)

    def _depth(self, setup: Setup, guide: Any) -> Iterator[Any]:
        del guide
        for again in range(N_ROUNDS):
            yield from depth_samples(
                self._true(setup).camera,
                setup.camera,
                setup.kit.board,
                seed=self.seed + 1000 * again,
                gauge_m=setup.kit.step_mm / 1000.0,
            )

    def _world(self, setup: Setup, guide: Any) -> Iterator[Any]:
        del guide
        cameras = {key: rig.camera for key, rig in self.rigs.items()}
        yield from world_samples(cameras, setup.kit.board, seed=self.seed)

    def _plates(self, setup: Setup, guide: Any) -> Iterator[Any]:
        """Lay the registration board onto the chest, a little off, and go round with a camera."""
        del guide
        card = registration_board(setup.kit)
        rng = np.random.default_rng([self.seed, 0xCA])
        slip = np.concatenate([CARD_RAD * rng.standard_normal(3), CARD_M * rng.standard_normal(3)])
        slip *= np.array([0.0, 0.0, 1.0, 1.0, 1.0, 0.0])  # it lies flat on the chest
        lies = perturb(card.mannequin_from_board, slip)
        yield from survey_samples(
            self.first, card.board, seed=self.seed, n=N_ROUND, mannequin_from_board=lies
        )

    def _rest(self, setup: Setup, guide: Any) -> Iterator[Any]:
        del guide
        cameras = placed_cameras(setup.draft)
        for k, (camera_id, rig) in enumerate(self.rigs.items()):
            yield from rest_looks(rig, cameras[camera_id], seed=self.seed + k)

    def _chest(self, setup: Setup, guide: StationsGuide[Any]) -> Iterator[Any]:
        del setup
        return _worked(guide, self._bench.chest)

    def _cells(self, setup: Setup, guide: StationsGuide[Any]) -> Iterator[Any]:
        del setup
        return _worked(guide, self._bench.cells)

    def _airway(self, setup: Setup, guide: StationsGuide[Any]) -> Iterator[Any]:
        del setup
        return _worked(guide, self._bench.airway)

    def _motion(self, setup: Setup, guide: Any) -> Iterator[Any]:
        del guide
        recorded = record_compressions(
            tuple(self.rigs.values()),
            setup.draft.rig(),
            COMPRESSING_S,
            self.seed,
            technician=UNEVEN,
            sensors=self.sensors,
        )
        yield recorded.mannequin
        yield from recorded.samples

    def _headset(self, setup: Setup, guide: HeadsetGuide) -> Iterator[Any]:
        """Sweep and touch, wearing a headset whose frame lies anywhere; see the true mannequin."""
        del setup
        rng = np.random.default_rng([self.seed, 0x4E])
        turn = Rotation.from_euler("xyz", [-90.0, 0.0, rng.uniform(-180, 180)], degrees=True)
        headset = SimHeadset(Pose(turn.as_matrix(), rng.normal(0.0, 0.5, 3)), self.seed)
        places = RegistrationBoard().touch_points_in_mannequin_m
        crosses = {k + 1: (float(x), float(y), float(z)) for k, (x, y, z) in enumerate(places)}
        technician = HeadsetTechnician(
            headset, self.first.world_from_mannequin, self.seed, crosses_in_mannequin_m=crosses
        )
        for piece in technician.sweep():
            yield HandSeen(piece=piece)
        for n in range(MOST_ATTEMPTS):
            wanted = guide.wanted
            if wanted is None:
                return
            yield HandSeen(touch=technician.touch(*wanted, n))


def _worked(guide: StationsGuide[Any], do: Callable[[Station[Any]], Any]) -> Iterator[Any]:
    """Do the step that is due until none is, or until the guide goes on refusing."""
    for _ in range(MOST_ATTEMPTS):
        step = guide.current
        if step is None:
            return
        yield do(step)
