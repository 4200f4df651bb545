"""Every way of seeing the room, on a real runtime with a stand-in for the vendor's part.

Core validation stands between our program and the stand-in, so it sees our calls with the
extension in them; the stand-in holds what validation does not know (order, running,
lifetimes), and Monado gets what is left.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from monado import HEAD, HERE, Client, Monado
from validation import findings, validation

N_FRAMES = 600
BOTH = "projection+alpha quad+alpha"
WAYS = [
    # way, stand-in, more settings, what each frame must be
    ("alpha", "alpha", {}, f"ALPHA_BLEND {BOTH}"),
    ("additive", "additive", {}, f"ADDITIVE {BOTH}"),
    ("fb", "fb", {}, f"OPAQUE passthrough_fb+alpha {BOTH}"),
    ("htc", "htc", {}, f"OPAQUE passthrough_htc+alpha {BOTH}"),
    ("chroma", "plain", {"WANTED": "chroma"}, f"OPAQUE {BOTH}"),
    ("camera", "plain", {"CAMERA": "1"}, f"OPAQUE quad+alpha {BOTH}"),
]


def started(monado: Monado, tmp_path: Path, stand_in: str, **more: str) -> tuple[Client, Any]:
    """Give a program with validation and a stand-in below it, and what it said first."""
    monado.set_head(HEAD)
    settings = {**validation(tmp_path), "STAND_IN": stand_in, **more}
    client = monado.client(HERE / "client.py", tmp_path / "client.log", **settings)
    return client, client.answer()


@pytest.mark.parametrize(("way", "stand_in", "more", "frame"), WAYS, ids=[w[0] for w in WAYS])
def test_six_hundred_frames_without_an_error(
    monado: Monado,
    tmp_path: Path,
    way: str,
    stand_in: str,
    more: dict[str, str],
    frame: str,
) -> None:
    client, hello = started(monado, tmp_path, stand_in, **more)
    assert hello["kind"] == way
    told = client.ask(do="draw", scene="swing", n=N_FRAMES)
    assert told["frames"] == N_FRAMES
    assert told["panels_drawn"] == {"panel": 1}, "an unchanged panel is drawn once"
    assert client.leave() == 0
    record = client.answer()
    # Before the first pose frames are empty, and before the first picture it has no quad.
    blend = frame.split(maxsplit=1)[0]
    before = {blend, f"{blend} {BOTH}"} if way == "camera" else {blend}
    n_right = record["frames"].pop(frame)
    assert set(record["frames"]) <= before
    assert n_right >= N_FRAMES - (5 if way == "camera" else 0)
    assert record["complaints"] == []
    assert findings(tmp_path) == []
    if way == "camera":
        assert told["pictures_taken"] == pytest.approx(N_FRAMES / 10, abs=1)
    if way == "fb":
        begin, end = ["create", "create layer", "start", "resume layer"], record["calls"][-4:]
        assert record["calls"][:4] == begin
        assert end == ["pause layer", "pause", "destroy layer", "destroy"]


@pytest.mark.parametrize(
    ("stand_in", "how", "words"),
    [
        ("fb", "order", "the room lies at [2], not first"),
        ("htc", "order", "the room lies at [2], not first"),
        ("fb", "early", "a frame shows a layer that does not live"),
        ("htc", "early", "a frame shows a passthrough that does not live"),
        ("fb", "paused", "a frame shows a layer that does not run"),
    ],
)
def test_what_is_wrong_is_seen(
    monado: Monado, tmp_path: Path, stand_in: str, how: str, words: str
) -> None:
    """The controls: a stand-in that complains of nothing would prove nothing."""
    monado.set_head(HEAD)
    # Without validation: it would refuse a dead handle before the stand-in sees it.
    client = monado.client(HERE / "client.py", tmp_path / "client.log", STAND_IN=stand_in)
    client.answer()
    client.ask(do="draw", scene="ring", n=2)
    assert client.ask(do="layers")["complaints"] == []
    client.ask(do="spoil", how=how)
    client.ask(do="draw", scene="ring", n=2)
    assert any(words in each for each in client.ask(do="layers")["complaints"])


def test_validation_sees_the_vendors_calls(monado: Monado, tmp_path: Path) -> None:
    """The control: a layer that was destroyed is an error of validation, too."""
    client, _ = started(monado, tmp_path, "fb")
    client.ask(do="draw", scene="ring", n=2)
    client.ask(do="spoil", how="early")
    assert "device_error" in client.ask(do="draw", scene="ring", n=2)
    assert any("XrCompositionLayerPassthroughFB-layerHandle" in line for line in findings(tmp_path))


@pytest.mark.parametrize(
    ("stand_in", "words"),
    [
        ("fb without camera", ""),
        ("fb not permitted", "fb failed: NotPermittedPassthroughFBError"),
    ],
)
def test_a_vendor_that_does_not_work_is_left_for_the_next_way(
    monado: Monado, tmp_path: Path, stand_in: str, words: str
) -> None:
    client, hello = started(monado, tmp_path, stand_in, CAMERA="1")
    assert hello["kind"] == "camera"
    assert "XR_FB_passthrough" in hello["enabled"]
    assert words in hello["meaning"]
    assert client.ask(do="draw", scene="ring", n=10)["frames"] == 10
    assert client.leave() == 0
    assert client.answer()["complaints"] == []
    assert findings(tmp_path) == []


@pytest.mark.parametrize(
    ("stand_in", "wanted", "words"),
    [
        ("plain", "fb", "'fb' is not offered here: choose one of chroma, opaque"),
        ("plain", "camera", "'camera' is not offered here: choose one of chroma, opaque"),
        ("fb", "alpha", "choose one of fb, chroma, opaque"),
        ("fb not permitted", "fb", "'fb' does not work (NotPermittedPassthroughFBError)"),
    ],
)
def test_what_was_asked_for_and_cannot_be_had_is_one_line(
    monado: Monado, tmp_path: Path, stand_in: str, wanted: str, words: str
) -> None:
    client, hello = started(monado, tmp_path, stand_in, WANTED=wanted)
    assert words in hello["device_error"]
    assert "\n" not in hello["device_error"]
    assert client.leave() == 2


def test_passthrough_that_comes_and_goes_is_followed(monado: Monado, tmp_path: Path) -> None:
    """Interrupted, restored, begun anew, lost for good: frames go on, and it is said."""
    client, _ = started(monado, tmp_path, "fb", CAMERA="1")

    def after(bit: str) -> Any:
        client.ask(do="happen", bit=bit)
        return client.ask(do="draw", scene="ring", n=12)

    assert client.ask(do="draw", scene="ring", n=3)["shows_room"]
    told = after("RECOVERABLE_ERROR_BIT")
    assert (told["kind"], told["shows_room"]) == ("fb", False)
    assert "interrupted" in told["meaning"]
    told = after("RESTORED_ERROR_BIT")
    assert (told["kind"], told["shows_room"]) == ("fb", True)
    assert after("REINIT_REQUIRED_BIT")["kind"] == "fb"
    calls = client.ask(do="layers")["calls"]
    once = ["create", "create layer", "start", "resume layer"]
    assert calls == [*once, "destroy layer", "destroy", *once]
    told = after("NON_RECOVERABLE_ERROR_BIT")
    assert (told["kind"], told["shows_room"]) == ("camera", False)
    assert "fb failed: the headset says it cannot recover" in told["meaning"]
    assert told["frames"] == 12
    assert client.leave() == 0
    record = client.answer()
    assert record["complaints"] == []
    assert record["blend"] == "OPAQUE"
    assert [layer["type"] for layer in record["layers"]] == ["quad", "projection", "quad"]
    assert findings(tmp_path) == []


def test_the_room_rests_while_the_session_does(monado: Monado, tmp_path: Path) -> None:
    """Monado never stops a session unasked, so the stand-in pretends that it did."""
    client, _ = started(monado, tmp_path, "fb")
    client.ask(do="draw", scene="ring", n=3)
    told = client.ask(do="seem", state="STOPPING")
    assert not told["running"]
    assert told["calls"][-2:] == ["pause layer", "pause"]
    told = client.ask(do="seem", state="READY")
    assert told["running"]
    assert told["calls"][-2:] == ["start", "resume layer"]
    assert client.ask(do="draw", scene="ring", n=3)["frames"] == 3
    assert client.leave() == 0
    assert client.answer()["complaints"] == []
