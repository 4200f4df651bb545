"""The headset's view on a real runtime: what it senses, what it says, and what may go wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from monado import HEAD, HERE, Client, Monado
from projection import Picture, is_color
from validation import findings, validation

from mr.types import Pose

HAND = Pose(np.eye(3), np.array([0.1, 0.35, -1.0]))


def until(client: Client, good: Callable[[dict[str, Any]], bool], most_n: int = 200) -> Any:
    """Give the first line that is as wanted; fail with all that were there."""
    seen = []
    for _ in range(most_n):
        line = client.answer()
        if good(line):
            return line
        seen.append(line)
    pytest.fail(f"never came: {seen[:5]} ... {seen[-3:]}")


def says(words: str) -> Callable[[dict[str, Any]], bool]:
    return lambda line: words in line.get("say", "")


def has(name: str, at_least: int = 1) -> Callable[[dict[str, Any]], bool]:
    return lambda line: line.get("read", {}).get(name, 0) >= at_least


def start(monado: Monado, folder: Path, **extra: str) -> Client:
    return monado.client(HERE / "view_client.py", folder / "view.log", **extra)


def test_head_hands_and_frames_are_told(own_monado: Monado, tmp_path: Path) -> None:
    own_monado.set_head(HEAD)
    own_monado.set_hand("right", HAND)
    own_monado.set_hand("left", None)
    client = start(own_monado, tmp_path, **validation(tmp_path))
    line = until(client, has("FrameShown", 60))
    last = line["last"]
    assert np.allclose(last["head_m"], HEAD.t_m, atol=1e-3)
    joints = np.array(last["right_m"])
    assert last["right_valid"] == 26
    # The driver hangs the hand's model at the grip: all of it within a hand's length.
    assert np.linalg.norm(joints - HAND.t_m, axis=1).max() < 0.25
    assert last["left_valid"] == 0, "the control: a hand out of sight has no joints"
    assert 0 < last["shown"]["age_s"] < 2.0
    assert last["shown"]["predicted"] is True
    moved = Pose(HAND.R, HAND.t_m + np.array([0.2, 0.0, 0.0]))
    own_monado.set_hand("right", moved)

    def shifted(line: dict[str, Any]) -> bool:
        if "read" not in line:
            return False
        shift = np.array(line["last"]["right_m"]) - joints
        return bool(np.allclose(shift, [0.2, 0.0, 0.0], atol=2e-3))

    until(client, shifted)
    own_monado.set_hand("right", None)
    until(client, lambda line: line.get("last", {}).get("right_valid") == 0)
    own_monado.set_hand("right", moved)
    until(client, lambda line: line.get("last", {}).get("right_valid") == 26)
    assert client.leave() == 0
    assert findings(tmp_path) == []


def test_a_headset_that_goes_away_comes_back(own_monado: Monado, tmp_path: Path) -> None:
    own_monado.set_head(HEAD)
    client = start(own_monado, tmp_path)
    before = until(client, has("FrameShown", 10))["read"]["FrameShown"]
    own_monado.stop_service()
    assert "connection was lost" in until(client, lambda line: "lost" in line)["lost"]
    told = until(client, says("does not answer"))["say"]
    assert "the session goes on" in told
    own_monado.start_service()
    until(client, has("FrameShown", before + 60))
    assert client.leave() == 0


def test_a_late_headset_is_waited_for(own_monado: Monado, tmp_path: Path) -> None:
    own_monado.stop_service()
    client = start(own_monado, tmp_path)
    told = until(client, says("does not answer"))["say"]
    assert "the session goes on" in told
    assert "again every" in told
    own_monado.start_service()
    until(client, has("FrameShown", 10))
    assert client.leave() == 0


def test_without_hand_tracking_the_overlay_is_shown(own_monado: Monado, tmp_path: Path) -> None:
    client = start(own_monado, tmp_path, ABSENT="hands")
    told = until(client, says("tracks no hands"))["say"]
    assert "the overlay works" in told
    line = until(client, has("FrameShown", 30))
    assert "HandJoints" not in line["read"]
    assert line["read"]["HeadPose"] > 10
    assert client.leave() == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"XR_RUNTIME_JSON": "/nowhere/runtime.json"}, "no OpenXR runtime"),
        ({"XDG_RUNTIME_DIR": "{empty}"}, "does not answer"),
        ({"DISPLAY": ":77"}, "no OpenGL window"),
    ],
)
def test_what_is_missing_is_said_once_and_waited_for(
    monado: Monado, tmp_path: Path, settings: dict[str, str], words: str
) -> None:
    extra = {key: value.format(empty=tmp_path) for key, value in settings.items()}
    client = start(monado, tmp_path, **extra)
    told = until(client, lambda line: "say" in line)["say"]
    assert words in told
    assert "the session goes on" in told
    lost = until(client, lambda line: "lost" in line)["lost"]
    assert words in lost
    for _ in range(14):  # over one more look: nothing is said twice
        assert "say" not in client.answer()
    assert client.leave() == 0


def test_words_stand_before_who_wears_it(monado: Monado, tmp_path: Path) -> None:
    """For procedures: who wears a headset sees no terminal."""

    def bright_px(picture: Picture) -> int:
        return int(is_color(picture, (244, 247, 249), 30).sum())

    monado.set_head(HEAD)
    before = monado.picture_when(lambda shot: bright_px(shot) == 0)
    assert bright_px(before) == 0, "the control: nothing is written before"
    client = start(monado, tmp_path, WORDS="Sweep your hand over the chest, then touch cross 3")
    until(client, has("FrameShown", 5))
    picture = monado.picture_when(lambda shot: bright_px(shot) > 150)
    cv2.imwrite(str(tmp_path / "words.png"), picture[:, :, ::-1])
    assert bright_px(picture) > 150
    assert client.leave() == 0
