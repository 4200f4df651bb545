"""Around a session: what is typed in it, and what is typed after it."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from calibration.simulated.quick import calibrate_simulated
from mr.cli import train
from mr.cli.console import Output
from mr.cli.train import PictureKeeper, Stdin
from mr.cli.view import Views
from mr.config import SessionConfig
from mr.rig import Rig
from mr.scoring.profiles import load_guideline
from mr.session.processes import SessionPlan
from mr.session.shared import Picture
from mr.sim.plant import Bench
from mr.sim.rig import make_sim_rig
from mr.types import Arrival, Phase, Pose
from overlays.look import Look
from overlays.messages import ENGLISH
from overlays.theme import THEMES
from tests.snapshots import IN_FULL_SWING

LONG_S = 60.0


@pytest.fixture(scope="module")
def rig() -> Rig:
    return calibrate_simulated(make_sim_rig(), Bench(1))


@pytest.fixture
def keyboard(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """Give both ends of what stands for the standard input."""
    read, write = os.pipe()
    with os.fdopen(read) as stdin, os.fdopen(write, "wb"):
        monkeypatch.setattr(sys, "stdin", stdin)
        yield read, write


def words_of(stdin: Stdin, phase: Phase) -> list[str]:
    until_s = time.monotonic() + LONG_S
    while time.monotonic() < until_s:
        if words := stdin.words(phase):
            return list(words)
        time.sleep(0.01)
    return []


@pytest.mark.skipif(sys.platform == "win32", reason="its reader cannot be woken")
@pytest.mark.parametrize("start_on", ["key", "command", "first-compression"])
def test_what_is_typed_after_the_session_is_left_for_who_asks_then(
    keyboard: tuple[int, int], start_on: str
) -> None:
    read, write = keyboard
    with Stdin(start_on) as stdin:
        if start_on != "first-compression":
            os.write(write, b"\n" if start_on == "key" else b"start\n")
            assert words_of(stdin, Phase.WAITING) == ["start"]
    os.write(write, b"0120\n")
    time.sleep(0.2)  # for a reader that is still there
    assert select.select([read], (), (), 0.0)[0], "somebody else has read it"
    assert os.read(read, 100) == b"0120\n"
    assert stdin.words(Phase.FINISHED) == [], "and its end was not the end of input"


def test_the_end_of_input_stops_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with Stdin("key") as stdin:
            assert words_of(stdin, Phase.COMPRESSING) == ["stop"]


@pytest.mark.parametrize("well", [True, False])
def test_the_headset_is_looked_for_before_its_wearer_is_asked(
    well: bool, rig: Rig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done: list[str] = []

    class Check:
        def __init__(self, *_: object) -> None:
            pass

        def may_wear(self) -> bool:
            done.append("asked")
            return well

        def after(self) -> None:
            done.append("asked after")

    def live(*_: object, headset: object, check: object, **__: object) -> str:
        done.append(f"trained with {headset}")
        assert (check is not None) is well
        return "keeper"

    def look_for(*_: object) -> str:
        done.append("looked")
        return "headset"

    monkeypatch.setattr(train, "ComfortCheck", Check)
    monkeypatch.setattr(train, "headset_view", look_for)
    monkeypatch.setattr(train, "view_mains", lambda *_: [])
    monkeypatch.setattr(train, "train_live", live)
    config = SessionConfig.model_validate({"out_dir": tmp_path})
    profile = load_guideline("aha-2025-adult-bls")
    plan = SessionPlan(lambda _: (), rig, config, profile, tmp_path / "a.mcap")
    train.train_shown(plan, Output(), Views(headset=True), Look())
    if well:
        assert done == ["looked", "asked", "trained with headset", "asked after"]
    else:
        assert done == ["looked", "asked", "trained with None"]


def test_the_picture_has_the_look_that_was_asked_for(rig: Rig, tmp_path: Path) -> None:
    bgr = np.full((480, 640, 3), 90, dtype=np.uint8)
    picture = Picture(Arrival("cam_side.color", 1, 0, 0), "side", bgr)
    snapshot = replace(IN_FULL_SWING, world_from_mannequin=Pose.identity())

    def png(look: Look) -> bytes:
        keeper = PictureKeeper(rig, ENGLISH, look)
        keeper.see(picture)
        keeper.offer(snapshot)
        assert keeper.save(tmp_path / "a.png")
        return (tmp_path / "a.png").read_bytes()

    bright = THEMES["high-contrast"]
    looks = [Look(), Look(bright), Look(brightness=0.6), Look(density="calm")]
    assert png(Look()) == png(Look()), "the control"
    assert len({png(look) for look in looks}) == len(looks)
