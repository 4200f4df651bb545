"""What is shipped: every package of the tree, its data, and nothing else."""

from __future__ import annotations

import json
import tomllib
import zipfile
from pathlib import Path

from tests.conftest import ROOT
from tests.wheels import wheel_of_tree


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
    wheel = wheel_of_tree(tmp_path)
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"mr", "calibration", "overlays"}
    for data in (
        "mr/py.typed",
        "mr/scoring/guidelines/aha-2025-adult-bls.toml",
        "mr/review/analysis.schema.json",
        "mr/review/report.html",
        "mr/review/exports/learner.html",
        "mr/review/exports/class.html",
        "mr/review/exports/sheet.css",
        "mr/review/exports/figure.css",
        "mr/review/store/migrations/env.py",
        "mr/review/store/migrations/versions/0001_the_first_tables.py",
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
