"""Hands in real photographs; needs mediapipe, its model, and the shared photographs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from mr.sim.rig import make_sim_rig
from mr.tracking.landmarks import FETCH, HINT, MediapipeHands, Window, chest_window, model_path
from mr.types import HandLandmarks, Stamp
from tests.truth.hand_photographs import GLOVES, Hand, Image, as_frame, gloved, load, skin_of

if TYPE_CHECKING:
    from tests.conftest import Require

TIMES = 2.0
"""The region's side over the hand's: as the window above the sternum is to a hand there."""
Finder = MediapipeHands


@pytest.fixture(scope="module")
def finder() -> Iterator[Finder]:
    from tests.conftest import Require

    Require().module("mediapipe", HINT)
    if not model_path().exists():
        Require().missing("the hand model", FETCH)
    with MediapipeHands(model_path()) as hands:
        yield hands


@pytest.fixture
def photographs(require: Require) -> list[tuple[Image, Hand]]:
    return load(require.shared("hands"))


def look(finder: Finder, bgr: Image, window: Window) -> list[HandLandmarks]:
    return finder.find(as_frame(bgr), Stamp(1, 1), window)


def middle(hand: HandLandmarks) -> np.ndarray:
    return np.asarray(hand.landmarks_px.mean(axis=0))


def outside(hand: HandLandmarks, window: Window) -> bool:
    (x, y), (rows, columns) = middle(hand), window
    return not (rows.start <= y < rows.stop and columns.start <= x < columns.stop)


def empty_corner(shape: tuple[int, ...], hand: Hand) -> Window:
    """Give a region of the same size in the upper corner where the hand is not."""
    side = int(min(TIMES * hand.size_px, 0.45 * min(shape[:2])))
    left = 0 if hand.x_px > shape[1] / 2 else shape[1] - side
    return slice(0, side), slice(left, left + side)


def test_hands_of_real_photographs(
    finder: Finder, photographs: list[tuple[Image, Hand]], capsys: pytest.CaptureFixture[str]
) -> None:
    on_it = elsewhere = beside = right_side = 0
    for bgr, hand in photographs:
        window = hand.region(bgr.shape, TIMES)
        found = look(finder, bgr, window)
        beside += sum(outside(f, window) for f in found)
        here = [f for f in found if hand.holds(middle(f))]
        on_it += bool(here)
        right_side += any(f.side == hand.side for f in here)
        elsewhere += bool(look(finder, bgr, empty_corner(bgr.shape, hand)))
    with capsys.disabled():
        print(
            f"\nlandmarks on the shown hand in {on_it} of {len(photographs)} photographs with the "
            f"region given, its side right in {right_side}; outside the region {beside}; "
            f"with a region where no hand is: {elsewhere}"
        )
    assert len(photographs) == 40
    assert on_it >= 34
    assert beside == 0
    assert right_side >= 0.85 * on_it
    # The control: the same question asked of a region without a hand.
    assert elsewhere <= 1


def place(picture: Image, bgr: Image, hand: Hand, middle_px: tuple[int, int], size_px: int) -> None:
    """Paste the hand with its surroundings into a picture, scaled to a size, in place."""
    rows, columns = hand.region(bgr.shape, 1.7)
    share = size_px / hand.size_px
    part = cv2.resize(bgr[rows, columns], None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    x = round(middle_px[0] - share * (hand.x_px - columns.start))
    y = round(middle_px[1] - share * (hand.y_px - rows.start))
    top, left = max(0, -y), max(0, -x)
    part = part[top : picture.shape[0] - y, left : picture.shape[1] - x]
    picture[y + top : y + top + part.shape[0], x + left : x + left + part.shape[1]] = part


def test_a_bystanders_hand_beside_the_chest_is_ignored(
    finder: Finder,
    photographs: list[tuple[Image, Hand]],
    require: Require,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One photographed hand over the chest, another beside it, on a real room's picture."""
    rig = make_sim_rig()
    window = chest_window(rig.camera.color, rig.mannequin_from_color.inverse())
    room = cv2.imread(str(require.shared("realsense/planes/color/000001.png")))
    assert room is not None
    size = (rig.camera.color.width_px, rig.camera.color.height_px)
    chest_px = tuple(int((part.start + part.stop) / 2) for part in reversed(window))
    mine = theirs = seen_without_gate = 0
    whole = (slice(0, size[1]), slice(0, size[0]))
    for k, (bgr, hand) in enumerate(photographs):
        picture = np.asarray(cv2.resize(room, size), np.uint8)
        beside_px = (chest_px[0] - 280, 300)
        place(picture, *photographs[(k + 13) % len(photographs)], beside_px, 110)
        place(picture, bgr, hand, (chest_px[0], chest_px[1]), 150)
        found = look(finder, picture, window)
        mine += any(np.hypot(*(middle(f) - chest_px)) < 75 for f in found)
        theirs += sum(outside(f, window) for f in found)
        ungated = look(finder, picture, whole)
        seen_without_gate += any(np.hypot(*(middle(f) - beside_px)) < 55 for f in ungated)
    with capsys.disabled():
        print(
            f"\nover the chest {mine} of {len(photographs)} hands found, {theirs} beside it; "
            f"without the gate {seen_without_gate} hands beside it"
        )
    assert mine >= 28, "pasted at other sizes than they were taken: fewer than above"
    assert theirs == 0
    # The control: the bystander's hands are there to be found.
    assert seen_without_gate >= 20


def test_gloves(
    finder: Finder, photographs: list[tuple[Image, Hand]], capsys: pytest.CaptureFixture[str]
) -> None:
    """Depth sees no colour; landmarks do, so how many hands in gloves are found is told."""
    bare = []
    for bgr, hand in photographs:
        found = look(finder, bgr, hand.region(bgr.shape, TIMES))
        here = [f for f in found if hand.holds(middle(f))]
        bare += [(bgr, hand, skin_of(bgr, hand, f.landmarks_px)) for f in here[:1]]
    told = []
    for glove in GLOVES:
        blue = glove == "blue nitrile"
        n_found = n_plain = 0
        for bgr, hand, skin in bare:
            dressed = gloved(bgr, skin, glove)
            assert (dressed != bgr).any(axis=2).sum() > 0.1 * hand.size_px**2
            window = hand.region(bgr.shape, TIMES)
            n_found += any(hand.holds(middle(f)) for f in look(finder, dressed, window))
            n_plain += blue and _without_exchange(finder, dressed, hand, window)
        told.append(f"{glove} {n_found}")
        if blue:
            told[-1] += f" (without exchanging red and blue {n_plain})"
            assert n_found > 2 * n_plain
    with capsys.disabled():
        print(f"\nof {len(bare)} hands found bare, with gloves drawn on: {'; '.join(told)}")


def _without_exchange(finder: Finder, bgr: Image, hand: Hand, window: Window) -> bool:
    """Look once only, in the picture's own colours, at the same part."""
    from mr.tracking.landmarks import _with_surroundings

    rows, columns = _with_surroundings(window, bgr.shape)
    rgb = np.asarray(cv2.cvtColor(np.ascontiguousarray(bgr[rows, columns]), cv2.COLOR_BGR2RGB))
    corner = np.array([columns.start, rows.start])
    return any(hand.holds((p + corner).mean(axis=0)) for p, _, _ in finder._look(rgb))
