"""`mrcpr analyze` on another system's CSV, and its output in pipes and simple terminals."""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from tests.cli.conftest import MRCPR, Finished, environment

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
