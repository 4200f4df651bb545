"""Files that are whole or not there at all; links, pipes and devices stay what they are."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from mr.files import is_folder, is_there, whole_file, write_whole


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_a_file_is_replaced_whole_and_has_the_rights_of_any_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a"
    write_whole(path, b"first")
    write_whole(path, b"second")
    assert path.read_bytes() == b"second"
    (tmp_path / "plain").write_bytes(b"")
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert names(path.parent) == ["a"]


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), whole_file(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old" and names(tmp_path) == ["a"]


def test_a_symlink_stays_and_its_target_is_written(tmp_path: Path) -> None:
    for name, there in (("old", True), ("new", False)):
        link, target = tmp_path / f"{name}-link", tmp_path / "elsewhere" / name
        target.parent.mkdir(exist_ok=True)
        if there:
            target.write_bytes(b"old")
        link.symlink_to(target)
        write_whole(link, b"data")
        assert link.is_symlink() and target.read_bytes() == b"data"
    assert names(tmp_path) == ["elsewhere", "new-link", "old-link"]


def test_a_pipe_stays_and_gets_the_bytes(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()), daemon=True)
    reader.start()
    write_whole(fifo, b"data")
    reader.join(30)
    assert got == [b"data"] and stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_folder_and_a_loop_are_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for path in (tmp_path, tmp_path / "loop", tmp_path / ("n" * 300)):
        with pytest.raises(OSError, match=str(path)):
            write_whole(path, b"data")
    assert names(tmp_path) == ["loop"]


def test_what_cannot_be_seen_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for name in ("n" * 300, "loop", "none"):
        assert not is_there(tmp_path / name) and not is_folder(tmp_path / name)
    (tmp_path / "file").touch()
    assert is_there(tmp_path / "file") and not is_folder(tmp_path / "file")
    assert is_there(tmp_path) and is_folder(tmp_path)
