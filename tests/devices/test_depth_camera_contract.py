"""Live, recorded, virtual and simulated cameras keep one contract; broken ones do not."""

from __future__ import annotations

from pathlib import Path

from tests.devices.test_realsense import run, sdk

__all__ = ["sdk"]

WORKER = "realsense_contract_worker"


def test_all_cameras_keep_the_contract(sdk: None, tmp_path: Path) -> None:
    out = run("contract", tmp_path / "made.db3", worker=WORKER)
    assert out == {k: [] for k in ("live", "virtual", "file", "file in step", "simulated")}


def test_the_contract_finds_each_fault(sdk: None) -> None:
    found = run("broken", worker=WORKER)
    assert len(found) == 10
    assert [fault for fault, seen in found.items() if not seen] == []
