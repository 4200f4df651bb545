"""Hand landmarks in the colour image: which hand, wrist and knuckles, never depth.

Takes colour frames and the region above the sternum, gives `HandLandmarks`; leaves
their use to `mr.tracking.evidence`. The finder stands behind an interface, because the
part that does the work (mediapipe, extra ``hands``) is heavy and may one day have to go;
without it everything else works.

Only what lies in the region counts: in whole pictures of real CPR most detections
are the mannequin's own hand. Feed the raw picture, never one with overlays on it.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self

import cv2
import numpy as np
import numpy.typing as npt
import platformdirs

from mr.errors import ConfigError
from mr.geometry.camera import Camera, PinholeModel
from mr.types import ColorFrame, FloatArray, HandLandmarks, Pose, Stamp

WHEEL = "mediapipe==0.10.21"
"""The release whose wheel carries the full models; only its files are used."""
PARTS = {
    "hand_detector.tflite": (
        "mediapipe/modules/palm_detection/palm_detection_full.tflite",
        "1b14e9422c6ad006cde6581a46c8b90dd573c07ab7f3934b5589e7cea3f89a54",
    ),
    "hand_landmarks_detector.tflite": (
        "mediapipe/modules/hand_landmark/hand_landmark_full.tflite",
        "11c272b891e1a99ab034208e23937a8008388cf11ed2a9d776ed3d01d0ba00e3",
    ),
}
"""What a ``.task`` bundle holds: name in it, name in the wheel, sha256."""
HINT = "pip install 'mrcpr[hands]' (mediapipe >= 0.10.32, < 0.10.35)"
FETCH = "`mrcpr fetch-hands` gets it"

Window = tuple[slice, slice]
"""Rows and columns of an image."""
Side = Literal["left", "right", "unknown"]
SURROUNDINGS = 1.5
"""Times the window's sides that are looked at; a hand still counts in the window only. A
palm that fills the picture is missed: of 40 photographs with a window twice as long as the
hand 33 were found without surroundings, 37 with them."""
MIN_SIDE_PX = 32
N_HANDS = 4
"""The learner's two, and two in the surroundings that must not take their place."""


class HandFinder(Protocol):
    """Finds hands in a window of one colour frame."""

    def find(self, frame: ColorFrame, stamp: Stamp, window: Window) -> list[HandLandmarks]:
        """Give each hand whose middle lies in the window."""
        ...


def chest_window(
    color: PinholeModel, color_from_mannequin: Pose, *, sweeping: bool = False
) -> Window:
    """Give the part of the colour image above the sternum, hands and wrists included.

    With `sweeping`, as far as a hand sweeps that shows a headset where the rig is: a hand is
    then a third of the window's side.
    """
    x_m, y_m, low_m, high_m = (0.28, 0.25, -0.06, 0.40) if sweeping else (0.16, 0.14, -0.06, 0.14)
    corners = [[x, y, z] for x in (-x_m, x_m) for y in (-y_m, y_m) for z in (low_m, high_m)]
    return Camera(color).window(color_from_mannequin.apply(np.array(corners)))


def model_path() -> Path:
    """Tell where the assembled model is kept."""
    return Path(platformdirs.user_data_dir("mrcpr")) / "models" / "hand_landmarker.task"


def assemble_model(wheel: Path, target: Path | None = None) -> Path:
    """Make the model bundle out of the wheel's own files; gives its path.

    Raises
    ------
    ConfigError
        When the wheel is not readable or its files are not the ones known.
    """
    target = model_path() if target is None else target
    parts: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            for name, (inside, sha256) in PARTS.items():
                data = archive.read(inside)
                if hashlib.sha256(data).hexdigest() != sha256:
                    raise ConfigError(f"{wheel}: {inside} is not the known model: get {WHEEL}")
                parts[name] = data
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{wheel}: no hand models in it ({error}): get {WHEEL}") from error
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, suffix=".tmp")
    os.close(handle)
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as bundle:
            for name, data in parts.items():
                # ZipInfo has a fixed date: the same bytes make the same bundle.
                bundle.writestr(zipfile.ZipInfo(name), data)
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target


def fetch_model() -> Path:
    """Download the wheel with pip and assemble the model, unless it is there already.

    For set-up only; nothing else in the house reaches for the network.

    Raises
    ------
    ConfigError
        When pip cannot get the wheel or its files are not the ones known.
    """
    target = model_path()
    if target.exists():
        return target
    with tempfile.TemporaryDirectory() as folder:
        wanted = ["--no-deps", "--only-binary=:all:", "--python-version", "3.11"]
        wanted += ["--platform", "manylinux_2_28_x86_64", "--dest", folder, WHEEL]
        command = [sys.executable, "-m", "pip", "download", "--quiet", *wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = sorted(Path(folder).glob("*.whl"))
        if done.returncode != 0 or not wheels:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ConfigError(
                f"pip could not download {WHEEL} ({last}): check the network, "
                "or give an official hand_landmarker.task by its path"
            )
        return assemble_model(wheels[0], target)


class MediapipeHands:
    """Hands found by mediapipe; a context manager, because it holds native threads.

    Parameters
    ----------
    model
        A ``.task`` bundle: `model_path` or an official one.
    n_hands
        At most so many are looked for, surroundings included; each one found costs the time
        of one more look.

    Raises
    ------
    ConfigError
        When mediapipe or the model is missing or not usable.
    """

    def __init__(self, model: Path, n_hands: int = N_HANDS) -> None:
        if not model.exists():
            raise ConfigError(f"{model}: no hand model there: {FETCH}")
        try:
            self._mp: Any = importlib.import_module("mediapipe")
        except (ImportError, OSError) as error:
            raise ConfigError(f"mediapipe cannot be used ({error}): {HINT}") from error
        vision = self._mp.tasks.vision
        options = vision.HandLandmarkerOptions(
            base_options=self._mp.tasks.BaseOptions(model_asset_path=str(model)),
            num_hands=n_hands,
        )
        try:
            self._landmarker: Any = vision.HandLandmarker.create_from_options(options)
        except (RuntimeError, ValueError) as error:
            raise ConfigError(f"{model}: not a hand model ({error})") from error

    def __enter__(self) -> Self:
        """Use it until the block ends."""
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._landmarker.close()

    def find(self, frame: ColorFrame, stamp: Stamp, window: Window) -> list[HandLandmarks]:
        """Give each hand whose middle lies in the window; px of the whole image."""
        if min(window[0].stop - window[0].start, window[1].stop - window[1].start) < MIN_SIDE_PX:
            return []
        rows, columns = _with_surroundings(window, frame.bgr.shape)
        part = np.ascontiguousarray(frame.bgr[rows, columns])
        corner_px = np.array([columns.start, rows.start])
        # With red and blue exchanged a blue glove has the colour of skin.
        for rgb in (cv2.cvtColor(part, cv2.COLOR_BGR2RGB), part):
            hands = [
                HandLandmarks(
                    arrival=replace(frame.arrival, stream=f"cam_{frame.camera_id}.landmarks"),
                    stamp=stamp,
                    camera_id=frame.camera_id,
                    landmarks_px=points_px + corner_px,
                    confidence=trust,
                    side=side,
                )
                for points_px, trust, side in self._look(np.asarray(rgb, np.uint8))
                if _inside((points_px + corner_px).mean(axis=0), window)
            ]
            if hands:
                return hands
        return []

    def _look(self, rgb: npt.NDArray[np.uint8]) -> list[tuple[FloatArray, float, Side]]:
        """Give each hand's (21, 2) px, the trust in its side, and the side."""
        # Padded to a square: mediapipe turns regions rightly in square images only.
        height, width = rgb.shape[:2]
        size = max(height, width)
        square = np.zeros((size, size, 3), np.uint8)
        square[:height, :width] = rgb
        image = self._mp.Image(image_format=self._mp.ImageFormat.SRGB, data=square)
        result = self._landmarker.detect(image)
        # mediapipe's shares run from edge to edge; our pixel 0 has its centre at 0.
        return [
            (
                size * np.array([[p.x, p.y] for p in points]) - 0.5,
                float(sides[0].score),
                _side(sides[0].category_name),
            )
            for points, sides in zip(result.hand_landmarks, result.handedness, strict=True)
        ]


def _with_surroundings(window: Window, shape: tuple[int, ...]) -> Window:
    """Widen a window about its middle by `SURROUNDINGS`, clipped to the image."""
    wide = []
    for part, size in zip(window, shape[:2], strict=True):
        more = round((SURROUNDINGS - 1.0) / 2 * (part.stop - part.start))
        wide.append(slice(max(0, part.start - more), min(size, part.stop + more)))
    return wide[0], wide[1]


def _inside(point_px: FloatArray, window: Window) -> bool:
    rows, columns = window
    return bool(
        columns.start <= point_px[0] < columns.stop and rows.start <= point_px[1] < rows.stop
    )


def _side(name: str) -> Side:
    """Name a hand; mediapipe's name is right for pictures that are not mirrored."""
    return "left" if name == "Left" else "right" if name == "Right" else "unknown"
