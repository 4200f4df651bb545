"""The house's rules on names: frames from a closed table, no machine's paths."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("mr", "calibration", "overlays")
TRANSFORM = re.compile(r"^([a-z0-9_]+)_from_([a-z0-9_]+)$")


def frames_of_the_table() -> set[str]:
    text = (ROOT / "docs" / "CONVENTIONS.md").read_text(encoding="utf-8")
    table = text.split("## Frames")[1].split("## Transforms")[0]
    return set(re.findall(r"^\| `([a-z]+)` \|", table, flags=re.M))


def sources() -> list[Path]:
    return sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))


def names_in(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


def strangers(names: set[str], frames: set[str]) -> set[str]:
    """Names of the form ``a_from_b`` in which one end is a frame and the other is not."""
    bad = set()
    for name in names:
        match = TRANSFORM.match(name)
        if match:
            ends = (match[1].split("_")[-1], match[2].split("_")[0])
            if (ends[0] in frames) != (ends[1] in frames):
                bad.add(name)
    return bad


def test_the_table_of_frames_is_there() -> None:
    assert {"world", "cam", "mannequin", "xr", "head", "view"} <= frames_of_the_table()


@pytest.mark.parametrize("path", sources(), ids=lambda p: str(p.relative_to(ROOT)))
def test_transforms_lead_between_frames_of_the_table(path: Path) -> None:
    # The depth sensor's frame is `cam`; here the SDK's word stands.
    allowed = {"color_from_depth", "color_from_depth_of"}
    assert strangers(names_in(path), frames_of_the_table()) <= allowed


def test_a_stranger_is_found() -> None:
    """Negative control."""
    assert strangers({"world_from_banana", "xr_from_world"}, frames_of_the_table()) == {
        "world_from_banana"
    }


def test_forbidden_words_for_transforms() -> None:
    for path in sources():
        bad = [n for n in names_in(path) if re.match(r"^T_[a-z]+_[a-z]+$|extrinsic", n)]
        assert not bad, f"{path}: {bad}"


def test_no_path_of_a_machine_is_tracked() -> None:
    found = subprocess.run(
        ["git", "grep", "-nIE", r"/(work|root|home/[a-z]+)/", "--", ".", ":!tests/rules"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode in (0, 1), found.stderr
    assert found.stdout == ""
