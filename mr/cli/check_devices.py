"""What is plugged in: cameras, mannequins, a headset, sound, and the right to use them.

Takes nothing, gives `Check`s. Drivers of other makers may hang, print or end the process,
so those are asked in a child process with a time limit:
``python -m mr.cli.check_devices NAME`` prints one check as JSON.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mr.cli.check import Check
from mr.cli.port_answers import PortAnswer
from mr.devices.mannequin.handshake import CURE
from mr.devices.realsense.sdk import FoundCamera
from mr.wire import UNNAMED

LIMIT_S = 4.0
RULES_FOLDERS = ("/etc/udev/rules.d", "/lib/udev/rules.d", "/usr/lib/udev/rules.d")
SILENT_OUTPUT = "Discard all samples"
"""ALSA's null device, which every Linux has."""
SERIAL_GROUPS = ("dialout", "uucp", "plugdev")


def check_cameras() -> Check:
    """List RealSense cameras."""
    from mr.devices.realsense.sdk import list_cameras

    listed = list_cameras()
    if not listed.cameras:
        return Check("cameras", "absent", listed.why, "plug a D435 or D455 into a USB 3 port")
    found = ", ".join(
        f"{c.name} {c.serial} (USB {c.usb or '?'}, firmware {c.firmware or '?'}"
        + (f", the SDK wants {c.wanted_firmware}" if _is_odd(c) else "")
        + ")"
        for c in listed.cameras
    )
    slow = [c.serial for c in listed.cameras if c.usb.startswith("2")]
    if slow:
        cure = f"plug {', '.join(slow)} into a USB 3 port with a USB 3 cable"
        return Check("cameras", "warning", found, cure)
    return Check("cameras", "ok", found)


def _is_odd(camera: FoundCamera) -> bool:
    """Whether the SDK was tested with another firmware than this camera has."""
    wanted = camera.wanted_firmware
    return bool(wanted and camera.firmware and wanted != camera.firmware)


def check_headset() -> Check:
    """Ask for an OpenXR runtime and a headset."""
    if importlib.util.find_spec("xr") is None:
        cure = "pip install 'mrcpr[headset]'"
        return Check("OpenXR headset", "absent", "the part is not installed", cure)
    os.environ.setdefault("XR_LOADER_DEBUG", "none")
    from overlays.xr.probe import probe

    result = probe()
    if result.usable:
        room = result.passthrough.meaning if result.passthrough else "the room is not seen"
        found = f"{result.headset_name} on {result.runtime_name}; {room}"
        return Check("OpenXR headset", "ok", found)
    found, _, cure = result.why.removeprefix("headset: ").partition(": ")
    if result.runtime_name:
        found = f"{result.runtime_name}: {found}"
    return Check("OpenXR headset", "absent", found, cure)


def check_sound() -> Check:
    """Count audio outputs."""
    if importlib.util.find_spec("miniaudio") is None:
        cure = "pip install 'mrcpr[audio]'"
        return Check("sound", "absent", "the part is not installed", cure)
    import miniaudio

    try:
        listed = [device["name"] for device in miniaudio.Devices().get_playbacks()]
    except miniaudio.MiniaudioError as error:
        return Check("sound", "absent", f"no metronome: {error}", "connect a loudspeaker")
    names = [name for name in listed if not name.startswith(SILENT_OUTPUT)]
    if not names:
        return Check("sound", "absent", "no metronome: no audio output", "connect a loudspeaker")
    return Check("sound", "ok", ", ".join(names))


ASKED_IN_A_CHILD: dict[str, Callable[[], Check]] = {
    "cameras": check_cameras,
    "OpenXR headset": check_headset,
    "sound": check_sound,
}


def check_mannequins(ports: Sequence[Any] | None = None) -> list[Check]:
    """List serial ports that may be a mannequin, and whether this user may open them."""
    if ports is None:
        from mr.devices.mannequin.find import find_mannequins

        ports = find_mannequins()
    likely = [p for p in ports if p.likely]
    if not likely:
        others = f"; other serial ports: {', '.join(p.path for p in ports)}" if ports else ""
        plugged = Check(
            "mannequins",
            "absent",
            f"no USB serial bridge is connected{others}",
            "plug the mannequin in; `mrcpr demo` works without",
        )
    else:
        plugged = Check("mannequins", "ok", ", ".join(f"{p.path} ({p.why})" for p in likely))
    return [plugged, check_serial_rights([p.path for p in likely])]


def check_answer(answer: PortAnswer) -> Check:
    """Judge what came back from one port that may be a mannequin's."""
    name = f"mannequin {answer.port}"
    if answer.kind == "silent":
        cure = f"if it is a mannequin, flash it: {CURE.format(port=answer.port)}"
        return Check(name, "warning", "no mannequin answered on this port", cure)
    if answer.kind != "mannequin":
        # One line of what and, behind its last colon, what to do.
        found, _, cure = answer.why.rpartition(": ")
        return Check(name, "warning", found.removeprefix(f"port {answer.port} "), cure)
    keeps = ", ".join(answer.stored) or "nothing"
    found = (
        f"{answer.serial_number}, firmware {answer.firmware}, protocol {answer.protocol}, "
        f"keeps {keeps}"
    )
    if answer.serial_number == UNNAMED:
        cure = f"mrcpr mannequin name SERIAL --port {answer.port}"
        return Check(name, "warning", found, cure)
    return Check(name, "ok", found)


def check_serial_rights(paths: Sequence[str]) -> Check:
    """Tell whether this user may open serial ports (Linux keeps them to a group)."""
    name = "serial permissions"
    if not sys.platform.startswith("linux"):
        return Check(name, "ok", "not restricted on this system")
    locked = [p for p in paths if not os.access(p, os.R_OK | os.W_OK)]
    cure = "sudo usermod -aG dialout $USER, then log out and in again"
    if locked:
        return Check(name, "warning", f"{', '.join(locked)} may not be opened", cure)
    if paths:
        return Check(name, "ok", f"{', '.join(paths)} may be opened")
    if os.geteuid() == 0:
        return Check(name, "ok", "administrator")
    return check_serial_group(_group_names())


def check_serial_group(groups: Sequence[str]) -> Check:
    """Judge by the user's groups where no port is there to try."""
    mine = [g for g in SERIAL_GROUPS if g in groups]
    if mine:
        return Check("serial permissions", "ok", f"in group {mine[0]}")
    return Check(
        "serial permissions",
        "warning",
        "this user is not in the group of serial ports",
        "sudo usermod -aG dialout $USER, then log out and in again",
    )


def _group_names() -> list[str]:
    import grp

    names = []
    for number in os.getgroups():
        try:
            names.append(grp.getgrgid(number).gr_name)
        except KeyError:
            continue  # a group without a name, as in containers
    return names


def check_udev(folders: Sequence[str] = RULES_FOLDERS) -> Check:
    """Look for the rules that let a user open RealSense cameras."""
    name = "udev rules"
    if not sys.platform.startswith("linux"):
        return Check(name, "ok", "not needed on this system")
    for folder in map(Path, folders):
        rules = sorted(folder.glob("*realsense*.rules")) if folder.is_dir() else []
        if rules:
            return Check(name, "ok", str(rules[0]))
    return Check(
        name,
        "absent",
        "none for RealSense cameras: only an administrator can open one",
        "copy config/99-realsense-libusb.rules of librealsense to /etc/udev/rules.d, then "
        "sudo udevadm control --reload-rules && sudo udevadm trigger",
    )


def start_children() -> dict[str, subprocess.Popen[str]]:
    """Ask the drivers that may misbehave, each in a process of its own."""
    return {
        name: subprocess.Popen(
            [sys.executable, "-P", "-m", "mr.cli.check_devices", name],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for name in ASKED_IN_A_CHILD
    }


def collect(
    children: dict[str, subprocess.Popen[str]], started_s: float, limit_s: float = LIMIT_S
) -> list[Check]:
    """Wait for all answers until `limit_s` after the start; silence and crashes are findings.

    `started_s` is `time.monotonic` at the children's start.
    """
    deadline_s = started_s + limit_s
    checks = []
    for name, child in children.items():
        with child:
            try:
                answer, _ = child.communicate(timeout=max(0.05, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                checks.append(
                    Check(
                        name,
                        "warning",
                        f"its driver did not answer within {limit_s:g} s",
                        "close other programs that use it, then ask again",
                    )
                )
                continue
        if child.returncode == 0:
            checks.append(Check(**json.loads(answer.splitlines()[-1])))
        else:
            checks.append(
                Check(
                    name,
                    "warning",
                    f"its driver ended with code {child.returncode}",
                    f"run {Path(sys.executable).name} -m mr.cli.check_devices '{name}' to see why",
                )
            )
    return checks


if __name__ == "__main__":
    print(json.dumps(asdict(ASKED_IN_A_CHILD[sys.argv[1]]())))  # noqa: T201 -- the answer
