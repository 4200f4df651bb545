"""Runs the command ``mrcpr`` as an OpenXR program, its child processes, too.

A foreign root's Python must be started by that root's own loader: spawned children are, by a
wrapper that `WRAPPER` names.
"""

from __future__ import annotations

import multiprocessing
import os
import sys

from mr.cli.main import main

if __name__ == "__main__":
    multiprocessing.set_executable(os.environ["WRAPPER"])
    sys.exit(main())
