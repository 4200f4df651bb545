"""What is installed: Python, packages, system libraries, shadowed names, the disk.

Takes nothing, gives `Check`s; asks only what can be known at once and without a device.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path

import mr
from mr.cli.check import Check
from mr.config import SessionConfig

DISTRIBUTION = "mrcpr"
OUR_PACKAGES = ("mr", "calibration", "overlays")
MIN_PYTHON = (3, 11)
MIN_FREE_GB = 5.0
"""Ten minutes with depth at full rate take 2.2 GB."""
TELEMETRY_FROM = (0, 10, 35)
"""From this mediapipe on, it calls its vendor's logging host, with no way to refuse."""
SPEECH, VIDEO = "espeak-ng", "ffmpeg"
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libusb-1.0.so.0": "libusb-1.0-0",
    "libudev.so.1": "libudev1",
}


def check_software() -> list[Check]:
    """Look at everything that needs no device."""
    return [
        check_python(),
        *check_packages(),
        check_libraries(),
        check_shadowed(sys.path),
        check_opencv(d.metadata["Name"] or "" for d in metadata.distributions()),
        check_display(dict(os.environ), sys.platform),
        check_disk(SessionConfig().out_dir),
        check_hand_model(),
        check_voice(shutil.which(SPEECH)),
        check_video(shutil.which(VIDEO)),
    ]


def check_python() -> Check:
    """Compare this Python with the least one."""
    found = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    if sys.version_info[:2] >= MIN_PYTHON:
        return Check("Python", "ok", found)
    least = ".".join(map(str, MIN_PYTHON))
    return Check("Python", "missing", found, f"install Python {least} or newer")


def check_packages() -> list[Check]:
    """Compare what is installed with what the distribution asks for, part by part."""
    from packaging.requirements import Requirement  # comes with matplotlib

    try:
        wanted = [Requirement(line) for line in metadata.requires(DISTRIBUTION) or []]
        extras = metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or []
    except metadata.PackageNotFoundError:
        cure = "pip install -e . in the checkout"
        return [Check("packages", "missing", f"{DISTRIBUTION} is not installed", cure)]
    checks = []
    for extra in ("", *(e for e in extras if e not in {"all", "dev"})):
        mine = [
            r
            for r in wanted
            if (not extra and (r.marker is None or r.marker.evaluate({"extra": ""})))
            or (
                extra
                and r.marker is not None
                and r.marker.evaluate({"extra": extra})
                and not r.marker.evaluate({"extra": ""})
            )
        ]
        lacking, present = [], []
        for requirement in mine:
            version = _version(requirement.name)
            if version is None:
                lacking.append(requirement.name)
            elif not requirement.specifier.contains(version, prereleases=True):
                lacking.append(f"{requirement.name}{requirement.specifier} (is {version})")
            else:
                present.append(f"{requirement.name} {version}")
        checks.append(_part(extra, present, lacking))
    return checks


def _part(extra: str, present: list[str], lacking: list[str]) -> Check:
    name = f"part [{extra}]" if extra else "packages"
    if not lacking:
        if not present:
            return Check(name, "absent", "not for this system")
        found = ", ".join(present) if extra else f"all {len(present)} installed"
        return Check(name, "ok", found)
    target = f"'{DISTRIBUTION}[{extra}]'" if extra else DISTRIBUTION
    return Check(
        name,
        "absent" if extra else "missing",
        f"not installed: {', '.join(lacking)}",
        f"pip install {target}",
    )


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def check_libraries(libraries: dict[str, str] | None = None) -> Check:
    """Load each system library that wheels expect to find; Linux alone has this trouble."""
    name = "system libraries"
    if not sys.platform.startswith("linux"):
        return Check(name, "ok", "come with the wheels on this system")
    lacking = []
    wanted = LIBRARIES if libraries is None else libraries
    for library in wanted:
        try:
            ctypes.CDLL(library)
        except OSError:
            lacking.append(library)
    if not lacking:
        return Check(name, "ok", ", ".join(wanted))
    packages = " ".join(wanted[library] for library in lacking)
    return Check(
        name, "missing", f"not found: {', '.join(lacking)}", f"sudo apt-get install {packages}"
    )


def check_shadowed(search_path: Sequence[str]) -> Check:
    """Look for other packages of our names: the first on the path wins, silently."""
    home = Path(mr.__file__).parents[1].resolve()
    others = []
    for entry in dict.fromkeys(str(Path(e).resolve()) for e in search_path):
        if Path(entry) == home:
            continue
        for name in OUR_PACKAGES:
            spec = PathFinder.find_spec(name, [entry])
            if spec is None or spec.origin is None:  # a bare folder gives way to a package
                continue
            if Path(spec.origin).resolve().parents[1] != home:
                others.append(spec.origin)
    if not others:
        return Check("package names", "ok", f"{', '.join(OUR_PACKAGES)} are ours")
    return Check(
        "package names",
        "warning",
        f"others have the same name: {', '.join(others)}",
        "rename or uninstall them, or use a virtual environment of its own",
    )


def check_opencv(distributions: Iterable[str]) -> Check:
    """Count cv2 distributions: they install over each other and break silently."""
    names = {re.sub(r"[-_.]+", "-", name).lower() for name in distributions}
    found = sorted(name for name in names if re.fullmatch(r"opencv(-contrib)?-python.*", name))
    if found == ["opencv-contrib-python"]:
        return Check("OpenCV", "ok", "opencv-contrib-python alone")
    cure = (
        f"pip uninstall -y {' '.join(found)}; pip install --force-reinstall opencv-contrib-python"
    )
    if not found:
        return Check("OpenCV", "missing", "no OpenCV", "pip install opencv-contrib-python")
    state = "The modules of " + " and ".join(found) + " overwrite each other"
    if len(found) == 1:
        state = f"{found[0]} in place of opencv-contrib-python"
    return Check("OpenCV", "warning", state, cure)


def check_display(environment: dict[str, str], system: str) -> Check:
    """Tell whether a window can be opened."""
    if not system.startswith("linux"):
        return Check("display", "ok", "the system's own")
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        if environment.get(variable):
            return Check("display", "ok", f"{variable}={environment[variable]}")
    return Check(
        "display",
        "absent",
        "none: the terminal view is used and no mirror window opens",
        "start from a desktop session, or set DISPLAY",
    )


def check_disk(folder: Path, free_gb: float | None = None) -> Check:
    """Tell how much room recordings have, and whether they may be written."""
    standing = folder.absolute()
    while not standing.exists():
        standing = standing.parent
    if not os.access(standing, os.W_OK | os.X_OK):
        return Check(
            "recordings folder",
            "warning",
            f"{folder.absolute()} cannot be written",
            "choose another with --out, or change its permissions",
        )
    free_gb = shutil.disk_usage(standing).free / 1e9 if free_gb is None else free_gb
    found = f"{folder.absolute()}, {free_gb:.1f} GB free"
    if free_gb >= MIN_FREE_GB:
        return Check("recordings folder", "ok", found)
    return Check(
        "recordings folder", "warning", found, f"free {MIN_FREE_GB:g} GB, or choose another folder"
    )


def check_hand_model() -> Check:
    """Tell whether hands could be found in colour too; in depth they always are."""
    name = "hand model"
    version = _version("mediapipe")
    if version is not None:
        numbers = tuple(int(n) for n in re.findall(r"\d+", version)[:3])
        if numbers >= TELEMETRY_FROM:
            return Check(
                name,
                "warning",
                f"mediapipe {version} sends usage data to its vendor and cannot be told not to",
                "pip install 'mediapipe>=0.10.32,<0.10.35'",
            )
    found = "none: hands are followed in the depth image"
    if version is None:
        return Check(name, "absent", found, "pip install 'mrcpr[hands]', then mrcpr fetch-hands")
    try:
        from mr.tracking.landmarks import model_path  # only here: OpenCV may be what is missing
    except ImportError as error:
        return Check(name, "warning", f"cannot be looked for: {error}", "see the packages above")
    path = model_path()
    if not path.exists():
        return Check(name, "absent", found, "mrcpr fetch-hands")
    return Check(name, "ok", f"{path.name} with mediapipe {version}")


def check_voice(program: str | None) -> Check:
    """Tell whether advice could be spoken (`--voice`); it is always written."""
    if program is not None:
        return Check("voice", "ok", program)
    found = f"no {SPEECH}: advice is written, not spoken"
    return Check("voice", "absent", found, f"./system-packages.sh voice, or install {SPEECH}")


def check_video(program: str | None) -> Check:
    """Tell how `replay --video` writes an .mp4; a .webm needs nothing."""
    if program is not None:
        return Check("video", "ok", program)
    found = f"no {VIDEO}: browsers show a .webm of `replay --video`, and no .mp4"
    return Check("video", "absent", found, f"./system-packages.sh video, or install {VIDEO}")
