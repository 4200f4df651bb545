"""The composition root: one module a subcommand."""

import os

# Our matrices are small: on them a BLAS's threads only wait for one another, and on a busy
# machine for seconds. Set before numpy is imported, and inherited by a session's processes.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
