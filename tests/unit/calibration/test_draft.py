"""A rig as far as it is calibrated: what is missing is named, what is whole becomes a rig."""

from __future__ import annotations

from pathlib import Path

import pytest

from calibration.draft import (
    MannequinDraft,
    RigDraft,
    load_draft,
    model_of,
    new_draft,
    save_draft,
)
from mr.errors import CalibrationError, ConfigError
from mr.types import Pose
from tests.unit.calibration.rigs import a_whole_rig

RIG = a_whole_rig()
MODELS = {key: model_of(camera) for key, camera in RIG.cameras.items()}
MANNEQUIN = MannequinDraft(serial="MQ-1", chest_ap_m=0.2)


def test_a_whole_rig_goes_in_and_comes_out() -> None:
    draft = RigDraft.of(RIG)
    assert draft.missing() == ()
    assert draft.rig() == RIG


def test_what_is_missing_is_named_in_the_order_of_its_use() -> None:
    draft = new_draft("new", "live", MODELS, MANNEQUIN)
    assert draft.missing() == ("plates", "world", "rest", "chest", "cells", "airway")
    with pytest.raises(CalibrationError, match="do `mrcpr calibrate plates`, then world, rest, ch"):
        draft.rig()
    whole = RigDraft.of(RIG)
    assert whole.model_copy(update={"world_from_cam": {}}).missing() == ("world",)
    unmarked = whole.model_copy(update={"markers": None})
    assert unmarked.missing() == ()  # a surface tells where it lies, too
    assert unmarked.model_copy(update={"surface": None}).missing() == ("plates",)
    assert whole.mannequin is not None
    half = whole.mannequin.model_copy(update={"cell_xy_in_mannequin_m": None})
    last = whole.model_copy(update={"mannequin": half})
    assert last.missing() == ("cells",)
    with pytest.raises(CalibrationError, match=r"do `mrcpr calibrate cells`$"):
        last.rig()


def test_a_mannequin_alone_needs_no_camera_to_be_a_rig() -> None:
    draft = RigDraft.of(RIG).model_copy(
        update={"cameras": {}, "world_from_cam": {}, "world_from_mannequin": None,
                "markers": None, "surface": None, "bending": None}
    )  # fmt: skip
    assert draft.missing() == ()
    rig = draft.rig()
    pose = rig.world_from_mannequin.pose()
    assert (pose.R == Pose.identity().R).all() and not pose.t_m.any()
    assert rig.mannequin == RIG.mannequin


def test_cameras_alone_need_no_mannequin() -> None:
    assert new_draft("new", "live", MODELS, None).missing() == ("plates", "world", "rest")


@pytest.mark.parametrize(
    "draft",
    [
        new_draft("new", "sim", {}, MANNEQUIN),
        new_draft('a "name"\n', "live", MODELS, None),
        RigDraft.of(RIG).model_copy(update={"base_sha256": "ab" * 32}),
    ],
)
def test_it_comes_back_from_its_file(draft: RigDraft, tmp_path: Path) -> None:
    path = tmp_path / "rig.work" / "draft.toml"
    save_draft(draft, path)
    assert load_draft(path) == draft


def test_a_damaged_file_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "draft.toml"
    save_draft(new_draft("new", "sim", {}, MANNEQUIN), path)
    good = path.read_text(encoding="utf-8")
    for text, words in (
        (good[: len(good) // 2] + "[", "mend it, or move it away"),
        ("more = 1\n" + good, "more: unknown key"),
        (good.replace("rig-draft/1", "rig-draft/9"), "schema"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=words):
            load_draft(path)
    with pytest.raises(ConfigError, match="mend it, or move it away"):
        load_draft(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="cannot write this draft"):
        save_draft(new_draft("new", "sim", {}, MANNEQUIN), path / "under.toml")
