"""Golden pictures: what is drawn now is what a person has looked at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mr.types import Snapshot
from overlays.look import Look
from overlays.theme import HIGH_CONTRAST
from tests.golden.sheets import FOLDER, Bgr, difference, drawn, read, scene_on_chest, sheets

MEAN_MOST = 2.0
"""Mean difference, of 255, that a palette and another version's antialiasing may make."""
OTHER_MOST = 0.004
"""Share of pixels that may differ clearly."""


@pytest.fixture(scope="module")
def now() -> dict[str, Bgr]:
    """Draw all sheets once."""
    return sheets()


def alike(a: Bgr, b: Bgr) -> bool:
    mean, share = difference(a, b)
    return mean <= MEAN_MOST and share <= OTHER_MOST


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.png")))
def test_the_sheet_looks_as_it_did(now: dict[str, Bgr], name: str) -> None:
    mean, share = difference(now[name], read(FOLDER / f"{name}.png"))
    print(f"{name}: mean {mean:.2f} of 255, {100 * share:.3f} % of pixels clearly other")
    assert mean <= MEAN_MOST, "python -m tests.golden, and look at it"
    assert share <= OTHER_MOST, "python -m tests.golden, and look at it"


def test_every_sheet_has_its_golden_picture(now: dict[str, Bgr]) -> None:
    assert set(now) == {path.stem for path in FOLDER.glob("*.png")}
    assert sum(path.stat().st_size for path in FOLDER.glob("*.png")) < 1_500_000


def test_another_theme_would_be_seen(states: dict[str, Snapshot]) -> None:
    plain, other = (scene_on_chest(drawn(states["right"], look)) for look in LOOKS)
    assert not alike(plain, other)


LOOKS = (Look(), Look(HIGH_CONTRAST))


def test_another_state_would_be_seen(states: dict[str, Snapshot]) -> None:
    right = scene_on_chest(drawn(states["right"], Look()))
    for name in ("too shallow", "leaning", "wrong place", "hands off", "in a cycle"):
        assert not alike(right, scene_on_chest(drawn(states[name], Look()))), name


def test_one_state_of_a_sheet_would_be_seen(now: dict[str, Bgr]) -> None:
    """A sheet of eight with one tile in another state is not alike."""
    sheet = now["states-1"]
    swapped = sheet.copy()
    high, wide = sheet.shape[0] // 4, sheet.shape[1] // 2
    swapped[:high, :wide], swapped[:high, wide : 2 * wide] = (
        sheet[:high, wide : 2 * wide],
        sheet[:high, :wide],
    )
    assert not alike(sheet, swapped)


def test_a_missing_picture_is_named() -> None:
    with pytest.raises(AssertionError, match=r"nothing.png is missing: python -m tests.golden"):
        read(FOLDER / "nothing.png")


def test_a_picture_is_alike_itself_and_not_its_negative(states: dict[str, Snapshot]) -> None:
    picture = scene_on_chest(drawn(replace(states["right"], seq=9), Look()))
    assert difference(picture, picture) == (0.0, 0.0)
    assert difference(picture, (255 - picture).astype(np.uint8))[1] > 0.9
