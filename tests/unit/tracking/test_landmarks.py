"""The hand model is assembled from known bytes only; the region lies above the sternum."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from mr.errors import ConfigError
from mr.rig import Intrinsics
from mr.tracking import landmarks
from mr.tracking.landmarks import (
    PARTS,
    MediapipeHands,
    assemble_model,
    chest_window,
)
from mr.types import Pose


def make_wheel(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return path


def test_bundle_is_a_stored_zip_of_the_known_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = {inside: inside.encode() * 9 for inside, _ in PARTS.values()}
    known = {
        name: (inside, hashlib.sha256(contents[inside]).hexdigest())
        for name, (inside, _) in PARTS.items()
    }
    monkeypatch.setattr(landmarks, "PARTS", known)
    wheel = make_wheel(tmp_path / "w.whl", contents)
    bundle = assemble_model(wheel, tmp_path / "deep" / "hand.task")
    with zipfile.ZipFile(bundle) as archive:
        assert set(archive.namelist()) == set(PARTS)
        assert all(i.compress_type == zipfile.ZIP_STORED for i in archive.infolist())
        for name, (inside, _) in PARTS.items():
            assert archive.read(name) == contents[inside]
    assert [p.name for p in bundle.parent.iterdir()] == ["hand.task"]


def test_other_bytes_are_refused(tmp_path: Path) -> None:
    contents = {inside: b"not a model" for inside, _ in PARTS.values()}
    target = tmp_path / "hand.task"
    with pytest.raises(ConfigError, match="not the known model"):
        assemble_model(make_wheel(tmp_path / "w.whl", contents), target)
    with pytest.raises(ConfigError, match="no hand models in it"):
        assemble_model(make_wheel(tmp_path / "empty.whl", {}), target)
    junk = tmp_path / "junk.whl"
    junk.write_bytes(b"junk")
    with pytest.raises(ConfigError, match="no hand models in it"):
        assemble_model(junk, target)
    assert not target.exists()


def test_missing_model_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="fetch-hands"):
        MediapipeHands(tmp_path / "none.task")


def test_window_is_above_the_sternum() -> None:
    model = Intrinsics(width_px=640, height_px=480, fx_px=600, fy_px=600, cx_px=320, cy_px=240)
    down = Rotation.from_euler("x", 180, degrees=True).as_matrix()
    rows, columns = chest_window(model, Pose(down, np.array([0.1, 0.0, 1.0])))
    middle = (rows.start + rows.stop) / 2, (columns.start + columns.stop) / 2
    assert middle == pytest.approx((240, 380), abs=12)
    assert columns.stop - columns.start < 260
    wide = chest_window(model, Pose(down, np.array([0.1, 0.0, 1.0])), sweeping=True)
    assert wide[1].start < columns.start and wide[1].stop > columns.stop
    assert wide[0].start < rows.start and wide[0].stop > rows.stop
    rows, columns = chest_window(model, Pose(down, np.array([3.0, 0.0, 1.0])))
    assert columns.start == columns.stop
