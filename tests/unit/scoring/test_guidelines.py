"""Profiles: one-sided depth on the mannequin's own chest, rescuers, force, versions, own ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mr.config import Mode
from mr.errors import ConfigError
from mr.scoring.performance import Performance
from mr.scoring.profiles import (
    guideline_of_json,
    load_guideline,
    profile_as_json,
    profile_sha256,
    shipped_guidelines,
)
from mr.scoring.score import score_performance
from mr.types import Measured, ScoreItem
from tests.unit.scoring.test_score import compression


def item(performance: Performance, name: str, key: str, ap_mm: float | None = None) -> ScoreItem:
    guideline = load_guideline(name).for_chest(ap_mm)
    score = score_performance(performance, guideline, Mode.HANDS_ONLY)
    return next(i for i in score.items if i.key == key)


def pressed(depth_mm: float) -> Performance:
    return Performance([compression(k, depth_mm) for k in range(9)], [], [], Measured(95.0))


def test_every_body_year_age_and_level_is_shipped() -> None:
    keys = {f"{b}-{y}" for b, y in (("aha", 2020), ("aha", 2025), ("erc", 2021), ("erc", 2025))}
    for key in keys:
        for tail in ("adult-lay", "adult-bls", "adult-als", "child-bls", "infant-bls"):
            guideline = load_guideline(f"{key}-{tail}")
            named = f"{guideline.body}-{guideline.year}-{guideline.age_group}"
            assert f"{named}-{guideline.provider_level}".lower() == guideline.id
    assert len(shipped_guidelines()) == 20


@pytest.mark.parametrize("name", shipped_guidelines())
def test_a_profile_is_kept_and_read_back(name: str) -> None:
    guideline = load_guideline(name)
    assert guideline_of_json(profile_as_json(guideline)) == guideline
    on_a_chest = guideline.for_chest(150.0)
    assert profile_sha256(on_a_chest) == profile_sha256(guideline)


def test_one_third_of_the_chest_is_a_floor_and_no_band() -> None:
    assert item(pressed(50.0), "aha-2020-child-bls", "depth", 150.0).value_pct == 100.0
    assert item(pressed(72.0), "aha-2020-child-bls", "depth", 150.0).value_pct == 100.0
    assert item(pressed(45.0), "aha-2020-child-bls", "depth", 150.0).value_pct == 50.0
    # The upper limit of 2025 is one (negative control), and a bigger chest wants more.
    assert item(pressed(72.0), "aha-2025-child-bls", "depth", 150.0).value_pct == 0.0
    assert item(pressed(50.0), "aha-2020-child-bls", "depth", 165.0).value_pct == 50.0


def test_a_child_without_a_known_chest_is_refused() -> None:
    for name in ("aha-2025-child-bls", "erc-2021-infant-bls"):
        with pytest.raises(ConfigError, match="AP diameter is not known"):
            load_guideline(name).for_chest(None)
    with pytest.raises(ConfigError, match=r"high_mm \(60\) must be above low_mm \(71.7\)"):
        load_guideline("aha-2025-child-bls").for_chest(215.0)
    load_guideline("aha-2025-adult-bls").for_chest(None)
    with pytest.raises(ConfigError, match="for a child but the mannequin is an adult"):
        load_guideline("aha-2025-child-bls").require_body("adult")


def test_the_number_of_rescuers_decides_the_ratio() -> None:
    aha, erc = load_guideline("aha-2025-child-bls"), load_guideline("erc-2021-child-bls")
    aha.require_mode(Mode.C30_2, 1)
    aha.require_mode(Mode.C15_2, 2)
    erc.require_mode(Mode.C15_2, 1)
    for guideline, mode, n in ((aha, Mode.C15_2, 1), (aha, Mode.C30_2, 2), (erc, Mode.C30_2, 1)):
        with pytest.raises(ConfigError, match="rescuer"):
            guideline.require_mode(mode, n)
    with pytest.raises(ConfigError, match="continuous"):
        load_guideline("erc-2025-adult-lay").require_mode(Mode.CONTINUOUS)


OWN = """
extends = "aha-2025-adult-bls"
id = "own"
version = {version}
title = "Our course"
[recoil]
criterion = "force"
release_max_mm = 5.0
zero_at_mm = 5.0
{force}
source = "our course"
standing = "ours"
"""
FORCE = "release_max_n = 24.5\nzero_at_n = 20.0"


def test_recoil_by_force_looks_at_force_alone(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN.format(version=1, force=FORCE))
    leaning = [
        replace(compression(k, release_mm=9.0), release_force_n=Measured(34.5)) for k in range(9)
    ]
    performance = Performance(leaning, [], [], Measured(95.0))
    by_force = item(performance, str(path), "recoil")
    assert by_force.value_pct == pytest.approx(50.0)
    assert "9 not released fully (by 10.0 N on average) of 9" in by_force.reason
    unfelt = Performance([compression(k) for k in range(9)], [], [], Measured(95.0))
    assert item(unfelt, str(path), "recoil").reason == "no force was measured"
    assert item(performance, "aha-2025-adult-bls", "recoil").value_pct == pytest.approx(20.0)


def test_versions_of_a_profile_are_told_apart(tmp_path: Path) -> None:
    path, seen = tmp_path / "own.toml", set()
    changed = FORCE.replace("20.0", "24.5")  # the version was forgotten
    for version, force in ((1, FORCE), (2, FORCE), (1, changed)):
        path.write_text(OWN.format(version=version, force=force))
        seen.add(profile_sha256(load_guideline(str(path))))
    assert len(seen) == 3


def test_a_wrong_own_profile_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    good = OWN.format(version=1, force=FORCE)
    for wrong, words in (
        (OWN.format(version=1, force=""), 'recoil: criterion "force" needs release_max_n'),
        (
            good.replace("aha-2025-adult-bls", "aha-1999"),
            "extends: no shipped profile 'aha-1999'.*erc-2025",
        ),
        (good.replace('title = "Our course"', ""), "title: field required"),
        (good.replace("24.5", "-1"), "recoil.release_max_n: input should be greater than 0"),
    ):
        path.write_text(wrong)
        with pytest.raises(ConfigError, match=words):
            load_guideline(str(path))


def test_a_profile_of_the_older_form_says_how_to_convert_it(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        'schema = "mrcpr.guideline/1"\nid = "own"\nversion = 1\nrescuers = [1, 2]\n'
        'modes = ["hands-only"]\n[ventilation]\nlow_ml = 500.0\nhigh_ml = 600.0\n'
    )
    with pytest.raises(
        ConfigError, match=r"older form: write .*guideline/2.*\[modes\].*volume_low"
    ):
        load_guideline(str(path))
