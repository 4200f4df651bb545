"""Bad input is one line that says what, which one and what to do, and leaves nothing behind."""

from __future__ import annotations

import os
import pty
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import serial

from mr.devices.mannequin.find import find_mannequins
from tests.cli.conftest import Finished, ScriptedBoard

Run = Callable[..., Finished]
ROWS = "".join(f"{k / 100},{abs(k % 50 - 25)}\n" for k in range(300))


def contents(folder: Path) -> dict[str, bytes | None]:
    """Take down what is in a folder, to the last byte."""
    return {str(p): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


@pytest.fixture
def refused(mrcpr: Run, tmp_path: Path) -> Callable[..., None]:
    """Give a function that holds: refused in one line, and nothing is left behind."""

    def check(args: list[Any], *words: str) -> None:
        before = contents(tmp_path)
        done = mrcpr(*args, cwd=tmp_path)
        done.require_one_line(*words)
        assert contents(tmp_path) == before

    return check


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("missing.csv", None, ("missing.csv", "no such file", "give")),
        ("empty.csv", "", ("empty.csv", "empty", "header row")),
        ("wrong.csv", "when,press\n1,2\n", ("wrong.csv", "line 1", "t_s", "depth_mm")),
        ("inf.csv", f"t_s,depth_mm\n{ROWS}9,inf\n", ("inf.csv", "line 302", "inf", "empty")),
        ("junk.ssx", b"\x00\xff\x80" * 99, ("junk.ssx", "not a SimPad session", "CPREvents")),
        ("flat.csv", "t_s,depth_au\n" + "".join(f"{k / 50},7\n" for k in range(99)), ("flat.csv",)),
        ("\x1b[31mred.csv", "", ("?[31mred.csv: the file is empty",)),
        ("[b]junk[x]", b"\x00\xff\x80" * 99, ("[b]junk[x]", "recording")),
        ("junk.mcap", b"\x00\xff\x80" * 99, ("junk.mcap", "not a recording", "give")),
        ("n" * 300, None, ("nnn", "File name too long", "give")),
    ],
)
def test_analyze(
    refused: Callable[..., None],
    tmp_path: Path,
    name: str,
    data: str | bytes | None,
    words: tuple[str, ...],
) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data.encode() if isinstance(data, str) else data)
    refused(["analyze", name], *words)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, ("cut.mcap", "empty", "record again")), (300, ("cut.mcap", "cut before its head"))],
)
def test_a_recording_with_nothing_to_recover(
    refused: Callable[..., None],
    recording: Path,
    tmp_path: Path,
    size: int,
    words: tuple[str, ...],
) -> None:
    (tmp_path / "cut.mcap").write_bytes(recording.read_bytes()[:size])
    refused(["replay", "cut.mcap"], *words)


def test_a_truncated_recording_is_read_as_far_as_it_goes(
    mrcpr: Run, recording: Path, tmp_path: Path
) -> None:
    data = recording.read_bytes()
    (tmp_path / "cut.mcap").write_bytes(data[: 2 * len(data) // 3])
    done = mrcpr("replay", tmp_path / "cut.mcap").require(0)
    assert "incomplete: the file is cut" in done.out
    assert list(tmp_path.iterdir()) == [tmp_path / "cut.mcap"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--picture", "no.png"], ("no.png", "No such file", "--picture")),
        (["--picture", "rig.toml"], ("rig.toml", "not a PNG", "--picture")),
        (["--out", "session.mcap"], ("session.mcap", "the recording itself", "--out")),
        (["--out", "n" * 300], ("nnn", "cannot write", "File name too long", "--out")),
    ],
)
def test_report(
    refused: Callable[..., None],
    recording: Path,
    rig: Path,
    tmp_path: Path,
    options: list[str],
    words: tuple[str, ...],
) -> None:
    (tmp_path / "session.mcap").write_bytes(recording.read_bytes())
    (tmp_path / "rig.toml").write_bytes(rig.read_bytes())
    refused(["report", "session.mcap", *options], *words)


def test_a_picture_that_is_none_is_left_out_of_a_report(
    mrcpr: Run, recording: Path, tmp_path: Path
) -> None:
    (tmp_path / "s.mcap").write_bytes(recording.read_bytes())
    picture = tmp_path / "s.png"
    embedded = "data:image/png"
    for data, why in ((None, "Is a directory"), (b"text", "not a PNG")):
        if data is None:
            picture.mkdir()
        else:
            picture.rmdir()
            picture.write_bytes(data)
        out = mrcpr("report", tmp_path / "s.mcap").require(0).out
        assert "without a picture:" in out and why in out
        assert embedded not in (tmp_path / "s.html").read_text(encoding="utf-8")
    picture.write_bytes(b"\x89PNG\r\n\x1a\n")  # the control
    assert "without" not in mrcpr("report", tmp_path / "s.mcap").require(0).out
    assert embedded in (tmp_path / "s.html").read_text(encoding="utf-8")


def test_a_name_steers_no_terminal_and_no_page(mrcpr: Run, recording: Path, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\x1b[31m\xe2\x80\xaet.mcap")
    path.write_bytes(recording.read_bytes())
    harmless = "??[31m?t"
    assert f"{harmless}.mcap (SIMULATED)" in (out := mrcpr("replay", path).require(0).out)
    assert "\x1b" not in out
    assert mrcpr("report", path).require(0).out.endswith(f"{harmless}.html\n")
    page = path.with_suffix(".html").read_bytes().decode("utf-8")
    assert f"{harmless}.mcap</title>" in page and "\x1b" not in page and "\u202e" not in page


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--guideline", "nobody-1999"], ("nobody-1999", "aha-2025-adult-bls")),
        (["--learner", "nobody"], ("nobody", "shallow")),
        (["--out", "file"], ("file", "cannot make this folder", "choose")),
        (["--out", "n" * 300], ("nnn", "cannot make this folder", "File name too long")),
        (
            ["--criteria", "file"],
            ("--criteria needs --assessment: add it, or leave --criteria out",),
        ),
        (
            ["--criteria", "file", "--attempt", "retest"],
            ("--assessment: give it in place of --attempt retest, or leave --criteria out",),
        ),
        (["--guidance", "sound", "--no-sound"], ("--guidance sound", "leave out --no-sound")),
        (["--guidance", "sound", "--no-metronome"], ("metronome", "leave out --no-metronome")),
        (["--headset"], ("--headset", "leave out --fast")),
        (["--window"], ("--window", "leave out --fast")),
        (["--stream-at", "9000"], ("--stream", "leave out --fast")),
    ],
)
def test_demo(
    refused: Callable[..., None], tmp_path: Path, options: list[str], words: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("not a folder")
    out = [] if "--out" in options else ["--out", "new"]
    refused(["demo", "--fast", "--no-camera", *out, *options], *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ("rig.toml", "cannot read", "--rig")),
        ("name = ", ("rig.toml", "not a TOML file")),
        ('nmae = "x"\n', ("rig.toml", "nmae", "unknown key", "spelling")),
    ],
)
def test_rig_file(
    refused: Callable[..., None], tmp_path: Path, text: str | None, words: tuple[str, ...]
) -> None:
    if text is not None:
        (tmp_path / "rig.toml").write_text(text)
    refused(["run", "--rig", "rig.toml"], *words)


def test_no_mannequin(refused: Callable[..., None], rig: Path) -> None:
    if any(port.likely for port in find_mannequins()):
        pytest.skip("a serial bridge is plugged into this machine")
    refused(["run", "--rig", rig, "--no-camera"], "no mannequin", "plug it in", "--port")


def test_no_camera(refused: Callable[..., None], rig: Path, require: Any) -> None:
    require.module("pyrealsense2", "pip install 'mrcpr[realsense]'")
    refused(["run", "--rig", rig, "--no-mannequin"], "camera side", "plug")


def test_a_camera_file_that_is_none(
    refused: Callable[..., None], rig: Path, require: Any, tmp_path: Path
) -> None:
    require.module("pyrealsense2", "pip install 'mrcpr[realsense]'")
    (tmp_path / "junk.db3").write_bytes(b"junk" * 99)
    args = ["run", "--rig", rig, "--no-mannequin", "--camera-file", "junk.db3"]
    refused(args, "junk.db3", "give")


def test_a_busy_port(refused: Callable[..., None], rig: Path) -> None:
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    try:
        with serial.Serial(path, exclusive=True):
            args = ["run", "--rig", rig, "--no-camera", "--port", path]
            refused(args, path, "in use by another program", "close")
    finally:
        os.close(slave)
        os.close(master)


def test_no_such_port(refused: Callable[..., None], rig: Path) -> None:
    port = "/dev/absent-port"
    refused(["run", "--rig", rig, "--no-camera", "--port", port], port, "`mrcpr doctor`")


def test_a_rig_of_another_mannequin(
    refused: Callable[..., None], play: Callable[..., ScriptedBoard], rig: Path
) -> None:
    board = play(3.0, serial="ANOTHER-7")
    args = ["run", "--rig", rig, "--no-camera", "--no-sound", "--port", board.port]
    refused(args, "SIM-MANNEQUIN-1", "ANOTHER-7", "its own rig file")


def test_a_rig_of_another_body_opens_no_device(
    refused: Callable[..., None], rig: Path, tmp_path: Path
) -> None:
    text = rig.read_text()
    assert text.count('body = "adult"') == 1
    (tmp_path / "child.toml").write_text(text.replace('body = "adult"', 'body = "child"'))
    args = ["run", "--rig", "child.toml", "--no-camera", "--port", "/dev/none"]
    refused(args, "is for an adult", "choose a profile for a child")


def test_hands_are_looked_for_in_pictures(refused: Callable[..., None], rig: Path) -> None:
    refused(["run", "--rig", rig, "--no-camera", "--hands"], "--hands", "--no-camera")


def test_arms_are_looked_for_in_pictures(refused: Callable[..., None], rig: Path) -> None:
    refused(["run", "--rig", rig, "--no-camera", "--arms"], "--arms", "--no-camera")
    refused(["demo", "--no-camera", "--arms"], "--arms", "--no-camera")


def test_an_assessment_that_nothing_can_score_does_not_start(
    refused: Callable[..., None], rig: Path, tmp_path: Path
) -> None:
    (tmp_path / "crit.toml").write_text('schema = "mrcpr.criteria/1"\nscore_min_pct = 75\n')
    (tmp_path / "our.toml").write_text(
        'extends = "erc-2025-adult-bls"\nid = "our"\nversion = 1\ntitle = "Our course"\n'
        '[recoil]\ncriterion = "force"\nrelease_max_mm = 5.0\nzero_at_mm = 5.0\n'
        'release_max_n = 24.5\nzero_at_n = 24.5\nsource = "ours"\nstanding = "ours"\n'
    )
    args = ["run", "--rig", rig, "--assessment", "--criteria", "crit.toml"]
    force = ["--guideline", "our.toml"]
    refused([*args, *force, "--no-mannequin"], "our.toml", "recoil by force", "displacement")
    port = "/dev/absent-port"  # as far as its devices (negative control)
    refused([*args, *force, "--no-camera", "--port", port], port, "`mrcpr doctor`")
    (tmp_path / "crit.toml").write_text(
        'schema = "mrcpr.criteria/1"\n[item_min_pct]\nventilation = 60\n'
    )
    for begin in (args, ["demo", "--fast", "--no-camera", *args[3:]]):
        refused(begin, "crit.toml: item_min_pct.ventilation", "mode hands-only", "30:2, 15:2")


def test_a_rate_is_the_mannequins(refused: Callable[..., None], rig: Path) -> None:
    refused(["run", "--rig", rig, "--no-mannequin", "--rate", "500"], "--rate", "mannequin's")


@pytest.mark.parametrize("command", ["simulate", "run"])
def test_a_file_where_a_folder_should_be(
    refused: Callable[..., None], rig: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "taken").write_text("mine")
    begin = ["simulate"] if command == "simulate" else ["run", "--rig", rig, "--no-camera", "--out"]
    refused([*begin, "taken"], "taken", "a file is in the way", "choose another")


def test_a_learner_is_no_name(refused: Callable[..., None], rig: Path) -> None:
    refused(["run", "--rig", rig, "--learner", "Jane Doe"], "--learner Jane Doe", "never a name")


def test_a_real_name_without_a_space_is_refused_too(
    refused: Callable[..., None], rig: Path
) -> None:
    refused(["run", "--rig", rig, "--learner", "Anna_Smith"], "Anna_Smith", "never a name")


@pytest.mark.parametrize("option", ["--hands", "--headset", "--window", "--start key"])
def test_what_needs_live_cameras_is_refused_with_a_file(
    refused: Callable[..., None], rig: Path, option: str
) -> None:
    args = ["run", "--rig", rig, "--no-mannequin", "--camera-file", "x.db3", *option.split()]
    refused(args, option, "live cameras", "--camera-file")


@pytest.mark.parametrize(
    ("args", "option"),
    [
        (["run", "--rig", "x", "--start", "maybe"], "--start"),
        (["run", "--rig", "x", "--duration", "0"], "--duration"),
        (["demo", "--seconds", "nan"], "--seconds"),
    ],
)
def test_wrong_use(mrcpr: Run, tmp_path: Path, args: list[str], option: str) -> None:
    done = mrcpr(*args, cwd=tmp_path).require(2)
    assert option in done.err and "Usage" in done.err and not done.out
    assert not list(tmp_path.iterdir())


def test_the_checks_can_fail(refused: Callable[..., None], tmp_path: Path, recording: Path) -> None:
    (tmp_path / "session.mcap").write_bytes(recording.read_bytes())
    with pytest.raises(AssertionError, match="exit code 0"):
        refused(["analyze", "session.mcap"])
    with pytest.raises(AssertionError, match="nowhere"):
        refused(["analyze", "absent.csv"], "nowhere")
    with pytest.raises(AssertionError):
        Finished(2, "", "mrcpr: two\nlines\n").require_one_line()
