"""A film gives the bits that rendering gives, and only for the very same scene."""

from __future__ import annotations

import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mr.clock.host import SteppedClock
from mr.sim import film as film_module
from mr.sim import film_file
from mr.sim.camera import CameraTraits, SimCamera, SimImager
from mr.sim.film import FilmedImager, FilmStore, scene_key, simulator_sha256
from mr.sim.film_file import FilmWriter, Shot, open_film
from mr.sim.learner import make_script
from mr.sim.limbs import Physique
from mr.sim.noise import NoiseModel
from mr.sim.rig import CameraPlace, make_sim_rigs
from mr.types import DepthFrame, EndOfStream, Sample

RIG = make_sim_rigs({"a": CameraPlace(0.7, 25.0, 0.0)})["a"]
SCRIPT = make_script("good", compressing_s=1.0, seed=2)
FOCUS_M = np.array([[-0.1, -0.1, -0.1], [0.1, 0.1, 0.1]])
SHOTS = [Shot("color", 3.0), *(Shot("depth", 3.0 + 0.05 * k) for k in range(4)), Shot("color", 3.2)]
DEPTH = SHOTS[1:5]


def look(imager: FilmedImager | SimImager, shots: list[Shot]) -> list[np.ndarray]:
    return [imager.depth_counts(t_s) if kind == "depth" else imager.bgr(t_s) for kind, t_s in shots]


def filmed(store: FilmStore, **more: object) -> FilmedImager:
    return FilmedImager(RIG, SCRIPT, 5, store=store, focus_m=FOCUS_M, **more)  # type: ignore[arg-type]


def same(a: list[np.ndarray], b: list[np.ndarray]) -> bool:
    return all(x.dtype == y.dtype and np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.fixture
def store(tmp_path: Path) -> FilmStore:
    return FilmStore(tmp_path / "films")


@pytest.fixture(scope="module")
def truth() -> list[np.ndarray]:
    return look(SimImager(RIG, SCRIPT, 5, focus_m=FOCUS_M), SHOTS)


def only_film(store: FilmStore) -> Path:
    (path,) = store.folder.iterdir()
    return path


def test_the_second_time_is_played_and_has_the_same_bits(
    store: FilmStore, truth: list[np.ndarray]
) -> None:
    with filmed(store) as first:
        assert same(look(first, SHOTS), truth)
        assert (first.played, first.rendered) == (0, len(SHOTS))
        assert not list(store.folder.glob("*.film")), "not there before it is whole"
    assert only_film(store).suffix == ".film"
    with filmed(store) as second:
        assert second.painter() is None
        again = look(second, SHOTS)
        assert same(again, truth)
        assert (second.played, second.rendered) == (len(SHOTS), 0)
    # The control: the comparison sees one count.
    again[2][100, 100] += 1
    assert not same(again, truth)


def test_a_picture_may_be_written_into_without_harm_to_the_next(store: FilmStore) -> None:
    with filmed(store) as first:
        look(first, SHOTS[1:3])
    with filmed(store) as second:
        kept = second.depth_counts(SHOTS[1].t_s)
        before = kept.copy()
        kept[:] = 0
        third = second.depth_counts(SHOTS[2].t_s)
    assert third.any() and before.any()
    with filmed(store) as other:
        assert same(look(other, SHOTS[1:3]), [before, third])


@pytest.mark.parametrize("at", [0, 2, 4])
def test_another_sequence_is_rendered_from_its_beginning(store: FilmStore, at: int) -> None:
    """The noise of a picture depends on how many came before it."""
    with filmed(store) as first:
        look(first, DEPTH)
    other = [*DEPTH[:at], Shot("depth", 3.07), *DEPTH[at:]]
    with filmed(store) as second:
        got = look(second, other)
        assert second.played == at
    assert same(got, look(SimImager(RIG, SCRIPT, 5, focus_m=FOCUS_M), other))
    with filmed(store) as third:  # the newer sequence has taken the film's place
        look(third, other)
        assert third.rendered == 0


def test_a_longer_look_than_the_film_goes_on_as_if_rendered(
    store: FilmStore, truth: list[np.ndarray]
) -> None:
    with filmed(store) as first:
        look(first, DEPTH[:3])
    with filmed(store) as second:
        assert same(look(second, DEPTH), truth[1:5])


def test_whatever_changes_a_picture_changes_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    other_rig = make_sim_rigs({"a": CameraPlace(0.7, 25.0, 0.001)})["a"]
    shorter = make_script("good", compressing_s=1.0, seed=3)
    base = (RIG, SCRIPT, 5, NoiseModel(), Physique(), 0.008, None, (60.0, 1.0))

    def key(k: int, value: object) -> str:
        return scene_key(*base[:k], value, *base[k + 1 :])

    others = [
        key(0, other_rig),
        key(1, shorter),
        key(2, 6),
        key(3, NoiseModel(sigma_px=0.0900001)),
        key(4, Physique(gloves=True)),
        key(5, 0.0),
        key(6, FOCUS_M),
        key(6, FOCUS_M + 1e-9),
        key(7, (30.0, 1.0)),
        key(7, (60, 1.0)),
    ]
    assert len({scene_key(*base), *others}) == len(others) + 1
    # Made anew from the same numbers, and after use, it is the same.
    again = make_script("good", compressing_s=1.0, seed=2)
    again.truth(), again.chest_depth_m(1.0)
    same_rig = make_sim_rigs({"a": CameraPlace(0.7, 25.0, 0.0)})["a"]
    assert scene_key(same_rig, again, *base[2:]) == scene_key(*base)
    assert scene_key(RIG, replace(again, duration_s=9.0), *base[2:]) != scene_key(*base)
    monkeypatch.setattr(film_module, "simulator_sha256", lambda: "another simulator")
    assert scene_key(*base) not in {*others}
    with pytest.raises(TypeError, match="cannot name a film"):
        scene_key(object())


def test_the_simulators_own_source_is_part_of_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "mr"
    (package / "sim").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    source = package / "sim" / "noise.py"

    def hashed(text: str) -> str:
        source.write_text(text)
        simulator_sha256.cache_clear()
        with monkeypatch.context() as here:
            here.setattr(film_module.mr, "__file__", str(package / "__init__.py"))
            return simulator_sha256()

    try:
        assert hashed("a = 1") == hashed("a = 1") != hashed("a = 2")
    finally:
        simulator_sha256.cache_clear()


def test_another_scene_does_not_play_the_film(store: FilmStore) -> None:
    with filmed(store) as first:
        look(first, SHOTS[1:3])
    with filmed(store, noise=NoiseModel(sigma_px=0.2)) as noisier:
        look(noisier, SHOTS[1:3])
        assert (noisier.played, noisier.rendered) == (0, 2)
    assert len(list(store.folder.iterdir())) == 2


@pytest.mark.parametrize("harm", ["flip", "cut", "longer", "empty"])
def test_a_damaged_film_is_rendered_anew(
    store: FilmStore, truth: list[np.ndarray], harm: str
) -> None:
    with filmed(store) as first:
        look(first, SHOTS)
    path = only_film(store)
    good = path.read_bytes()
    middle = len(good) // 2
    flipped = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    bad = {"flip": flipped, "cut": good[:-40], "longer": good + b"x", "empty": b""}[harm]
    path.write_bytes(bad)
    assert open_film(path) is None
    with filmed(store) as second:
        assert same(look(second, SHOTS), truth)
        assert second.played == 0
    assert only_film(store).read_bytes() == good, "mended, to the last bit"


def test_an_error_or_a_full_disk_leaves_no_film(
    store: FilmStore, truth: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(KeyboardInterrupt), filmed(store) as first:
        look(first, SHOTS[1:3])
        raise KeyboardInterrupt
    assert not list(store.folder.iterdir())

    def full(self: FilmWriter, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    def begin(path: Path) -> FilmWriter:
        writer = FilmWriter(path)
        monkeypatch.setattr(FilmWriter, "_put", full)
        return writer

    monkeypatch.setattr(film_module, "FilmWriter", begin)
    with filmed(store) as second:
        assert same(look(second, SHOTS), truth), "rendered, only not kept"
    assert not list(store.folder.iterdir())


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with filmed(FilmStore(tmp_path / "file" / "films")) as imager:
        assert imager.depth_counts(3.0).any()
    assert (tmp_path / "file").read_text() == "mine"


def test_the_folder_keeps_its_bounds_and_what_was_played_last(tmp_path: Path) -> None:
    def size(store: FilmStore) -> int:
        return sum(p.stat().st_size for p in store.folder.iterdir())

    roomy = FilmStore(tmp_path / "films")
    names = []
    for k in range(3):
        with filmed(roomy, schedule=k) as imager:
            look(imager, SHOTS[1:2])
            names.append(roomy.path(imager.key))
        os.utime(names[k], (1000 + k, 1000 + k))
    one = size(roomy) // 3
    with filmed(roomy, schedule=0) as imager:  # played: now the newest
        look(imager, SHOTS[1:2])
        assert imager.rendered == 0
    stale = roomy.folder / ".killed.tmp"
    stale.write_bytes(b"x")
    os.utime(stale, (1000, 1000))
    tight = FilmStore(roomy.folder, max_bytes=round(2.5 * one))
    with filmed(tight, schedule=3) as imager:
        look(imager, SHOTS[1:2])
        names.append(tight.path(imager.key))
    assert [p.exists() for p in names] == [True, False, False, True]
    assert size(tight) <= tight.max_bytes
    assert not stale.exists()


def render_into(folder: Path, begin: object, n_wrong: object) -> None:
    begin.wait()  # type: ignore[attr-defined]
    with filmed(FilmStore(folder)) as imager:
        pictures = look(imager, SHOTS)
    if not same(pictures, look(SimImager(RIG, SCRIPT, 5, focus_m=FOCUS_M), SHOTS)):
        n_wrong.value += 1  # type: ignore[attr-defined]


def test_two_processes_that_make_the_same_film(store: FilmStore, truth: list[np.ndarray]) -> None:
    spawn = multiprocessing.get_context("spawn")
    begin, n_wrong = spawn.Barrier(2), spawn.Value("i", 0)
    both = [
        spawn.Process(target=render_into, args=(store.folder, begin, n_wrong)) for _ in range(2)
    ]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [p.exitcode for p in both] == [0, 0]
    assert n_wrong.value == 0
    only_film(store)
    with filmed(store) as third:
        assert same(look(third, SHOTS), truth)
        assert third.rendered == 0


def camera_frames(imager: FilmedImager | None) -> list[Sample]:
    clock = SteppedClock()
    camera = SimCamera(
        RIG, SCRIPT, clock, depth_hz=6.0, color_hz=1.0, seed=5, focus_m=FOCUS_M, imager=imager,
        traits=CameraTraits(dropped_share=0.2),
    )  # fmt: skip
    got: list[Sample] = []
    with camera:
        while True:
            clock.advance(20_000_000)
            try:
                got += camera.poll()
            except EndOfStream:
                return got


def test_a_camera_plays_from_a_film(store: FilmStore) -> None:
    with filmed(store) as first:
        made = camera_frames(first)
    with filmed(store) as second:
        played = camera_frames(second)
        assert second.rendered == 0
    plain = camera_frames(None)
    for frames in (made, played):
        assert [f.arrival for f in frames] == [f.arrival for f in plain]
        assert same([_pixels(f) for f in frames], [_pixels(f) for f in plain])
    assert sum(isinstance(f, DepthFrame) for f in played) > 15


def _pixels(frame: Sample) -> np.ndarray:
    return frame.depth_counts if isinstance(frame, DepthFrame) else frame.bgr  # type: ignore[union-attr]


def test_the_window_of_change_is_told(store: FilmStore) -> None:
    first = np.zeros((9, 12), np.uint16)
    other = first.copy()
    assert film_file._changed(first, other) == (slice(0, 0), slice(0, 0))
    other[3, 4] = other[5, 10] = 7
    assert film_file._changed(first, other) == (slice(3, 6), slice(4, 11))
