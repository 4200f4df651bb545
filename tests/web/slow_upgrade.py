"""`mrcpr review`, of a software whose newest step of the tables is slow: to be killed within it.

Run as `python -m tests.web.slow_upgrade FOLDER SECONDS review upgrade ...`: FOLDER becomes the
steps' folder; the step writes `FOLDER/half-way` and then waits.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

STEP = """
import time
from pathlib import Path
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0999", "{before}", None, None

def upgrade() -> None:
    op.create_table("later", sa.Column("id", sa.Integer(), primary_key=True))
    op.execute("INSERT INTO later (id) VALUES (1)")
    op.execute("UPDATE person SET name = 'changed'")
    Path(r"{half_way}").touch()
    time.sleep({seconds})
    op.add_column("person", sa.Column("nickname", sa.String(20), nullable=True))
"""


def main() -> None:
    from mr.cli.main import main as mrcpr
    from mr.review.store import schema

    folder, seconds, *words = sys.argv[1:]
    steps, real = Path(folder) / "migrations", schema._config()
    before = schema.newest_version()
    shutil.copytree(real.get_main_option("script_location") or "", steps, dirs_exist_ok=True)
    text = STEP.format(before=before, half_way=Path(folder) / "half-way", seconds=seconds)
    (steps / "versions" / "0999_slow.py").write_text(text, encoding="utf-8")

    def config() -> object:
        real.set_main_option("script_location", str(steps))
        return real

    schema._config = config  # type: ignore[assignment]
    sys.argv = ["mrcpr", *words]
    mrcpr()


if __name__ == "__main__":
    main()
