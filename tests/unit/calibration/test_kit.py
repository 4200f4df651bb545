"""What a technician has: kept beside the rig file, and refused where it cannot do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from calibration.boards.charuco import CharucoBoard
from calibration.kit import Kit, kit_path, load_kit, save_kit
from calibration.mannequin.chest import chest_plan
from calibration.mannequin.matrix import cells_plan
from mr.errors import ConfigError


def test_it_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    path = kit_path(tmp_path / "lab 2.toml")
    assert path.name == "lab 2.kit.toml"
    assert load_kit(path) == Kit()
    kit = Kit(
        operator='Ä. "Lab"', board=CharucoBoard(print_scale=(0.996, 1.001)),
        registration_print_scale=(0.999, 0.998), step_mm=40.0, second_syringe_ml=100.0,
        blocks_mm=(60, 10, 20, 30, 40, 50), masses_kg=(20, 1, 5, 10),
    )  # fmt: skip
    save_kit(kit, path)
    assert load_kit(path) == kit
    assert kit.blocks_mm == (10, 20, 30, 40, 50, 60) and kit.masses_kg == (1, 5, 10, 20)
    assert path.read_text(encoding="utf-8").startswith("# What the technician has.")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"blocks_mm": (10, 20, 30, 40, 50)}, "6 at least are needed"),
        ({"blocks_mm": (5, 10, 20, 30, 40, 50)}, "the deepest of 60 mm or more"),
        ({"blocks_mm": (0, 10, 20, 30, 40, 60)}, "each once, all above 0"),
        ({"blocks_mm": (10, 10, 20, 30, 40, 60)}, "each once"),
        ({"blocks_mm": (10, float("nan"), 20, 30, 40, 60)}, "each once"),
        ({"masses_kg": (5, 10, 20)}, "4 different ones"),
        ({"masses_kg": (-5, 10, 20, 40)}, "above 0"),
        ({"masses_kg": ()}, "4 different ones"),
        ({"board": {"print_scale": (99.6, 99.6)}}, "over 100"),
        ({"registration_print_scale": (1.0, 0.9)}, "over 100"),
        ({"registration_print_scale": (1.0, float("nan"))}, "over 100"),
        ({"plates_print_scale": 99.6}, "less than 1.1"),
        ({"syringe_ml": 0}, "greater than 50"),
        ({"check_block_mm": 90}, "less than 80"),
        ({"mass": 3}, "mass"),
    ],
)
def test_what_cannot_do_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Kit.model_validate(change)


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rig.kit.toml"
    for text, words in (
        ("operator = ", "cannot read this kit"),
        ("\0", "cannot read this kit"),
        ("massses_kg = [1]", "massses_kg: unknown key"),
        ("step_mm = 'high'", "step_mm"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=words):
            load_kit(path)
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigError, match="cannot read this kit"):
        load_kit(path)
    with pytest.raises(ConfigError, match="cannot write this kit"):
        save_kit(Kit(), path)


def test_the_least_that_is_taken_makes_whole_plans() -> None:
    kit = Kit(blocks_mm=(10, 20, 30, 40, 50, 60), masses_kg=(1, 2, 5, 10))
    blocks, loads = chest_plan(kit.blocks_mm), cells_plan(kit.masses_kg)
    assert len({step.name for step in blocks}) == len(blocks) == 13
    assert len({step.name for step in loads}) == len(loads)
