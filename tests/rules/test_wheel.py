"""What is shipped: every package of the tree, its data, and nothing else."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from tests.conftest import ROOT


def packages_on_disk() -> set[str]:
    return {
        ".".join(p.parent.relative_to(ROOT).parts)
        for package in ("mr", "calibration", "overlays")
        for p in (ROOT / package).rglob("__init__.py")
    }


def test_every_package_is_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["setuptools"]["packages"]) == packages_on_disk()


def test_the_wheel_holds_our_three_packages_and_their_data(tmp_path: Path) -> None:
    source = tmp_path / "source"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        if not (ROOT / name).is_file():
            continue
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(tmp_path), str(source)],
        check=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("mrcpr-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"mr", "calibration", "overlays"}
    for data in (
        "mr/py.typed",
        "mr/scoring/guidelines/aha-2025-adult-bls.toml",
        "mr/review/analysis.schema.json",
        "mr/review/report.html",
        "mr/review/static/index.html",
        "mr/review/static/build.json",
        "calibration/report.html",
        "overlays/messages_en.toml",
    ):
        assert data in names, data
    built = json.loads((ROOT / "mr/review/static/build.json").read_text(encoding="utf-8"))
    assert {f"mr/review/static/{name}" for name in built["files"]} <= set(names)
    assert not [name for name in names if name.startswith("mr/review/page/")]
    assert not [name for name in names if "test" in name]
