"""A wheel of this tree, and an environment that has it: what somebody gets who only installs.

Takes a folder, gives the wheel built there and a Python with the package of that wheel alone. The
dependencies are those of the interpreter that runs the tests, so that nothing is downloaded; the
tree itself cannot be imported there.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tests.conftest import ROOT


def wheel_of_tree(folder: Path) -> Path:
    """Build the wheel of a copy of the tree: of what is committed, and what is about to be."""
    source = folder / "source"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        if not (ROOT / name).is_file():
            continue
        target = source / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(folder), str(source)],
        check=True,
    )  # fmt: skip
    (wheel,) = folder.glob("mrcpr-*.whl")
    return wheel


def installed(wheel: Path, folder: Path) -> Path:
    """Install a wheel into a new environment; gives its Python."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps",
         "--no-index", "--disable-pip-version-check", str(wheel)],
        check=True,
    )  # fmt: skip
    # A path in a .pth is searched, but its own .pth files are not read: an editable install of
    # the tree among the dependencies stays out of sight.
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    return python
