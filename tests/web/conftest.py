"""What tests of the review's web app may ask for: servers on both databases, recordings."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Require
from tests.web.browser import browser, pages
from tests.web.crowd import Crowd, crowd
from tests.web.servers import Client, Postgres, Running, postgres, running
from tests.web.taught import recorded_breaths, taught

POSTGRES_BIN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    if not POSTGRES_BIN:
        Require().missing("PostgreSQL", "apt-get install postgresql-15")
    Require().module("psycopg", "pip install 'mrcpr[postgres]'")
    with postgres(POSTGRES_BIN[-1]) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str | None:
    """Give a new database's URL; None stands for SQLite in the review's folder."""
    if request.param == "sqlite":
        return None
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.new_database()


@pytest.fixture
def review(tmp_path: Path, database: str | None) -> Iterator[Running]:
    """A new review, on each database."""
    with running(tmp_path / "review", database) as server:
        yield server


@pytest.fixture
def admin(review: Running) -> Client:
    """The first admin of a new review, signed in."""
    return review.client().set_up(review.setup_code)


@pytest.fixture
def all_of_them(review: Running, admin: Client) -> Crowd:
    """Two classes with their people, all signed in."""
    return crowd(review, admin)


@pytest.fixture(scope="session")
def recorded_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated session's recording, as `make demo` leaves it."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "mr.cli", "demo", "--fast", "--out", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    (path,) = folder.glob("**/*.mcap")
    return path


__all__ = ["browser", "pages", "recorded_breaths", "taught"]
