"""`mrcpr analyze` on another system's CSV, and its output in pipes and simple terminals."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import subprocess
import threading
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from tests.cli.conftest import MRCPR, Finished, Running, environment
from tests.cli.pseudo_terminal import Terminal
from tests.unit.recording.simpad_files import a_session

Run = Callable[..., Finished]
N, DEPTH_MM, RATE_CPM, RATE_HZ = 60, 55.0, 110.0, 100
PERIOD_S = 60.0 / RATE_CPM
REST_S = 1.0


def raised_cosines(depth: str, scale: float = 1.0, offset: float = 0.0) -> str:
    """Write the issue's motion: 60 raised cosines of 55 mm at 110 /min, at 100 Hz."""
    lines = [f"t_s,{depth}"]
    for k in range(round((N * PERIOD_S + 2 * REST_S) * RATE_HZ)):
        t_s = k / RATE_HZ - REST_S
        moving = 0.0 <= t_s <= N * PERIOD_S
        y = DEPTH_MM / 2 * (1 - math.cos(2 * math.pi * t_s / PERIOD_S)) if moving else 0.0
        lines.append(f"{k / RATE_HZ:.2f},{offset + scale * y:.6f}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def sixty(tmp_path: Path) -> Path:
    path = tmp_path / "sixty.csv"
    path.write_text(raised_cosines("depth_mm"))
    return path


def test_sixty_raised_cosines(mrcpr: Run, sixty: Path) -> None:
    analysis = json.loads(mrcpr("analyze", sixty, "--json").require(0).out)
    schema = json.loads(resources.files("mr.review").joinpath("analysis.schema.json").read_text())
    jsonschema.validate(analysis, schema)
    assert analysis["schema"] == "mrcpr.analysis/2"
    summary = analysis["summary"]
    assert summary["n_compressions"] == N == len(analysis["compressions"])
    assert abs(summary["mean_depth_mm"] - DEPTH_MM) < 0.2
    assert abs(summary["mean_rate_cpm"] - RATE_CPM) < 0.2
    assert {"source", "guideline", "ventilations", "pauses", "score"} <= set(analysis)
    keys = {"onset_s", "peak_s", "release_s", "depth_mm", "release_depth_mm", "rate_cpm"}
    assert all(keys <= set(c) for c in analysis["compressions"])
    assert {"mean_depth_mm", "ccf_pct", "depth_in_target_pct", "rate_in_target_pct"} <= set(summary)
    assert {"value_pct", "items", "missing"} <= set(analysis["score"])
    # The schema is no empty promise.
    del analysis["summary"]["ccf_pct"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(analysis, schema)


def test_the_item_whose_accuracy_nobody_knows_is_named(
    mrcpr: Run, sixty: Path, tmp_path: Path
) -> None:
    head, *rows = sixty.read_text().splitlines()
    path = tmp_path / "hands.csv"
    path.write_text("\n".join([f"{head},hand_x_mm,hand_y_mm", *(f"{row},30,10" for row in rows)]))
    assert "(accuracy unknown: none for hand position)" in mrcpr("analyze", path).require(0).out
    assert "accuracy unknown" not in mrcpr("analyze", sixty).require(0).out


def test_another_depth_is_another_number(mrcpr: Run, tmp_path: Path) -> None:
    (tmp_path / "deeper.csv").write_text(raised_cosines("depth_mm", scale=1.01))
    out = mrcpr("analyze", tmp_path / "deeper.csv", "--json").require(0).out
    assert abs(json.loads(out)["summary"]["mean_depth_mm"] - DEPTH_MM) > 0.2


def test_without_a_scale_depth_is_unknown_with_a_reason(mrcpr: Run, tmp_path: Path) -> None:
    (tmp_path / "au.txt").write_text(raised_cosines("depth_au", scale=17.3, offset=-400.0))
    analysis = json.loads(mrcpr("analyze", tmp_path / "au.txt", "--json").require(0).out)
    summary = analysis["summary"]
    assert summary["n_compressions"] == N
    assert abs(summary["mean_rate_cpm"] - RATE_CPM) < 0.2
    assert summary["mean_depth_mm"] is None and summary["why"]["mean_depth_mm"]
    for compression in analysis["compressions"]:
        assert compression["depth_mm"] is None and compression["why"]["depth_mm"]
        assert compression["release_depth_mm"] is None and compression["why"]["release_depth_mm"]
    assert analysis["score"]["missing"]


def test_a_reader_that_leaves_early_is_no_fault(sixty: Path, tmp_path: Path) -> None:
    for i, options in enumerate((["--json"], [])):
        errors = tmp_path / f"err{i}.txt"
        with errors.open("wb") as err:
            process = subprocess.Popen(
                [str(MRCPR), "analyze", str(sixty), *options],
                stdout=subprocess.PIPE,
                stderr=err,
                env=environment(),
            )
            assert process.stdout is not None
            process.stdout.close()  # before a word was written
            assert process.wait(60) == 0
        assert errors.read_text() == ""


@pytest.mark.parametrize(
    "env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"PYTHONIOENCODING": "ascii"}]
)
def test_plain_output_stays_readable(mrcpr: Run, sixty: Path, env: dict[str, str]) -> None:
    done = mrcpr("analyze", sixty, **env).require(0)
    assert "\x1b" not in done.out and not done.err
    about = "?" if env.get("PYTHONIOENCODING") == "ascii" else "±"
    assert f"compressions     {N}" in done.out
    assert f"mean rate        110.0 {about} 0.02 /min" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_a_minus_is_a_minus_in_any_encoding(sixty: Path, encoding: str) -> None:
    for offset_mm, said in ((-0.3, "-0.3"), (-0.04, "0.0")):
        sixty.write_text(raised_cosines("depth_mm", offset=offset_mm))
        done = subprocess.run(
            [str(MRCPR), "analyze", str(sixty)],
            capture_output=True,
            env=environment(PYTHONIOENCODING=encoding),
            check=True,
        )
        (line,) = (x for x in done.stdout.decode(encoding).splitlines() if "left at" in x)
        number = line.removeprefix("left at release").split()[0]
        assert number == (said.replace("-", "−") if encoding == "utf-8" else said)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full here")
@pytest.mark.parametrize("options", [["--json"], []])
def test_output_that_cannot_be_written_is_told(sixty: Path, options: list[str]) -> None:
    command = [str(MRCPR), "analyze", str(sixty), *options]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, env=environment(), check=False, text=True
        )
    said = "cannot write the output (No space left on device)"
    Finished(done.returncode, "", done.stderr).require_one_line(said)
    closed = ["sh", "-c", 'exec "$@" >&- <&-', "sh", *command]
    done = subprocess.run(closed, capture_output=True, env=environment(), check=False, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_csv_from_a_pipe(
    start: Callable[..., Running], mrcpr: Run, sixty: Path, name: str
) -> None:
    running = start("analyze", name, "--json")
    running.say(sixty.read_text())
    assert running.process.stdin is not None
    running.process.stdin.close()
    piped = json.loads(running.end().require(0).out)
    whole = json.loads(mrcpr("analyze", sixty, "--json").require(0).out)
    assert piped["source"].pop("name") == "stdin"
    assert whole["source"].pop("name") == "sixty.csv"
    assert piped == whole


# --- several files ------------------------------------------------------------------------


@pytest.fixture
def several(tmp_path: Path, recording: Path) -> Path:
    folder = tmp_path / "several"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.csv").write_text(raised_cosines("depth_mm"))
    (folder / "deep" / "b.csv").write_text(raised_cosines("depth_mm", scale=-1.0))
    a_session(folder / "c.ssx")
    (folder / "d.mcap").write_bytes(recording.read_bytes())
    (folder / "readme.md").write_text("not a session")
    return folder


def test_a_folder_is_one_table_and_one_json(mrcpr: Run, several: Path) -> None:
    out = mrcpr("analyze", several).require(0).out
    lines = {line.split()[0]: line.split() for line in out.splitlines() if line.split()}
    assert lines["a.csv"][1:] == ["CSV", "–", "60", "55.0", "110.0", "100", "100.0", "100"]
    assert lines["deep/b.csv"][1:9] == lines["a.csv"][1:]
    assert lines["c.ssx"][1:5] == ["SimPad", "2019-10-21", "18:04", "60"]
    assert lines["d.mcap"][1] == "SIMULATED"
    assert "assumed: the sign was reversed" in out and "no real file was seen" in out
    assert "readme" not in out
    together = json.loads(mrcpr("analyze", several, "--json").require(0).out)
    assert together["schema"] == "mrcpr.analyses/1" and together["errors"] == []
    names = [a["source"]["name"] for a in together["analyses"]]
    assert names == ["a.csv", "c.ssx", "d.mcap", "deep/b.csv"]
    alone = json.loads(mrcpr("analyze", several / "a.csv", "--json").require(0).out)
    assert together["analyses"][0] == alone


def test_what_cannot_be_opened_does_not_stop_the_others(several: Path) -> None:
    """Folders and files without access rights, a loop of links, a name that is too long."""
    (several / "loop.csv").symlink_to("loop.csv")
    shut = [several / "shut", several / "deep" / "shut", several / "shut.csv", several / "shut.ssx"]
    for path in shut[:2]:
        path.mkdir()
        (path / "e.csv").write_text(raised_cosines("depth_mm"))
    for path in shut[2:]:
        path.write_text("")
    others = [several / "loop.csv", several / "loop.csv" / "f", several / ("n" * 300)]
    command = [str(MRCPR), "analyze", *map(str, (several, *shut, *others)), "--json"]
    if os.geteuid() == 0:  # nothing is shut to root as it is
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    try:
        for path in shut:
            path.chmod(0)
        done = subprocess.run(
            command, capture_output=True, env=environment(), check=False, text=True
        )
    finally:
        for path in shut:
            path.chmod(0o700)
    told = json.loads(Finished(done.returncode, done.stdout, done.stderr).require(2).out)
    assert len(told["analyses"]) == 4
    # What the folder names and what the command line names are the same four.
    assert len(told["errors"]) == 4 + len(others)
    why = [error["error"] for error in told["errors"]]
    assert sum("(Permission denied)" in words for words in why) == 4
    assert sum("(Too many levels of symbolic links)" in words for words in why) == 2
    assert sum("(File name too long)" in words for words in why) == 1


def test_a_bad_file_does_not_stop_the_others(mrcpr: Run, several: Path) -> None:
    (several / "bad.csv").write_text("t_s,depth_mm\n0,x\n")
    done = mrcpr("analyze", several / "bad.csv", several / "a.csv", several / "no.csv").require(2)
    first, second = done.err.splitlines()
    assert first.startswith("mrcpr: ") and "bad.csv, line 2: depth_mm is 'x'" in first
    assert "no.csv: there is no such file" in second
    assert "NOT READ" in done.out and "110.0" in done.out
    done = mrcpr("analyze", several, "--json").require(2)
    told = json.loads(done.out)
    assert len(told["analyses"]) == 4
    (error,) = told["errors"]
    assert error["name"] == "bad.csv" and "line 2" in error["error"]


def test_the_order_of_files_changes_nothing(mrcpr: Run, several: Path) -> None:
    files = [several / "a.csv", several / "c.ssx"]
    there, back = (
        json.loads(mrcpr("analyze", *order, "--json").require(0).out)["analyses"]
        for order in (files, files[::-1])
    )
    assert there == back[::-1] != back


def test_two_files_of_one_name_are_told_apart(mrcpr: Run, several: Path) -> None:
    (several / "deep" / "a.csv").write_text(raised_cosines("depth_mm"))
    args = ("analyze", several / "a.csv", several / "deep" / "a.csv", several / "a.csv", "--json")
    told = json.loads(mrcpr(*args).require(0).out)["analyses"]
    assert [a["source"]["name"] for a in told] == [str(p) for p in args[1:3]]


def test_rows_go_through_a_pipe_and_a_link(mrcpr: Run, sixty: Path, tmp_path: Path) -> None:
    rows = mrcpr("analyze", sixty, "--csv", "-").require(0).out
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    got: list[str] = []
    reader = threading.Thread(
        target=lambda: got.append((tmp_path / "fifo").read_text()), daemon=True
    )
    reader.start()
    mrcpr("analyze", sixty, "--csv", tmp_path / "fifo").require(0)
    reader.join(30)
    mrcpr("analyze", sixty, "--csv", tmp_path / "link").require(0)
    assert got == [rows] == [(tmp_path / "target").read_text()]
    assert (tmp_path / "fifo").is_fifo() and (tmp_path / "link").is_symlink()


def test_compressions_as_csv(mrcpr: Run, several: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.csv"
    said = mrcpr("analyze", several, "--csv", out).require(0).out
    assert "SIMULATED" in said
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    of_a = [row for row in rows if row["source"] == "a.csv"]
    analysis = json.loads(mrcpr("analyze", several / "a.csv", "--json").require(0).out)
    for row, compression in zip(of_a, analysis["compressions"], strict=True):
        for key, value in compression.items():
            if key in row:
                assert row[key] == ("" if value is None else str(value)), key
    assert {row["simulated"] for row in rows if row["source"] == "d.mcap"} == {"true"}
    assert {row["kind"] for row in rows} == {"csv", "ssx", "sim"}
    # A documented list that only grows at its end.
    assert list(rows[0]) == [
        "source", "kind", "simulated", "index", "onset_s", "peak_s", "release_s", "depth_mm",
        "depth_sigma_mm", "release_depth_mm", "release_depth_sigma_mm", "rate_cpm",
        "rate_sigma_cpm", "duty_cycle", "release_velocity_mm_s", "force_peak_n", "hand_x_mm",
        "hand_y_mm", "smoothed", "edited",
    ]  # fmt: skip
    assert mrcpr("analyze", several, "--csv", "-").require(0).out == out.read_text()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--json", "--csv", "-"], "both go to stdout"),
        (["--csv", "sixty.csv"], "would overwrite a file that is read"),
        (["--csv", "sixty.csv/rows.csv"], "cannot write this file"),
    ],
)
def test_where_rows_cannot_go(mrcpr: Run, sixty: Path, args: list[str], says: str) -> None:
    before = sixty.read_bytes()
    mrcpr("analyze", sixty.name, *args, cwd=sixty.parent).require_one_line(says)
    assert sixty.read_bytes() == before and list(sixty.parent.iterdir()) == [sixty]


def test_an_empty_folder_is_refused(mrcpr: Run, tmp_path: Path) -> None:
    mrcpr("analyze", tmp_path).require_one_line("no .mcap, .csv or .ssx file in this folder")


def test_units_and_signs_may_be_said(mrcpr: Run, tmp_path: Path) -> None:
    path = tmp_path / "cm.csv"
    path.write_text(raised_cosines("depth_mm", scale=-0.1))
    mrcpr("analyze", path).require_one_line("--unit cm")
    args = ("analyze", path, "--unit", "cm", "--sign", "out", "--json")
    analysis = json.loads(mrcpr(*args).require(0).out)
    assert abs(analysis["summary"]["mean_depth_mm"] - DEPTH_MM) < 0.2
    assert analysis["source"]["assumptions"] == []


def test_a_unit_without_a_csv_is_refused(mrcpr: Run, tmp_path: Path) -> None:
    path = a_session(tmp_path / "a.ssx")
    mrcpr("analyze", path, "--unit", "cm").require_one_line("--unit and --sign", "no file is one")


def test_what_was_assumed_is_said_everywhere(mrcpr: Run, tmp_path: Path) -> None:
    path = tmp_path / "turned.csv"
    path.write_text(raised_cosines("depth_mm", scale=-1.0))
    words = "the sign was reversed"
    assert f"assumed: {words}" in mrcpr("analyze", path).require(0).out
    (said,) = json.loads(mrcpr("analyze", path, "--json").require(0).out)["source"]["assumptions"]
    assert said.startswith(words)


def test_a_simpad_session(mrcpr: Run, tmp_path: Path) -> None:
    path = a_session(tmp_path / "a.ssx")
    out = mrcpr("analyze", path).require(0).out
    assert "(from a SimPad)" in out and "no real file was seen" in out
    assert "hands misplaced in 0 of 60" in out
    # Its pause of 4 s is one for breaths; in hands-only it would be a break.
    analysis = json.loads(mrcpr("analyze", path, "--mode", "30:2", "--json").require(0).out)
    schema = json.loads(resources.files("mr.review").joinpath("analysis.schema.json").read_text())
    jsonschema.validate(analysis, schema)
    assert analysis["source"]["kind"] == "ssx"
    assert analysis["source"]["made_utc"] == "2019-10-21T18:04:28+00:00"
    summary = analysis["summary"]
    assert summary["mean_depth_mm"] == 52 and summary["mean_release_depth_mm"] == 1.5
    assert abs(summary["mean_rate_cpm"] - 60_000 / 545) < 1e-9
    assert summary["mean_rate_sigma_cpm"] is None and summary["n_pauses"] == 1
    assert "no curve" in summary["why"]["mean_duty_cycle"]
    assert analysis["score"]["value_pct"] == 100
    kinds = [event["type"] for event in analysis["simpad"]["other_events"]]
    assert kinds == ["CprSessionInfo", "CprVentEvent"]
    assert len(analysis["simpad"]["compressions"]) == 60
    assert "Jane Doe" not in json.dumps(analysis)


# --- smoothed -----------------------------------------------------------------------------


def test_a_recording_may_be_smoothed(
    mrcpr: Run, recording: Path, several: Path, tmp_path: Path
) -> None:
    """The mannequin leads all of this one, so its numbers stay; every output says what it is."""
    live, late = (
        json.loads(mrcpr("analyze", recording, "--json", *args).require(0).out)
        for args in ([], ["--smoothed"])
    )
    assert live["source"].pop("smoothed") is False
    assert late["source"].pop("smoothed") is True
    assert late == live
    assert "smoothed: what the mannequin taught" in mrcpr("analyze", recording, "--smoothed").out
    assert "smoothed" not in mrcpr("analyze", recording).out
    (tmp_path / "s.mcap").write_bytes(recording.read_bytes())
    for args in (["--smoothed"], []):
        mrcpr("report", tmp_path / "s.mcap", *args).require(0)
    late_page, page = (tmp_path / name for name in ("s-smoothed.html", "s.html"))
    words = "<strong>Smoothed:</strong> what the mannequin taught"
    assert words in late_page.read_text(encoding="utf-8")
    assert "Smoothed" not in page.read_text(encoding="utf-8")
    rows = mrcpr("analyze", recording, "--smoothed", "--csv", "-").require(0).out.splitlines()
    assert rows[0].endswith(",smoothed,edited")
    assert all(row.endswith(",true,false") for row in rows[1:])
    # A folder may hold other files, too: they stay as they are.
    told = json.loads(mrcpr("analyze", several, "--smoothed", "--json").require(0).out)["analyses"]
    assert {a["source"]["kind"]: a["source"]["smoothed"] for a in told} == {
        "csv": False,
        "ssx": False,
        "sim": True,
    }


def test_only_a_recording_can_be_smoothed(mrcpr: Run, sixty: Path, tmp_path: Path) -> None:
    for path in (sixty, a_session(tmp_path / "a.ssx")):
        mrcpr("analyze", path, "--smoothed").require_one_line(
            "no file is a recording (.mcap)", "hold finished numbers", "leave it out"
        )


# --- on a terminal ------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_fits_a_terminal(
    terminal: Callable[..., Terminal], several: Path, columns: int
) -> None:
    at_work = terminal("analyze", several, columns=columns)
    assert at_work.end() == 0
    lines = [line.rstrip() for line in at_work.text.splitlines()]
    (k,) = [k for k, line in enumerate(lines) if line.split()[:2] == ["file", "from"]]
    assert lines[k].split()[2:] == ["when", "(UTC)", "n", "mm", "/min", "%", "%", "%", "see"]
    assert max(map(len, lines[k - 1 :])) <= columns
    assert any(line.startswith("deep/b.csv") for line in lines)
    assert any(line.startswith("d.mcap") and "SIMULATED" in line for line in lines)
    assert ("18:04" in at_work.text) == (columns >= 100)


def test_verdicts_stand_beside_the_scores_and_what_is_not_alike_below(
    mrcpr: Run, terminal: Callable[..., Terminal], several: Path
) -> None:
    (several / "hard.toml").write_text('schema = "mrcpr.criteria/1"\nscore_min_pct = 99.9\n')
    name = "2026-11-30_02-17-18_learner-1234abcd.mcap"
    (several / "d.mcap").rename(several / name)
    args = ("analyze", several / "a.csv", several / name, "--criteria", several / "hard.toml")
    at_work = terminal(*args, columns=80)
    assert at_work.end() == 0
    lines = [line.rstrip() for line in at_work.text.splitlines()]
    (k,) = [k for k, line in enumerate(lines) if line.split()[:2] == ["file", "from"]]
    assert lines[k].split()[2:] == ["n", "mm", "/min", "%", "%", "%", "verdict", "see"]
    assert max(map(len, lines[k - 1 :])) <= 80
    (row,) = [line.split() for line in lines if line.startswith("a.csv ")]
    assert row[7:9] == ["100", "passed"]
    assert any("SIMULATED" in line and line.endswith("NOT PASSED") for line in lines)
    alike = " ".join(lines).partition("! not alike: ")[2]
    assert f"attempt: not said (a.csv), practice ({name})" in alike and "mode" not in alike
    # Without criteria nobody was judged, and the date is back (negative control).
    assert "verdict" not in mrcpr("analyze", *args[1:3]).require(0).out


def test_other_criteria_than_those_locked_hide_no_number(
    mrcpr: Run, several: Path, tmp_path: Path
) -> None:
    text = 'schema = "mrcpr.criteria/1"\nscore_min_pct = '
    own, other = (tmp_path / f"{name}.toml" for name in ("own", "other"))
    own.write_text(f"{text}99.9\n")
    other.write_text(f"{text}10\n")
    args = ("demo", "--fast", "--no-camera", "--seconds", "4", "--assessment", "--criteria", own)
    mrcpr(*args, "--out", tmp_path / "demo").require(0)
    (path,) = (tmp_path / "demo").glob("*/session.mcap")
    words = "other criteria are locked in it"
    plain, same, given = (
        json.loads(mrcpr("analyze", path, "--json", *more).require(0).out)
        for more in ((), ("--criteria", own), ("--criteria", other))
    )
    assert same == plain and plain["assessment"]["locked"]
    assert len(given["assessment"].pop("not_used_sha256")) == 64
    assert given == plain and plain["assessment"]["verdict"] == "not passed"
    assert words in mrcpr("analyze", path, "--criteria", other).require(0).out
    html = tmp_path / "report.html"
    mrcpr("report", path, "--out", html, "--criteria", other).require(0)
    assert words in html.read_text() and "NOT PASSED" in html.read_text()
    several = (path, several / "a.csv")
    out = mrcpr("analyze", *several, "--criteria", other).require(0).out
    (row,) = [line.split() for line in out.splitlines() if line.startswith("session.mcap")]
    assert row[-2:] == ["others", "1"] and "NOT READ" not in out and "10.0" not in row
    assert words in out and "by its own: not passed" in out


def test_what_takes_long_shows_that_it_works(
    terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "slow.csv")  # nobody writes it
    at_work = terminal("analyze", tmp_path / "slow.csv")
    at_work.wait_for(r"slow\.csv .*0:00:0[1-9]")
    at_work.type("\x03")
    assert at_work.end() == 130


def test_a_corrected_recording_says_so_and_stays_as_it_is(
    mrcpr: Run, recording: Path, tmp_path: Path
) -> None:
    before = recording.read_bytes()
    plain = json.loads(mrcpr("analyze", recording, "--json").require(0).out)
    said = {"start_s": 1.0, "end_s": 2.0, "becomes": "excused", "reason": "I stopped the learner"}
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"schema": "mrcpr.corrections/1", "pauses": [said]}))
    mended = mrcpr("analyze", recording, "--corrections", path, "--json").require(0).out
    analysis = json.loads(mended)
    assert analysis["corrected"]["corrections"]["pauses"] == [said]
    assert analysis["unmeasured"] == [{"start_s": 1.0, "end_s": 2.0}]
    assert 0 < analysis["summary"]["n_compressions"] < plain["summary"]["n_compressions"]
    text = mrcpr("analyze", recording, "--corrections", path).require(0).out
    assert "1 to 2 s is excused (I stopped the learner)" in " ".join(text.split())
    path.write_text('{"schema": "mrcpr.corrections/1"}')
    again = json.loads(mrcpr("analyze", recording, "--corrections", path, "--json").require(0).out)
    assert again == plain
    assert recording.read_bytes() == before


def test_corrections_are_of_one_recording(
    mrcpr: Run, recording: Path, sixty: Path, tmp_path: Path
) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"schema": "mrcpr.corrections/1", "by": "Anna"}')
    mrcpr("analyze", sixty, "--corrections", path).require_one_line("give that file alone")
    mrcpr("analyze", recording, sixty, "--corrections", path).require_one_line("alone")
    mrcpr("analyze", recording, "--corrections", path).require_one_line("c.json", "by", "unknown")
