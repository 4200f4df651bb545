"""The doctor: each finding from a real cause, quick, and a support file without names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mr.cli import check_devices, check_software
from mr.cli.bundle import Identity, write_bundle
from mr.cli.check import Check
from mr.cli.doctor import probe_all, render, to_json
from mr.devices.realsense.sdk import CameraList, FoundCamera
from mr.errors import ConfigError
from mr.tracking import landmarks


@dataclass(frozen=True)
class Port:
    path: str
    likely: bool
    why: str = "CH340 bridge"


def test_the_whole_examination_is_quick_and_complete() -> None:
    started_s = time.monotonic()
    checks = probe_all()
    assert time.monotonic() - started_s < 8.0  # 5 s on a machine of one's own
    names = [c.name for c in checks]
    assert len(set(names)) == len(names)
    assert {
        "Python",
        "packages",
        "part [realsense]",
        "system libraries",
        "package names",
        "OpenCV",
        "display",
        "recordings folder",
        "hand model",
        "mannequins",
        "serial permissions",
        "udev rules",
        "cameras",
        "OpenXR headset",
        "sound",
        "voice",
    } <= set(names)
    assert all(c.cure for c in checks if c.state in {"missing", "warning"})
    assert not [c for c in checks if "\n" in c.found + c.cure]
    assert json.loads(to_json(checks))["checks"][0]["name"] == "Python"


def test_missing_packages_and_parts_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    real = check_software._version
    assert {c.state for c in check_software.check_packages()} <= {"ok", "absent"}
    gone = {"mcap": None, "pyopenxr": None, "numpy": "1.26.4"}
    monkeypatch.setattr(check_software, "_version", lambda name: gone.get(name, real(name)))
    checks = {c.name: c for c in check_software.check_packages()}
    assert checks["packages"].state == "missing"
    assert "mcap" in checks["packages"].found
    assert "numpy<3,>=2 (is 1.26.4)" in checks["packages"].found
    assert checks["packages"].cure == "pip install mrcpr"
    assert checks["part [headset]"].state == "absent"
    assert checks["part [headset]"].cure == "pip install 'mrcpr[headset]'"


def test_a_missing_library_names_its_package() -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("system libraries are looked at on Linux only")
    check = check_software.check_libraries({"libc.so.6": "libc6", "libno.so.9": "libno9"})
    assert (check.state, check.cure) == ("missing", "sudo apt-get install libno9")
    assert check_software.check_libraries({"libc.so.6": "libc6"}).state == "ok"


def test_another_package_of_our_name_is_found(tmp_path: Path) -> None:
    (tmp_path / "calibration").mkdir()
    clean = check_software.check_shadowed([*sys.path, str(tmp_path)])
    assert clean.state == "ok"  # a bare folder does not shadow
    (tmp_path / "calibration" / "__init__.py").touch()
    (tmp_path / "mr.py").touch()
    check = check_software.check_shadowed([str(tmp_path), *sys.path])
    assert check.state == "warning"
    assert str(tmp_path / "calibration" / "__init__.py") in check.found
    assert str(tmp_path / "mr.py") in check.found


@pytest.mark.parametrize(
    ("installed", "state"),
    [
        (["opencv-contrib-python", "numpy"], "ok"),
        (["opencv_contrib_python"], "ok"),
        (["opencv-python", "opencv-contrib-python"], "warning"),
        (["opencv-python-headless"], "warning"),
        ([], "missing"),
    ],
)
def test_exactly_one_opencv(installed: list[str], state: str) -> None:
    check = check_software.check_opencv(installed)
    assert check.state == state
    if state == "warning":
        assert all(name in check.cure for name in installed)


def test_display_disk_and_groups(tmp_path: Path) -> None:
    assert check_software.check_display({}, "linux").state == "absent"
    assert check_software.check_display({"DISPLAY": ":1"}, "linux").state == "ok"
    assert check_software.check_display({}, "win32").state == "ok"
    folder = tmp_path / "not" / "yet"
    assert check_software.check_disk(folder, 100.0).state == "ok"
    assert check_software.check_disk(folder, 1.0).state == "warning"
    assert not folder.exists()
    assert check_devices.check_serial_group(["users"]).state == "warning"
    assert check_devices.check_serial_group(["users", "dialout"]).state == "ok"


def test_the_hand_model_is_looked_for_where_it_is_put(
    require: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require.module("mediapipe", "pip install 'mrcpr[hands]'")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    absent = check_software.check_hand_model()
    assert (absent.state, absent.cure) == ("absent", "mrcpr fetch-hands")
    landmarks.model_path().parent.mkdir(parents=True)
    landmarks.model_path().touch()
    assert landmarks.model_path().is_relative_to(tmp_path)
    assert check_software.check_hand_model().state == "ok"


def test_mannequins_and_their_ports(tmp_path: Path) -> None:
    port = tmp_path / "ttyUSB0"
    port.touch()
    plugged, rights = check_devices.check_mannequins([Port(str(port), True)])
    assert plugged.state == "ok"
    assert str(port) in plugged.found
    assert rights.state == "ok"
    gone = check_devices.check_serial_rights([str(tmp_path / "ttyUSB1")])
    if sys.platform.startswith("linux"):
        assert gone.state == "warning"
        assert "dialout" in gone.cure
    plugged, _ = check_devices.check_mannequins([Port("/dev/ttyS0", False)])
    assert plugged.state == "absent"
    assert "/dev/ttyS0" in plugged.found  # for --port


def test_udev_rules(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("udev is Linux's")
    assert check_devices.check_udev([str(tmp_path)]).state == "absent"
    (tmp_path / "99-realsense-libusb.rules").touch()
    assert check_devices.check_udev([str(tmp_path)]).state == "ok"


def child(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_a_driver_that_hangs_or_crashes_is_a_finding() -> None:
    answer = json.dumps({"name": "good", "state": "ok", "found": "here", "cure": ""})
    children = {
        "good": child(f"print('noise'); print({answer!r})"),
        "crash": child("import os; os.abort()"),
        "hang": child("import signal; signal.pause()"),
    }
    for name in ("good", "crash"):
        children[name].wait(60.0)  # a busy machine starts a Python as slowly as it likes
    started_s = time.monotonic()
    checks = check_devices.collect(children, started_s, limit_s=2.0)
    assert time.monotonic() - started_s < 4.0
    assert [c.state for c in checks] == ["ok", "warning", "warning"]
    assert "ended with code" in checks[1].found
    assert "did not answer within 2 s" in checks[2].found


def test_the_table_shows_cures_and_what_is_needed() -> None:
    out = StringIO()
    checks = [
        Check("Python", "ok", "3.12"),
        Check("part [audio]", "absent", "not [installed]", "pip install 'mrcpr[audio]'"),
        Check("packages", "missing", "numpy", "pip install mrcpr"),
    ]
    render(checks, Console(file=out, width=90))
    text = out.getvalue()
    assert "pip install 'mrcpr[audio]'" in text  # square brackets are no markup
    assert "not [installed]" in text
    assert "Needed and missing: packages" in text
    out = StringIO()
    render(checks[:2], Console(file=out, width=90))
    assert "All that is needed is here" in out.getvalue()


def test_the_support_file_holds_no_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    monkeypatch.setattr("mr.cli.bundle.platformdirs.user_log_dir", lambda *_, **__: str(logs))
    home = "/srv/people/ada.lovelace"
    secrets = ("ada", "lovelace", "analytical-engine", "charles", "babbage", "/srv/people")
    text = (
        f'File "{home}/rigs/rig.toml" by ada.lovelace on ANALYTICAL-ENGINE and '
        "analytical-engine.example.org, beside /home"
        "/charles/x and C:\\Users\\Babbage\\y, "
        "/Users/babbage/z; adapter stays"
    )
    (logs / "last-fault.txt").write_text(text)
    who = Identity(home, "ada.lovelace", "analytical-engine.example.org")
    path = tmp_path / "support.zip"
    write_bundle(path, [Check("recordings folder", "ok", f"{home}/recordings")], who)
    with zipfile.ZipFile(path) as bundle:
        pages = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(pages) == {
        "README.txt",
        "checks.json",
        "system.json",
        "packages.json",
        "last-fault.txt",
    }
    whole = "\n".join(pages.values()).lower()
    for secret in secrets:
        assert secret not in whole.replace("adapter", ""), secret
        assert secret in text.lower()  # it was there to be taken out
    assert "~/rigs/rig.toml" in pages["last-fault.txt"]
    assert "adapter stays" in pages["last-fault.txt"]
    assert json.loads(pages["checks.json"])[0]["found"] == "~/recordings"
    assert "numpy" in json.loads(pages["packages.json"])


def test_this_computers_own_names_are_taken_out(tmp_path: Path) -> None:
    who = Identity.of_this_computer()
    found = f"{who.home}/x by {who.user} on {who.host}"
    path = tmp_path / "support.zip"
    write_bundle(path, [Check("a", "ok", found)])
    with zipfile.ZipFile(path) as bundle:
        assert json.loads(bundle.read("checks.json"))[0]["found"] == "~/x by <user> on <host>"


def test_a_support_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder.zip").mkdir()
    with pytest.raises(ConfigError, match=r"folder\.zip: cannot write the support file"):
        write_bundle(tmp_path / "folder.zip", [])
    assert [p.name for p in tmp_path.iterdir()] == ["folder.zip"]


def test_the_command_answers_in_json(tmp_path: Path) -> None:
    code = "import sys; from mr.cli.main import main; sys.argv = ['mrcpr', *sys.argv[1:]]; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor", "--json", "--bundle", str(tmp_path / "b.zip")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["schema"] == "mrcpr.doctor/1"
    assert done.stderr.startswith("Support file: ")
    assert zipfile.is_zipfile(tmp_path / "b.zip")


@pytest.mark.parametrize(
    ("usb", "firmware", "state", "said"),
    [
        ("3.2", "5.16.0.1", "ok", "firmware 5.16.0.1)"),
        ("3.2", "5.12.7", "ok", "firmware 5.12.7, the SDK wants 5.16.0.1)"),
        ("2.1", "5.16.0.1", "warning", "(USB 2.1"),
    ],
)
def test_a_cameras_port_and_firmware_are_named(
    monkeypatch: pytest.MonkeyPatch, usb: str, firmware: str, state: str, said: str
) -> None:
    camera = FoundCamera("S1", "D435", firmware, usb, "5.16.0.1")
    monkeypatch.setattr("mr.devices.realsense.sdk.list_cameras", lambda: CameraList((camera,)))
    check = check_devices.check_cameras()
    assert check.state == state
    assert said in check.found


def test_a_voice_that_is_not_there_is_optional_and_says_how_to_get_it() -> None:
    absent, there = check_software.check_voice(None), check_software.check_voice("/bin/espeak-ng")
    assert (absent.state, there.state) == ("absent", "ok")
    assert "./system-packages.sh voice" in absent.cure


def test_without_ffmpeg_it_says_what_browsers_show() -> None:
    absent, there = check_software.check_video(None), check_software.check_video("/bin/ffmpeg")
    assert (absent.state, there.state) == ("absent", "ok")
    assert ".webm" in absent.found and "./system-packages.sh video" in absent.cure


def test_the_review_is_looked_at_where_there_is_one(tmp_path: Path) -> None:
    from mr.cli.check_review import check_review
    from mr.review.archive import Archive
    from mr.review.store import schema

    assert check_review(tmp_path / "none", None).state == "absent"
    archive = Archive.open(tmp_path / "review")
    assert check_review(tmp_path / "review", None).state == "warning"  # no tables yet
    schema.upgrade(archive.database)
    archive.close()
    assert check_review(tmp_path / "review", None).state in {"ok", "warning"}
    gone = check_review(tmp_path / "review", "postgresql://nobody@/none?host=/nowhere")
    assert (gone.state, "cannot be opened" in gone.found) == ("warning", True)
